/** The deliveries as a queue: a lane is a destination. */
import type { Database, Tx } from '../db/database.ts';
import type { DeliveryTable } from '../db/schema.ts';
import { emitLive } from '../events/live.ts';
import type { Job, QueueSource } from '../queue/loop.ts';
import { createRowSource } from '../queue/rows.ts';
import { imageDeliveries } from '../queue/tables.ts';
import { touchSession } from '../sessions/changes.ts';

export interface DeliveryJob extends Job {
  projectId: string;
  sessionId: string;
  imageId: string;
  /** Attempts made before this one. */
  attempts: number;
}

export interface SourceOptions {
  db: Database;
  /** Who holds the leases that this source takes. */
  worker: string;
  /** Jobs in flight at one destination, over all processes. */
  laneLimit: number;
}

export function createDeliverySource({ db, worker, laneLimit }: SourceOptions): QueueSource<DeliveryJob> {
  return createRowSource({
    db,
    table: imageDeliveries,
    worker,
    admit: async (_tx, lanes) => new Map(lanes.map((lane) => [lane, { inFlight: laneLimit }])),
    toJobs,
  });
}

async function toJobs(tx: Tx, rows: DeliveryTable[], now: number): Promise<DeliveryJob[]> {
  for (const row of rows) {
    await touchSession(tx, row.session_id, now);
    const data = { imageId: row.image_id, destinationId: row.destination_id };
    await emitLive(tx, row.session_id, 'image:delivering', data, now);
  }
  return rows.map((row) => ({
    id: row.id,
    lane: row.destination_id,
    projectId: row.project_id,
    sessionId: row.session_id,
    imageId: row.image_id,
    attempts: row.attempts,
  }));
}
