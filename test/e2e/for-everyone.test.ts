/** Whoever holds the phone: with a keyboard, with a screen reader, with large text, on a narrow screen. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { TestApp } from '../helpers/app.ts';
import { usePhones } from '../helpers/browser.ts';
import {
  counts,
  createMovableClock,
  createSession,
  type MovableClock,
  makePhotos,
  readPage,
  says,
  useApp,
} from './stage.ts';

const phones = usePhones();
const startApp = useApp();

/** WCAG 2.2 AA and axe's own good practice; the answer names rule and element. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const results = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] })',
  )) as axe.AxeResults;
  return results.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** Controls below 48 × 48 pixels. */
async function findSmallTargets(page: Page): Promise<string[]> {
  return page.evaluate(`
    [...document.querySelectorAll('button, input, a')]
      .filter((element) => element.checkVisibility())
      .map((element) => ({ box: element.getBoundingClientRect(), html: element.outerHTML.slice(0, 80) }))
      .filter(({ box }) => box.width < 48 || box.height < 48)
      .map(({ box, html }) => html + ' ' + box.width + ' × ' + box.height)
  `);
}

async function findMotion(page: Page): Promise<string[]> {
  return page.evaluate(`
    [...document.querySelectorAll('*')]
      .filter((element) => {
        const { transitionDuration, animationName, animationDuration } = getComputedStyle(element);
        const moves = animationName === 'none' ? transitionDuration : transitionDuration + ', ' + animationDuration;
        return moves.split(', ').some((time) => parseFloat(time) > 0);
      })
      .map((element) => element.outerHTML.slice(0, 80))
  `);
}

/** As the person's own text size does it: the size that all others are measured by. */
async function doubleText(page: Page): Promise<void> {
  await page.evaluate(`
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('html { font-size: 200% }');
    document.adoptedStyleSheets = [sheet];
  `);
}

/** What reaches over the right edge of the screen. */
async function findOverflow(page: Page): Promise<string[]> {
  return page.evaluate(`
    [...document.querySelectorAll('html, body *')]
      .filter((element) => element.checkVisibility() && !element.closest('svg'))
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5 || element.scrollWidth > innerWidth)
      .map((element) => element.outerHTML.slice(0, 80))
  `);
}

/** Brings the page to a screen, as a person would get there. */
const screens: Record<string, (page: Page, app: TestApp, clock: MovableClock) => Promise<void>> = {
  async open(page, app) {
    await page.goto((await createSession(app, {}, app.project.test)).upload_url);
    await says(readPage(page).heading, 'Photos for Claims');
  },
  async received(page, app) {
    await page.goto((await createSession(app, { max_images: 5 })).upload_url);
    const view = readPage(page);
    const [photo, damaged] = await makePhotos(2);
    await view.gallery.setInputFiles([photo!, { ...damaged!, buffer: damaged!.buffer.subarray(0, 900) }]);
    await counts(view.stage('refused'), 1);
    await counts(view.stored, 1);
    await says(view.stage('refused').locator('.sentence'), /damaged/);
  },
  async waiting(page, app) {
    await page.goto((await createSession(app, { max_images: 5 })).upload_url);
    const view = readPage(page);
    await says(view.heading, 'Photos for Claims');
    await page.context().setOffline(true);
    await view.gallery.setInputFiles([
      ...(await makePhotos(2)),
      {
        name: 'phone.heic',
        mimeType: 'image/heic',
        buffer: Buffer.from('\0\0\0\x18ftypheic and more', 'latin1'),
      },
    ]);
    await says(view.status, /^Waiting for a connection/);
    await counts(page.locator('.photo canvas'), 2);
  },
  async password(page, app) {
    await page.goto((await createSession(app, { password: 'open sesame' })).upload_url);
    await page.getByLabel('Password').fill('wrong');
    await readPage(page).button('Continue').click();
    await says(page.locator('#password-message'), /not right/);
  },
  async complete(page, app) {
    await page.goto((await createSession(app, { max_images: 1 })).upload_url);
    await readPage(page).gallery.setInputFiles(await makePhotos(1));
    await says(readPage(page).heading, 'Photo received');
  },
  async thanks(page, app) {
    await page.goto((await createSession(app, { max_images: 5 })).upload_url);
    await readPage(page).gallery.setInputFiles(await makePhotos(1));
    await readPage(page).button('Done').click();
    await says(readPage(page).heading, 'Thank you');
  },
  async 'not found'(page, app) {
    await page.goto(`${app.origin}/u/sess_0`);
    await says(readPage(page).heading, 'This link does not work');
  },
  async expired(page, app, clock) {
    const session = await createSession(app, { expires_in: 60 });
    clock.ahead = 61_000;
    await page.goto(session.upload_url);
    await says(readPage(page).heading, 'This link has expired');
  },
};

