/** The API's own page and the documentation site: open in a real browser, in both schemes, with nothing from elsewhere. */
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { expect, onTestFinished, test } from 'vitest';
import { readPages, writeSite } from '../../scripts/docs-site.ts';
import { usePhones } from '../helpers/browser.ts';
import { memoryFolder } from '../helpers/memory-folder.ts';
import { useApp } from './stage.ts';

const phones = usePhones();
const startApp = useApp();
const desk = {
  viewport: { width: 1280, height: 900 },
  isMobile: false,
  hasTouch: false,
  deviceScaleFactor: 1,
};

test.each(['light', 'dark'] as const)(
  '/docs shows every operation and is readable (%s)',
  async (colorScheme) => {
    const app = await startApp();
    const { page } = await phones.open({ ...desk, colorScheme });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const answer = await page.goto(`${app.origin}/docs`);
    const policy = (await answer!.allHeaders())['content-security-policy']!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:/);
    await page.locator('.opblock').first().waitFor();
    const document = (await (await fetch(`${app.origin}/openapi.json`)).json()) as { paths: object };
    const operations = Object.values(document.paths).flatMap((path) => Object.keys(path));
    expect(await page.locator('.opblock').count()).toBeGreaterThanOrEqual(operations.length);
    expect(await page.title()).toBe('Apertur API');

    await page.locator('#operations-Sessions-createSession .opblock-summary-control').click();
    await page.locator('#operations-Sessions-createSession .opblock-body').waitFor();
    await page.evaluate(axe.source);
    const results = (await page.evaluate(
      'axe.run(document, { runOnly: ["color-contrast", "document-title", "html-has-lang"], resultTypes: ["violations"] })',
    )) as axe.AxeResults;
    expect(results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual(
      [],
    );
    expect(asked.filter((url) => !url.startsWith(app.origin) && !url.startsWith('data:'))).toEqual([]);
  },
);

test('the documentation opens from a disk: it is found in, fits a phone, and is readable in both schemes', async () => {
  const app = await startApp();
  const output = mkdtempSync(path.join(memoryFolder(), 'apertur-site-'));
  onTestFinished(() => rmSync(output, { recursive: true, force: true }));
  writeSite({ pages: readPages(await (await fetch(`${app.origin}/openapi.json`)).json()), output });
  const place = (file: string): string => pathToFileURL(path.join(output, file)).href;

  const { page } = await phones.open({ ...desk, colorScheme: 'dark' });
  const faults: string[] = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(place('index.html'));
  await page.keyboard.press('/');
  await page.keyboard.type('rotate secret overlap');
  await page.locator('#results a', { hasText: 'Change the secret' }).click();
  expect(page.url()).toBe(`${place('webhooks.html')}#change-the-secret`);

  const small = await phones.open({ viewport: { width: 390, height: 800 }, colorScheme: 'light' });
  for (const [open, file] of [
    [page, 'benchmarks.html'],
    [small.page, 'operations/sessions.html'],
    [small.page, 'index.html'],
  ] as const) {
    await open.goto(place(file));
    expect(await open.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    await open.evaluate(axe.source);
    const { violations } = (await open.evaluate(
      // Without preloading: the page's own policy forbids to fetch its style again.
      'axe.run(document, { preload: false, resultTypes: ["violations"] })',
    )) as axe.AxeResults;
    expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${file}: ${id}: ${html}`))).toEqual(
      [],
    );
  }
  await small.page.getByRole('button', { name: 'Pages' }).click();
  await small.page.getByRole('link', { name: 'Verifying webhooks' }).first().click();
  await small.page.getByRole('heading', { name: 'Five rules' }).waitFor();
  expect(faults).toEqual([]);
});
