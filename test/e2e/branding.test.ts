/** The page in the look of its project, where the plan has that; and what a project wants done with its photos. */
import axe from 'axe-core';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { TestApp } from '../helpers/app.ts';
import { usePhones } from '../helpers/browser.ts';
import { createSession, eventually, makePhotos, readPage, says, useApp } from './stage.ts';

const phones = usePhones();
const startApp = useApp();

const put = (app: TestApp, body: unknown) => app.call('PUT', `/projects/${app.project.id}/page`, { body });

async function makeLogo(): Promise<string> {
  const picture = sharp({ create: { width: 120, height: 40, channels: 3, background: '#ffcc00' } });
  return (await picture.png().toBuffer()).toString('base64');
}

test('shows name, logo, colour, thanks and where to go on', async () => {
  const app = await startApp();
  const settings = {
    brand: {
      name: 'Ann & Co',
      color: '#ffcc00',
      logo: await makeLogo(),
      thank_you: 'Ann thanks you.',
      redirect_url: `${app.origin}/health?done=1`,
    },
    photos: { gps: 'strip', image_format: 'jpeg' },
  };
  const saved = await put(app, settings);
  expect(saved).toMatchObject({ status: 200, body: settings });
  expect((await app.call('GET', `/projects/${app.project.id}/page`)).body).toMatchObject(settings);
  const session = await createSession(app, { max_images: 5, image_format: 'original' });
  const { body } = await app.call('GET', `/upload/${session.id}/session`, { key: null });
  // The session's own wish goes before its project's.
  expect(body.photos).toEqual({ gps: 'strip', imageFormat: 'original', downscale: false });
  const { page } = await phones.open({ reducedMotion: 'reduce' });
  const foreign: string[] = [];
  page.on(
    'request',
    (request) =>
      !request.url().startsWith(app.origin) &&
      !request.url().startsWith('blob:') &&
      foreign.push(request.url()),
  );
  await page.goto(session.upload_url);
  const view = readPage(page);
  await says(view.heading, 'Photos for Ann & Co');
  await says(page.locator('.lead'), /The place where a photo was taken is removed/);
  await eventually(() => page.evaluate('document.querySelector(".logo").naturalWidth')).toBe(120);
  const colours = await page.evaluate(`(() => {
    const { backgroundColor, color } = getComputedStyle(document.querySelector('.button.primary'));
    return [backgroundColor, color];
  })()`);
  expect(colours).toEqual(['rgb(255, 204, 0)', 'rgb(0, 0, 0)']);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run(document)')) as axe.AxeResults;
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
  await view.gallery.setInputFiles(await makePhotos(1));
  await says(view.status, 'Received. Your photo is safe.');
  await view.button('Done').click();
  await says(page.locator('.lead'), /^Ann thanks you\./);
  await view.button('Continue').click();
  await page.waitForURL('**/health?done=1');
  expect(foreign).toEqual([]);
});

test('is refused outside the plan and for what no page can show', async () => {
  const app = await startApp();
  for (const brand of [
    { color: 'yellow' },
    { color: '#fff' },
    { logo: Buffer.from('<svg onload="x"/>').toString('base64') },
    { redirect_url: 'javascript:alert(1)' },
    { redirect_url: 'https://' },
  ]) {
    const answer = await put(app, { brand });
    expect([brand, answer.status, answer.body.code]).toEqual([brand, 400, 'VALIDATION_ERROR']);
  }
  const other = await app.addProject('Other');
  const foreign = await app.call('PUT', `/projects/${app.project.id}/page`, { key: other.live, body: {} });
  expect(foreign.status).toBe(403);
  expect((await put(app, { brand: { name: 'Ann' } })).status).toBe(200);
  const session = await createSession(app);
  const look = async () =>
    (await app.call('GET', `/upload/${session.id}/session`, { key: null })).body.branding;
  expect(await look()).toMatchObject({ name: 'Ann', logoUrl: null });
  expect((await app.call('GET', `/upload/${session.id}/logo`, { key: null })).status).toBe(404);
  await app.db.write((tx) =>
    tx.q.updateTable('projects').set({ plan: 'free' }).where('id', '=', app.project.id).execute(),
  );
  expect(await look()).toBe(null);
  const refused = await put(app, { brand: { name: 'Ann' } });
  expect([refused.status, refused.body.code]).toEqual([403, 'PLAN_LIMIT']);
  expect((await put(app, { photos: { gps: 'coarse' } })).status).toBe(200);
});
