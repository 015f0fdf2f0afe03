/** What a bad connection does to photos: nothing, but that they arrive later. */
import { rm } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { TestApp } from '../helpers/app.ts';
import { usePhones } from '../helpers/browser.ts';
import { createFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';
import {
  counts,
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

/** The app behind a road that can be cut; the phone knows only the road. */
async function startBehindProxy(): Promise<{ app: TestApp; proxy: FaultProxy; url(path: string): string }> {
  const app = await startApp();
  const { hostname, port } = new URL(app.origin);
  const proxy = await createFaultProxy({ host: hostname, port: Number(port) });
  proxies.push(proxy);
  return { app, proxy, url: (path) => `http://127.0.0.1:${proxy.port}${path}` };
}

async function expectStored(app: TestApp, photos: PhotoFile[]): Promise<void> {
  const rows = await app.db.read
    .selectFrom('images')
    .select(['filename', 'sha256'])
    .orderBy('filename')
    .execute();
  expect(rows).toEqual(photos.map(({ name, buffer }) => ({ filename: name, sha256: sha256(buffer) })));
}

test('photos chosen offline are kept and leave by themselves when the phone is online again', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page, context } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  await context.setOffline(true);
  const photos = await makePhotos(3);
  await view.gallery.setInputFiles(photos);
  await says(view.status, 'Waiting for a connection. 3 photos are kept on this phone. Keep this page open.');
  expect(await view.button('Try now').isVisible()).toBe(true);
  expect(await imagesOf(app, session.id)).toBe(0);
  await context.setOffline(false);
  await says(view.status, 'Received. Your 3 photos are safe.');
  await expectStored(app, photos);
});

test('a line that breaks in the middle of a photo costs only time', async () => {
  const { app, proxy, url } = await startBehindProxy();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  await page.goto(url(`/u/${session.id}`));
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  proxy.set({ resetAfter: 100_000 });
  const photos = await makePhotos(2, { bytes: 1_000_000 });
  await view.gallery.setInputFiles(photos);
  await says(view.status, /^Waiting for a connection\. 2 photos are kept on this phone\./);
  expect(await imagesOf(app, session.id)).toBe(0);
  proxy.set();
  await says(view.status, 'Received. Your 2 photos are safe.');
  await expectStored(app, photos);
});

test('a photo whose answer got lost is not sent twice', async () => {
  const { app, proxy, url } = await startBehindProxy();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  await page.clock.install();
  await page.goto(url(`/u/${session.id}`));
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  // The page's own clock stands still: what it hears decides, not how long that took.
  await page.clock.pauseAt(Date.now() + 60_000);
  proxy.set({ loseAnswers: true });
  // On a connection that it had used before, Chromium would repeat the request by itself.
  proxy.cut();
  const photos = await makePhotos(1, { bytes: 50_000 });
  await view.gallery.setInputFiles(photos);
  await eventually(() => imagesOf(app, session.id)).toBe(1);
  await says(view.status, /^Waiting for a connection\. 1 photo is kept on this phone\./);
  proxy.set();
  await view.button('Try now').click();
  await says(view.status, 'Received. Your photo is safe.');
  await expectStored(app, photos);
});

test('a line that goes silent is noticed', async () => {
  const { app, proxy, url } = await startBehindProxy();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  await page.clock.install();
  await page.goto(url(`/u/${session.id}`));
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const photos = await makePhotos(2, { bytes: 50_000 });
  // With the first one, all that the page loads later is here.
  await view.gallery.setInputFiles(photos[0]!);
  await says(view.status, 'Received. Your photo is safe.');
  proxy.set({ stallAfter: 0 });
  // Other things are on this line, too: its own request says that the photo is on its way.
  const leaving = page.waitForRequest('**/resumable');
  await view.gallery.setInputFiles(photos[1]!);
  await leaving;
  await says(view.status, 'Sending 1 photo. Keep this page open.');
  // Every byte is in the buffers on the way, so this is the wait for the answer.
  await page.clock.fastForward(91_000);
  await says(view.status, /^Waiting for a connection\. 1 photo is kept on this phone\./);
  proxy.set();
  proxy.cut();
  await says(view.status, 'Received. Your 2 photos are safe.');
  await expectStored(app, photos);
});

describe('a line that goes silent while the page still loads what comes later', () => {
  test.each([
    ['the code of the safe road', '**/road-*.js', /\/road-[\w-]+\.js\?\d+$/],
    ['the worker beside the page', '**/scribe-worker-*.js', undefined],
  ])('%s is not waited for without end', async (_, script, anew) => {
    const { app, proxy, url } = await startBehindProxy();
    const session = await createSession(app, { max_images: 5 });
    // Playwright does not see what a service worker fetches; one that is quick takes over the page while it loads.
    const { page } = await phones.open({ serviceWorkers: 'block' });
    await page.clock.install();
    let fellSilent = (): void => {};
    const silence = new Promise<void>((resolve) => {
      fellSilent = resolve;
    });
    await page.route(
      script,
      async (route) => {
        proxy.set({ stallAfter: 0 });
        fellSilent();
        await route.continue();
      },
      { times: 1 },
    );
    await page.goto(url(`/u/${session.id}`));
    const view = readPage(page);
    await says(view.heading, 'Photos for Claims');
    await silence;
    const photos = await makePhotos(1, { bytes: 50_000 });
    await view.gallery.setInputFiles(photos);
    await says(view.status, 'Sending 1 photo. Keep this page open.');
    const next = page.waitForRequest(anew ?? '**/resumable');
    await page.clock.fastForward(21_000);
    await next;
    // Without the worker, the page has put the photo away by itself: now that waits for its answer.
    if (anew === undefined) await page.clock.fastForward(91_000);
    await says(view.status, /^Waiting for a connection\. 1 photo is kept on this phone\./);
    proxy.set();
    proxy.cut();
    await says(view.status, 'Received. Your photo is safe.');
    await expectStored(app, photos);
  });
});

