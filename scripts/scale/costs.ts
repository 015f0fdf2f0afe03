/** What a photo costs, as `scripts/scale-costs.ts` measured it and `scripts/simulate-scale.ts` reckons with it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const file = path.resolve(import.meta.dirname, '../../docs/scale-costs.json');

/** A cost that grows by `each` with every destination. */
export interface Line {
  photo: number;
  each: number;
}

export interface Costs {
  machine: string;
  date: string;
  /** Of the machine when it began: above one a processor, processor times are too high. */
  load: number;
  /** Of each number of destinations. */
  photos: number;
  photoBytes: number;
  /** Processor time, milliseconds. */
  processor: { api: Line; worker: Line; postgres: Line };
  walBytes: Line;
  transactions: Line;
  /** Rows, and what a row takes with its indexes, by table. */
  tables: Record<string, { rows: Line; bytesARow: number }>;
  /** PostgreSQL connections of a process with four uploads at once. */
  connections: { api: number; worker: number };
  /** Of records of attempts. */
  prune: {
    rows: number;
    deleted: { processorMs: number; walBytes: number };
    dropped: { processorMs: number; walBytes: number };
  };
}

export const readCosts = (): Costs => JSON.parse(readFileSync(file, 'utf8')) as Costs;

export const writeCosts = (costs: Costs): void => writeFileSync(file, `${JSON.stringify(costs, null, 2)}\n`);