describe('every screen', () => {
  test.each(Object.entries(screens))('%s', async (_name, arrive) => {
    const clock = createMovableClock();
    const app = await startApp({ clock });
    // Without motion, so that colours are judged when they have come to rest.
    const { page } = await phones.open({ viewport: { width: 320, height: 568 }, reducedMotion: 'reduce' });
    await arrive(page, app, clock);
    expect(await findViolations(page), 'in light').toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await findViolations(page), 'in dark').toEqual([]);
    expect(await findSmallTargets(page), 'what a thumb would miss').toEqual([]);
    expect(await findMotion(page), 'what moves although nobody wants it').toEqual([]);
    await doubleText(page);
    expect(await findOverflow(page), 'what is cut off with twice the text size').toEqual([]);
  });
});

test('axe would find what is wrong', async () => {
  const app = await startApp();
  const { page } = await phones.open();
  await screens['not found']!(page, app, createMovableClock());
  await page.evaluate(`
    document.querySelector('main').append(document.createElement('button'));
    document.querySelector('.lead p').style.color = '#aaa';
  `);
  const rules = (await findViolations(page)).map((violation) => violation.split(':')[0]);
  expect(rules.sort()).toEqual(['button-name', 'color-contrast']);
});

describe('with a keyboard alone', () => {
  const focused = (page: Page): Promise<string> =>
    page.evaluate(`(() => {
      const element = document.activeElement;
      return element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
    })()`);

  test('every control can be reached in reading order, and shows that it is', async () => {
    const app = await startApp();
    const { page } = await phones.open();
    await screens.received!(page, app, createMovableClock());
    const order: string[] = [];
    for (let steps = 0; steps < 5; steps++) {
      await page.keyboard.press('Tab');
      order.push(await focused(page));
      const outline = await page.evaluate(`(() => {
        const element = document.activeElement;
        const seen = element.matches('input[type=file]') ? element.nextElementSibling : element;
        return getComputedStyle(seen).outlineStyle + ' ' + getComputedStyle(seen).outlineWidth;
      })()`);
      expect(outline, order.at(-1)).toBe('solid 3px');
    }
    expect(order).toEqual(['Try again', 'Remove', 'Take a photo', 'Choose photos', 'Done']);
  });

  test('a photo can be chosen, a failed one removed, and the visit ended', async () => {
    const app = await startApp();
    const { page } = await phones.open();
    // Listened for from the start: the browser hands the chooser over only from a moment after that.
    const chooser = page.waitForEvent('filechooser');
    await screens.received!(page, app, createMovableClock());
    const view = readPage(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await counts(view.photos, 1);
    // The removed button takes the focus along, to the photo beside it.
    expect(await page.evaluate('document.activeElement.className')).toBe('photo');

    await view.gallery.focus();
    await page.keyboard.press('Enter');
    await (await chooser).setFiles(await makePhotos(1, { from: 9 }));
    await says(view.status, 'Received. Your 2 photos are safe.');

    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Done');
    await page.keyboard.press('Enter');
    await says(view.heading, 'Thank you');
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
  });

  test('the password is entered and wrong ones are announced where the person is', async () => {
    const app = await startApp();
    const session = await createSession(app, { password: 'open sesame' });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    await says(readPage(page).heading, 'Enter the password');
    await page.keyboard.press('Tab');
    await page.keyboard.type('wrong');
    await page.keyboard.press('Enter');
    await says(page.getByRole('alert'), /not right/);
    expect(await page.evaluate('document.activeElement.id')).toBe('password');
    await page.keyboard.type('open sesame');
    await page.keyboard.press('Enter');
    await says(readPage(page).heading, 'Photos for Claims');
  });
});

describe('for a screen reader', () => {
  test('states are announced, in words, as they change', async () => {
    const app = await startApp();
    const session = await createSession(app, { max_images: 5 });
    const { page } = await phones.open();
    await page.goto(session.upload_url);
    const view = readPage(page);
    await says(view.heading, 'Photos for Claims');
    // What a live region says is what is put into it.
    await page.evaluate(`
      globalThis.said = [];
      new MutationObserver(() => said.push(document.querySelector('[role=status]').textContent))
        .observe(document.querySelector('[role=status]'), { childList: true, subtree: true, characterData: true });
    `);
    await view.gallery.setInputFiles(await makePhotos(2));
    await says(view.status, 'Received. Your 2 photos are safe.');
    const said = (await page.evaluate('said')) as string[];
    expect(said[0]).toBe('Sending 2 photos. Keep this page open.');
    expect(said.at(-1)).toBe('Received. Your 2 photos are safe.');
    // One sentence a change of state, not one a percent.
    expect(said.length).toBeLessThanOrEqual(4);
  });

  test('photos are a list with their names, and pictures that only decorate are silent', async () => {
    const app = await startApp();
    const { page } = await phones.open();
    await screens.received!(page, app, createMovableClock());
    const list = page.getByRole('list', { name: 'Your photos' });
    await counts(list.getByRole('listitem'), 2);
    await counts(page.getByRole('img', { name: 'photo-1.jpg' }), 1);
    expect(await page.locator('svg:not([aria-hidden="true"])').count()).toBe(0);
  });
});
