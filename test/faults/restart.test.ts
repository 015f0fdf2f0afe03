/**
 * PostgreSQL is restarted under load, at once and without a goodbye (`pg_ctl -m immediate`), again and again: what was answered 201 is there and is
 * delivered, and the processes of the product come back by themselves.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import { type PostgresServer, startPostgres } from '../helpers/postgres.ts';
import { type Product, patience, request, upload, waitUntil } from '../helpers/product.ts';
import { findDamage, readAftermath, removeOrphansOf, sha256 } from './aftermath.ts';
import { setStage, startAnother } from './stage.ts';

const phones = 4;
const photos = 40;
/** After so many photos that were answered 201. */
const restarts = [6, 16, 28];

async function startMigrated(): Promise<PostgresServer> {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const db = await openDatabase({ url: postgres.url(), logger: silentLogger });
  await migrate(db);
  await db.close();
  return postgres;
}

/** Again, until it is answered 201. Returns the image's id. */
async function sendUntilTaken(product: Product, session: string, photo: Buffer): Promise<string> {
  for (const end = performance.now() + 120_000 * patience; performance.now() < end; await pause(50)) {
    const answer = await upload(product.url, session, photo).catch(() => undefined);
    if (answer?.status === 201) return answer.body.id;
    // With a time to come back, and never "our fault".
    if (answer !== undefined) expect(answer.status, JSON.stringify(answer.body)).toBe(503);
  }
  throw new Error('A photo was not taken for two minutes');
}

test('PostgreSQL is restarted at once, again and again, under load', { timeout: 300_000 }, async () => {
  const postgres = await startMigrated();
  const images = await mkdtemp(join(tmpdir(), 'apertur-restart-'));
  onTestFinished(() => rm(images, { recursive: true, force: true }));
  const settings = {
    STORAGE_URL: `file:${images}`,
    SECRET_KEY: 'ab'.repeat(32),
    RETRY_SCHEDULE: '0.2,0.5,1,2,5',
  };
  const common = { databaseUrl: postgres.url(), settings };
  const { product: api, receiver, session } = await setStage({ command: 'api', ...common });
  const worker = await startAnother({ command: 'worker', ...common });
  const pids = [api.pid, worker.pid];
  const bytes = await Promise.all(
    Array.from({ length: photos }, (_, seed) => makeJpeg({ seed, bytes: 20_000 + 1_000 * seed })),
  );

  /** Image id to the hash of the photo. */
  const taken = new Map<string, string>();
  let next = 0;
  const phone = async (): Promise<void> => {
    for (let photo = bytes[next++]; photo !== undefined; photo = bytes[next++])
      taken.set(await sendUntilTaken(api, session, photo), sha256(photo));
  };
  const restartAgainAndAgain = async (): Promise<void> => {
    for (const count of restarts) {
      await waitUntil(`${count} photos are taken`, () => taken.size >= count, {
        withinMs: 120_000 * patience,
      });
      await postgres.restart('immediate');
    }
  };
  await Promise.all([restartAgainAndAgain(), ...Array.from({ length: phones }, phone)]);
  expect(taken.size).toBe(photos);

  const arrived = (id: string): boolean =>
    receiver.arrivals.some(({ imageId, sha256: hash }) => imageId === id && hash === taken.get(id));
  await waitUntil('everything has arrived', () => [...taken.keys()].every(arrived), {
    withinMs: 60_000 * patience,
    everyMs: 50,
  });
  const place = { dataDir: api.dataDir, databaseUrl: postgres.url(), storage: images };
  const after = async () => (await readAftermath(place)).deliveries;
  await waitUntil('and is settled', async () => (await after()).every(({ status }) => status === 'sent'), {
    withinMs: 60_000 * patience,
    everyMs: 250,
  });
  expect((await request(`${api.url}/ready`)).status).toBe(200);
  expect([api.pid, worker.pid, api.running, worker.running]).toEqual([...pids, true, true]);
  expect([await api.stop(), await worker.stop()]).toEqual([0, 0]);

  // A photo whose answer was lost on the way is there twice, and whole; bytes without a row are nobody's.
  await removeOrphansOf(place);
  const left = await readAftermath(place);
  expect(findDamage(left)).toEqual([]);
  expect([...taken.keys()].filter((id) => !left.images.some((image) => image.id === id))).toEqual([]);
  // The same delivery keeps its name, however often it was sent.
  const names = Map.groupBy(receiver.arrivals, ({ imageId }) => imageId);
  for (const [, came] of names) expect(new Set(came.map(({ deliveryId }) => deliveryId)).size).toBe(1);
});
