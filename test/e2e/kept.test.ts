/** Photos outlive the page: a reload, a closed tab, an hour offline. Each arrives once, byte by byte. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import axe from 'axe-core';
import sharp from 'sharp';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { TestApp } from '../helpers/app.ts';
import { usePhones } from '../helpers/browser.ts';
import { createFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';
import { makeJpeg } from '../helpers/pictures.ts';
import {
  counts,
  createMovableClock,
  createSession,
  eventually,
  imagesOf,
  makePhotos,
  type PhotoFile,
  readPage,
  says,
  sha256,
  useApp,
  writePhotos,
} from './stage.ts';

const phones = usePhones();
const startApp = useApp();

const proxies: FaultProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

async function startBehindProxy(): Promise<{ app: TestApp; proxy: FaultProxy; url(path: string): string }> {
  const app = await startApp();
  const { hostname, port } = new URL(app.origin);
  const proxy = await createFaultProxy({ host: hostname, port: Number(port) });
  proxies.push(proxy);
  return { app, proxy, url: (path) => `http://127.0.0.1:${proxy.port}${path}` };
}

/** Once each, and nothing else. */
async function expectStored(app: TestApp, photos: PhotoFile[]): Promise<void> {
  const rows = await app.db.read.selectFrom('images').select(['sha256']).execute();
  expect(rows.map((row) => row.sha256).sort()).toEqual(photos.map(({ buffer }) => sha256(buffer)).sort());
}

test('a reload in the middle of an upload goes on where it was', async () => {
  const { app, proxy, url } = await startBehindProxy();
  const session = await createSession(app, { max_images: 10 });
  const { page } = await phones.open();
  await page.goto(url(`/u/${session.id}`));
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  proxy.set({ bytesPerSecond: 500_000 });
  const photos = await makePhotos(1, { bytes: 4_000_000 });
  await view.gallery.setInputFiles(photos);
  await eventually(async () => (await piecesOf(app)).received).toBeGreaterThan(1_500_000);
  const before = (await piecesOf(app)).received;
  page.on('dialog', (dialog) => void dialog.accept());
  const offsets: number[] = [];
  page.on('request', (request) => {
    const offset = request.headers()['upload-offset'];
    if (offset !== undefined) offsets.push(Number(offset));
  });
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    sizes.push(request.allHeaders().then((headers) => Number(headers['content-length'] ?? 0)));
  });
  await page.reload();
  proxy.set();
  await says(view.status, 'Received. Your photo is safe.');
  await expectStored(app, photos);
  // What was counted does not leave the phone again. Bytes on the line would not tell: buffers still hold some of the old page.
  expect(offsets).not.toEqual([]);
  expect(Math.min(...offsets)).toBeGreaterThanOrEqual(before);
  // One piece may go again, whose end the new page and the old one both sent.
  const sent = (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(4_000_000 - before + 700_000);
});

async function piecesOf(app: TestApp): Promise<{ received: number }> {
  const rows = await app.db.read.selectFrom('partial_uploads').select('received').execute();
  return { received: rows.reduce((sum, row) => sum + row.received, 0) };
}

test('a tab that was closed offline sends by itself when it is opened an hour later', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5, expires_in: 86_400 });
  const { page, context } = await phones.open();
  await page.clock.install();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const photos = await makePhotos(3, { bytes: 400_000 });
  await context.setOffline(true);
  await view.gallery.setInputFiles(photos);
  await says(view.status, /^Waiting for a connection\. 3 photos are kept on this phone\./);
  await page.close();
  expect(await imagesOf(app, session.id)).toBe(0);

  await context.setOffline(false);
  const later = await context.newPage();
  await later.clock.install({ time: Date.now() + 3_600_000 });
  await later.goto(session.upload_url);
  const again = readPage(later);
  await says(again.status, 'Received. Your 3 photos are safe.');
  await counts(later.locator('.photo canvas'), 3);
  await expectStored(app, photos);
  // And a third time there is nothing left to send.
  await later.reload();
  await says(again.heading, 'Photos for Claims');
  await counts(again.stage('received'), 3);
  await counts(later.locator('.photo canvas'), 3);
  expect(await imagesOf(app, session.id)).toBe(3);
});

