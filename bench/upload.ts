/**
 * Uploads beside a bare server, in one run: the same requests from the same generator to both, in turns. The figure is
 * the median of the ratios of neighbouring rounds, so that a machine that gets slower or faster meanwhile hits both.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Product, type ProductKey, startProduct } from '../test/helpers/product.ts';
import { formOf, makePhoto, runRound } from './load.ts';
import { measureMemory } from './memory.ts';
import { processorMs } from './process-tree.ts';
import { listOf, median, type Report, round, rowOf } from './report.ts';
import { makeUploadPaths } from './sessions.ts';

interface Comparison {
  name: string;
  what: string;
  photoBytes: number;
  atOnce: number;
  /** Requests a round, to each of both. */
  requests: number;
  rounds: number;
  atLeast: number;
}

const comparisons: readonly Comparison[] = [
  {
    name: 'upload-5MB',
    what: 'Photos of 5 MB, 8 at once, beside a bare server',
    photoBytes: 5_000_000,
    atOnce: 8,
    requests: 80,
    rounds: 9,
    atLeast: 0.8,
  },
  {
    name: 'upload-50KB',
    what: 'Photos of 50 KB, 16 at once, beside a bare server',
    photoBytes: 50_000,
    atOnce: 16,
    requests: 1_500,
    rounds: 9,
    atLeast: 0.5,
  },
];

export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'apertur-bench-'));
  try {
    for (const comparison of comparisons) await compare(report, comparison, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await measureMemory(report);
}

/** Fresh servers for each size, on the same disk. */
async function compare(report: Report, comparison: Comparison, folder: string): Promise<void> {
  const bare = await startBare(join(folder, comparison.name));
  const dataDir = join(folder, `${comparison.name}-product`);
  const product = await startProduct({ dataDir, settings: { LOG_LEVEL: 'info' } });
  try {
    const owner = await product.createKey();
    const body = formOf(await makePhoto(comparison.photoBytes));
    await measure(report, comparison, { bare, product, owner, body });
  } finally {
    bare.stop();
    await product.stop();
    await product.remove();
  }
}

interface Sides {
  bare: Bare;
  product: Product;
  owner: ProductKey;
  body: Buffer;
}

async function measure(report: Report, comparison: Comparison, sides: Sides): Promise<void> {
  const { name, what, atOnce, requests, rounds, atLeast } = comparison;
  const { bare, product, owner, body } = sides;
  const productPort = Number(new URL(product.url).port);
  const spent = { bare: 0, product: 0 };
  const toBare = async (): Promise<number> => {
    const before = processorMs(bare.pid);
    const rate = await runRound({
      port: bare.port,
      paths: new Array<string>(requests).fill('/'),
      body,
      atOnce,
    });
    spent.bare += processorMs(bare.pid) - before;
    return rate;
  };
  const toProduct = async (): Promise<number> => {
    const paths = await makeUploadPaths(product, owner, requests);
    const before = processorMs(product.pid);
    const rate = await runRound({ port: productPort, paths, body, atOnce });
    spent.product += processorMs(product.pid) - before;
    return rate;
  };
  // Both warm up: compiled code, made directories.
  for (let turn = 0; turn < 2; turn++) {
    await toBare();
    await toProduct();
  }
  spent.bare = 0;
  spent.product = 0;
  const ratios: number[] = [];
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    const bareFirst = turn % 2 === 0;
    const first = await (bareFirst ? toBare() : toProduct());
    const second = await (bareFirst ? toProduct() : toBare());
    const [their, our] = bareFirst ? [first, second] : [second, first];
    theirs.push(their);
    ours.push(our);
    ratios.push(our / their);
    // Kept files would fill the memory with their pages, until the machine has to fetch new memory for one side.
    await bare.clear();
    await clearPhotos(product.dataDir);
  }
  report.note(`bare server   ${round(median(theirs))} photos/s (${listOf(theirs)})`);
  report.note(`Apertur       ${round(median(ours))} photos/s (${listOf(ours)})`);
  const each = (ms: number): number => round(ms / rounds / requests);
  report.note(
    `processor time a photo: bare server ${each(spent.bare)} ms, Apertur ${each(spent.product)} ms`,
  );
  report.note(`ratios        ${listOf(ratios)}`);
  const rows = [rowOf('Apertur', ours), rowOf('bare server', theirs)];
  const limit = atLeast * median(theirs);
  report.bar(name, median(ratios), { atLeast }, { what, unit: 'photos/s', rows, limit, rounds: ratios });
}

interface Bare {
  pid: number;
  port: number;
  /** Forgets the files of the rounds so far. */
  clear(): Promise<void>;
  stop(): void;
}

/** Nobody reads the photos of earlier rounds again: they have no destination. */
async function clearPhotos(dataDir: string): Promise<void> {
  const images = join(dataDir, 'images');
  for (const entry of await readdir(images, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await rm(join(entry.parentPath, entry.name));
  }
}

async function startBare(directory: string): Promise<Bare> {
  await mkdir(directory);
  const file = fileURLToPath(new URL('./peers/bare-upload.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [file, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // As many threads for files as the product takes.
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return {
    pid: child.pid!,
    port: Number(line),
    async clear() {
      for (const name of await readdir(directory)) await rm(join(directory, name));
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
