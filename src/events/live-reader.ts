/**
 * Reads the live frames of one session as they come. On PostgreSQL a frame gets its number before its transaction
 * commits, so a lower number may become visible after a higher one: numbers are looked at again for a while.
 */
import type { Queries } from '../db/database.ts';
import { findLiveEvents, type LiveEvent } from './live.ts';

/** Longer than any transaction that writes a frame. */
const settledAfterMs = 10_000;

export interface LiveReader {
  /** What came since the last call, in the order in which it became visible. One call at a time. */
  read(now: number): Promise<LiveEvent[]>;
}

/** Begins behind frame number `after`. */
export function createLiveReader(q: Queries, sessionId: string, after: number): LiveReader {
  let settled = after;
  let told: { seq: number; at: number }[] = [];
  return {
    async read(now) {
      const found = await findLiveEvents(q, sessionId, settled, now);
      const known = new Set(told.map((one) => one.seq));
      const fresh = found.filter((event) => !known.has(event.seq));
      told.push(...fresh.map((event) => ({ seq: event.seq, at: now })));
      const old = told.filter((one) => one.at < now - settledAfterMs);
      settled = Math.max(settled, ...old.map((one) => one.seq));
      told = told.filter((one) => one.seq > settled);
      return fresh;
    },
  };
}
