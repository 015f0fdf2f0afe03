/**
 * A real Chromium in the shape of a phone. One browser a test file, a fresh phone a test; a script error or a breach of
 * the page's own Content Security Policy fails the test in which it happens.
 */
import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';

export interface Phone {
  page: Page;
  context: BrowserContext;
  /** What went wrong in the page so far. Empty it in a test that expects such a thing. */
  faults: string[];
}

export interface Phones {
  /** A phone with its own cookies and network, closed after the test. Width 390 × 844 unless said otherwise. */
  open(options?: BrowserContextOptions): Promise<Phone>;
}

/** Milliseconds to wait for what must come. Only a broken page uses them up, however busy the machine is. */
export const patience = 45_000;

/** Call it at the top of a test file or in a `describe`. */
export function usePhones(): Phones {
  vi.setConfig({ testTimeout: 4 * patience });
  let browser: Browser;
  const open: Phone[] = [];
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterEach(async () => {
    const phones = open.splice(0);
    for (const { context } of phones) await context.close();
    expect(phones.flatMap(({ faults }) => faults)).toEqual([]);
  });
  afterAll(() => browser?.close());
  return {
    async open(options = {}) {
      const context = await browser.newContext({ ...phoneProfile, ...options });
      context.setDefaultTimeout(patience);
      const phone: Phone = { page: await context.newPage(), context, faults: [] };
      watch(phone);
      open.push(phone);
      return phone;
    },
  };
}

/** Chromium as every test and benchmark starts it. Throws a sentence that helps when it is not installed. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args });
}

/** As a phone has it: what pages keep lies on the disk, in `folder`, and not in memory. */
export async function launchLastingChromium(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, { executablePath: findChromium(), args, ...phoneProfile });
}

function findChromium(): string {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new Error('Chromium is not installed. "npm test" installs it, or: apt-get install chromium');
}

const args = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** 390 × 844 at two device pixels, with a finger. */
export const phoneProfile: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  locale: 'en-GB',
  timezoneId: 'UTC',
  colorScheme: 'light',
};

/**
 * An answer such as 404 or a lost line is logged by Chromium as an error too; those are what the tests provoke. The
 * second is a line lost under the script of the service worker; that the worker does its work has tests of its own.
 */
const provoked = ['Failed to load resource', 'An unknown error occurred when fetching the script.'];

function watch({ page, faults }: Phone): void {
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error' || provoked.some((start) => message.text().startsWith(start))) return;
    faults.push(message.text());
  });
}
