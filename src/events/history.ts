/** What became of events at a webhook: the list, one with every attempt, trying again by hand, and the test. */
import { type SelectQueryBuilder, sql } from 'kysely';
import type { Database, Queries, Tx } from '../db/database.ts';
import { rowsOf } from '../db/lists.ts';
import type { AttemptTable, Schema, WebhookDeliveryTable } from '../db/schema.ts';
import { notFound } from '../errors.ts';
import { enqueue, logEvent, wakeWebhook } from './emit.ts';
import { testTopic, topicsOf } from './topics.ts';
import type { Webhook } from './webhooks.ts';

/** As people and clients see it (contract §8.6). */
export interface EventDelivery {
  id: string;
  eventId: string;
  topic: string;
  /** Waiting, in flight and waiting for a retry are all `retrying`; so is what is held. */
  status: 'sent' | 'failed' | 'retrying';
  isHeld: boolean;
  attempts: number;
  /** Of the last attempt. */
  responseCode: number | null;
  responseBody: string | null;
  durationMs: number;
  lastError: string | null;
  nextRetryAt: number | null;
  createdAt: number;
  updatedAt: number;
}

export const deliveryStates = ['sent', 'failed', 'retrying', 'held'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export interface DeliveryFilter {
  status?: DeliveryState | undefined;
  /** A topic, or a pattern as in a subscription. */
  topic?: string | undefined;
  /** Milliseconds since 1970: created at this moment or later, before that one. */
  since?: number | undefined;
  until?: number | undefined;
}

type Rows = SelectQueryBuilder<Schema, 'webhook_deliveries', object>;

const rowStates: Record<DeliveryState, WebhookDeliveryTable['status'][]> = {
  sent: ['sent'],
  failed: ['failed'],
  retrying: ['pending', 'sending', 'retrying'],
  held: ['held'],
};

function matching(q: Queries, webhook: Webhook, { status, topic, since, until }: DeliveryFilter): Rows {
  let rows: Rows = q.selectFrom('webhook_deliveries').where('webhook_id', '=', webhook.id);
  // A status alone is an equation, so that its partial index serves.
  const states = status === undefined ? [] : rowStates[status];
  if (states.length === 1) rows = rows.where('status', '=', states[0]!);
  else if (states.length > 1) rows = rows.where('status', 'in', states);
  if (topic !== undefined) rows = rows.where('topic', 'in', [topic, ...topicsOf(topic)]);
  if (since !== undefined) rows = rows.where('created_at', '>=', since);
  if (until !== undefined) rows = rows.where('created_at', '<', until);
  return rows;
}

/** One page, newest first, and how many there are in all. `page` counts from 1. */
export async function listEventDeliveries(
  db: Database,
  webhook: Webhook,
  filter: DeliveryFilter,
  { page, limit }: { page: number; limit: number },
): Promise<{ deliveries: EventDelivery[]; total: number }> {
  const rows = await matching(db.read, webhook, filter)
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset((page - 1) * limit)
    .execute();
  const counted = await matching(db.read, webhook, filter)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return { deliveries: await withLastAttempt(db, rows), total: Number(counted.count) };
}

type LastAttempt = Pick<
  AttemptTable,
  'delivery_id' | 'status_code' | 'response_excerpt' | 'duration_ms' | 'error'
>;

async function withLastAttempt(db: Database, rows: WebhookDeliveryTable[]): Promise<EventDelivery[]> {
  if (rows.length === 0) return [];
  const numbers = rowsOf(
    db.engine,
    { id: 'text', number: 'bigint' },
    rows.map((row) => [row.id, row.attempts]),
  );
  const found = await sql<LastAttempt>`
    select a.delivery_id, a.status_code, a.response_excerpt, a.duration_ms, a.error
    from ${numbers} as v join attempts a on a.delivery_id = v.id and a.number = v.number
    where a.outcome <> 'cancelled'`.execute(db.read);
  const last = new Map(found.rows.map((attempt) => [attempt.delivery_id, attempt]));
  return rows.map((row) => toDelivery(row, last.get(row.id)));
}

function toDelivery(row: WebhookDeliveryTable, last: LastAttempt | undefined): EventDelivery {
  const isFinal = row.status === 'sent' || row.status === 'failed';
  return {
    id: row.id,
    eventId: row.event_id,
    topic: row.topic,
    status: isFinal ? (row.status as 'sent' | 'failed') : 'retrying',
    isHeld: row.status === 'held',
    attempts: row.attempts,
    responseCode: last?.status_code ?? null,
    responseBody: last?.response_excerpt ?? null,
    durationMs: Math.round(last?.duration_ms ?? 0),
    lastError: row.last_error,
    nextRetryAt: row.leased_by === null ? row.due_at : null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** A delivery of a webhook; throws AppError 404. */
export async function requireEventDelivery(
  db: Database,
  webhook: Webhook,
  id: string,
): Promise<EventDelivery> {
  const row = await db.read
    .selectFrom('webhook_deliveries')
    .selectAll()
    .where('id', '=', id)
    .where('webhook_id', '=', webhook.id)
    .executeTakeFirst();
  if (!row) throw notFound('delivery');
  return (await withLastAttempt(db, [row]))[0]!;
}

/** The event that a delivery carries, as JSON text of its `data`; undefined past its retention. */
export async function findEventData(q: Queries, eventId: string): Promise<string | undefined> {
  const row = await q.selectFrom('events').select('data').where('id', '=', eventId).executeTakeFirst();
  return row?.data;
}

/** The newest deliveries that failed for good: the evidence when a webhook is switched off. */
export async function listFailures(db: Database, webhook: Webhook, limit: number): Promise<EventDelivery[]> {
  const rows = await matching(db.read, webhook, { status: 'failed' })
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return withLastAttempt(db, rows);
}

/**
 * Makes a delivery due now, whatever its state and also while the webhook is off; one that is in flight goes on. It keeps
 * its id and its event, so that a receiver recognises a repetition.
 */
export async function retryEventDelivery(
  tx: Tx,
  webhook: Webhook,
  delivery: EventDelivery,
  now: number,
): Promise<void> {
  const due = await tx.q
    .updateTable('webhook_deliveries')
    .set({
      status: delivery.attempts > 0 ? 'retrying' : 'pending',
      due_at: now,
      is_forced: 1,
      updated_at: now,
    })
    .where('id', '=', delivery.id)
    .where('leased_by', 'is', null)
    .executeTakeFirst();
  if (Number(due.numUpdatedRows) > 0) wakeWebhook(tx, webhook.id, webhook.projectId);
}

/** Sends a test to one webhook, whatever it subscribes to and also while it is off. Returns the delivery's id. */
export async function sendTest(tx: Tx, webhook: Webhook, now: number): Promise<string> {
  const event = {
    projectId: webhook.projectId,
    sessionId: null,
    topic: testTopic,
    data: { webhook_id: webhook.id, message: 'This is a test event from Apertur.' },
    now,
  } as const;
  const id = await logEvent(tx, event);
  const target = { id: webhook.id, is_active: 1 as const, is_ordered: 0 as const };
  const [delivery] = await enqueue(tx, { ...event, id }, [target], { forced: true });
  return delivery!;
}
