/** A rolling restart: whoever asks `/ready` before sending, and asks the next one where a door is closed, loses nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../helpers/database.ts';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { createSession, type Product, startProduct, upload, waitUntil } from '../helpers/product.ts';

const statusOf = async (url: string): Promise<number> =>
  (await fetch(url, { headers: { connection: 'close' } })).status;

test('a process that drains says 503 at /ready, goes on receiving, and then ends well', async () => {
  const product = await startProduct({ settings: { DRAIN_SECONDS: '4' } });
  onTestFinished(() => product.remove());
  const session = await createSession(product, await product.createKey(), {});
  expect(await statusOf(`${product.url}/ready`)).toBe(200);
  product.signal('SIGTERM');
  await waitUntil('it says so', async () => (await statusOf(`${product.url}/ready`)) === 503);
  expect(await statusOf(`${product.url}/health`)).toBe(200);
  expect((await upload(product.url, session, await makeJpeg())).status).toBe(201);
  expect(await product.ended()).toBe(0);
});

test('two processes are restarted one after the other, and no photo is refused or lost', async () => {
  const database = await createTestDatabase('postgres', { migrated: true });
  const shared = mkdtempSync(path.join(memoryFolder(), 'apertur-rolling-'));
  const settings = { DRAIN_SECONDS: '2', STORAGE_URL: `file:${shared}` };
  const start = (): Promise<Product> =>
    startProduct({
      command: 'api',
      databaseUrl: database.url!,
      settings: { ...settings, SECRET_KEY: 'ab'.repeat(32) },
    });
  const processes = [await start(), await start()];
  onTestFinished(async () => {
    for (const product of processes) await product.remove();
    await database.cleanup();
    rmSync(shared, { recursive: true, force: true });
  });
  const session = await createSession(processes[0]!, await processes[0]!.createKey(), { max_images: 200 });
  const photo = await makeJpeg();

  /** The first that says it is ready, as a load balancer chooses. */
  const choose = async (): Promise<string> => {
    for (const product of processes) {
      const ready =
        product.running && product.url !== '' && (await statusOf(`${product.url}/ready`).catch(() => 0));
      if (ready === 200) return product.url;
    }
    throw new Error('No process is ready');
  };
  let restarting = true;
  const answers: number[] = [];
  const send = async (): Promise<number> => {
    // A door that closes between the question and the photo is no answer: as proxies and phones do, ask again.
    for (let tries = 0; ; tries += 1) {
      try {
        return (await upload(await choose(), session, photo)).status;
      } catch (error) {
        if (tries === 3) throw error;
      }
    }
  };
  const sending = (async () => {
    while (restarting && answers.length < 190) {
      answers.push(await send());
      // Spread over the restarts: a session takes so many photos and no more.
      await pause(150);
    }
  })();
  sending.catch(() => undefined);
  for (const product of processes) {
    expect(await product.stop()).toBe(0);
    await product.start();
  }
  restarting = false;
  await sending;
  expect(answers.length).toBeGreaterThan(2);
  expect(answers.filter((status) => status !== 201)).toEqual([]);
});
