/** The deliveries of a project's photos, newest first, for whoever looks for one. */
import { type SelectQueryBuilder, sql } from 'kysely';
import type { Queries } from '../db/database.ts';
import type { DeliveryStatus, Env, Schema } from '../db/schema.ts';
import { anyHolds } from '../db/search.ts';

export interface DeliveryRow {
  id: string;
  imageId: string;
  sessionId: string;
  destinationId: string;
  destinationName: string;
  destinationType: string;
  filename: string;
  status: DeliveryStatus;
  attempts: number;
  lastError: string | null;
  nextAttemptAt: number | null;
  createdAt: number;
  updatedAt: number;
}

export interface DeliveryFilter {
  statuses?: readonly DeliveryStatus[] | undefined;
  destinationId?: string | undefined;
  /** In the file name, the name of the destination or the last error; or an id. */
  search?: string | undefined;
  /** Milliseconds since 1970: created at this moment or later, before that one. */
  since?: number | undefined;
  until?: number | undefined;
}

type Rows = SelectQueryBuilder<
  Schema & { d: Schema['deliveries']; i: Schema['images']; t: Schema['destinations'] },
  'd' | 'i' | 't',
  object
>;

function matching(q: Queries, owner: { projectId: string; env: Env }, filter: DeliveryFilter): Rows {
  let rows = q
    .selectFrom('deliveries as d')
    .innerJoin('images as i', 'i.id', 'd.image_id')
    .innerJoin('destinations as t', 't.id', 'd.destination_id')
    .where('d.project_id', '=', owner.projectId)
    .where('i.env', '=', owner.env);
  if (filter.statuses) rows = rows.where('d.status', 'in', [...filter.statuses]);
  if (filter.destinationId !== undefined) rows = rows.where('d.destination_id', '=', filter.destinationId);
  if (filter.since !== undefined) rows = rows.where('d.created_at', '>=', filter.since);
  if (filter.until !== undefined) rows = rows.where('d.created_at', '<', filter.until);
  if (filter.search) {
    const text = filter.search;
    rows = rows.where((eb) =>
      eb.or([
        eb('d.id', '=', text),
        eb('d.image_id', '=', text),
        eb('d.session_id', '=', text),
        anyHolds([sql.ref('i.filename'), sql.ref('t.name'), sql.ref('d.last_error')], text),
      ]),
    );
  }
  return rows as unknown as Rows;
}

/** The newest `limit` deliveries, and how many there are in all. */
export async function listDeliveries(
  q: Queries,
  owner: { projectId: string; env: Env },
  filter: DeliveryFilter,
  limit: number,
): Promise<{ rows: DeliveryRow[]; total: number }> {
  const rows = await matching(q, owner, filter)
    .select([
      'd.id',
      'd.image_id as imageId',
      'd.session_id as sessionId',
      'd.destination_id as destinationId',
      't.name as destinationName',
      't.type as destinationType',
      'i.filename',
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
  const { total } = await matching(q, owner, filter)
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
