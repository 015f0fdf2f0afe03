/** A browser at the dashboard: one for a whole test file; a script error or a breach of the policy fails the test. */
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { launchChromium, patience } from '../../helpers/browser.ts';
import { type Furniture, furnish, owner, type Stage, setStage } from './stage.ts';

export interface Desk {
  stage: Stage;
  furniture: Furniture;
  browser: Browser;
  /** A fresh page, signed in unless said otherwise; closed after the test. `path` below the origin. */
  open(path: string, options?: OpenOptions): Promise<Page>;
  /** The page of all tests that only look, in the light scheme: it has its scripts already, which is half of the time. */
  look(path: string, options?: { signedIn?: boolean }): Promise<Page>;
  /** Where the project's live screens are. */
  live: string;
}

type OpenOptions = BrowserContextOptions & { signedIn?: boolean };

interface Opened {
  page: Page;
  /** What went wrong in it since the last test. */
  faults: string[];
}

/**
 * Call it at the top of a test file: one server and one browser for all of its tests. `settings` may start what they name; a
 * function is asked when the server starts.
 */
export function useDesk(
  settings: Record<string, string> | (() => Promise<Record<string, string>>) = {},
): () => Desk {
  vi.setConfig({ testTimeout: 4 * patience, hookTimeout: 4 * patience });
  let desk: Desk | undefined;
  const open: Opened[] = [];
  const lookers = new Map<boolean, Opened>();
  beforeAll(async () => {
    const stage = await setStage(typeof settings === 'function' ? await settings() : settings);
    const furniture = await furnish(stage);
    const browser = await launchChromium();
    const openPage = async ({ signedIn = true, ...options }: OpenOptions = {}): Promise<Opened> => {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 860 },
        locale: 'en-GB',
        timezoneId: 'UTC',
        ...options,
      });
      context.setDefaultTimeout(patience);
      if (signedIn) await stage.signIn(context);
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
          faults.push(message.text());
        }
      });
      return { page, faults };
    };
    desk = {
      stage,
      furniture,
      browser,
      live: `/p/${stage.project}/live`,
      async open(path, options) {
        const opened = await openPage(options);
        open.push(opened);
        await opened.page.goto(stage.origin + path);
        return opened.page;
      },
      async look(path, { signedIn = true } = {}) {
        const looker = lookers.get(signedIn) ?? (await openPage({ signedIn }));
        lookers.set(signedIn, looker);
        await looker.page.emulateMedia({ colorScheme: 'light' });
        await looker.page.goto(stage.origin + path);
        return looker.page;
      },
    };
  });
  afterEach(async () => {
    const pages = open.splice(0);
    for (const { page } of pages) await page.context().close();
    const seen = [...pages, ...lookers.values()].flatMap(({ faults }) => faults.splice(0));
    expect(seen).toEqual([]);
  });
  afterAll(async () => {
    await desk?.browser.close();
    await desk?.stage.stop();
  });
  return () => desk!;
}

export const button = (page: Page, name: string | RegExp): Locator =>
  page.getByRole('button', { name, exact: typeof name === 'string' });
export const dialog = (page: Page): Locator => page.getByRole('dialog');
export const panel = (page: Page, title: string): Locator =>
  page.locator('.panel').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
/** Resolves when the text stands somewhere. */
export const says = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text).first().waitFor();
/** Resolves when the screen is this one. */
export const titled = (page: Page, title: string): Promise<void> =>
  expect.poll(() => page.locator('h1').first().innerText(), { timeout: patience }).toBe(title);
/** Resolves when the address is this one. */
export const arrived = (page: Page, path: string): Promise<void> =>
  expect.poll(() => new URL(page.url()).pathname, { timeout: patience }).toBe(path);

/** On the screen that asks for it; the next one may be another question. */
export async function signIn(page: Page, password = owner.password): Promise<void> {
  await page.getByLabel('E-mail').fill(owner.email);
  await page.locator('input[name=password]').fill(password);
  await page.keyboard.press('Enter');
}

const everyRule = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong with the page as it stands, one line each; nothing when all is well. */
export async function violationsOf(page: Page, only?: string[]): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const runOnly = only ? { type: 'rule', values: only } : { type: 'tag', values: everyRule };
  const options = JSON.stringify({ runOnly, resultTypes: ['violations'] });
  const { violations } = (await page.evaluate(`axe.run(document, ${options})`)) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes
      .slice(0, 3)
      .map((node) => `${id}: ${node.html.slice(0, 160)} – ${node.failureSummary?.split('\n')[1]}`),
  );
}

/** Waits until nothing changes its colour or fades in any more: a colour on its way is neither of the two. */
export async function atRest(page: Page): Promise<void> {
  const changing = 'document.getAnimations().filter((each) => each instanceof CSSTransition).length';
  await expect.poll(() => page.evaluate(changing), { timeout: patience }).toBe(0);
}

/** The open dialog, when it stands still, is as accessible as a screen. */
export async function expectAccessibleDialog(page: Page): Promise<void> {
  await dialog(page).waitFor();
  await atRest(page);
  expect(await violationsOf(page)).toEqual([]);
}

/** Waits until the screen has what it asked for: nothing says that it loads. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await expect.poll(() => page.locator('[aria-busy="true"]').count(), { timeout: patience }).toBe(0);
}
