/**
 * A cell under load, event by event: photos come at random, pass an api process, the store and the database, and become deliveries that pass the
 * database, a place in a worker, its processor and a receiver. Costs are those that were measured; what is assumed stands in `assumptions`.
 * The same seed gives the same figures.
 */
import { seeded } from '../../test/helpers/seeded.ts';
import type { Costs, Line } from './costs.ts';

export const assumptions = {
  /** Of a phone on its line; milliseconds for a whole photo. */
  phoneMs: { median: 1_600, sigma: 0.7 },
  /** The store takes a photo, and gives it. */
  storeMs: { median: 25, sigma: 0.5 },
  /** A receiver's answer. */
  receiverMs: { median: 150, sigma: 0.8 },
  /** Of attempts that fail and are made again. */
  failing: 0.01,
  /** A commit that waits for its disk; several share one. */
  commitMs: 2,
  /** What autovacuum, checkpoints and pruning take beside the statements. */
  upkeep: 1.3,
  /** How busy a process or the database may be at the peak. */
  busy: 0.6,
  /** To PostgreSQL from one process: its pool, and the one that listens. */
  connections: 11,
  /** Deliveries in flight in one worker. */
  places: 256,
};

export interface Cell {
  photosPerSecond: number;
  destinations: number;
  apis: number;
  workers: number;
  databaseCores: number;
}

export interface Outcome {
  /** Milliseconds, p50 and p99: from the last byte of the photo to its 201; from the 201 to the last destination. */
  answered: [number, number];
  delivered: [number, number];
  /** Shares of the time. */
  busy: { api: number; worker: number; database: number };
  /** At the most at once. */
  open: { uploads: number; deliveries: number; waiting: number };
}

const cost = ({ photo, each }: Line, destinations: number): number => photo + each * destinations;

/** Milliseconds of processor time of a photo with so many destinations. */
export function loadOf({ processor }: Costs, destinations: number) {
  return {
    api: Math.max(0, cost(processor.api, destinations)),
    worker: Math.max(0, cost(processor.worker, destinations)),
    database: Math.max(0, cost(processor.postgres, destinations)) * assumptions.upkeep,
  };
}

/** The smallest cell whose parts are no busier than assumed. */
export function sizeCell(costs: Costs, photosPerSecond: number, destinations: number): Cell {
  const load = loadOf(costs, destinations);
  const needed = (ms: number): number =>
    Math.max(1, Math.ceil((photosPerSecond * ms) / 1_000 / assumptions.busy));
  return {
    photosPerSecond,
    destinations,
    apis: needed(load.api),
    workers: needed(load.worker),
    databaseCores: needed(load.database),
  };
}

export function simulate(costs: Costs, cell: Cell, { seed = 1, seconds = 12 } = {}): Outcome {
  return new Simulation(costs, cell, seeded(seed)).run(seconds * 1_000);
}

/** One queue before one or several processors; first come, first served. */
class Processors {
  readonly #freeAt: number[];
  used = 0;

  constructor(count: number) {
    this.#freeAt = new Array<number>(count).fill(0);
  }

  /** When work that comes at `at` is done. */
  serve(at: number, ms: number): number {
    let first = 0;
    for (let n = 1; n < this.#freeAt.length; n += 1) if (this.#freeAt[n]! < this.#freeAt[first]!) first = n;
    const done = Math.max(at, this.#freeAt[first]!) + ms;
    this.#freeAt[first] = done;
    this.used += ms;
    return done;
  }
}

type Step = () => void;

/** What happens next, by its moment: a heap. */
class Agenda {
  readonly #heap: { at: number; order: number; step: Step }[] = [];
  #order = 0;

  add(at: number, step: Step): void {
    this.#heap.push({ at, order: this.#order++, step });
    let child = this.#heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#isBefore(child, parent)) break;
      this.#swap(child, parent);
      child = parent;
    }
  }

  next(): { at: number; step: Step } | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === first) return first;
    this.#heap[0] = last!;
    for (let parent = 0; ; ) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2])
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      if (least === parent) return first;
      this.#swap(parent, least);
      parent = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a]!, this.#heap[b]!];
    return left.at === right.at ? left.order < right.order : left.at < right.at;
  }

  #swap(a: number, b: number): void {
    [this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!];
  }
}

interface Photo {
  sentAt: number;
  committedAt: number;
  open: number;
}

class Simulation {
  readonly #cell: Cell;
  readonly #random: () => number;
  readonly #agenda = new Agenda();
  readonly #apis: Processors[];
  readonly #workers: Processors[];
  readonly #database: Processors;
  /** Milliseconds of each visit: two thirds before the receiver, the rest to settle. */
  readonly #ms: { api: number; worker: number; upload: number; delivery: number };
  readonly #waiting: Photo[] = [];
  readonly #free: number[];
  readonly #answered: number[] = [];
  readonly #delivered: number[] = [];
  readonly #most = { uploads: 0, deliveries: 0, waiting: 0 };
  #uploads = 0;
  #deliveries = 0;
  #head = 0;

