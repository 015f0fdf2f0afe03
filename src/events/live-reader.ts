/**
 * Reads the live frames of one session as they come. On PostgreSQL a frame gets its number before its transaction
 * commits, so a lower number may become visible after a higher one: numbers are looked at again for a while.
 */
import type { Queries } from '../db/database.ts';
import { findLiveEvents, type LiveEvent, lastLiveSeq, livePage } from './live.ts';

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
      const found = await findAll(q, sessionId, settled, now);
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

/** Begins with what is not visible now: also with a frame whose number is lower than one that is. */
export async function followFromNow(q: Queries, sessionId: string, now: number): Promise<LiveReader> {
  const reader = createLiveReader(q, sessionId, await lastLiveSeq(q, sessionId, now - settledAfterMs));
  await reader.read(now);
  return reader;
}

/** Page by page: a session may have more frames than are read at once, and all may be told already. */
async function findAll(q: Queries, sessionId: string, after: number, now: number): Promise<LiveEvent[]> {
  const found: LiveEvent[] = [];
  for (let from = after; ; from = found.at(-1)!.seq) {
    const page = await findLiveEvents(q, sessionId, from, now);
    found.push(...page);
    if (page.length < livePage) return found;
  }
}
