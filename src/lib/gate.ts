/** Lets only so many pieces of work run at a time; the others wait in a line that has an end. */

export interface Gate {
  /** Runs `work` when it is its turn. Throws GateFullError when too many wait already. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export class GateFullError extends Error {
  constructor() {
    super('Too much of this work is waiting already');
    this.name = 'GateFullError';
  }
}

export function createGate({ most, waiting }: { most: number; waiting: number }): Gate {
  let running = 0;
  const line: (() => void)[] = [];
  return {
    async run(work) {
      if (running >= most) {
        if (line.length >= waiting) throw new GateFullError();
        // Whoever ends hands its place on, so that nobody slips in between.
        await new Promise<void>((resolve) => line.push(resolve));
      } else running += 1;
      try {
        return await work();
      } finally {
        const next = line.shift();
        if (next) next();
        else running -= 1;
      }
    },
  };
}