  constructor(costs: Costs, cell: Cell, random: () => number) {
    this.#cell = cell;
    this.#random = random;
    const each = (count: number): Processors[] => Array.from({ length: count }, () => new Processors(1));
    this.#apis = each(cell.apis);
    this.#workers = each(cell.workers);
    this.#database = new Processors(cell.databaseCores);
    this.#free = new Array<number>(cell.workers).fill(assumptions.places);
    const load = loadOf(costs, cell.destinations);
    const delivery = Math.max(0, costs.processor.postgres.each) * assumptions.upkeep;
    this.#ms = {
      api: load.api,
      worker: load.worker / cell.destinations,
      delivery,
      upload: Math.max(0, load.database - delivery * cell.destinations),
    };
  }

  run(ms: number): Outcome {
    this.#agenda.add(0, () => this.#arrive(0, ms));
    for (let event = this.#agenda.next(); event !== undefined; event = this.#agenda.next()) event.step();
    const busy = (all: Processors[], cores: number): number =>
      all.reduce((sum, { used }) => sum + used, 0) / cores / ms;
    return {
      answered: spread(this.#answered),
      delivered: spread(this.#delivered),
      busy: {
        api: busy(this.#apis, this.#cell.apis),
        worker: busy(this.#workers, this.#cell.workers),
        database: busy([this.#database], this.#cell.databaseCores),
      },
      open: this.#most,
    };
  }

  /** The next photo begins; the one after it comes after a pause that knows nothing of it. */
  #arrive(at: number, until: number): void {
    if (at >= until) return;
    this.#uploads += 1;
    this.#most.uploads = Math.max(this.#most.uploads, this.#uploads);
    const sentAt = at + this.#draw(assumptions.phoneMs);
    this.#agenda.add(sentAt, () => this.#receive(sentAt));
    const next = at - (Math.log(1 - this.#random()) * 1_000) / this.#cell.photosPerSecond;
    this.#agenda.add(next, () => this.#arrive(next, until));
  }

  #receive(sentAt: number): void {
    const checked = this.#pick(this.#apis).serve(sentAt, this.#ms.api);
    const stored = checked + this.#draw(assumptions.storeMs);
    this.#agenda.add(stored, () => {
      const committedAt = this.#database.serve(stored, this.#ms.upload) + assumptions.commitMs;
      this.#agenda.add(committedAt, () =>
        this.#promise({ sentAt, committedAt, open: this.#cell.destinations }),
      );
    });
  }

  #promise(photo: Photo): void {
    this.#uploads -= 1;
    this.#answered.push(photo.committedAt - photo.sentAt);
    for (let n = 0; n < this.#cell.destinations; n += 1) this.#waiting.push(photo);
    this.#claim(photo.committedAt);
  }

  /** Whoever has most places free takes what has waited longest. */
  #claim(at: number): void {
    while (this.#head < this.#waiting.length) {
      const worker = this.#free.indexOf(Math.max(...this.#free));
      if (this.#free[worker] === 0) break;
      const photo = this.#waiting[this.#head++]!;
      this.#free[worker]! -= 1;
      this.#deliver(photo, worker, at);
    }
    this.#most.waiting = Math.max(this.#most.waiting, this.#waiting.length - this.#head);
  }

  #deliver(photo: Photo, worker: number, at: number): void {
    this.#deliveries += 1;
    this.#most.deliveries = Math.max(this.#most.deliveries, this.#deliveries);
    const claimed = this.#database.serve(at, this.#ms.delivery / 2);
    this.#agenda.add(claimed, () => {
      const sent = this.#workers[worker]!.serve(claimed, this.#ms.worker);
      const answered = sent + this.#draw(assumptions.storeMs) + this.#draw(assumptions.receiverMs);
      this.#agenda.add(answered, () => this.#settle(photo, worker, answered));
    });
  }

  #settle(photo: Photo, worker: number, at: number): void {
    const settled = this.#database.serve(at, this.#ms.delivery / 2);
    this.#agenda.add(settled, () => {
      this.#deliveries -= 1;
      this.#free[worker]! += 1;
      // Made again at once here: a retry waits longer than this story lasts, but the work is the same.
      if (this.#random() < assumptions.failing) this.#waiting.push(photo);
      else {
        photo.open -= 1;
        if (photo.open === 0) this.#delivered.push(settled - photo.committedAt);
      }
      this.#claim(settled);
    });
  }

  #pick(all: Processors[]): Processors {
    return all[Math.floor(this.#random() * all.length)]!;
  }

  /** Log-normal: most are near the median, some take many times as long. */
  #draw({ median, sigma }: { median: number; sigma: number }): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    return median * Math.exp(sigma * normal);
  }
}

/** p50 and p99. */
function spread(figures: number[]): [number, number] {
  const sorted = figures.sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return [at(0.5), at(0.99)];
}
