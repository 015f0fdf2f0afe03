/** Small work that comes round again. A chore that fails is told and comes round again all the same. */
import { type Logger, warnOfOutage } from './logger.ts';

export interface Chore {
  name: string;
  everyMs: number;
  /** Returns how much it did: more than nothing means that there may be more to do at once. */
  run(): Promise<number>;
}

export interface Chores {
  start(): void;
  /** Resolves when no chore runs any more. */
  stop(): Promise<void>;
}

export function createChores(logger: Logger, chores: readonly Chore[]): Chores {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let stopped = true;

  function schedule(chore: Chore, ms: number): void {
    if (stopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const done = runOnce(chore).finally(() => running.delete(done));
      running.add(done);
    }, ms);
    timers.add(timer);
  }

  async function runOnce(chore: Chore): Promise<void> {
    let did = 0;
    try {
      did = await chore.run();
    } catch (error) {
      warnOfOutage(logger, error, `A chore failed; it comes round again: ${chore.name}`);
    }
    schedule(chore, did > 0 ? Math.min(100, chore.everyMs) : chore.everyMs);
  }

  return {
    start() {
      stopped = false;
      for (const chore of chores) schedule(chore, chore.everyMs);
    },
    async stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
