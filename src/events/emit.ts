/**
 * What happens in a project is written down in the transaction that makes it happen: no change without its event, no
 * event without its change, and no event without its deliveries to the webhooks that want it. Topics: contract §8.3.
 */
import { compileOnce, compileWrite } from '../db/compiled.ts';
import type { Tx } from '../db/database.ts';
import type { EventTable, WebhookDeliveryTable } from '../db/schema.ts';
import { createId } from '../lib/ids.ts';
import { eventDeliveries, laneMessage } from '../queue/tables.ts';
import { tellProject } from './project-live.ts';
import { subscribedTopics, type Topic, type testTopic } from './topics.ts';

export type { Topic } from './topics.ts';

export interface NewEvent {
  projectId: string;
  sessionId: string | null;
  topic: Topic;
  /** What JSON can carry. */
  data: Record<string, unknown>;
  now: number;
}

/** The webhooks of a project, for `emit`. */
export const findWebhooks = compileOnce((q, of: { project: string }) =>
  q
    .selectFrom('webhooks')
    .select(['id', 'topics', 'is_active', 'is_ordered'])
    .where('project_id', '=', of.project)
    .where('deleted_at', 'is', null),
);

const insertEvent = compileWrite((q, event: EventTable) =>
  q.insertInto('events').values({
    id: event.id,
    project_id: event.project_id,
    session_id: event.session_id,
    topic: event.topic,
    data: event.data,
    created_at: event.created_at,
  }),
);

const insertDelivery = compileWrite((q, row: WebhookDeliveryTable) =>
  q.insertInto('webhook_deliveries').values({
    id: row.id,
    webhook_id: row.webhook_id,
    event_id: row.event_id,
    project_id: row.project_id,
    order_key: row.order_key,
    topic: row.topic,
    status: row.status,
    attempts: row.attempts,
    due_at: row.due_at,
    leased_by: row.leased_by,
    is_forced: row.is_forced,
    was_counted: row.was_counted,
    last_error: row.last_error,
    replay_id: row.replay_id,
    created_at: row.created_at,
    updated_at: row.updated_at,
  }),
);

/**
 * Adds an event to the log and to the queue of each webhook that wants it. Returns its id. Whoever has found the webhooks
 * of the project in this transaction hands them over.
 */
export async function emit(
  tx: Tx,
  event: NewEvent,
  webhooks?: Awaited<ReturnType<typeof findWebhooks>>,
): Promise<string> {
  const id = await logEvent(tx, event);
  const all = webhooks ?? (await findWebhooks(tx.q, { project: event.projectId }));
  const wanting = all.filter((webhook) => subscribedTopics(webhook.topics).has(event.topic));
  if (wanting.length > 0) await enqueue(tx, { ...event, id }, wanting);
  return id;
}

/** Adds an event to the log only. */
export async function logEvent(
  tx: Tx,
  event: Omit<NewEvent, 'topic'> & { topic: Topic | typeof testTopic },
): Promise<string> {
  const id = createId('evt');
  await insertEvent(tx.q, {
    id,
    project_id: event.projectId,
    session_id: event.sessionId,
    topic: event.topic,
    data: JSON.stringify(event.data),
    created_at: event.now,
  });
  tellProject(tx, event.projectId, 'activity');
  return id;
}

interface Wanting {
  id: string;
  is_active: 0 | 1;
  is_ordered: 0 | 1;
}

/** One row a webhook, due now; held while the webhook is off. Returns the ids of the rows, in the order of `webhooks`. */
export async function enqueue(
  tx: Tx,
  event: { id: string; projectId: string; sessionId: string | null; topic: string; now: number },
  webhooks: readonly Wanting[],
  options: { forced?: boolean } = {},
): Promise<string[]> {
  const rows = webhooks.map((webhook) => {
    const held = webhook.is_active === 0 && !options.forced;
    return {
      id: createId('del'),
      webhook_id: webhook.id,
      event_id: event.id,
      project_id: event.projectId,
      order_key: webhook.is_ordered === 1 ? event.sessionId : null,
      topic: event.topic,
      status: held ? ('held' as const) : ('pending' as const),
      attempts: 0,
      due_at: held ? null : event.now,
      leased_by: null,
      is_forced: options.forced ? (1 as const) : (0 as const),
      was_counted: 0 as const,
      last_error: null,
      replay_id: null,
      created_at: event.now,
      updated_at: event.now,
    };
  });
  for (const row of rows) {
    await insertDelivery(tx.q, row);
    if (row.due_at !== null) wakeWebhook(tx, row.webhook_id, row.project_id);
  }
  return rows.map((row) => row.id);
}

/** Tells the workers that something is due at a webhook. */
export function wakeWebhook(tx: Tx, webhookId: string, projectId: string): void {
  tx.notify(eventDeliveries.channel, laneMessage(webhookId, projectId));
}
