/**
 * The end of attempts, many in one transaction: the rows' new states, the records of the attempts, what follows for the
 * webhooks (rule.ts), and who comes next where order matters.
 */
import { sql } from 'kysely';
import type { Database, Tx } from '../db/database.ts';
import { isOneOf, rowsOf } from '../db/lists.ts';
import type { WebhookDeliveryStatus } from '../db/schema.ts';
import { createId } from '../lib/ids.ts';
import { releaseNext } from '../queue/ordered.ts';
import { eventDeliveries } from '../queue/tables.ts';
import type { Outcome } from './attempt.ts';
import { wakeWebhook } from './emit.ts';
import { failWaiting, holdWaiting } from './held.ts';
import { applyRule, type Ending } from './rule.ts';
import type { EventJob } from './source.ts';

export interface Settled {
  job: EventJob;
  worker: string;
  outcome: Outcome;
  now: number;
}

/** Writes the outcomes down. False where the lease was lost meanwhile: then somebody else owns the row. */
export async function settleEvents(db: Database, tx: Tx, results: readonly Settled[]): Promise<boolean[]> {
  const ours = await writeRows(db, tx, results);
  const mine = results.filter(({ job }) => ours.has(job.id));
  if (mine.length === 0) return results.map(() => false);
  await writeAttempts(db, tx, mine);
  const now = Math.max(...mine.map((result) => result.now));
  await applyRule(tx, mine.flatMap(endingOf), now);
  await rememberSecrets(tx, mine, now);
  await stopWaiting(db, tx, mine, now);
  const done = mine.filter((result) => isFinal(result) && result.job.orderKey !== null);
  await releaseNext(
    tx,
    db,
    eventDeliveries,
    done.map(({ job }) => ({ lane: job.lane, orderKey: job.orderKey as string })),
    now,
  );
  for (const { job, outcome } of mine) {
    if (outcome.outcome === 'cancelled') wakeWebhook(tx, job.lane, job.projectId);
  }
  return results.map(({ job }) => ours.has(job.id));
}

const isFinal = ({ outcome }: Settled): boolean => outcome.nextAt === null;

function statusAfter({ job, outcome }: Settled): WebhookDeliveryStatus {
  if (outcome.outcome === 'sent') return 'sent';
  if (outcome.outcome === 'cancelled') return job.attempts > 0 ? 'retrying' : 'pending';
  return outcome.nextAt === null ? 'failed' : 'retrying';
}

/** What was in flight when its webhook was switched off or deleted waits for no retry. */
async function stopWaiting(db: Database, tx: Tx, results: readonly Settled[], now: number): Promise<void> {
  const waiting = new Set(results.filter((result) => !isFinal(result)).map(({ job }) => job.lane));
  if (waiting.size === 0) return;
  const { rows } = await sql<{ id: string; deleted_at: number | null }>`
    select id, deleted_at from webhooks
    where ${isOneOf(db.engine, sql.ref('id'), [...waiting])} and (is_active = 0 or deleted_at is not null)`.execute(
    tx.q,
  );
  for (const { id, deleted_at } of rows) {
    if (deleted_at === null) await holdWaiting(tx, id, now);
    else await failWaiting(tx, id, 'webhook deleted', now);
  }
}

async function writeRows(db: Database, tx: Tx, results: readonly Settled[]): Promise<Set<string>> {
  const columns = {
    id: 'text',
    leased_by: 'text',
    status: 'text',
    attempts: 'bigint',
    due_at: 'bigint',
    last_error: 'text',
    keeps_force: 'bigint',
    counted: 'bigint',
    updated_at: 'bigint',
  } as const;
  const rows = results.map((result) => {
    const { job, worker, outcome, now } = result;
    const cancelled = outcome.outcome === 'cancelled';
    const status = statusAfter(result);
    const attempts = cancelled ? job.attempts : job.attempts + 1;
    const counted = status === 'failed' ? 1 : 0;
    return [job.id, worker, status, attempts, outcome.nextAt, outcome.error, cancelled ? 1 : 0, counted, now];
  });
  const { rows: written } = await sql<{ id: string }>`
    update webhook_deliveries set
      status = v.status, attempts = v.attempts, due_at = v.due_at, leased_by = null,
      last_error = case when v.keeps_force = 1 then webhook_deliveries.last_error else v.last_error end,
      is_forced = case when v.keeps_force = 1 then webhook_deliveries.is_forced else 0 end,
      was_counted = case when v.counted = 1 then 1 else webhook_deliveries.was_counted end,
      updated_at = v.updated_at
    from ${rowsOf(db.engine, columns, rows)} as v
    where webhook_deliveries.id = v.id and webhook_deliveries.leased_by = v.leased_by
    returning webhook_deliveries.id`.execute(tx.q);
  return new Set(written.map((row) => row.id));
}

async function writeAttempts(db: Database, tx: Tx, results: readonly Settled[]): Promise<void> {
  const columns = {
    id: 'text',
    delivery_id: 'text',
    number: 'bigint',
    started_at: 'bigint',
    duration_ms: 'double precision',
    phases: 'text',
    address: 'text',
    outcome: 'text',
    status_code: 'bigint',
    response_excerpt: 'text',
    error: 'text',
    next_at: 'bigint',
    next_reason: 'text',
  } as const;
  const rows = results.map(({ job, outcome }) => [
    createId('att'),
    job.id,
    job.attempts + 1,
    outcome.startedAt,
    outcome.durationMs,
    outcome.phases === null ? null : JSON.stringify(outcome.phases),
    outcome.address,
    outcome.outcome,
    outcome.status,
    outcome.excerpt,
    outcome.error,
    outcome.nextAt,
    outcome.nextReason,
  ]);
  const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)));
  await sql`
    insert into attempts (${names}) select ${names} from ${rowsOf(db.engine, columns, rows)} as v`.execute(
    tx.q,
  );
}

/** What a settled row means for the disable rule: nothing while it goes on, and nothing when it was a test. */
function endingOf(result: Settled): Ending[] {
  const { job, outcome } = result;
  if (!isFinal(result) || job.isTest) return [];
  const sent = outcome.outcome === 'sent';
  if (!sent && !job.counts) return [];
  const gone = outcome.status === 410;
  return [{ webhookId: job.lane, projectId: job.projectId, sent, gone, error: outcome.error }];
}

/** During a rotation: which of the two secrets the receiver accepts. */
async function rememberSecrets(tx: Tx, results: readonly Settled[], now: number): Promise<void> {
  const accepted = new Map<string, 'current' | 'previous'>();
  for (const { job, outcome } of results) {
    if (outcome.outcome === 'sent' && outcome.signedWith) accepted.set(job.lane, outcome.signedWith);
  }
  for (const [id, which] of accepted) {
    const flag = which === 'previous' ? 1 : 0;
    await tx.q
      .updateTable('webhooks')
      .set((eb) => ({
        signs_previous: flag,
        updated_at: eb
          .case()
          .when('updated_at', '>=', now)
          .then(eb('updated_at', '+', 1))
          .else(now)
          .end(),
      }))
      .where('id', '=', id)
      .where('previous_until', 'is not', null)
      .where('signs_previous', '!=', flag)
      .execute();
  }
}
