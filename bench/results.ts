/** The collected results: one file that the tables and plots of docs/benchmarks.md are made from. */
import { mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { cpus, getPriority, loadavg, release, tmpdir, totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Bar, Report } from './report.ts';
import { round } from './report.ts';

export const resultsFile = resolve(import.meta.dirname, '../docs/benchmarks/results.json');

export interface Machine {
  /** `2 × AMD EPYC`. */
  processors: string;
  memoryGB: number;
  /** `Debian GNU/Linux 12, Linux 6.18`. */
  system: string;
  /** Of the folder for temporary files, where the servers keep theirs. */
  fileSystem: string;
  /** Of the last minute before the run: a busy machine makes figures worthless. */
  load?: number;
  /** Nice value of the run; 0 is usual, less goes before others. */
  nice: number;
}

export interface Result {
  /** When the run began, ISO 8601. */
  at: string;
  machine: Machine;
  versions: Record<string, string>;
  bars: Bar[];
  notes: string[];
}

export type Results = Record<string, Result>;

/** Empty when nothing was measured yet. */
export function readResults(file = resultsFile): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}

/** Puts `results` in the place of earlier ones of the same benchmarks; others stay. Answers what is kept: rounded. */
export function saveResults(results: Results, file = resultsFile): Results {
  const all = { ...readResults(file), ...results };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(all, shorten, 2)}\n`);
  return readResults(file);
}

/** Four digits are more than a benchmark knows. */
const shorten = (_key: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

export function resultOf(report: Report, begun: { at: Date; machine: Machine }): Result {
  return {
    at: begun.at.toISOString(),
    machine: begun.machine,
    versions: { Node: process.versions.node, SQLite: process.versions.sqlite ?? '', ...report.versions },
    bars: [...report.bars],
    notes: [...report.notes],
  };
}

export function describeMachine(): Machine {
  const [cpu] = cpus();
  return {
    processors: `${cpus().length} × ${cpu?.model.trim()}`,
    memoryGB: Math.round(totalmem() / 1024 ** 3),
    system: [distribution(), `Linux ${release().split('.').slice(0, 2).join('.')}`]
      .filter(Boolean)
      .join(', '),
    fileSystem: fileSystemOf(tmpdir()),
    load: round(loadavg()[0]!),
    nice: getPriority(),
  };
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n(]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]?.trim() ?? '';
  } catch {
    return '';
  }
}

/** By the number that the kernel gives (statfs(2)). */
const fileSystems: Record<number, string> = {
  61267: 'ext4',
  16914836: 'tmpfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlay',
};

const fileSystemOf = (folder: string): string =>
  fileSystems[statfsSync(folder).type] ?? 'another file system';
