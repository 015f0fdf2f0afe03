/** A process that died in the middle of a delivery: whoever comes next goes on with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../helpers/database.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { type Product, upload, waitUntil } from '../helpers/product.ts';
import { readAftermath } from './aftermath.ts';
import { setStage, startAnother } from './stage.ts';

test('a restart takes the deliveries over at once, before their lease ends (SQLite)', {
  timeout: 90_000,
}, async () => {
  const { product, receiver, session } = await setStage({}, { behave: () => 'hang' });
  await upload(product.url, session, await makeJpeg());
  await waitUntil('the delivery hangs', () => receiver.hanging === 1);
  await product.kill9();
  const held = (await readAftermath(product)).deliveries[0]!;
  expect(held).toMatchObject({ status: 'sending', leasedBy: expect.any(String) });

  receiver.behave(() => 'ok');
  await product.start();
  const takenOver = product.log.find((line) => line.msg === 'Took over what an earlier process held');
  expect(takenOver).toMatchObject({ deliveries: 1 });
  await waitUntil('the photo arrives', () => receiver.arrivals.length === 1);
  await waitUntil(
    'it is settled',
    async () => (await readAftermath(product)).deliveries[0]!.status === 'sent',
  );
  expect((await readAftermath(product)).deliveries[0]).toMatchObject({ attempts: 1, leasedBy: null });
});

test('another process takes them over within 15 seconds (PostgreSQL)', { timeout: 120_000 }, async () => {
  const database = await createTestDatabase('postgres', { migrated: true });
  onTestFinished(() => database.cleanup());
  const images = await mkdtemp(join(tmpdir(), 'apertur-images-'));
  onTestFinished(() => rm(images, { recursive: true, force: true }));
  const shared = {
    databaseUrl: database.url!,
    settings: { STORAGE_URL: `file:${images}`, SECRET_KEY: 'ab'.repeat(32) },
  };
  const { product, receiver, session } = await setStage(shared, { behave: () => 'hang' });
  const worker = await startAnother({ ...shared, command: 'worker' });
  await upload(product.url, session, await makeJpeg());
  await waitUntil('the delivery hangs', () => receiver.hanging === 1);

  receiver.behave(() => 'ok');
  const holder = await findHolder(database.url!, [product, worker]);
  await holder.kill9();
  await waitUntil('the other process has delivered it', () => receiver.arrivals.length === 1, {
    withinMs: 15_000,
  });
  const settled = async (): Promise<unknown> =>
    (await query(database.url!, 'select status, attempts from deliveries'))[0];
  await waitUntil('it is settled', async () => ((await settled()) as { status: string }).status === 'sent');
  expect(await settled()).toEqual({ status: 'sent', attempts: 1 });
});

async function findHolder(url: string, processes: Product[]): Promise<Product> {
  const [row] = await query(url, 'select w.pid from deliveries d join workers w on w.id = d.leased_by');
  const holder = processes.find((process) => process.pid === Number(row?.pid));
  if (holder === undefined) throw new Error('Nobody holds the delivery');
  return holder;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
