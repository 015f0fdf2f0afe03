/**
 * Writes down how jobs ended. That must not be given up: what was delivered would be delivered again. While the database
 * does not answer the results are held and tried again; after a minute and a half the leases have long ended and
 * another attempt is right.
 */
import type { Database, Tx } from '../db/database.ts';
import { type Logger, warnOfOutage } from '../lib/logger.ts';

export interface SettlerOptions<T> {
  db: Database;
  logger: Logger;
  /** Results that may share a transaction. Default 1: each has its own, side by side. */
  batch?: number;
  /** Milliseconds between two such transactions at least, so that more results share one. Default 0. */
  gapMs?: number;
  /** A result that somebody waits for: it keeps to no gap. */
  isUrgent?(result: T): boolean;
  /** Says of each result whether the row was still ours. */
  write(tx: Tx, results: T[]): Promise<boolean[]>;
}

export interface Settler<T> {
  /** False when the lease was lost meanwhile. Throws when the database stays away, or once `signal` has aborted. */
  settle(result: T, signal: AbortSignal): Promise<boolean>;
  /** What waits for the gap need not: another write begins now, and they can share its commit. */
  flush(): void;
}

interface Waiting<T> {
  result: T;
  signal: AbortSignal;
  /** Milliseconds that it was held because of failures. */
  waited: number;
  resolve(mine: boolean): void;
  reject(error: unknown): void;
}

const longestWaitMs = 90_000;
const firstPauseMs = 200;
const longestPauseMs = 2_000;

export function createSettler<T>(options: SettlerOptions<T>): Settler<T> {
  const { db, logger, batch = 1, gapMs = 0, isUrgent = () => false, write } = options;
  const waiting: Waiting<T>[] = [];
  let writing = 0;
  let scheduled = false;
  let flushedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  /** Shrinks after a failure: one result that cannot be written shall not keep the others. */
  let size = batch;

  function schedule(urgent = false): void {
    if (scheduled || waiting.length === 0 || (batch > 1 && writing > 0)) return;
    const wait = flushedAt + gapMs - performance.now();
    if (wait > 0 && !urgent && waiting.length < batch) {
      if (timer === undefined) timer = setTimeout(ring, wait);
      return;
    }
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      flushedAt = performance.now();
      do void flush(waiting.splice(0, size));
      while (batch === 1 && waiting.length > 0);
    });
  }

  function ring(): void {
    timer = undefined;
    schedule(true);
  }

  async function flush(group: Waiting<T>[]): Promise<void> {
    writing += 1;
    try {
      const results = group.map((item) => item.result);
      const mine = await db.write((tx) => write(tx, results), { relaxed: true });
      size = batch;
      for (const [at, item] of group.entries()) item.resolve(mine[at] ?? false);
    } catch (error) {
      size = Math.max(1, Math.floor(group.length / 2));
      hold(group, error);
    } finally {
      writing -= 1;
      schedule(waiting.some((item) => isUrgent(item.result)));
    }
  }

  function hold(group: Waiting<T>[], error: unknown): void {
    for (const item of group) {
      if (item.waited >= longestWaitMs || item.signal.aborted) {
        item.reject(error);
        continue;
      }
      const pause = Math.min(longestPauseMs, firstPauseMs + item.waited);
      item.waited += pause;
      setTimeout(() => {
        waiting.push(item);
        schedule();
      }, pause);
    }
    warnOfOutage(logger, error, 'Could not write down how an attempt ended; trying again');
  }

  return {
    settle: (result, signal) =>
      new Promise((resolve, reject) => {
        waiting.push({ result, signal, waited: 0, resolve, reject });
        schedule(signal.aborted || isUrgent(result));
      }),
    flush() {
      if (scheduled || waiting.length === 0 || (batch > 1 && writing > 0)) return;
      clearTimeout(timer);
      timer = undefined;
      flushedAt = performance.now();
      void flush(waiting.splice(0, size));
    },
  };
}