test('a line that is cut in every piece costs only those pieces', async () => {
  const { app, proxy, url } = await startBehindProxy();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  await page.goto(url(`/u/${session.id}`));
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const photos = await makePhotos(1, { bytes: 2_000_000 });
  await view.gallery.setInputFiles(photos);
  for (let cut = 0; cut < 6; cut++) {
    const { received } = await piecesOf(app);
    proxy.set({ resetAfter: 150_000 + cut * 60_000 });
    proxy.cut();
    if ((await imagesOf(app, session.id)) > 0) break;
    const again = view.button('Try now');
    await eventually(async () => (await piecesOf(app)).received > received || (await again.isVisible())).toBe(
      true,
    );
    proxy.set();
    if (await again.isVisible()) await again.click().catch(() => undefined);
    await eventually(
      async () => (await piecesOf(app)).received > received || (await imagesOf(app, session.id)) > 0,
    ).toBe(true);
  }
  proxy.set();
  if (await view.button('Try now').isVisible())
    await view
      .button('Try now')
      .click()
      .catch(() => undefined);
  await says(view.status, 'Received. Your photo is safe.');
  await expectStored(app, photos);
});

test('a service that asks for patience between two pieces is given it', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  await page.clock.install();
  let busy = 2;
  await page.route('**/resumable/*', async (route) => {
    if (busy-- <= 0) return route.continue();
    const json = { statusCode: 429, error: 'No', message: 'Later', code: 'RATE_LIMIT' };
    await route.fulfill({ status: 429, headers: { 'retry-after': '30' }, json });
  });
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const photos = await makePhotos(1, { bytes: 2_000_000 });
  await view.gallery.setInputFiles(photos);
  await says(view.status, /^The service is busy\. 1 photo is kept on this phone/);
  await page.clock.runFor(31_000);
  await says(view.status, /^The service is busy\. 1 photo is kept on this phone/);
  await page.clock.runFor(31_000);
  await says(view.status, 'Received. Your photo is safe.');
  await expectStored(app, photos);
});

test('two photos of one name are two photos, and one photo of two names is one', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const [one, two] = await Promise.all([1, 2].map((seed) => makeJpeg({ seed, bytes: 50_000 })));
  const file = (name: string, buffer: Buffer): PhotoFile => ({ name, mimeType: 'image/jpeg', buffer });
  const photos = [file('image.jpg', one!), file('image.jpg', two!)];
  await view.gallery.setInputFiles(photos);
  await says(view.status, 'Received. Your 2 photos are safe.');
  await view.gallery.setInputFiles([file('copy of image.jpg', one!)]);
  await says(view.status, 'That photo was already sent. Received. Your 2 photos are safe.');
  await counts(view.photos, 2);
  // Also in a later visit.
  await page.reload();
  await says(view.heading, 'Photos for Claims');
  await view.gallery.setInputFiles([file('again.jpg', two!)]);
  await says(view.status, 'That photo was already sent.');
  await counts(view.stored, 2);
  await counts(view.photos, 2);
  await expectStored(app, photos);
});

test('photos that wait are put into another order by touch and by key, and leave in it after the tab is gone', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page, context } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const photos = await makePhotos(5);
  await context.setOffline(true);
  await view.gallery.setInputFiles(photos);
  await says(view.status, /^Waiting for a connection\. 5 photos are kept on this phone\./);
  const shown = () =>
    page.locator('.first').evaluateAll((all) => all.map((one) => one.ariaLabel!.slice(11, 12)));
  expect(await shown()).toEqual(['1', '2', '3', '4', '5']);
  const news = page.locator('[aria-live="polite"]');
  await view.button('Send photo-5.jpg first').tap();
  await says(news, 'photo-5.jpg is number 1 of 5 now.');
  await view.button('Send photo-1.jpg first').press('ArrowRight');
  await says(news, 'photo-1.jpg is number 3 of 5 now.');
  // The key moves on what it has moved.
  await page.keyboard.press('ArrowRight');
  await says(news, 'photo-1.jpg is number 4 of 5 now.');
  await view.button('Send photo-3.jpg first').press('ArrowLeft');
  await says(news, 'photo-3.jpg is number 2 of 5 now.');
  const order = ['5', '3', '2', '1', '4'];
  expect(await shown()).toEqual(order);
  await eventually(() => page.evaluate(keptInOrder)).toEqual(order.map((number) => `photo-${number}.jpg`));
  await page.close();

  await context.setOffline(false);
  const later = await context.newPage();
  const names: string[] = [];
  later.on('request', (request) => {
    const name = /filename (\S+?)(,|$)/.exec(request.headers()['upload-metadata'] ?? '')?.[1];
    if (name !== undefined) names.push(Buffer.from(name, 'base64').toString().slice(6, 7));
  });
  await later.goto(session.upload_url);
  await says(readPage(later).heading, '5 of 5 photos received');
  // Three leave at once.
  expect(names.slice(0, 3).sort()).toEqual(['2', '3', '5']);
  await expectStored(app, photos);
});

