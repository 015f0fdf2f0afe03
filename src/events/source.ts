/** The deliveries of events as a queue: a lane is a webhook. */
import { type RawBuilder, sql } from 'kysely';
import { compileOnce } from '../db/compiled.ts';
import type { Database, Engine, Tx } from '../db/database.ts';
import { isOneOfList, listOf } from '../db/lists.ts';
import type { EventTable, WebhookDeliveryTable, WebhookTable } from '../db/schema.ts';
import type { Sealer } from '../lib/sealed.ts';
import type { Job, QueueSource } from '../queue/loop.ts';
import { type Admission, createRowSource } from '../queue/rows.ts';
import { eventDeliveries } from '../queue/tables.ts';
import type { LoggedEvent } from './envelope.ts';
import { failWaiting, holdWaiting } from './held.ts';
import type { Secrets } from './signing.ts';
import { permitsOf, speakFor } from './throttle.ts';
import { testTopic } from './topics.ts';
import { toWebhook, type Webhook } from './webhooks.ts';

/** What sending needs of a webhook, opened once and kept until its row changes. */
export interface OpenWebhook {
  settings: Webhook;
  headers: Record<string, string>;
  secretsAt(now: number, other: boolean): Secrets;
}

export interface EventJob extends Job {
  projectId: string;
  /** Attempts made before this one. */
  attempts: number;
  orderKey: string | null;
  /** Its failure counts towards the disable rule: it has not been counted, and is no test. */
  counts: boolean;
  isTest: boolean;
  webhook: OpenWebhook;
  /** Undefined when it is past its retention. */
  event: LoggedEvent | undefined;
}

export interface SourceOptions {
  db: Database;
  sealer: Sealer;
  worker: string;
  /** Jobs in flight at a webhook that sets no limit of its own, over all processes. */
  laneLimit: number;
}

const keptWebhooks = 1_000;

export function createEventSource({ db, sealer, worker, laneLimit }: SourceOptions): QueueSource<EventJob> {
  const opened = new Map<string, OpenWebhook>();
  const queries = queriesOf(db.engine);

  function open(row: WebhookTable): OpenWebhook {
    const known = opened.get(row.id);
    if (known?.settings.updatedAt === row.updated_at) return known;
    const settings = toWebhook(row, sealer);
    const both = settings.secrets(0);
    const until = settings.previousSecretUntil ?? 0;
    const webhook: OpenWebhook = {
      settings,
      headers: settings.customHeaders(),
      secretsAt: (now, other) => ({
        ...both,
        previous: now < until ? both.previous : undefined,
        primary: other ? (both.primary === 'current' ? 'previous' : 'current') : both.primary,
      }),
    };
    opened.delete(row.id);
    opened.set(row.id, webhook);
    if (opened.size > keptWebhooks) opened.delete(opened.keys().next().value as string);
    return webhook;
  }

  /** Of the claim that runs: claims follow each other. */
  let rows = new Map<string, WebhookTable>();

  return createRowSource({
    db,
    table: eventDeliveries,
    worker,
    async admit(tx, lanes, now) {
      const found = await queries.findWebhooks(tx.q, { ids: listOf(db.engine, lanes) });
      rows = new Map(found.map((row) => [row.id, row]));
      const admissions = new Map<string, Admission>();
      for (const row of found) admissions.set(row.id, await admit(tx, row, laneLimit, now));
      return admissions;
    },
    async began(tx, begun, now) {
      for (const [lane, count] of begun) {
        const row = rows.get(lane);
        if (row?.rate_limit == null) continue;
        await tx.q
          .updateTable('webhooks')
          .set({ next_free_at: speakFor(row.next_free_at, row.rate_limit, count, now) })
          .where('id', '=', lane)
          .execute();
      }
    },
    async toJobs(tx, claimed) {
      const ids = listOf(
        db.engine,
        claimed.map((row) => row.event_id),
      );
      const events = new Map((await queries.findEvents(tx.q, { ids })).map((row) => [row.id, toEvent(row)]));
      return claimed
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map((row) => toJob(row, open(rows.get(row.webhook_id)!), events.get(row.event_id)));
    },
  });
}

/** What a webhook may do now. One that is off gets only what a person asked for; the rest is held. */
async function admit(tx: Tx, row: WebhookTable, laneLimit: number, now: number): Promise<Admission> {
  if (row.deleted_at !== null) {
    const more = await failWaiting(tx, row.id, 'webhook deleted', now);
    return { inFlight: 0, more };
  }
  const inFlight = row.max_in_flight ?? laneLimit;
  const throttle = row.rate_limit === null ? undefined : permitsOf(row.next_free_at, row.rate_limit, now);
  const limits = {
    inFlight,
    ordered: row.is_ordered === 1,
    ...(throttle ? { now: throttle.count, notBefore: throttle.nextAt } : {}),
  };
  if (row.is_active === 1) return limits;
  const more = await holdWaiting(tx, row.id, now);
  return { ...limits, only: forcedOnly, more };
}

const forcedOnly: RawBuilder<boolean> = sql<boolean>`is_forced = 1`;

type EventRow = Pick<EventTable, 'id' | 'project_id' | 'topic' | 'data' | 'created_at'>;

/** What every claim asks, compiled once. */
function queriesOf(engine: Engine) {
  return {
    findWebhooks: compileOnce((q, of: { ids: unknown }) => ({
      compile: () =>
        sql<WebhookTable>`
          select * from webhooks where ${isOneOfList(engine, sql.ref('id'), of.ids)}`.compile(q),
    })),
    findEvents: compileOnce((q, of: { ids: unknown }) => ({
      compile: () =>
        sql<EventRow>`
          select id, project_id, topic, data, created_at from events
          where ${isOneOfList(engine, sql.ref('id'), of.ids)}`.compile(q),
    })),
  };
}

function toEvent({ id, project_id, topic, data, created_at }: EventRow): LoggedEvent {
  return { id, projectId: project_id, topic, data, createdAt: created_at };
}

function toJob(row: WebhookDeliveryTable, webhook: OpenWebhook, event: LoggedEvent | undefined): EventJob {
  const isTest = row.topic === testTopic;
  return {
    id: row.id,
    lane: row.webhook_id,
    projectId: row.project_id,
    attempts: row.attempts,
    orderKey: row.order_key,
    counts: row.was_counted === 0 && !isTest,
    isTest,
    webhook,
    event,
  };
}
