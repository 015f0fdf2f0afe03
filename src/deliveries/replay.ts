/** Images again: those whose delivery to a destination failed, or all that went there. */
import { sql } from 'kysely';
import type { Database, Tx } from '../db/database.ts';
import { isOneOf } from '../db/lists.ts';
import { countRows, stepThroughRows } from '../queue/replay-rows.ts';
import type { Replay, ReplaySource } from '../queue/replays.ts';
import { imageDeliveries } from '../queue/tables.ts';
import { touchSession } from '../sessions/changes.ts';
import { wakeLane } from './enqueue.ts';

const every = sql<boolean>`1 = 1`;

export function createImageReplays(db: Database): ReplaySource {
  return {
    count: (q, selection, target) => countRows(q, imageDeliveries, selection, target, every),
    step: (tx, replay, target, limit, now) =>
      stepThroughRows(tx, imageDeliveries, replay, target, limit, every, (ids) =>
        requeueImages(tx, db, replay, target, ids, now),
      ),
  };
}

/** Leaves out photos whose bytes are past their retention. */
async function requeueImages(
  tx: Tx,
  db: Database,
  replay: Replay,
  destinationId: string,
  ids: string[],
  now: number,
): Promise<number> {
  const { rows } = await sql<{ session_id: string }>`
    update deliveries set
      status = case when attempts > 0 then 'retrying' else 'pending' end,
      due_at = ${now}, replay_id = ${replay.id}, updated_at = ${now}
    where ${isOneOf(db.engine, sql.ref('id'), ids)} and status in ('sent', 'failed')
      and exists (select 1 from images i where i.id = deliveries.image_id and i.purged_at is null)
    returning session_id`.execute(tx.q);
  for (const session of new Set(rows.map((row) => row.session_id))) await touchSession(tx, session, now);
  wakeLane(tx, destinationId, replay.projectId);
  return rows.length;
}