/** Runs in the page: names of the photos in IndexedDB, as a later visit takes them. */
const keptInOrder = `new Promise((resolve) => {
  const opening = indexedDB.open('apertur', 1);
  opening.onsuccess = () => {
    const all = opening.result.transaction('photos').objectStore('photos').getAll();
    all.onsuccess = () => resolve(all.result.sort((a, b) => a.addedAt - b.addedAt).map(({ name }) => name));
  };
})`;

test('what was removed does not come back', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page, context } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const photos = await makePhotos(2);
  await context.setOffline(true);
  await view.gallery.setInputFiles(await writePhotos(app, photos));
  await says(view.status, /^Waiting for a connection\. 2 photos are kept on this phone\./);
  await view.button('Remove photo-1.jpg').click();
  await counts(view.photos, 1);
  await eventually(() => page.evaluate(countKept)).toBe(1);
  await context.setOffline(false);
  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await says(view.status, 'Received. Your photo is safe.');
  await expectStored(app, photos.slice(1));
});

/** Runs in the page: photos in IndexedDB. */
const countKept = `new Promise((resolve) => {
  const opening = indexedDB.open('apertur', 1);
  opening.onsuccess = () => {
    const count = opening.result.transaction('photos').objectStore('photos').count();
    count.onsuccess = () => resolve(count.result);
  };
})`;

test('a phone without room says so, and the photo goes all the same', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Storage.overrideQuotaForOrigin', { origin: app.origin, quotaSize: 100_000 });
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const photos = await makePhotos(1, { bytes: 700_000 });
  await view.gallery.setInputFiles(photos);
  await says(
    view.status,
    'This phone is short of room, so photos that are not yet sent are kept only while this page is open. Received. Your photo is safe.',
  );
  await expectStored(app, photos);
});

test.each([
  ['beside the page', undefined],
  ['in a page that can have no helper', 'delete window.OffscreenCanvas'],
])('the small picture of a photo stands upright, as the camera was held, drawn %s', async (_, before) => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  if (before !== undefined) await page.addInitScript(before);
  await page.goto(session.upload_url);
  // Red above blue once it is turned by its orientation (6: a quarter to the right).
  const half = (background: string) => ({
    create: { width: 60, height: 80, channels: 3 as const, background },
  });
  const lying = await sharp(half('#ff0000'))
    .composite([{ input: half('#0000ff'), left: 30, top: 0 }])
    .extract({ left: 0, top: 0, width: 60, height: 80 })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  await readPage(page).gallery.setInputFiles({ name: 'lying.jpg', mimeType: 'image/jpeg', buffer: lying });
  await counts(page.locator('.photo canvas'), 1);
  const [above, below] = (await page.evaluate(`(async () => {
    const picture = document.querySelector('.photo canvas');
    while (picture.width === 0) await new Promise(requestAnimationFrame);
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 2;
    const brush = canvas.getContext('2d');
    brush.drawImage(picture, 0, 0, 2, 2);
    return [[...brush.getImageData(0, 0, 1, 1).data], [...brush.getImageData(0, 1, 1, 1).data]];
  })()`)) as number[][];
  expect([above![0]! > 200, above![2]! < 60], String(above)).toEqual([true, true]);
  expect([below![0]! < 60, below![2]! > 200], String(below)).toEqual([true, true]);
});

