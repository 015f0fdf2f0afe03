/** End-to-end encryption in a real browser: what the page sends is opened by `apertur decrypt`, and by nobody before. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { type TestApp, until } from '../helpers/app.ts';
import { usePhones } from '../helpers/browser.ts';
import { counts, createSession, makePhotos, type PhotoFile, readPage, says, useApp } from './stage.ts';

const run = promisify(execFile);
const phones = usePhones();
const startApp = useApp();
const home = path.resolve(import.meta.dirname, '../..');

const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

async function folder(): Promise<string> {
  const place = await mkdtemp(path.join(tmpdir(), 'apertur-e2e-'));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  return place;
}

/** An app that delivers into a folder, of a project that has a key of its own. */
async function startSealed(inbox: string): Promise<{ app: TestApp; destination: string }> {
  const app = await startApp({ settings: { LOCAL_ROOTS: inbox } });
  const made = await app.call('POST', `/projects/${app.project.id}/destinations`, {
    body: { type: 'local', name: 'Folder', config: { path: inbox } },
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  await register(app, pair.publicKey);
  return { app, destination: made.body.id };
}

async function register(app: TestApp, publicKey: string): Promise<void> {
  const set = await app.call('PUT', `/projects/${app.project.id}/e2e-key`, { body: { publicKey } });
  expect(set.status).toBe(200);
}

/** Every file below a folder, with its bytes. */
async function filesIn(place: string): Promise<{ name: string; bytes: Buffer }[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => ({ name, bytes: await readFile(path.join(parentPath, name)) })),
  );
}

/** A stretch of the photo that is found again wherever it lies in the clear, also as base64. */
function traces({ buffer }: PhotoFile): (string | Buffer)[] {
  const middle = buffer.subarray(3_000, 3_300);
  return [middle, middle.toString('base64').slice(4, -4)];
}

test('the destination holds only what the project can open', async () => {
  const [inbox, opened] = [await folder(), await folder()];
  const { app, destination } = await startSealed(inbox);
  const session = await createSession(app, { destination_ids: [destination], max_images: 5 });
  const photos = await makePhotos(2, { bytes: 3_100_000 });
  const { page } = await phones.open();
  const sent: Buffer[] = [];
  page.on('request', (request) => sent.push(request.postDataBuffer() ?? Buffer.alloc(0)));
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(page.locator('.lead'), /Only the recipient can open them\./);
  await view.gallery.setInputFiles(photos);
  await says(view.status, 'Received. Your 2 photos are safe.');
  await counts(view.stage('delivered'), 2);

  const envelopes = await until(async () => {
    const found = await filesIn(inbox);
    return found.length === 2 && found;
  }, 'two envelopes');
  const everywhere = [...envelopes, ...(await filesIn(app.config.dataDir))].map(({ bytes }) => bytes);
  for (const trace of photos.flatMap(traces)) {
    expect([...everywhere, ...sent].filter((bytes) => bytes.includes(trace))).toEqual([]);
  }
  const key = path.join(opened, 'private.pem');
  await writeFile(key, pair.privateKey);
  const paths = (await readdir(inbox, { recursive: true }))
    .filter((name) => name.endsWith('.enc'))
    .map((name) => path.join(inbox, name));
  const out = path.join(opened, 'photos');
  await run(process.execPath, [
    path.join(home, 'bin/apertur.js'),
    'decrypt',
    '--key',
    key,
    '--out',
    out,
    ...paths,
  ]);
  for (const { name, buffer } of photos) {
    expect((await readFile(path.join(out, name))).equals(buffer)).toBe(true);
  }
});

test('where the browser cannot encrypt, no photo leaves the phone', async () => {
  const { app, destination } = await startSealed(await folder());
  const session = await createSession(app, { destination_ids: [destination] });
  const { page } = await phones.open();
  // As on an address without HTTPS.
  await page.addInitScript('Object.defineProperty(crypto, "subtle", { value: undefined })');
  const posts: string[] = [];
  page.on('request', (request) => request.method() !== 'GET' && posts.push(request.url()));
  await page.goto(session.upload_url);
  const view = readPage(page);
  await view.gallery.setInputFiles(await makePhotos(1));
  await says(view.stage('refused').locator('.sentence'), /^Photos are encrypted here before they leave/);
  expect(posts).toEqual([]);
});

test('a plan without end-to-end encryption is not said to have it', async () => {
  const { app, destination } = await startSealed(await folder());
  await app.db.write((tx) =>
    tx.q.updateTable('projects').set({ plan: 'free' }).where('id', '=', app.project.id).execute(),
  );
  const session = await createSession(app, { destination_ids: [destination] });
  const { body } = await app.call('GET', `/upload/${session.id}/session`, { key: null });
  expect([body.e2eEnabled, body.e2ePublicKey, body.e2eDowngraded]).toEqual([false, null, true]);
  const { page } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  expect(await page.locator('.lead').textContent()).not.toContain('Only the recipient');
  await view.gallery.setInputFiles(await makePhotos(1));
  await says(view.status, 'Received. Your photo is safe.');
});
