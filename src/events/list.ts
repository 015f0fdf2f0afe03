/** What became of a project's events at all of its webhooks, newest first, for whoever looks for one. */
import { type SelectQueryBuilder, sql } from 'kysely';
import type { Queries } from '../db/database.ts';
import type { Schema, WebhookDeliveryStatus } from '../db/schema.ts';
import { anyHolds } from '../db/search.ts';

export interface EventDeliveryRow {
  id: string;
  eventId: string;
  webhookId: string;
  webhookUrl: string;
  sessionId: string | null;
  topic: string;
  status: WebhookDeliveryStatus;
  attempts: number;
  lastError: string | null;
  nextAttemptAt: number | null;
  createdAt: number;
  updatedAt: number;
}

export interface EventDeliveryFilter {
  statuses?: readonly WebhookDeliveryStatus[] | undefined;
  webhookId?: string | undefined;
  /** In the topic, the address or the last error; or an id. */
  search?: string | undefined;
  /** Milliseconds since 1970: created at this moment or later, before that one. */
  since?: number | undefined;
  until?: number | undefined;
}

type Rows = SelectQueryBuilder<
  Schema & { d: Schema['webhook_deliveries']; w: Schema['webhooks']; e: Schema['events'] },
  'd' | 'w' | 'e',
  object
>;

function matching(q: Queries, projectId: string, filter: EventDeliveryFilter): Rows {
  let rows = q
    .selectFrom('webhook_deliveries as d')
    .innerJoin('webhooks as w', 'w.id', 'd.webhook_id')
    .leftJoin('events as e', 'e.id', 'd.event_id')
    .where('d.project_id', '=', projectId);
  if (filter.statuses) rows = rows.where('d.status', 'in', [...filter.statuses]);
  if (filter.webhookId !== undefined) rows = rows.where('d.webhook_id', '=', filter.webhookId);
  if (filter.since !== undefined) rows = rows.where('d.created_at', '>=', filter.since);
  if (filter.until !== undefined) rows = rows.where('d.created_at', '<', filter.until);
  if (filter.search) {
    const text = filter.search;
    rows = rows.where((eb) =>
      eb.or([
        eb('d.id', '=', text),
        eb('d.event_id', '=', text),
        eb('e.session_id', '=', text),
        anyHolds([sql.ref('d.topic'), sql.ref('w.url'), sql.ref('d.last_error')], text),
      ]),
    );
  }
  return rows as unknown as Rows;
}

/** The newest `limit` deliveries of events, and how many there are in all. */
export async function listProjectEvents(
  q: Queries,
  projectId: string,
  filter: EventDeliveryFilter,
  limit: number,
): Promise<{ rows: EventDeliveryRow[]; total: number }> {
  const rows = await matching(q, projectId, filter)
    .select([
      'd.id',
      'd.event_id as eventId',
      'd.webhook_id as webhookId',
      'w.url as webhookUrl',
      'e.session_id as sessionId',
      'd.topic',
      'd.status',
      'd.attempts',
      'd.last_error as lastError',
      'd.due_at',
      'd.leased_by',
      'd.created_at as createdAt',
      'd.updated_at as updatedAt',
    ])
    .orderBy('d.created_at', 'desc')
    .orderBy('d.id', 'desc')
    .limit(limit)
    .execute();
  const { total } = await matching(q, projectId, filter)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return {
    total: Number(total),
    rows: rows.map(({ due_at, leased_by, ...row }) => ({
      ...row,
      nextAttemptAt: leased_by === null ? due_at : null,
    })),
  };
}
