/** What happens to the product while the phones send: drawn from the seed alone, so that a story can be told again. */
import { rename, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Product } from '../../helpers/product.ts';
import { between, seeded } from '../../helpers/seeded.ts';
import type { SmallDisk } from './disk.ts';
import type { Weather } from './weather.ts';

export type Fault = 'kill' | 'killStarting' | 'stop' | 'freeze' | 'fullDisk' | 'clock' | 'slowSync';

const faults: Fault[] = [
  'kill',
  'kill',
  'kill',
  'killStarting',
  'stop',
  'freeze',
  'fullDisk',
  'clock',
  'clock',
  'slowSync',
];

const hour = 3_600_000;
const photoWithinMs = 20_000;

/** How long a fault lasts; for `clock`, how far it jumps; for `slowSync`, how much longer each sync takes as well. */
const ranges: Record<Fault, [low: number, high: number]> = {
  kill: [0, 0],
  killStarting: [30, 900],
  stop: [0, 0],
  freeze: [200, 3_000],
  fullDisk: [300, 3_000],
  clock: [-2 * hour, 2 * hour],
  slowSync: [300, 2_000],
};

export interface Step {
  /** Milliseconds of peace before it. */
  afterMs: number;
  fault: Fault;
  amount: number;
  syncMs: number;
  /** Not before a photo was taken: on a slow machine one process after the other would end before it has done anything. */
  afterPhoto: boolean;
}

/** The faults of a seed, one after the other, without end. What the machine does has no part in it. */
export function* drawSteps(seed: number): Generator<Step, never> {
  const random = seeded(seed);
  while (true) {
    const afterMs = between(random, 100, 1_500);
    const fault = faults[between(random, 0, faults.length - 1)]!;
    yield {
      afterMs,
      fault,
      amount: between(random, ...ranges[fault]),
      syncMs: between(random, 50, 400),
      afterPhoto: random() < 0.5,
    };
  }
}

export interface StormStage {
  product: Product;
  disk: SmallDisk;
  /** The file that weather.js reads. */
  weatherFile: string;
  /** Photos that were answered 201 so far. */
  taken: () => number;
}

export interface Storm {
  /** What was done, and when (`performance.now()`). */
  readonly log: readonly (Step & { at: number })[];
  /** When the product was started again, and when it said that it was ready. */
  readonly restarts: readonly { at: number; readyAt: number }[];
  /** What the product did that no fault made it do: it ended by itself, or did not end well when it was asked to. */
  readonly falls: readonly string[];
  /** Rages for so many milliseconds, then leaves the product running in good weather. */
  rage(ms: number): Promise<void>;
}

export function createStorm(stage: StormStage, seed: number): Storm {
  return new SeededStorm(stage, drawSteps(seed));
}

class SeededStorm implements Storm {
  readonly log: (Step & { at: number })[] = [];
  readonly restarts: { at: number; readyAt: number }[] = [];
  readonly falls: string[] = [];
  readonly #stage: StormStage;
  readonly #steps: Generator<Step, never>;
  #clockMs = 0;
  /** The clock never ends behind a moment that it has shown: what is due then would wait for hours. */
  #latestMs = 0;
  /** We ended it. */
  #isDown = false;

  constructor(stage: StormStage, steps: Generator<Step, never>) {
    this.#stage = stage;
    this.#steps = steps;
  }

  async rage(ms: number): Promise<void> {
    for (const end = performance.now() + ms; performance.now() < end; ) {
      await this.#keepUp();
      const step = this.#steps.next().value;
      await pause(step.afterMs);
      if (step.afterPhoto) await this.#photoTaken();
      this.log.push({ ...step, at: performance.now() });
      await this.#acts[step.fault](step);
    }
    this.#clockMs = this.#latestMs;
    await this.#setWeather();
    await this.#keepUp();
  }

  readonly #acts: Record<Fault, (step: Step) => Promise<void>> = {
    kill: () => this.#kill(),
    killStarting: async ({ amount }) => {
      await this.#kill();
      this.#stage.product.spawn();
      await pause(amount);
      await this.#kill();
    },
    stop: async () => {
      const code = await this.#stage.product.stop();
      this.#isDown = true;
      if (code !== 0) this.#fell(`asked to stop, it ended with ${code}`);
    },
    freeze: async ({ amount }) => {
      this.#stage.product.signal('SIGSTOP');
      await pause(amount);
      this.#stage.product.signal('SIGCONT');
    },
    fullDisk: async ({ amount }) => {
      await this.#stage.disk.fill();
      await pause(amount);
      await this.#stage.disk.free();
    },
    clock: async ({ amount }) => {
      this.#clockMs = amount;
      this.#latestMs = Math.max(this.#latestMs, amount);
      await this.#setWeather();
    },
    slowSync: async ({ amount, syncMs }) => {
      await this.#setWeather(syncMs);
      await pause(amount);
      await this.#setWeather();
    },
  };

  async #kill(): Promise<void> {
    await this.#stage.product.kill9();
    this.#isDown = true;
    // A process that we killed has no exit code.
    const code = await this.#stage.product.ended();
    if (code !== null) this.#fell(`it ended by itself with ${code}`);
  }

  /** Starts it again after we ended it. That it ended by itself must not pass for that. */
  async #keepUp(): Promise<void> {
    const { product } = this.#stage;
    if (product.running) return;
    if (!this.#isDown) this.#fell(`it ended by itself with ${await product.ended()}`);
    const at = performance.now();
    await product.start();
    this.restarts.push({ at, readyAt: performance.now() });
    this.#isDown = false;
  }

  /** Resolves when one was, or when it takes too long: what stands still shall be shaken, too. */
  async #photoTaken(): Promise<void> {
    const before = this.#stage.taken();
    for (const end = performance.now() + photoWithinMs; performance.now() < end; await pause(20)) {
      if (this.#stage.taken() > before) return;
    }
  }

  #fell(what: string): void {
    this.falls.push(`${what}:\n${this.#stage.product.output.slice(-1_500)}`);
  }

  async #setWeather(syncMs = 0): Promise<void> {
    const { weatherFile } = this.#stage;
    // In one step: an earlier signal may be heard only now, and half a file would end the product.
    const next = `${weatherFile}.next`;
    await writeFile(next, JSON.stringify({ clockMs: this.#clockMs, syncMs } satisfies Weather));
    await rename(next, weatherFile);
    this.#stage.product.signal('SIGUSR2');
  }
}
