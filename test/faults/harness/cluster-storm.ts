/** Cuts, slows, freezes and kills any part of a cluster, as its seed draws it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../../src/db/database.ts';
import type { Product } from '../../helpers/product.ts';
import { between, seeded } from '../../helpers/seeded.ts';
import type { Cluster, Member } from './cluster-stage.ts';

export type ClusterFault =
  | 'killApi'
  | 'killWorker'
  | 'takeOver'
  | 'killDatabase'
  | 'killStore'
  | 'freeze'
  | 'cut'
  | 'slow';

const faults: ClusterFault[] = [
  'killApi',
  'killApi',
  'killWorker',
  'killWorker',
  'takeOver',
  'killDatabase',
  'killStore',
  'freeze',
  'freeze',
  'cut',
  'cut',
  'cut',
  'slow',
  'slow',
];

/** Milliseconds. Some cuts and freezes outlast a lease (15 s): then another worker takes over, and the first one comes back. */
const ranges: Record<ClusterFault, [low: number, high: number]> = {
  killApi: [0, 2_000],
  killWorker: [0, 2_000],
  takeOver: [0, 0],
  killDatabase: [0, 3_000],
  killStore: [0, 3_000],
  freeze: [500, 20_000],
  cut: [500, 20_000],
  slow: [500, 8_000],
};

export interface ClusterStep {
  afterMs: number;
  fault: ClusterFault;
  ms: number;
  /** Which of those that it may be done to: from 0 up to 1. */
  whom: number;
  kilobits: number;
}

export function* drawClusterSteps(seed: number): Generator<ClusterStep, never> {
  const random = seeded(seed);
  while (true) {
    const fault = faults[between(random, 0, faults.length - 1)]!;
    yield {
      fault,
      afterMs: between(random, 200, 2_000),
      ms: between(random, ...ranges[fault]),
      whom: random(),
      kilobits: between(random, 500, 20_000),
    };
  }
}

const takenOverWithinMs = 120_000;

export class ClusterStorm {
  readonly happened = new Map<ClusterFault, number>();
  /** Told of each step before it is taken. */
  readonly #tell: (step: ClusterStep) => void;
  /** What a process did that no fault made it do. */
  readonly falls: string[] = [];
  /** From the kill of a worker until others held, or had ended, all that it had in hand. Milliseconds. */
  readonly takeOvers: number[] = [];
  readonly #cluster: Cluster;
  readonly #db: Database;
  readonly #steps: Generator<ClusterStep, never>;
  readonly #down = new Set<Product>();

  constructor(
    cluster: Cluster,
    db: Database,
    { seed, tell }: { seed: number; tell: (step: ClusterStep) => void },
  ) {
    this.#tell = tell;
    this.#cluster = cluster;
    this.#db = db;
    this.#steps = drawClusterSteps(seed);
  }

  /** Leaves every process running and every road well. */
  async rage(ms: number): Promise<void> {
    for (const end = performance.now() + ms; performance.now() < end; ) {
      const step = this.#steps.next().value;
      await pause(step.afterMs);
      await this.#keepUp();
      this.#tell(step);
      this.happened.set(step.fault, (this.happened.get(step.fault) ?? 0) + 1);
      await this.#acts[step.fault](step);
    }
    await this.#keepUp();
  }

  get #members(): Member[] {
    return [...this.#cluster.apis, ...this.#cluster.workers];
  }

  readonly #acts: Record<ClusterFault, (step: ClusterStep) => Promise<void>> = {
    killApi: async (step) => {
      await this.#kill(one(this.#cluster.apis, step).product);
      await pause(step.ms);
    },
    killWorker: async (step) => {
      await this.#kill(one(this.#cluster.workers, step).product);
      await pause(step.ms);
    },
    takeOver: (step) => this.#takeOver(one(this.#cluster.workers, step)),
    killDatabase: ({ ms }) => fallAndRise(this.#cluster.database, ms),
    killStore: ({ ms }) => fallAndRise(this.#cluster.store, ms),
    freeze: async (step) => {
      const { product } = one(this.#members, step);
      product.signal('SIGSTOP');
      await pause(step.ms);
      product.signal('SIGCONT');
    },
    cut: async (step) => {
      const { node } = one([...this.#members, this.#cluster.database, this.#cluster.store], step);
      node.cut();
      await pause(step.ms);
      node.heal();
    },
    slow: async (step) => {
      const { node } = one([...this.#members, this.#cluster.database, this.#cluster.store], step);
      node.slow(step.kilobits);
      await pause(step.ms);
      node.heal();
    },
  };

  async #kill(product: Product): Promise<void> {
    await product.kill9();
    this.#down.add(product);
    const code = await product.ended();
    if (code !== null) this.#fell(product, `ended by itself with ${code}`);
  }

  /** The killed worker stays away: what it held must be ended by the others. */
  async #takeOver({ node, product }: Member): Promise<void> {
    const before = performance.now();
    await this.#kill(product);
    const held = await this.#heldBy(node.name);
    for (const end = before + takenOverWithinMs; (await this.#heldBy(node.name)) > 0; await pause(100)) {
      if (performance.now() < end) continue;
      this.falls.push(`what ${node.name} held was not taken over in ${takenOverWithinMs / 1_000} s`);
      break;
    }
    if (held > 0) this.takeOvers.push(performance.now() - before);
  }

  async #heldBy(host: string): Promise<number> {
    let held = 0;
    for (const table of ['deliveries', 'webhook_deliveries'] as const) {
      const { n } = await this.#db.read
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('leased_by', 'in', (eb) => eb.selectFrom('workers').select('id').where('host', '=', host))
        .executeTakeFirstOrThrow();
      held += Number(n);
    }
    return held;
  }

  async #keepUp(): Promise<void> {
    for (const { node, product } of this.#members) {
      if (product.running) continue;
      if (!this.#down.has(product))
        this.#fell(product, `${node.name} ended by itself with ${await product.ended()}`);
      await product.start();
      this.#down.delete(product);
    }
  }

  #fell(product: Product, what: string): void {
    this.falls.push(`${what}:\n${product.output.slice(-1_500)}`);
  }
}

function one<T>(all: readonly T[], { whom }: ClusterStep): T {
  return all[Math.floor(whom * all.length)]!;
}

async function fallAndRise(
  server: { kill9(): Promise<void>; start(): Promise<void> },
  ms: number,
): Promise<void> {
  await server.kill9();
  await pause(ms);
  await server.start();
}
