/**
 * Uploads on PostgreSQL and an S3-compatible store, as several processes share them, beside a bare server that puts the same bytes into the same
 * store and one row into the same database. Both wait for both before they answer.
 */
import { startProduct } from '../test/helpers/product.ts';
import { startCommonGround } from './common-ground.ts';
import { formOf, makePhoto } from './load.ts';
import type { Report } from './report.ts';
import { type Comparison, measureUploads, startPeer } from './upload-rounds.ts';

const comparisons: readonly Comparison[] = [
  {
    name: 'upload-shared-5MB',
    what: 'Photos of 5 MB, 8 at once, to PostgreSQL and S3, beside a bare server that writes to both',
    photoBytes: 5_000_000,
    atOnce: 8,
    requests: 24,
    rounds: 7,
    atLeast: 0.8,
  },
  {
    name: 'upload-shared-50KB',
    what: 'Photos of 50 KB, 16 at once, to PostgreSQL and S3, beside a bare server that writes to both',
    photoBytes: 50_000,
    atOnce: 16,
    requests: 400,
    rounds: 9,
    atLeast: 0.5,
  },
];

export async function run(report: Report): Promise<void> {
  for (const comparison of comparisons) await compare(report, comparison);
}

/** Fresh servers for each size: the store keeps everything in memory. */
async function compare(report: Report, comparison: Comparison): Promise<void> {
  await using closing = new AsyncDisposableStack();
  const ground = await startCommonGround();
  closing.defer(() => ground.stop());
  const bare = await startPeer('bare-shared.ts', [], {
    BARE_DATABASE: ground.databaseUrl,
    BARE_STORE: ground.bucketUrl,
    BARE_KEY: `${ground.storeOwner.accessKeyId}:${ground.storeOwner.secretAccessKey}`,
  });
  closing.defer(async () => bare.stop());
  const settings = { ...ground.settings, LOG_LEVEL: 'info' };
  const product = await startProduct({ command: 'api', databaseUrl: ground.databaseUrl, settings });
  closing.defer(() => product.remove());
  const owner = await product.createKey();
  const body = formOf(await makePhoto(comparison.photoBytes));
  await measureUploads(report, comparison, { bare, product, owner, body });
  await product.stop();
}
