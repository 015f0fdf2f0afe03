/**
 * Where photos are, for whoever has the link of their session: the names of destinations and how far each is, and
 * nothing of where they lie or how they are reached.
 */
import { sql } from 'kysely';
import type { Database, Queries } from '../db/database.ts';
import { isOneOf } from '../db/lists.ts';
import type { Receipt } from '../destinations/destination.ts';

export interface Whereabouts {
  imageId: string;
  places: Place[];
}

export interface Place {
  destinationId: string;
  destinationName: string | null;
  state: 'delivering' | 'delivered' | 'failed';
  /** How what arrived was held against what was sent; null until it is there. */
  verifiedBy: Receipt['verifiedBy'] | null;
  /** Milliseconds since 1970; null unless an attempt failed and another will be made. */
  nextAttemptAt: number | null;
  /** The place is paused, or waits for its account to be connected again; then the photo goes there by itself. */
  isHeld: boolean;
}

/**
 * The names of destinations as a phone may read them, by id. One that a request made from a URL has no name of its own:
 * what stands in its place is the host of somebody's server, and is left out.
 */
export async function namesFor(db: Database, q: Queries, ids: string[]): Promise<Map<string, string>> {
  const rows = await q
    .selectFrom('destinations')
    .select(['id', 'name'])
    .where(isOneOf(db.engine, sql.ref('id'), ids))
    .where('session_id', 'is', null)
    .execute();
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** `namesFor` one. */
export async function nameFor(q: Queries, id: string): Promise<string | null> {
  const row = await q
    .selectFrom('destinations')
    .select('name')
    .where('id', '=', id)
    .where('session_id', 'is', null)
    .executeTakeFirst();
  return row?.name ?? null;
}

/** Of those of `imageIds` that are in the session; others are left out without a word. */
export async function readWhereabouts(
  db: Database,
  sessionId: string,
  imageIds: string[],
): Promise<Whereabouts[]> {
  const rows = await db.read
    .selectFrom('images as i')
    .leftJoin('deliveries as d', 'd.image_id', 'i.id')
    .leftJoin('destinations as t', 't.id', 'd.destination_id')
    .select([
      'i.id as imageId', 'd.destination_id', 'd.status', 'd.attempts', 'd.due_at', 'd.leased_by', 'd.receipt',
      't.name', 't.session_id as adHoc', 't.held_at', 't.is_active', 't.deleted_at',
    ]) // biome-ignore format: one line a table
    .where('i.session_id', '=', sessionId)
    .where(isOneOf(db.engine, sql.ref('i.id'), imageIds))
    .orderBy('i.position')
    .orderBy('d.id')
    .execute();
  const byImage = Map.groupBy(rows, (row) => row.imageId);
  return [...byImage].map(([imageId, of]) => ({
    imageId,
    places: of.flatMap((row) => (row.destination_id === null ? [] : [showPlace(row, row.destination_id)])),
  }));
}

interface PlaceRow {
  status: string | null;
  due_at: number | null;
  leased_by: string | null;
  receipt: string | null;
  name: string | null;
  adHoc: string | null;
  held_at: number | null;
  is_active: 0 | 1 | null;
  deleted_at: number | null;
}

function showPlace(row: PlaceRow, destinationId: string): Place {
  const state = row.status === 'sent' ? 'delivered' : row.status === 'failed' ? 'failed' : 'delivering';
  const receipt = row.receipt === null ? {} : (JSON.parse(row.receipt) as Partial<Receipt>);
  const isDelayed = row.status === 'retrying' && row.leased_by === null;
  return {
    destinationId,
    destinationName: row.adHoc === null ? row.name : null,
    state,
    verifiedBy: state === 'delivered' ? (receipt.verifiedBy ?? 'none') : null,
    nextAttemptAt: isDelayed ? row.due_at : null,
    isHeld:
      state === 'delivering' && (row.held_at !== null || (row.is_active === 0 && row.deleted_at === null)),
  };
}
