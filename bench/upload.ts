/**
 * Uploads beside a bare server, in one run: the same requests from the same generator to both, in turns. The figure is
 * the median of the ratios of neighbouring rounds, so that a machine that gets slower or faster meanwhile hits both.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProduct } from '../test/helpers/product.ts';
import { formOf, makePhoto } from './load.ts';
import { measureMemory } from './memory.ts';
import type { Report } from './report.ts';
import { type Comparison, measureUploads, type Peer, startPeer } from './upload-rounds.ts';

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
    // Kept files would fill the memory with their pages, until the machine has to fetch new memory for one side.
    const clear = async (): Promise<void> => {
      await bare.clear();
      await clearPhotos(product.dataDir);
    };
    await measureUploads(report, comparison, { bare, product, owner, body, clear });
  } finally {
    bare.stop();
    await product.stop();
    await product.remove();
  }
}

interface Bare extends Peer {
  /** Forgets the files of the rounds so far. */
  clear(): Promise<void>;
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
  return {
    ...(await startPeer('bare-upload.ts', [directory])),
    async clear() {
      for (const name of await readdir(directory)) await rm(join(directory, name));
    },
  };
}
