/** Events again: those that failed at a webhook, all that it got, or those that it never got. */
import { sql } from 'kysely';
import type { Database, Queries, Tx } from '../db/database.ts';
import { isOneOf } from '../db/lists.ts';
import type { EventTable } from '../db/schema.ts';
import { countRows, stepThroughRows } from '../queue/replay-rows.ts';
import type { Replay, ReplaySource, Selection, Step } from '../queue/replays.ts';
import { eventDeliveries } from '../queue/tables.ts';
import { enqueue, wakeWebhook } from './emit.ts';
import { subscribedTopics } from './topics.ts';

export function createEventReplays(db: Database): ReplaySource {
  const about = ({ topics }: Selection) =>
    topics === null ? sql<boolean>`1 = 1` : isOneOf(db.engine, sql.ref('topic'), topics);
  return {
    count: (q, selection, target) =>
      selection.only === 'missing'
        ? countMissing(q, db, selection, target)
        : countRows(q, eventDeliveries, selection, target, about(selection)),
    step(tx, replay, target, limit, now) {
      if (replay.selection.only === 'missing') return addMissing(tx, replay, target, limit, now);
      const requeue = (ids: string[]) => requeueEvents(tx, db, replay, target, ids, now);
      return stepThroughRows(tx, eventDeliveries, replay, target, limit, about(replay.selection), requeue);
    },
  };
}

async function requeueEvents(
  tx: Tx,
  db: Database,
  replay: Replay,
  webhookId: string,
  ids: string[],
  now: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    update webhook_deliveries set
      status = case when attempts > 0 then 'retrying' else 'pending' end,
      due_at = ${now}, replay_id = ${replay.id}, updated_at = ${now}
    where ${isOneOf(db.engine, sql.ref('id'), ids)} and status in ('sent', 'failed')`.execute(tx.q);
  wakeWebhook(tx, webhookId, replay.projectId);
  return Number(numAffectedRows);
}

/** What a webhook is subscribed to, as far as the selection wants it. */
async function wantedTopics(q: Queries, { topics }: Selection, webhookId: string) {
  const webhook = await q
    .selectFrom('webhooks')
    .select(['id', 'project_id', 'topics', 'is_active', 'is_ordered'])
    .where('id', '=', webhookId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!webhook) return undefined;
  const subscribed = [...subscribedTopics(webhook.topics)];
  const wanted = topics === null ? subscribed : subscribed.filter((topic) => topics.includes(topic));
  return { webhook, wanted };
}

async function countMissing(
  q: Queries,
  db: Database,
  selection: Selection,
  webhookId: string,
): Promise<number> {
  const found = await wantedTopics(q, selection, webhookId);
  if (!found) return 0;
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from events e
    where e.project_id = ${found.webhook.project_id}
      and e.created_at >= ${selection.since} and e.created_at < ${selection.until}
      and ${isOneOf(db.engine, sql.ref('e.topic'), found.wanted)}
      and not exists (
        select 1 from webhook_deliveries d where d.event_id = e.id and d.webhook_id = ${webhookId}
      )`.execute(q);
  return Number(rows[0]?.count ?? 0);
}

const readAtOnce = 2_000;

async function addMissing(
  tx: Tx,
  { id: replayId, selection, position }: Replay,
  webhookId: string,
  limit: number,
  now: number,
): Promise<Step> {
  const found = await wantedTopics(tx.q, selection, webhookId);
  if (!found) return { last: undefined, queued: 0, skipped: 0 };
  const { webhook, wanted } = found;
  const { rows } = await sql<EventTable & { known: number }>`
    select e.*, (
      select count(*) from webhook_deliveries d where d.event_id = e.id and d.webhook_id = ${webhookId}
    ) as known
    from events e
    where e.project_id = ${webhook.project_id} and e.created_at >= ${position.createdAt}
      and (e.created_at, e.id) > (${position.createdAt}, ${position.id}) and e.created_at < ${selection.until}
    order by e.created_at, e.id limit ${readAtOnce}`.execute(tx.q);
  let queued = 0;
  let last: EventTable | undefined;
  for (const row of rows) {
    if (queued === limit) break;
    last = row;
    if (Number(row.known) > 0 || !wanted.includes(row.topic as never)) continue;
    const event = {
      id: row.id,
      projectId: row.project_id,
      sessionId: row.session_id,
      topic: row.topic,
      now,
    };
    const [deliveryId] = await enqueue(tx, event, [webhook]);
    await tx.q
      .updateTable('webhook_deliveries')
      .set({ replay_id: replayId })
      .where('id', '=', deliveryId!)
      .execute();
    queued += 1;
  }
  const more = rows.length === readAtOnce || (last !== undefined && last !== rows.at(-1));
  return {
    last: more && last ? { createdAt: last.created_at, id: last.id } : undefined,
    queued,
    skipped: 0,
  };
}
