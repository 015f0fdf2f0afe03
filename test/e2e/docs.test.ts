/** The API's own page: opens in a real browser, in both schemes, with nothing from elsewhere. */
import axe from 'axe-core';
import { expect, test } from 'vitest';
import { usePhones } from '../helpers/browser.ts';
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
