import { expect, test } from 'vitest';
import { eachApp, photoForm, type TestApp } from '../../test/helpers/app.ts';
import { makeJpeg } from '../../test/helpers/pictures.ts';
import { startRgw } from '../../test/helpers/s3-rgw.ts';
import type { Storage } from '../storage/storage.ts';
import { finishRemovals, purgeImages } from './retention.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;

/** Photos of one session, with what lies in the storage for each: itself and a small picture. */
async function upload(app: TestApp, count: number): Promise<string[]> {
  const session = (await app.call('POST', '/upload-sessions')).body.id;
  for (let n = 0; n < count; n++) {
    const body = photoForm(await makeJpeg({ seed: n }));
    const { id } = (await app.call('POST', `/upload/${session}/images`, { body })).body;
    const small = await app.call('GET', `/uploads/${id}/thumbnail`);
    expect(small.status).toBe(200);
  }
  return (await everything(app)).toSorted();
}

async function everything(app: TestApp): Promise<string[]> {
  const rows = await app.db.read.selectFrom('images').select(['id', 'storage_key', 'thumbnails']).execute();
  const keys = rows.flatMap((row) => [
    row.storage_key,
    ...row.thumbnails
      .split(' ')
      .filter(Boolean)
      .map((variant) => `small-${row.storage_key.split('/')[0]}/${row.id}/${variant}`),
  ]);
  const sizes = await Promise.all(keys.map((key) => app.storage.size(key)));
  return keys.filter((_, index) => sizes[index] !== undefined);
}

/** A storage whose process ends at the removal number `most`, as a kill would: nothing after it happens. */
function endingAt(storage: Storage, most: number): Storage {
  let count = 0;
  return {
    ...storage,
    remove: (key) => (++count < most ? storage.remove(key) : new Promise<void>(() => undefined)),
  };
}

async function expectAllRemoved(app: TestApp): Promise<void> {
  const before = await upload(app, 3);
  expect(before).toHaveLength(6);
  const now = app.clock.now() + 40 * dayMs;
  void purgeImages({ db: app.db, storage: endingAt(app.storage, 3) }, { retentionDays: 30, now });
  await expect.poll(async () => (await everything(app)).length, { timeout: 30_000 }).toBe(before.length - 2);
  // The one who began may still be alive, so at first nobody interferes.
  expect(await finishRemovals(app, now + minuteMs)).toBe(0);
  expect(await finishRemovals(app, now + 11 * minuteMs)).toBe(6);
  expect(await everything(app)).toEqual([]);
  expect(await finishRemovals(app, now + 30 * minuteMs)).toBe(0);
  const kept = await app.db.read.selectFrom('images').select('id').where('purged_at', 'is', null).execute();
  expect(kept).toEqual([]);
}

eachApp('photos past their retention', (start, engine) => {
  test('lose their bytes also when the process ends between marking them and removing them', async () => {
    await expectAllRemoved(await start());
  });

  test('lose them later when the store refuses at first, each as soon as it can', async () => {
    const app = await start();
    await upload(app, 3);
    const now = app.clock.now() + 40 * dayMs;
    let calls = 0;
    const moody = {
      ...app.storage,
      remove: async (key: string) => {
        calls += 1;
        if (calls % 2 === 0) throw new Error('not now');
        await app.storage.remove(key);
      },
    };
    const purged = purgeImages({ db: app.db, storage: moody }, { retentionDays: 30, now });
    await expect(purged).rejects.toThrow('not now');
    expect(await everything(app)).toHaveLength(3);
    expect(await finishRemovals(app, now + 11 * minuteMs)).toBe(3);
    expect(await everything(app)).toEqual([]);
  });

  // What lies where the bytes rest is the same for both engines.
  if (engine.name === 'sqlite') {
    test('lose them in an S3 store as well', async () => {
      const rgw = await startRgw();
      try {
        await rgw.createBucket('photos');
        const { accessKeyId, secretAccessKey } = rgw.owner;
        const owner = `${accessKeyId}:${encodeURIComponent(secretAccessKey)}`;
        const STORAGE_URL = `s3://${owner}@${rgw.host}:${rgw.port}/photos?tls=off`;
        await expectAllRemoved(await start({ settings: { STORAGE_URL } }));
      } finally {
        await rgw.stop();
      }
    });
  }
});
