/**
 * How soon a page can be used: in a real Chromium on a 3G line that Chromium itself slows down, with a processor four times
 * as slow, nothing kept from before. Usable means that the button which opens the gallery is there and does so.
 */
import type { Browser } from 'playwright-core';
import { phoneProfile } from '../test/helpers/browser.ts';

export interface Line {
  name: string;
  /** Bytes a second. */
  down: number;
  up: number;
  /** Milliseconds that each request waits for its answer to begin. */
  latency: number;
}

const kilobits = (count: number): number => (count * 1_000) / 8;

/** "3G" of WebPageTest, which Lighthouse takes for its slow phone too. */
export const regular3g: Line = { name: '3G', down: kilobits(1_600), up: kilobits(768), latency: 300 };
/** "Slow 3G" of Chromium's own tools. */
export const slow3g: Line = { name: 'Slow 3G', down: kilobits(400), up: kilobits(400), latency: 2_000 };

const slowdown = 4;

export interface Visit {
  /** Milliseconds from the start of the navigation. */
  usableMs: number;
  /** As they came over the line, headers included. */
  bytes: number;
  requests: number;
}

/** One first visit. `control` is the selector of the button. */
export async function visit(browser: Browser, line: Line, url: string, control: string): Promise<Visit> {
  const context = await browser.newContext(phoneProfile);
  try {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    let bytes = 0;
    let requests = 0;
    cdp.on('Network.requestWillBeSent', () => requests++);
    cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await cdp.send('Network.enable');
    await cdp.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: line.latency,
      downloadThroughput: line.down,
      uploadThroughput: line.up,
    });
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    let tell = (_at: number): void => {};
    const usable = new Promise<number>((resolve) => {
      tell = resolve;
    });
    await page.exposeFunction('usable', tell);
    await page.addInitScript(watchFor, control);
    await page.goto(url, { waitUntil: 'commit' });
    return { usableMs: await withinTwoMinutes(usable), bytes, requests };
  } finally {
    await context.close();
  }
}

async function withinTwoMinutes(usable: Promise<number>): Promise<number> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('The page could not be used within two minutes')), 120_000);
  return Promise.race([usable, promise]).finally(() => clearTimeout(timer));
}

/** Runs in the page: looks at every frame. */
function watchFor(control: string): void {
  const page = globalThis as unknown as {
    usable(at: number): void;
    document: { querySelector(selector: string): { checkVisibility(): boolean } | null };
    requestAnimationFrame(run: () => void): void;
  };
  const look = (): void => {
    if (page.document.querySelector(control)?.checkVisibility()) page.usable(performance.now());
    else page.requestAnimationFrame(look);
  };
  look();
}
