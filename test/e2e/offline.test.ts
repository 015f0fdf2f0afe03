/** The page opens without a connection too, once it was opened with one; and a new build is seen at once. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { registerUploadPage } from '../../src/http/upload-page.ts';
import { usePhones } from '../helpers/browser.ts';
import { createFaultProxy } from '../helpers/fault-proxy.ts';
import { counts, createSession, eventually, makePhotos, readPage, says, sha256, useApp } from './stage.ts';

const phones = usePhones();
const startApp = useApp();
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Everything that the page needs is on the phone, its late parts as well. */
async function isKept(page: Page): Promise<void> {
  await eventually(() =>
    page.evaluate(`(async () => {
      const { active } = await navigator.serviceWorker.ready;
      const kept = [];
      for (const name of await caches.keys())
        for (const { url } of await (await caches.open(name)).keys()) kept.push(url);
      return [active.state, kept.includes(location.href), kept.some((url) => url.includes('/road-'))];
    })()`),
  ).toEqual(['activated', true, true]);
}

test('a tab that was killed in a basement shows its photos there, takes another, and sends all of them later', async () => {
  const app = await startApp();
  const { hostname, port } = new URL(app.origin);
  const proxy = await createFaultProxy({ host: hostname, port: Number(port) });
  undo.push(() => proxy.close());
  const session = await createSession(app, { max_images: 5, expires_in: 86_400 });
  const url = `http://127.0.0.1:${proxy.port}/u/${session.id}?lang=fr`;
  const { page, context } = await phones.open();
  await page.goto(url);
  await says(readPage(page).heading, 'Photos pour Claims');
  await isKept(page);
  proxy.set({ refuse: true });
  proxy.cut();
  const photos = await makePhotos(3, { bytes: 300_000 });
  await page.getByLabel('Choisir des photos').setInputFiles(photos.slice(0, 2));
  await says(readPage(page).status, /^En attente d’une connexion\. 2 photos/);
  await page.close();

  const later = await context.newPage();
  await later.clock.install({ time: Date.now() + 3_600_000 });
  await later.goto(url);
  const view = readPage(later);
  await says(view.heading, '0 sur 5 photos');
  await says(view.status, /^En attente d’une connexion\. 2 photos sont gardées sur ce téléphone\./);
  await counts(later.locator('.photo canvas'), 2);
  await later.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    await later.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = (await later.evaluate('axe.run(document)')) as axe.AxeResults;
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
  await later.getByLabel('Choisir des photos').setInputFiles(photos.slice(2));
  await says(view.status, /^En attente d’une connexion\. 3 photos sont gardées/);
  proxy.set();
  await says(view.status, /^Reçues\. Vos 3 photos/);
  const rows = await app.db.read.selectFrom('images').select('sha256').execute();
  expect(rows.map((row) => row.sha256).sort()).toEqual(photos.map(({ buffer }) => sha256(buffer)).sort());
});

test('a short link opens offline as well, and says that nothing leaves the phone now', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page, context } = await phones.open();
  await page.goto(session.short_url);
  await says(readPage(page).heading, 'Photos for Claims');
  await isKept(page);
  await context.setOffline(true);
  await page.reload();
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  await says(view.status, 'No connection. Photos that you take now are kept on this phone and sent later.');
  await context.setOffline(false);
  await says(view.status, '');
});

test('a link that has ended is not taken for an open one offline', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 1 });
  const { page, context } = await phones.open();
  await page.goto(session.upload_url);
  await isKept(page);
  await readPage(page).gallery.setInputFiles(await makePhotos(1));
  await says(readPage(page).heading, 'Photo received');
  await eventually(() => page.evaluate('localStorage.length')).toBe(0);
  await context.setOffline(true);
  await page.reload();
  await says(readPage(page).heading, 'No connection');
});

const built = fileURLToPath(new URL('../../dist/upload', import.meta.url));

/** The page as another build would have it: the same, under other names. */
async function makeBuild(mark: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'apertur-build-'));
  undo.push(() => rm(folder, { recursive: true }));
  await cp(built, folder, { recursive: true });
  const assets = path.join(folder, 'assets');
  const rename = (text: string): string =>
    text
      .replace(/(index|road)-([\w-]{8})\.js/g, `$1-$2${mark}.js`)
      .replace(/'apertur-\w+'/, `'apertur-${mark}'`);
  for (const name of await readdir(assets)) {
    if (!name.endsWith('.js')) continue;
    const text = rename(await readFile(path.join(assets, name), 'utf8'));
    await rm(path.join(assets, name));
    await writeFile(path.join(assets, rename(name)), text);
  }
  for (const name of await readdir(folder)) {
    if (!/\.(html|js)$/.test(name)) continue;
    await writeFile(path.join(folder, name), rename(await readFile(path.join(folder, name), 'utf8')));
  }
  return folder;
}

const session = {
  status: 'active',
  expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  effectiveMaxImages: 5,
  effectiveAllowedMimeTypes: ['image/jpeg'],
  imagesUploaded: 0,
};

/** Of the whole product only what the page needs to open. */
async function serve(folder: string, port: number): Promise<FastifyInstance> {
  const server = Fastify({ forceCloseConnections: true });
  await registerUploadPage(server, { assetsDir: folder, findSessionId: async (id) => id });
  server.get('/api/v1/upload/:id/session', async () => session);
  await server.listen({ host: '127.0.0.1', port });
  return server;
}

test('a new build is seen at the next visit, replaces the old one whole, and opens offline', async () => {
  const [first, second] = [await makeBuild('one'), await makeBuild('two')];
  const old = await serve(first, 0);
  const port = Number(new URL(old.listeningOrigin).port);
  const { page, context } = await phones.open();
  const script = (of: Page) => of.locator('script').getAttribute('src');
  const places = (of: Page) => of.evaluate('caches.keys()');
  for (const id of ['sess_1', 'sess_2']) {
    await page.goto(`http://127.0.0.1:${port}/u/${id}`);
    await isKept(page);
  }
  expect(await script(page)).toMatch(/one\.js$/);
  await old.close();
  const fresh = await serve(second, port);
  await page.reload();
  expect(await script(page)).toMatch(/two\.js$/);
  // The old one goes when no page of its time is open any more.
  await eventually(() =>
    page.evaluate(
      `navigator.serviceWorker.getRegistration().then((one) => one.waiting?.state ?? one.active?.state)`,
    ),
  ).toBe('installed');
  await page.goto('about:blank');
  const next = await context.newPage();
  await next.goto(`http://127.0.0.1:${port}/u/sess_2`);
  await eventually(() => places(next)).toEqual(['apertur-two']);
  await fresh.close();
  // Also a link that was opened only with the old build.
  await next.goto(`http://127.0.0.1:${port}/u/sess_1`);
  expect(await script(next)).toMatch(/two\.js$/);
  await says(readPage(next).status, /^No connection\./);
});