test('each photo says where it is, from the phone to its places, and still does an hour later', async () => {
  const inbox = await mkdtemp(path.join(tmpdir(), 'apertur-e2e-'));
  onTestFinished(() => rm(inbox, { recursive: true, force: true }));
  const clock = createMovableClock();
  const app = await startApp({ clock, settings: { LOCAL_ROOTS: inbox, RETRY_SCHEDULE: '600,600' } });
  const destination = async (body: unknown): Promise<string> =>
    (await app.call('POST', `/projects/${app.project.id}/destinations`, { body })).body.id;
  const folder = { type: 'local', name: 'Claims bucket', config: { path: inbox } };
  // Nobody listens there.
  const nobody = { type: 'webhook', name: 'Archive', config: { url: 'http://127.0.0.1:9/' } };
  const [there, nowhere] = [await destination(folder), await destination(nobody)];
  const session = await createSession(app, { destination_ids: [there], max_images: 5, expires_in: 86_400 });
  const { page, context } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  await page.evaluate(recordWords);
  await context.setOffline(true);
  await view.gallery.setInputFiles(await makePhotos(1));
  await says(page.locator('.caption'), 'On this phone');
  expect(await page.locator('.badge svg').count()).toBe(0);
  await context.setOffline(false);
  await says(page.locator('.caption'), 'In Claims bucket');
  await says(page.locator('.detail'), 'Checked');
  const seen = (await page.evaluate('window.seen')) as string[];
  const stages = ['On this phone', 'Received', 'Checked', 'Checked: the copy is whole', 'In Claims bucket'];
  expect([...new Set(seen)].filter((text) => stages.includes(text)).slice(0, 2)).toEqual(stages.slice(0, 2));
  expect(stages.filter((text) => !seen.includes(text))).toEqual([]);
  await says(page.locator('[aria-live="polite"]'), '1 photo was delivered.');

  // The live events of that time are no longer kept.
  clock.ahead = 3_600_000;
  await page.reload();
  await says(page.locator('.caption'), 'In Claims bucket');
  await says(page.locator('.photo .unseen'), 'Checked: the copy is whole');
  await counts(view.stage('delivered'), 1);
  await counts(page.locator('.photo canvas'), 1);

  const both = await createSession(app, { destination_ids: [there, nowhere], max_images: 5 });
  await page.goto(both.upload_url);
  await says(view.heading, 'Photos for Claims');
  await view.gallery.setInputFiles(await makePhotos(1, { from: 2 }));
  await says(page.locator('.caption'), '1 of 2 places');
  const waits =
    /Archive: 1 photo is kept safely\. It could not be delivered yet and is tried again at \d\d:\d\d\.$/;
  await says(view.status, waits);
  await page.reload();
  await says(page.locator('.caption'), '1 of 2 places');
  await says(page.locator('.detail'), /^Next try at \d\d:\d\d$/);
  await says(view.status, waits);
  await page.evaluate(axe.source);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { violations } = (await page.evaluate('axe.run(document)')) as axe.AxeResults;
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
});

test('fifty photos at once are shown in their order and arrive once each, and that is one piece of news', async () => {
  const inbox = await mkdtemp(path.join(tmpdir(), 'apertur-e2e-'));
  onTestFinished(() => rm(inbox, { recursive: true, force: true }));
  const app = await startApp({ settings: { LOCAL_ROOTS: inbox } });
  const folder = { type: 'local', name: 'Claims bucket', config: { path: inbox } };
  const made = await app.call('POST', `/projects/${app.project.id}/destinations`, { body: folder });
  const session = await createSession(app, { destination_ids: [made.body.id], max_images: 50 });
  const { page } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const photos = await makePhotos(50);
  await view.gallery.setInputFiles(photos);
  await says(view.heading, '50 of 50 photos received');
  await counts(view.stage('delivered'), 50);
  await says(page.locator('[aria-live="polite"]'), '50 photos were delivered.');
  await counts(page.locator('.photo canvas'), 50);
  const shown = await page
    .locator('.photo canvas')
    .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
  expect(shown).toEqual(photos.map(({ name }) => name));
  await expectStored(app, photos);

  // Only what is near takes memory.
  const last = page.locator('.photo canvas').last();
  const width = () => last.evaluate((canvas) => (canvas as unknown as { width: number }).width);
  await eventually(width).toBe(0);
  await last.scrollIntoViewIfNeeded();
  await eventually(width).toBeGreaterThan(100);
});

/** Runs in the page: every text that stands below a photo, in the order of its coming. */
const recordWords = `{
  window.seen = [];
  new MutationObserver((records) => {
    for (const { addedNodes, target } of records)
      if (target.closest?.('.words')) for (const node of addedNodes) window.seen.push(node.textContent);
  }).observe(document.querySelector('.photos'), { childList: true, subtree: true });
}`;
