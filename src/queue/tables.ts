/**
 * The tables whose rows are jobs (docs/adr/0006). They share the columns that the queue needs, so that one source, one
 * loop and one way to free what a dead worker held serve them all.
 */
import { sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

export interface QueueTable {
  readonly name: keyof Schema & ('deliveries' | 'webhook_deliveries');
  /** The column that says in which lane a job waits. */
  readonly lane: 'destination_id' | 'webhook_id';
  /** The table of the lanes: a claim locks its rows. */
  readonly lanes: 'destinations' | 'webhooks';
  /** The channel of wake-ups; their payload is made by `laneMessage`. */
  readonly channel: string;
}

export const imageDeliveries = {
  name: 'deliveries',
  lane: 'destination_id',
  lanes: 'destinations',
  channel: 'deliveries',
} as const satisfies QueueTable;

export const eventDeliveries = {
  name: 'webhook_deliveries',
  lane: 'webhook_id',
  lanes: 'webhooks',
  channel: 'webhooks',
} as const satisfies QueueTable;

export const queueTables: readonly QueueTable[] = [imageDeliveries, eventDeliveries];

/** For statements that serve every table. */
export const namesOf = (table: QueueTable) => ({ table: sql.table(table.name), lane: sql.ref(table.lane) });

/** What a wake-up says: the lane, and its owner (the project). */
export const laneMessage = (lane: string, owner: string): string => `${lane} ${owner}`;

export function readLaneMessage(payload: string): { lane: string; owner: string } | undefined {
  const [lane, owner] = payload.split(' ');
  return lane && owner ? { lane, owner } : undefined;
}
