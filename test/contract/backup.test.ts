/** What an operator does with an install as a whole: back it up, restore it, move it. The real commands, both engines. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { generateServerKey } from '../../src/images/server-key.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { photoForm, startApp, type TestApp, testConfig } from '../helpers/app.ts';
import { createTestDatabase, eachEngine, type TestDatabase, type TestEngine } from '../helpers/database.ts';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { makeJpeg } from '../helpers/pictures.ts';

const bin = fileURLToPath(new URL('../../bin/apertur.js', import.meta.url));
/** Making one takes long, and nothing here is encrypted with it. */
const serverKey = generateServerKey();
const folders: string[] = [];
const databases: TestDatabase[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  for (const database of databases.splice(0)) await database.cleanup();
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(memoryFolder(), 'apertur-backup-'));
  folders.push(folder);
  return folder;
}

interface Ended {
  code: number;
  out: string;
  err: string;
}

/** Runs a command of the product as an operator does. */
function command(settings: Record<string, string>, ...args: string[]): Promise<Ended> {
  const env = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`APERTUR_${name}`, value]));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [bin, ...args],
      { env: { PATH: process.env.PATH, ...env } },
      (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

interface Install {
  app: TestApp;
  settings: Record<string, string>;
  images: { id: string; bytes: Buffer }[];
}

/** An install with three photos in it; `bytes` as they were received. */
async function installWithPhotos(engine: TestEngine): Promise<Install> {
  const { url } = await engine.place({ migrated: true });
  const settings = { DATA_DIR: await newFolder(), ...(url ? { DATABASE_URL: url } : {}) };
  const app = await startApp(engine, { settings });
  const images: Install['images'] = [];
  for (const seed of [1, 2, 3]) images.push(await upload(app, seed));
  return { app, settings, images };
}

async function upload(app: TestApp, seed: number): Promise<{ id: string; bytes: Buffer }> {
  const { body: session } = await app.call('POST', '/upload-sessions', { body: {} });
  const bytes = await makeJpeg({ width: 320, height: 240, seed });
  const { body } = await app.call('POST', `/upload/${session.uuid}/images`, {
    body: photoForm(bytes),
    key: null,
  });
  return { id: body.id, bytes };
}

/** Starts the product on what was restored, and reads every photo through the API with the old key. */
async function expectPhotos(
  settings: Record<string, string>,
  key: string,
  images: { id: string; bytes: Buffer }[],
) {
  const parts = { api: true, worker: false };
  const app = await buildApp(testConfig({ ...settings, PORT: '0' }), parts, {
    logger: silentLogger,
    serverKey: () => serverKey,
  });
  try {
    const origin = await app.start();
    for (const { id, bytes } of images) {
      const answer = await fetch(`${origin}/api/v1/uploads/${id}/download`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(answer.status).toBe(200);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    }
  } finally {
    await app.stop();
  }
}

eachEngine('an install', (engine) => {
  test('is backed up while it runs, checked, and restored with every photo', async () => {
    const { app, settings: from, images } = await installWithPhotos(engine);
    const backup = path.join(await newFolder(), 'night');
    const made = await command(from, 'backup', '--to', backup);
    expect(made).toMatchObject({ code: 0, out: expect.stringContaining('3 photos') });
    expect((await readdir(backup)).sort()).toEqual(['apertur.db', 'backup.json', 'images', 'secret.key']);
    const checked = await command({ DATA_DIR: await newFolder() }, 'restore', '--from', backup, '--check');
    expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('3 whole photos') });
    await app.stop();

    const settings = { DATA_DIR: path.join(await newFolder(), 'fresh') };
    expect(await command(settings, 'restore', '--from', backup)).toMatchObject({ code: 0 });
    await expectPhotos(settings, app.project.live, images);
  });

  test('a second backup follows retention and new photos; an interrupted one counts as none', async () => {
    const { app, settings: from } = await installWithPhotos(engine);
    const backup = await newFolder();
    const run = () => command(from, 'backup', '--to', backup);
    await run();
    await upload(app, 9);
    const rows = await app.db.read.selectFrom('images').select(['id', 'storage_key']).orderBy('id').execute();
    await app.db.write(({ q }) =>
      q.updateTable('images').set({ purged_at: 1 }).where('id', '=', rows[0]!.id).execute(),
    );
    expect(await run()).toMatchObject({ code: 0, out: expect.stringContaining('3 photos') });
    const kept = await readdir(path.join(backup, 'images'), { recursive: true });
    expect(kept).not.toContain(rows[0]!.storage_key);
    expect(kept).toContain(rows[3]!.storage_key);

    await rm(path.join(backup, 'backup.json'));
    const refused = await command({ DATA_DIR: await newFolder() }, 'restore', '--from', backup);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('no backup') });
    await app.stop();
  });

  test('a damaged photo and damaged rows are told', async () => {
    const { app, settings: from, images } = await installWithPhotos(engine);
    const backup = await newFolder();
    await command(from, 'backup', '--to', backup);
    const { storage_key } = await app.db.read
      .selectFrom('images')
      .select('storage_key')
      .where('id', '=', images[1]!.id)
      .executeTakeFirstOrThrow();
    await app.stop();
    const file = path.join(backup, 'images', storage_key);
    const bytes = await readFile(file);
    bytes[100]! ^= 1;
    await writeFile(file, bytes);
    const check = () => command({ DATA_DIR: '/nonexistent' }, 'restore', '--from', backup, '--check');
    expect(await check()).toMatchObject({ code: 1, err: expect.stringContaining(images[1]!.id) });
    await writeFile(path.join(backup, 'apertur.db'), 'x', { flag: 'a' });
    expect(await check()).toMatchObject({
      code: 1,
      err: expect.stringContaining('not those that were backed up'),
    });
  });

  test('nothing is restored over another install', async () => {
    const { app, settings: from } = await installWithPhotos(engine);
    const backup = await newFolder();
    await command(from, 'backup', '--to', backup);
    await app.stop();
    const settings = { DATA_DIR: await newFolder() };
    await command(settings, 'key', 'create');
    const before = await readFile(path.join(settings.DATA_DIR, 'secret.key'), 'utf8');
    const refused = await command(settings, 'restore', '--from', backup);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('another install') });
    expect(await readFile(path.join(settings.DATA_DIR, 'secret.key'), 'utf8')).toBe(before);

    // Also when both are sealed with one key.
    await writeFile(
      path.join(settings.DATA_DIR, 'secret.key'),
      await readFile(path.join(backup, 'secret.key')),
    );
    const again = await command(settings, 'restore', '--from', backup);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('another install') });
    expect(await readdir(settings.DATA_DIR)).not.toContain('images');
  });

  test('moves to PostgreSQL and another storage, once more after changes, and goes on there', async () => {
    const { app, settings: from, images } = await installWithPhotos(engine);
    const place = await createTestDatabase('postgres');
    databases.push(place);
    const storage = `file:${await newFolder()}`;
    const run = () => command(from, 'migrate-data', '--to', place.url!, '--storage', storage);
    const first = await run();
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/images +3 rows, 3 brought over/);
    expect(first.out).toMatch(/3 photos are there, 3 of them brought over/);
    const late = await upload(app, 9);
    const keyFile = await readFile(path.join(from.DATA_DIR!, 'secret.key'), 'utf8');
    expect((await run()).out).toMatch(/4 photos are there, 1 of them brought over/);
    await app.stop();

    const key = keyFile.split('\n').find((line) => /^[0-9a-f]{64}$/.test(line.trim()))!;
    const settings = {
      DATA_DIR: await newFolder(),
      DATABASE_URL: place.url!,
      STORAGE_URL: storage,
      SECRET_KEY: key,
    };
    await expectPhotos(settings, app.project.live, [...images, late]);
  });
});
