/** What is the same when deliveries of images and of events are made due again: walking through the rows. */
import { type RawBuilder, sql } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import type { Replay, Selection, Step } from './replays.ts';
import { namesOf, type QueueTable } from './tables.ts';

/** Rows that are read in one step at most, so that looking for few among many holds nobody up. */
const readAtOnce = 5_000;

export interface Candidate {
  id: string;
  created_at: number;
  status: string;
}

/** Final rows; what is under way needs no help, and what is held waits for its owner's word. */
function statesOf({ only }: Selection): RawBuilder<boolean> {
  return only === 'failed' ? sql<boolean>`status = 'failed'` : sql<boolean>`status in ('sent', 'failed')`;
}

/** How many rows of a lane match. `also` is what only this table can say. */
export async function countRows(
  q: Queries,
  table: QueueTable,
  selection: Selection,
  lane: string,
  also: RawBuilder<boolean>,
): Promise<number> {
  const names = namesOf(table);
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${names.table}
    where ${names.lane} = ${lane} and created_at >= ${selection.since} and created_at < ${selection.until}
      and ${statesOf(selection)} and ${also}`.execute(q);
  return Number(rows[0]?.count ?? 0);
}

/**
 * Reads on after the replay's position and hands the rows that match to `requeue`, which says how many of them became
 * due.
 */
export async function stepThroughRows(
  tx: Tx,
  table: QueueTable,
  { selection, position }: Replay,
  lane: string,
  limit: number,
  also: RawBuilder<boolean>,
  requeue: (ids: string[]) => Promise<number>,
): Promise<Step> {
  const names = namesOf(table);
  // What fails for good has an index of its own; elsewhere the rows are read as they are and picked here.
  const states = selection.only === 'failed' ? statesOf(selection) : sql<boolean>`1 = 1`;
  const { rows } = await sql<Candidate & { matches: number }>`
    select id, created_at, status, case when ${statesOf(selection)} and ${also} then 1 else 0 end as matches
    from ${names.table}
    where ${names.lane} = ${lane} and (created_at, id) > (${position.createdAt}, ${position.id})
      and created_at < ${selection.until} and ${states}
    order by created_at, id limit ${readAtOnce}`.execute(tx.q);
  const picked: string[] = [];
  let last: Candidate | undefined;
  for (const row of rows) {
    last = row;
    if (row.matches === 1 && picked.push(row.id) === limit) break;
  }
  const queued = picked.length === 0 ? 0 : await requeue(picked);
  const more = rows.length === readAtOnce || (last !== undefined && last !== rows.at(-1));
  return {
    last: more && last ? { createdAt: last.created_at, id: last.id } : undefined,
    queued,
    skipped: picked.length - queued,
  };
}

/** How the deliveries that a replay made due are doing, by status. */
export async function progressOf(
  q: Queries,
  table: QueueTable,
  replayId: string,
): Promise<{ sent: number; failed: number; waiting: number }> {
  const { rows } = await sql<{ status: string; count: number }>`
    select status, count(*) as count from ${namesOf(table).table}
    where replay_id = ${replayId} group by status`.execute(q);
  const counts = new Map(rows.map((row) => [row.status, Number(row.count)]));
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const sent = counts.get('sent') ?? 0;
  const failed = counts.get('failed') ?? 0;
  return { sent, failed, waiting: all - sent - failed };
}
