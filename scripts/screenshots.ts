/**
 * Takes a picture of every screen of the dashboard and of the phone page into `docs/images/`, in an install that looks lived
 * in: `node scripts/screenshots.ts [name …]`. Light, dark for a few, and the width of a phone.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { furnish, liveThroughAMonth, type Stage, setStage } from '../test/e2e/dashboard/stage.ts';
import { launchChromium } from '../test/helpers/browser.ts';
import { buildWeb } from './build-web.ts';
import { phoneShotsOf } from './phone-shots.ts';
import type { Shot } from './shot.ts';

const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));
const wide = { width: 1280, height: 860 };
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
};

async function shotsOf(stage: Stage): Promise<Shot[]> {
  const { sessions, archive, folder: destination, webhook } = await furnish(stage);
  await liveThroughAMonth(stage, sessions[0]!);
  const stem = `/projects/${stage.project}`;
  const failed = await waitForFailure(stage, archive);
  const keys = await stage.call<{ id: string }[]>('GET', `${stem}/keys`);
  const live = `/p/${stage.project}/live`;
  const test = `/p/${stage.project}/test`;
  const session = `${live}/sessions/${sessions[0]}`;
  return [
    { name: 'sign-in', path: '/sign-in', signedIn: false },
    { name: 'home', path: live },
    { name: 'home-dark', path: live, options: { colorScheme: 'dark' } },
    { name: 'home-phone', path: live, options: phone },
    { name: 'sessions', path: `${live}/sessions` },
    { name: 'new-session', path: `${live}/sessions/new` },
    { name: 'session', path: session },
    { name: 'session-dark', path: session, options: { colorScheme: 'dark' } },
    { name: 'session-phone', path: session, options: phone },
    { name: 'deliveries', path: `${live}/deliveries` },
    { name: 'delivery', path: `${live}/deliveries/image/${failed}/${archive}` },
    { name: 'destinations', path: `${live}/destinations` },
    { name: 'destination-kinds', path: `${live}/destinations/new` },
    { name: 'destination-form', path: `${live}/destinations/new?kind=s3` },
    { name: 'destination', path: `${live}/destinations/${destination}` },
    { name: 'webhooks', path: `${live}/webhooks` },
    { name: 'webhook', path: `${live}/webhooks/${webhook}` },
    { name: 'keys', path: `${live}/keys` },
    { name: 'key', path: `${live}/keys/${keys[0]!.id}` },
    { name: 'settings', path: `${live}/settings` },
    { name: 'phone-page', path: `${live}/settings/page` },
    { name: 'plan', path: `${live}/settings/plan` },
    { name: 'members', path: `${live}/settings/members` },
    { name: 'apps', path: `${live}/settings/apps` },
    { name: 'audit', path: `${live}/settings/audit` },
    { name: 'account', path: '/account' },
    { name: 'test-mode', path: `${test}/sessions` },
    ...(await phoneShotsOf(stage, destination)),
  ];
}

/** The image of a delivery that has failed for good. */
async function waitForFailure(stage: Stage, destination: string): Promise<string> {
  type Rows = { data: { imageId: string }[] };
  for (let tries = 0; tries < 300; tries += 1) {
    const where = `/projects/${stage.project}/deliveries?kind=image&status=failed&target=${destination}`;
    const { data } = await stage.call<Rows>('GET', where);
    if (data.length > 3) return data[0]!.imageId;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('No delivery failed, although its receiver refuses everything.');
}

/** Until everything has come that the screen asked for. The page allows no evaluation of its own, so it is asked. */
async function stillness(page: Page): Promise<void> {
  const isStill = `document.querySelector('[aria-busy=true]') === null
    && [...document.images].every((image) => image.complete)
    && [...document.querySelectorAll('.photo canvas')].every(({ width }) => width > 0)`;
  for (let tries = 0; tries < 300; tries += 1) {
    if (await page.evaluate(isStill)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function take(browser: Browser, stage: Stage, shot: Shot): Promise<void> {
  const context = await browser.newContext({
    viewport: wide,
    locale: 'en-GB',
    timezoneId: 'UTC',
    ...shot.options,
  });
  try {
    if (shot.signedIn !== false) await stage.signIn(context);
    const where = typeof shot.path === 'string' ? shot.path : await shot.path();
    const page = await context.newPage();
    await page.goto(stage.origin + where);
    await page.locator('h1').first().waitFor();
    await shot.arrive?.(page);
    await stillness(page);
    // A palette halves the file, and nobody sees it.
    const picture = sharp(await page.screenshot()).png({ palette: true, quality: 90, effort: 10 });
    await writeFile(path.join(folder, `${shot.name}.png`), await picture.toBuffer());
  } finally {
    await context.close();
  }
}

const wanted = process.argv.slice(2);
await buildWeb({ force: false });
await mkdir(folder, { recursive: true });
const stage = await setStage();
const browser = await launchChromium();
try {
  for (const shot of await shotsOf(stage)) {
    if (wanted.length > 0 && !wanted.includes(shot.name)) continue;
    await take(browser, stage, shot);
    console.log(`docs/images/${shot.name}.png`);
  }
} finally {
  await browser.close();
  await stage.stop();
}
