/**
 * The deliveries as a queue: what is due, taking it under a lease, keeping the lease. Each question is served by one
 * index that holds only rows with work left, so a claim costs the same beside millions of finished rows.
 */
import { sql } from 'kysely';
import type { Database, Tx } from '../db/database.ts';
import { emitLive } from '../events/live.ts';
import type { Job, Lane, QueueSource } from '../queue/loop.ts';
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
  return {
    findDueLanes: (now) => findDueLanes(db, now),
    claim: (wanted, now, leaseUntil) =>
      db.write((tx) => claim(db, tx, { wanted, now, leaseUntil, worker, laneLimit }), { relaxed: true }),
    async extend(ids, leaseUntil) {
      await db.write(
        async (tx) => {
          await tx.q
            .updateTable('deliveries')
            .set({ due_at: leaseUntil })
            .where('id', 'in', ids)
            .where('leased_by', '=', worker)
            .execute();
        },
        { relaxed: true },
      );
    },
  };
}

/**
 * Walks the destinations that have work left from one to the next through the index (a "skip scan"), reading one entry
 * of each: what is due first there.
 */
async function findDueLanes(db: Database, now: number): Promise<{ lanes: Lane[]; nextDueAt: number | null }> {
  const { rows } = await sql<{ lane: string; due_at: number; owner: string }>`
    with recursive lane (id) as (
      select (select destination_id from deliveries where due_at is not null order by destination_id limit 1)
      union all
      select (
        select d.destination_id from deliveries d
        where d.due_at is not null and d.destination_id > lane.id order by d.destination_id limit 1
      ) from lane where lane.id is not null
    )
    select lane.id as lane, first.due_at, first.project_id as owner
    from lane join deliveries first on first.id = (
      select d.id from deliveries d
      where d.destination_id = lane.id and d.due_at is not null order by d.due_at limit 1
    )`.execute(db.read);
  const lanes = rows.filter((row) => row.due_at <= now).map(({ lane, owner }) => ({ lane, owner }));
  const later = rows.filter((row) => row.due_at > now).map((row) => row.due_at);
  return { lanes, nextDueAt: later.length === 0 ? null : later.reduce((a, b) => Math.min(a, b)) };
}

interface Claim {
  wanted: { lane: string; limit: number }[];
  now: number;
  leaseUntil: number;
  worker: string;
  laneLimit: number;
}

/**
 * Locks the destinations first and counts after: one statement that did both would count before it locked, and two
 * processes could each find room for the same last place.
 */
async function claim(
  db: Database,
  tx: Tx,
  { wanted, now, leaseUntil, worker, laneLimit }: Claim,
): Promise<DeliveryJob[]> {
  const locked = new Set(
    await db.lockDestinations(
      tx,
      wanted.map(({ lane }) => lane),
    ),
  );
  const lanes = wanted.filter(({ lane }) => locked.has(lane));
  if (lanes.length === 0) return [];
  const inFlight = await countInFlight(tx, [...locked], now);
  const ids: string[] = [];
  for (const { lane, limit } of lanes) {
    const room = Math.min(limit, laneLimit - (inFlight.get(lane) ?? 0));
    if (room > 0) ids.push(...(await dueIn(tx, lane, room, now)));
  }
  if (ids.length === 0) return [];
  const rows = await tx.q
    .updateTable('deliveries')
    .set({ status: 'sending', leased_by: worker, due_at: leaseUntil, updated_at: now })
    .where('id', 'in', ids)
    .returning(['id', 'destination_id', 'project_id', 'session_id', 'image_id', 'attempts'])
    .execute();
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

async function countInFlight(tx: Tx, lanes: string[], now: number): Promise<Map<string, number>> {
  const rows = await tx.q
    .selectFrom('deliveries')
    .select('destination_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('destination_id', 'in', lanes)
    .where('leased_by', 'is not', null)
    .where('due_at', '>', now)
    .groupBy('destination_id')
    .execute();
  return new Map(rows.map((row) => [row.destination_id, Number(row.count)]));
}

async function dueIn(tx: Tx, lane: string, limit: number, now: number): Promise<string[]> {
  const rows = await tx.q
    .selectFrom('deliveries')
    .select('id')
    .where('destination_id', '=', lane)
    .where('due_at', 'is not', null)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}
