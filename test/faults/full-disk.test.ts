/** A disk without room: the phone is told to come back, nothing half-written stays, and it works again with room. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeJpeg, noise } from '../helpers/pictures.ts';
import { upload, waitUntil } from '../helpers/product.ts';
import { findDamage, readAftermath } from './aftermath.ts';
import { type Stage, setStage } from './stage.ts';

interface Refusal {
  error: string;
  message: string;
}

/** A small file system of its own; needs the right to mount, as root in a container or on CI has it. */
async function smallDisk(megabytes: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'apertur-small-disk-'));
  const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder];
  const mounted = spawnSync('mount', options, { encoding: 'utf8' });
  expect(mounted.status, `a small file system is needed for this test: ${mounted.stderr}`).toBe(0);
  onTestFinished(async () => {
    spawnSync('umount', [folder]);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

async function expectRefused(stage: Stage, photo: Buffer): Promise<void> {
  const { status, headers, body } = await upload<Refusal>(stage.product.url, stage.session, photo);
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

test('no room for photos', { timeout: 60_000 }, async () => {
  const disk = await smallDisk(4);
  const stage = await setStage({ settings: { STORAGE_URL: `file:${disk}/images` } });
  const { product, receiver, session } = stage;
  const photo = await makeJpeg({ bytes: 3_000_000 });
  expect((await upload(product.url, session, photo)).status).toBe(201);
  await expectRefused(stage, photo);
  await Promise.all(Array.from({ length: 8 }, () => expectRefused(stage, photo)));
  const after = await readAftermath({ dataDir: product.dataDir, storage: join(disk, 'images') });
  expect(findDamage(after)).toEqual([]);
  expect(after.images).toHaveLength(1);

  spawnSync('mount', ['-o', 'remount,size=16m', disk]);
  expect((await upload(product.url, session, photo)).status).toBe(201);
  await waitUntil('both arrive', () => receiver.arrivals.length === 2);
});

test('no room for the database either', { timeout: 60_000 }, async () => {
  const disk = await smallDisk(12);
  const dataDir = join(disk, 'data');
  await mkdir(dataDir);
  const stage = await setStage({ dataDir });
  const { product, receiver, session } = stage;
  const photo = await makeJpeg({ bytes: 30_000 });
  const taken = new Set<string>();
  taken.add((await upload(product.url, session, photo)).body.id);
  await fill(disk);
  // Photos go in until the disk refuses; some leave room for the file and none for the row.
  let refused = 0;
  for (let turn = 0; turn < 60 && refused < 5; turn++) {
    const small = await makeJpeg({ seed: turn + 2 });
    const { status, headers, body } = await upload(product.url, session, small);
    if (status === 201) taken.add(body.id);
    else {
      refused += 1;
      expect({ status, body }).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
  }
  expect(refused).toBe(5);

  await rm(join(disk, 'filler'));
  const { status, body } = await upload(product.url, session, photo);
  expect(status).toBe(201);
  taken.add(body.id);
  const arrived = () => new Set(receiver.arrivals.map((arrival) => arrival.imageId));
  await waitUntil('all that were taken arrive', () => [...taken].every((id) => arrived().has(id)));
  await product.stop();
  const after = await readAftermath(product);
  expect(findDamage(after)).toEqual([]);
  expect(new Set(after.images.map((image) => image.id))).toEqual(taken);
});

/** Leaves a hundred kilobytes. */
async function fill(disk: string): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  await writeFile(join(disk, 'filler'), noise(bavail * bsize - 100_000));
}
