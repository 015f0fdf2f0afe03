/** What happens to the product while the phones send: drawn beforehand from the seed, so that a story can be told again. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Product } from '../../helpers/product.ts';
import { between } from '../../helpers/seeded.ts';
import type { SmallDisk } from './disk.ts';
import type { Weather } from './weather.ts';

type Fault = 'kill' | 'killStarting' | 'stop' | 'freeze' | 'fullDisk' | 'clock' | 'slowSync';

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

export interface StormStage {
  product: Product;
  disk: SmallDisk;
  /** The file that weather.js reads. */
  weatherFile: string;
}

export interface Storm {
  /** How often each fault came. */
  readonly happened: ReadonlyMap<Fault, number>;
  /** Rages for so many milliseconds, then leaves the product running in good weather. */
  rage(ms: number): Promise<void>;
}

const hour = 3_600_000;

export function createStorm({ product, disk, weatherFile }: StormStage, random: () => number): Storm {
  const happened = new Map<Fault, number>();
  let clockMs = 0;
  /** The clock never ends behind a moment that it has shown: what is due then would wait for hours. */
  let latestMs = 0;

  async function setWeather(syncMs = 0): Promise<void> {
    await writeFile(weatherFile, JSON.stringify({ clockMs, syncMs } satisfies Weather));
    product.signal('SIGUSR2');
  }

  const acts: Record<Fault, () => Promise<void>> = {
    kill: () => product.kill9(),
    async killStarting() {
      await product.kill9();
      product.spawn();
      await pause(between(random, 30, 900));
      await product.kill9();
    },
    stop: async () => void (await product.stop()),
    async freeze() {
      product.signal('SIGSTOP');
      await pause(between(random, 200, 3_000));
      product.signal('SIGCONT');
    },
    async fullDisk() {
      await disk.fill();
      await pause(between(random, 300, 3_000));
      await disk.free();
    },
    async clock() {
      clockMs = between(random, -2 * hour, 2 * hour);
      latestMs = Math.max(latestMs, clockMs);
      await setWeather();
    },
    async slowSync() {
      await setWeather(between(random, 50, 400));
      await pause(between(random, 300, 2_000));
      await setWeather();
    },
  };

  return {
    happened,
    async rage(ms) {
      for (const end = performance.now() + ms; performance.now() < end; ) {
        if (!product.running) await product.start();
        await pause(between(random, 100, 1_500));
        const fault = faults[between(random, 0, faults.length - 1)]!;
        happened.set(fault, (happened.get(fault) ?? 0) + 1);
        await acts[fault]();
      }
      clockMs = latestMs;
      await setWeather();
      if (!product.running) await product.start();
    },
  };
}
