/** The product is killed again and again while photos come in pieces: each is received once, byte by byte. */
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { freePorts } from '../helpers/child-server.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { createSession, startProduct } from '../helpers/product.ts';
import { between, seeded } from '../helpers/seeded.ts';
import { sendByTus } from '../helpers/tus.ts';
import { findDamage, readAftermath, removeOrphansOf, sha256 } from './aftermath.ts';

const seed = Number(process.env.FAULT_SEED ?? 2_026);

test('12 kills during 24 photos in pieces (SQLite)', { timeout: 240_000 }, () => survive(24, 12));

test('6 kills during 12 photos in pieces (PostgreSQL)', { timeout: 240_000 }, async () => {
  const database = await createTestDatabase('postgres', { migrated: true });
  onTestFinished(() => database.cleanup());
  await survive(12, 6, database.url!);
});

async function survive(count: number, kills: number, databaseUrl?: string): Promise<void> {
  const random = seeded(seed);
  const [port] = await freePorts(1);
  const product = await startProduct({ databaseUrl, settings: { PORT: String(port), HOST: '127.0.0.1' } });
  onTestFinished(() => product.remove());
  const owner = await product.createKey();
  const session = await createSession(product, owner, { max_images: count });
  const photos = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      makeJpeg({ seed: n + 1, bytes: between(random, 200_000, 900_000) }),
    ),
  );
  const endpoint = `http://127.0.0.1:${port}/api/v1/upload/${session}/resumable`;
  let requests = 0;
  let ended = 0;
  const queue = [...photos];
  const send = async (photo: Buffer): Promise<string> => {
    const id = randomUUID();
    const sent = await sendByTus(endpoint, photo, {
      chunkSize: 60_000,
      metadata: { id },
      retryDelays: new Array<number>(1_000).fill(100),
      onBeforeRequest: () => {
        requests += 1;
      },
    });
    ended += 1;
    return `${id} ${sent.url}`;
  };
  const phones = Array.from({ length: 4 }, async () => {
    for (let photo = queue.shift(); photo; photo = queue.shift()) await send(photo);
  });
  let survived = 0;
  const killing = (async () => {
    for (let kill = 0; kill < kills && ended < count; kill++) {
      const mark = requests + between(random, 3, 30);
      while (requests < mark && ended < count) await pause(1);
      await product.kill9();
      survived += 1;
      await product.start();
    }
  })();
  await Promise.all([...phones, killing]);
  expect(survived).toBeGreaterThan(kills / 2);
  expect(await product.stop()).toBe(0);

  const where = { dataDir: product.dataDir, ...(databaseUrl ? { databaseUrl } : {}) };
  await removeOrphansOf(where);
  const after = await readAftermath(where);
  expect(after.images.map((image) => image.sha256).sort()).toEqual(photos.map(sha256).sort());
  expect(after.counts.get(session)).toBe(count);
  // Pieces that nobody knows may lie there until their sweep: at most what was under way at each kill.
  const names = await readdir(path.join(product.dataDir, 'images'), { recursive: true });
  const pieces = names.filter((name) => name.includes('pce_'));
  expect(pieces.length).toBeLessThanOrEqual(16 * kills);
  const known = { ...after, files: new Map([...after.files].filter(([key]) => !key.startsWith('partial-'))) };
  expect(findDamage(known)).toEqual([]);
}
