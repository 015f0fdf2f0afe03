/**
 * Counting requests. SQLite is used by one process, which counts in its memory. On PostgreSQL several processes count
 * together, in rows that all of them add to: exact, whoever takes the request. Requests that arrive while a statement is
 * under way share the next one, so a process has at most one of them at a time, however many requests it serves.
 */
import { sql } from 'kysely';
import type { Database } from '../db/database.ts';
import type { Clock } from '../lib/clock.ts';

export const windowMs = 60_000;

export interface CountedWindow {
  /** Requests in the window, this one included. */
  count: number;
  /** Milliseconds since 1970. */
  resetAt: number;
}

export interface RateWindows {
  /** Adds one to the window of this name, and begins a new one when there is none or it is over. */
  add(name: string): Promise<CountedWindow>;
}

export function createRateWindows(db: Database, clock: Clock): RateWindows {
  return db.engine === 'postgres' ? createSharedWindows(db, clock) : createOwnWindows(clock);
}

const mostWindows = 100_000;

function createOwnWindows(clock: Clock): RateWindows {
  const windows = new Map<string, CountedWindow>();
  let nextSweep = 0;

  function sweep(now: number): void {
    if (now < nextSweep) return;
    nextSweep = now + windowMs;
    for (const [name, window] of windows) if (window.resetAt <= now) windows.delete(name);
  }

  function begin(name: string, now: number): CountedWindow {
    windows.delete(name);
    // A crowd of addresses may cost memory up to here; then the oldest window is forgotten.
    if (windows.size >= mostWindows) windows.delete(windows.keys().next().value!);
    const window = { count: 0, resetAt: now + windowMs };
    windows.set(name, window);
    return window;
  }

  return {
    async add(name) {
      const now = clock.now();
      sweep(now);
      const known = windows.get(name);
      const window = known && known.resetAt > now ? known : begin(name, now);
      window.count += 1;
      return { ...window };
    },
  };
}

type Waiting = PromiseWithResolvers<CountedWindow>;

function createSharedWindows(db: Database, clock: Clock): RateWindows {
  let waiting = new Map<string, Waiting[]>();
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.size > 0) {
      const batch = waiting;
      waiting = new Map();
      try {
        settle(batch, await addAll(db, batch, clock.now()));
      } catch (error) {
        for (const list of batch.values()) for (const one of list) one.reject(error);
      }
    }
    running = false;
  }

  return {
    add(name) {
      const one: Waiting = Promise.withResolvers();
      const list = waiting.get(name);
      if (list) list.push(one);
      else waiting.set(name, [one]);
      if (!running) void run();
      return one.promise;
    },
  };
}

/** Everyone gets the number that was theirs: of three that came together as 5 to 7, the first is 5. */
function settle(batch: Map<string, Waiting[]>, windows: CountedWindow[]): void {
  [...batch.values()].forEach((list, position) => {
    const { count, resetAt } = windows[position]!;
    list.forEach((one, index) => {
      one.resolve({ count: count - list.length + index + 1, resetAt });
    });
  });
}

/** In the order of the names, so that two processes never wait for each other's rows crosswise. */
async function addAll(db: Database, batch: Map<string, Waiting[]>, now: number): Promise<CountedWindow[]> {
  const names = [...batch.keys()];
  const sorted = [...names].sort();
  const counts = sorted.map((name) => batch.get(name)!.length);
  const { rows } = await db.write(
    (tx) =>
      sql<{ name: string; count: number; reset_at: number }>`
        insert into rate_windows as w (name, count, reset_at)
        select name, count, ${now + windowMs}::bigint
        from unnest(${sorted}::text[], ${counts}::int[]) as added (name, count)
        on conflict (name) do update set
          count = case when w.reset_at <= ${now}::bigint then excluded.count else w.count + excluded.count end,
          reset_at = case when w.reset_at <= ${now}::bigint then excluded.reset_at else w.reset_at end
        returning name, count, reset_at`.execute(tx.q),
    { relaxed: true },
  );
  const found = new Map(rows.map((row) => [row.name, { count: row.count, resetAt: row.reset_at }]));
  return names.map((name) => found.get(name)!);
}

/** Removes windows that are over. Returns how many; 0 where each process keeps its own. */
export async function pruneRateWindows(db: Database, now: number): Promise<number> {
  if (db.engine !== 'postgres') return 0;
  return db.write(
    async (tx) => {
      const old = tx.q.deleteFrom('rate_windows').where('reset_at', '<', now - windowMs);
      return Number((await old.executeTakeFirst()).numDeletedRows);
    },
    { relaxed: true },
  );
}
