/**
 * The end of attempts, many in one transaction: the rows' new states, the records of the attempts, what follows for the
 * webhooks (rule.ts), and who comes next where order matters.
 */
import { sql } from 'kysely';
import type { Database, Tx } from '../db/database.ts';
import { isOneOf } from '../db/lists.ts';
import type { AttemptTable, WebhookDeliveryStatus } from '../db/schema.ts';
import { createId } from '../lib/ids.ts';
import { releaseNext } from '../queue/ordered.ts';
import { eventDeliveries } from '../queue/tables.ts';
import type { Outcome } from './attempt.ts';
import { wakeWebhook } from './emit.ts';
import { failWaiting, holdWaiting } from './held.ts';
import { tellProject } from './project-live.ts';
import { applyRule, type Ending } from './rule.ts';
import { changeDeliveries, type DeliveryChange, insertAttempts } from './settle-rows.ts';
import type { EventJob } from './source.ts';

export interface Settled {
  job: EventJob;
  worker: string;
  outcome: Outcome;
  now: number;
}

/** Writes the outcomes down. False where the lease was lost meanwhile: then somebody else owns the row. */
export async function settleEvents(db: Database, tx: Tx, results: readonly Settled[]): Promise<boolean[]> {
  const ours = await changeDeliveries(db, tx, results.map(changeOf));
  const mine = results.filter(({ job }) => ours.has(job.id));
  if (mine.length === 0) return results.map(() => false);
  await insertAttempts(db, tx, mine.map(attemptOf));
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
    tellProject(tx, job.projectId, 'activity');
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

function changeOf(result: Settled): DeliveryChange {
  const { job, worker, outcome, now } = result;
  const cancelled = outcome.outcome === 'cancelled';
  const status = statusAfter(result);
  return {
    id: job.id,
    leased_by: worker,
    status,
    attempts: cancelled ? job.attempts : job.attempts + 1,
    due_at: outcome.nextAt,
    last_error: outcome.error,
    keeps_force: cancelled ? 1 : 0,
    counted: status === 'failed' ? 1 : 0,
    updated_at: now,
  };
}

function attemptOf({ job, outcome }: Settled): AttemptTable {
  return {
    id: createId('att'),
    delivery_id: job.id,
    number: job.attempts + 1,
    started_at: outcome.startedAt,
    duration_ms: outcome.durationMs,
    phases: outcome.phases === null ? null : JSON.stringify(outcome.phases),
    address: outcome.address,
    outcome: outcome.outcome,
    status_code: outcome.status,
    response_excerpt: outcome.excerpt,
    error: outcome.error,
    next_at: outcome.nextAt,
    next_reason: outcome.nextReason,
  };
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
