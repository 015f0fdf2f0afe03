/**
 * 500 photos of 5 MB through one page, in a real Chromium and to a real server: the memory of the tab, and the longest
 * time that its main thread does nothing else. The files lie on the disk and differ, as those of a phone do; each is a
 * picture of 12 megapixels, so that small pictures are made of them at their true cost.
 */
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { buildWeb } from '../scripts/build-web.ts';
import { defaultPlans } from '../src/projects/plans.ts';
import { launchLastingChromium } from '../test/helpers/browser.ts';
import { makeComments } from '../test/helpers/pictures.ts';
import { createSession, type Product, startProduct } from '../test/helpers/product.ts';
import { forgetPeak, processorMs } from './process-tree.ts';
import { type Report, round } from './report.ts';
import { readTab, type TabReading } from './tab.ts';

const photoBytes = 5_000_000;
const mostMinutes = 40;

export const run = (report: Report): Promise<void> => measurePhone(report, 500);

/** With another number of photos for a quick look. */
export async function measurePhone(report: Report, photos: number): Promise<void> {
  await buildWeb({ force: false });
  const folder = await mkdtemp(join(tmpdir(), 'apertur-phone-'));
  const plans = join(folder, 'plans.json');
  await writeFile(plans, JSON.stringify(defaultPlans.map((plan) => ({ ...plan, imagesPerSession: photos }))));
  const product = await startProduct({
    dataDir: join(folder, 'data'),
    settings: { PLANS_FILE: plans },
  });
  const browser = await launchLastingChromium(join(folder, 'profile'));
  try {
    const files = await writePhotos(join(folder, 'photos'), photos);
    const figures = await send(report, { product, browser, files });
    report.bar(
      'phone-memory',
      figures.peakBytes / 1_000_000,
      { atMost: 300, unit: 'MB' },
      { what: 'The most that the tab had in memory' },
    );
    report.bar(
      'phone-longest-task',
      figures.longestTaskMs,
      { atMost: 200, unit: 'ms' },
      { what: 'The longest task of its main thread' },
    );
  } finally {
    await browser.close();
    await product.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One picture; its comments, which no viewer shows, make each file another one. Answers the paths. */
async function writePhotos(folder: string, photos: number): Promise<string[]> {
  await mkdir(folder);
  const picture = await drawPicture();
  const base = Buffer.concat([
    picture.subarray(0, 2),
    makeComments(photoBytes - picture.length),
    picture.subarray(2),
  ]);
  const files: string[] = [];
  for (let number = 0; number < photos; number++) {
    // Inside the first comment, behind its marker and its length.
    base.writeUInt32BE(number, 8);
    const file = join(folder, `IMG_${String(number).padStart(4, '0')}.jpg`);
    await writeFile(file, base);
    files.push(file);
  }
  await settleOnDisk(files.at(-1)!);
  return files;
}

/** 12 megapixels of soft colours and grain: decoding it costs what decoding a photo does. */
async function drawPicture(): Promise<Buffer> {
  const [width, height] = [4_032, 3_024];
  const background = { r: 90, g: 120, b: 110 };
  const noise = { type: 'gaussian', mean: 128, sigma: 18 } as const;
  const image = sharp({ create: { width, height, channels: 3, background, noise } });
  const drawn = await image.blur(0.8).jpeg({ quality: 82 }).toBuffer();
  if (drawn.length > photoBytes) throw new Error(`The picture alone has ${drawn.length} bytes`);
  return drawn;
}

async function settleOnDisk(file: string): Promise<void> {
  const handle = await open(file);
  await handle.sync();
  await handle.close();
}

interface Stage {
  product: Product;
  browser: BrowserContext;
  files: string[];
}

async function send(report: Report, { product, browser, files }: Stage): Promise<TabReading> {
  const photos = files.length;
  const owner = await product.createKey();
  const id = await createSession(product, owner, {
    destination_ids: [],
    max_images: photos,
    expires_in: 86_400,
  });
  const page = browser.pages()[0] ?? (await browser.newPage());
  await page.addInitScript(watchTasks);
  await page.goto(`${product.url}/u/${id}`);
  const field = page.getByLabel('Choose photos');
  await field.waitFor();
  const before = await readTab(page);
  forgetPeak(before.pid);
  const spent = processorMs(before.pid);
  const started = performance.now();
  await field.setInputFiles(files);
  const most = await waitUntilReceived(`${product.url}/api/v1/upload/${id}/session`, page, photos);
  const after = await readTab(page);
  report.note(
    `${photos} photos in ${round((performance.now() - started) / 1_000)} s, ${round((processorMs(before.pid) - spent) / photos)} ms of the tab's processor time each`,
  );
  report.note(
    `resident before ${megabytes(before.residentBytes)}, at most ${megabytes(after.peakBytes)}, at the end ${megabytes(after.residentBytes)}; script's heap at most ${megabytes(Math.max(most.heap, after.heapBytes))}`,
  );
  report.note(
    `of these its own: before ${megabytes(before.ownBytes)}, at most ${megabytes(Math.max(most.own, after.ownBytes))} of all that was seen, once a second`,
  );
  report.note(`tasks over 50 ms: ${after.longTasks}, the longest ${round(after.longestTaskMs)} ms`);
  return after;
}

/** Bytes. */
interface Most {
  heap: number;
  own: number;
}

/** Somebody looks through the photos meanwhile, so that their pictures are painted. Answers the largest figures seen. */
async function waitUntilReceived(session: string, page: Page, photos: number): Promise<Most> {
  const deadline = performance.now() + mostMinutes * 60_000;
  const most: Most = { heap: 0, own: 0 };
  for (let look = 0; performance.now() < deadline; look++) {
    const answer = await fetch(session);
    const { imagesUploaded } = (await answer.json()) as { imagesUploaded: number };
    if (imagesUploaded === photos) {
      await page.getByRole('heading', { name: `${photos} of ${photos} photos received` }).waitFor();
      return most;
    }
    await page.evaluate(`scrollTo(0, document.body.scrollHeight * ${(look % 20) / 20})`);
    const { heapBytes, ownBytes } = await readTab(page);
    most.heap = Math.max(most.heap, heapBytes);
    most.own = Math.max(most.own, ownBytes);
    await pause(1_000);
  }
  throw new Error(`Not all photos were received within ${mostMinutes} minutes`);
}

/** Runs in the page. */
const watchTasks = `
  globalThis.tasks = [];
  new PerformanceObserver((list) => {
    for (const { duration, startTime } of list.getEntries()) tasks.push([Math.round(startTime), duration]);
  }).observe({ type: 'longtask', buffered: true });
`;

const megabytes = (bytes: number): string => `${round(bytes / 1_000_000)} MB`;
