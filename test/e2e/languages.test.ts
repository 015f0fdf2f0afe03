/** Every language of the page, in a real browser: in its own words, its own direction, on the narrowest phone. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { usePhones } from '../helpers/browser.ts';
import { counts, createSession, makePhotos, readPage, says, useApp } from './stage.ts';

const phones = usePhones();
const startApp = useApp();

/** What hangs over either edge of the screen. */
const overflow = (page: Page): Promise<string[]> =>
  page.evaluate(`
    [...document.querySelectorAll('html, body *')]
      .filter((element) => element.checkVisibility() && !element.closest('svg'))
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ element, box }) => box.right > innerWidth + 0.5 || box.left < -0.5 || element.scrollWidth > innerWidth)
      .map(({ element }) => element.outerHTML.slice(0, 80))
  `);

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] })',
  )) as axe.AxeResults;
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

test('twelve languages speak, one of them from right to left', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 30 });
  const { page } = await phones.open({ viewport: { width: 320, height: 568 }, reducedMotion: 'reduce' });
  const titles = {
    ar: 'صور إلى Claims',
    de: 'Fotos für Claims',
    en: 'Photos for Claims',
    es: 'Fotos para Claims',
    fr: 'Photos pour Claims',
    it: 'Foto per Claims',
    ja: 'Claims への写真',
    nl: 'Foto’s voor Claims',
    pl: 'Zdjęcia dla Claims',
    pt: 'Fotos para Claims',
    tr: 'Claims için fotoğraflar',
    zh: '给 Claims 的照片',
  };
  for (const [language, title] of Object.entries(titles)) {
    await page.goto(`${session.upload_url}?lang=${language}`);
    await says(readPage(page).heading, title);
    const html = page.locator('html');
    expect([await html.getAttribute('lang'), await html.getAttribute('dir')]).toEqual([
      language,
      language === 'ar' ? 'rtl' : 'ltr',
    ]);
    expect([language, await overflow(page)]).toEqual([language, []]);
  }
});

test('in Arabic a photo is sent, everything has its place, and axe finds nothing', async () => {
  const app = await startApp();
  const session = await createSession(app, { max_images: 5 });
  const { page } = await phones.open({
    viewport: { width: 320, height: 568 },
    locale: 'ar',
    reducedMotion: 'reduce',
  });
  await page.goto(session.upload_url);
  const [photo, damaged] = await makePhotos(2);
  const view = readPage(page);
  await page
    .getByLabel('اختيار صور')
    .setInputFiles([photo!, { ...damaged!, buffer: damaged!.buffer.subarray(0, 900) }]);
  await counts(view.stored, 1);
  await counts(view.stage('refused'), 1);
  await says(view.status, /^وصلت\. صورتك آمنة\./);
  expect(await overflow(page)).toEqual([]);
  expect(await violations(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await violations(page)).toEqual([]);
});