/** Runs in the page: how often the screen is kept on at this moment. */
const countLocks = `{
  globalThis.locks = 0;
  WakeLock.prototype.request = async () => {
    locks++;
    return Object.assign(new EventTarget(), { release: async () => void locks-- });
  };
}`;

test('how much has left the phone can be seen, the screen stays on, and leaving the page then warns', async () => {
  const { app, proxy, url } = await startBehindProxy();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open();
  await page.addInitScript(countLocks);
  await page.goto(url(`/u/${session.id}`));
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  // Chromium asks only on a page that somebody has touched.
  await page.locator('h1').tap();
  proxy.set({ bytesPerSecond: 4_000_000 });
  await view.gallery.setInputFiles(await makePhotos(1, { bytes: 12_000_000 }));
  const ring = page.getByRole('progressbar', { name: 'Sending photo-1.jpg' });
  await eventually(async () => Number(await ring.getAttribute('aria-valuenow'))).toSatisfy(
    (percent: number) => percent > 0 && percent < 100,
  );
  await eventually(() => page.evaluate('locks')).toBe(1);
  const asked = page.waitForEvent('dialog');
  void page.close({ runBeforeUnload: true });
  const dialog = await asked;
  expect(dialog.type()).toBe('beforeunload');
  await dialog.dismiss();
  proxy.set();
  await says(view.status, 'Received. Your photo is safe.');
  await eventually(() => page.evaluate('locks')).toBe(0);
  await page.close({ runBeforeUnload: true });
  await eventually(() => page.isClosed()).toBe(true);
});

describe('a service that cannot take photos right now', () => {
  test.each([
    ['in pieces', 503, '**/resumable'],
    ['in pieces', 429, '**/resumable'],
    // While the code that sends in pieces cannot be had.
    ['at once', 503, '**/images'],
  ])('%s: %i is waited out for as long as it asks', async (_, status, place) => {
    const app = await startApp();
    const session = await createSession(app, { max_images: 5 });
    const { page } = await phones.open({ serviceWorkers: 'block' });
    if (place === '**/images') await page.route('**/road-*.js*', (route) => route.abort());
    await page.clock.install();
    let refusals = 0;
    await page.route(place, async (route) => {
      refusals += 1;
      const json = { statusCode: status, error: 'No', message: 'Later', code: 'LATER' };
      await route.fulfill({ status, headers: { 'retry-after': '120' }, json });
    });
    await page.goto(session.upload_url);
    const view = readPage(page);
    await says(view.heading, 'Photos for Claims');
    await page.clock.pauseAt(Date.now() + 600_000);
    await view.gallery.setInputFiles(await makePhotos(1));
    await says(
      view.status,
      'The service is busy. 1 photo is kept on this phone and will be sent by itself. Keep this page open.',
    );
    await page.clock.runFor(119_000);
    expect(refusals).toBe(1);
    await page.unroute(place);
    await page.clock.runFor(2_000);
    // What was asked for again while the clock ran ahead may have seemed silent: the page goes on at its own pace.
    await page.clock.resume();
    await says(view.status, 'Received. Your photo is safe.');
  });

  test('the sign-in page of a network is no receipt', async () => {
    const app = await startApp();
    const session = await createSession(app, { max_images: 5 });
    const { page } = await phones.open();
    await page.route('**/resumable', (route) =>
      route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Welcome to the café</h1>' }),
    );
    await page.goto(session.upload_url);
    const view = readPage(page);
    const asked = page.waitForResponse('**/resumable');
    await view.gallery.setInputFiles(await makePhotos(1));
    await asked;
    await says(view.status, /^(Sending|Waiting)/);
    await counts(view.stored, 0);
    await page.unroute('**/resumable');
    await says(view.status, 'Received. Your photo is safe.');
    expect(await imagesOf(app, session.id)).toBe(1);
  });
});

test('a link opened without a connection opens by itself later', async () => {
  const app = await startApp();
  const session = await createSession(app);
  const { page, context } = await phones.open();
  // The page asks for its session in a header, before anything here could be in the way; without it, its script asks.
  await page.route('**/u/*', async (route) => {
    const answer = await route.fetch();
    const { link: _, ...headers } = answer.headers();
    await route.fulfill({ response: answer, headers });
  });
  await page.route('**/session', async (route) => {
    await context.setOffline(true);
    await route.abort();
  });
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'No connection');
  expect(await view.button('Try again').isVisible()).toBe(true);
  await page.unroute('**/session');
  await context.setOffline(false);
  await says(view.heading, 'Photos for Claims');
});

test('a photo that the phone deletes once it was chosen is sent all the same', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page, context } = await phones.open();
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Claims');
  const photos = await makePhotos(1);
  const [file] = await writePhotos(app, photos);
  await context.setOffline(true);
  await view.gallery.setInputFiles(file!);
  await says(view.status, /^Waiting for a connection\./);
  await rm(file!);
  await context.setOffline(false);
  await says(view.status, 'Received. Your photo is safe.');
  await expectStored(app, photos);
});
