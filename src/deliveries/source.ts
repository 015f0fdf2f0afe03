/**
 * The deliveries as a queue: a lane is a destination. One that is paused, or whose account waits to be connected again, is
 * held: its rows stay due, and nobody takes them.
 */
import { sql } from 'kysely';
import type { Database, Queries, Tx } from '../db/database.ts';
import { isOneOf } from '../db/lists.ts';
import type { DeliveryTable } from '../db/schema.ts';
import { emitLive } from '../events/live.ts';
import { tellProject } from '../events/project-live.ts';
import type { Job, QueueSource } from '../queue/loop.ts';
import { createRowSource } from '../queue/rows.ts';
import { imageDeliveries } from '../queue/tables.ts';
import { touchSession } from '../sessions/changes.ts';
import { namesFor } from './whereabouts.ts';

export interface DeliveryJob extends Job {
  projectId: string;
  sessionId: string;
  imageId: string;
  /** Attempts made before this one. */
  attempts: number;
  /** As people may read it; null where it has no name of its own (see `namesFor`). */
  destinationName: string | null;
  /** It was delivered before, and is delivered again because somebody asked for it. */
  isRepeat: boolean;
}

export interface SourceOptions {
  db: Database;
  /** Who holds the leases that this source takes. */
  worker: string;
  /** Jobs in flight at one destination, over all processes. */
  laneLimit: number;
}

export function createDeliverySource({ db, worker, laneLimit }: SourceOptions): QueueSource<DeliveryJob> {
  const rows = createRowSource({
    db,
    table: imageDeliveries,
    worker,
    async admit(tx, lanes) {
      const held = await findHeld(db, tx.q, lanes);
      const open = lanes.filter((lane) => !held.has(lane));
      return new Map(open.map((lane) => [lane, { inFlight: laneLimit }]));
    },
    toJobs: async (tx, taken, now) => toJobs(tx, taken, await namesFor(db, tx.q, lanesOf(taken)), now),
  });
  return {
    ...rows,
    async findDueLanes(now) {
      const due = await rows.findDueLanes(now);
      const held = await findHeld(
        db,
        db.read,
        due.lanes.map(({ lane }) => lane),
      );
      return { ...due, lanes: due.lanes.filter(({ lane }) => !held.has(lane)) };
    },
  };
}

/** Which of these destinations wait for a person. What waits for a deleted one is not held: it fails. */
async function findHeld(db: Database, q: Queries, lanes: string[]): Promise<Set<string>> {
  if (lanes.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    select id from destinations
    where ${isOneOf(db.engine, sql.ref('id'), lanes)}
      and (held_at is not null or (is_active = 0 and deleted_at is null))`.execute(q);
  return new Set(rows.map(({ id }) => id));
}

const lanesOf = (rows: DeliveryTable[]): string[] => [
  ...new Set(rows.map(({ destination_id: lane }) => lane)),
];

async function toJobs(
  tx: Tx,
  rows: DeliveryTable[],
  names: Map<string, string>,
  now: number,
): Promise<DeliveryJob[]> {
  const nameOf = (row: DeliveryTable): string | null => names.get(row.destination_id) ?? null;
  for (const row of rows) {
    await touchSession(tx, row.session_id, now);
    const where = { destinationId: row.destination_id, destinationName: nameOf(row) };
    const data = { imageId: row.image_id, ...where };
    await emitLive(tx, row.session_id, 'image:delivering', data, now);
    tellProject(tx, row.project_id, 'activity');
  }
  return rows.map((row) => ({
    id: row.id,
    lane: row.destination_id,
    projectId: row.project_id,
    sessionId: row.session_id,
    imageId: row.image_id,
    destinationName: nameOf(row),
    attempts: row.attempts,
    isRepeat: row.receipt !== null,
  }));
}
