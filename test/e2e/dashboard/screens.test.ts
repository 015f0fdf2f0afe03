/** Every screen in both colour schemes: it has its heading, and axe finds nothing to say against it. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';
import { createSetupToken } from '../../../src/accounts/setup.ts';
import { atRest, type Desk, settled, useDesk, violationsOf } from './desk.ts';

const theDesk = useDesk();

/** Below the project, and the heading that it must have. */
const screens: [string, (desk: Desk) => string | Promise<string>, RegExp][] = [
  ['home', () => '', /^Home$/],
  ['sessions', () => '/sessions', /^Sessions$/],
  ['new session', () => '/sessions/new', /^New session$/],
  ['a session', ({ furniture }) => `/sessions/${furniture.sessions[0]}`, /^Claim 2026-118, roof$/],
  ['deliveries', () => '/deliveries', /^Deliveries$/],
  ['deliveries that failed', () => '/deliveries?status=failed', /^Deliveries$/],
  ['nothing found', () => '/deliveries?search=nothing-is-called-so', /^Deliveries$/],
  ['a photo delivery', photoDelivery, /^IMG_\d+\.jpg$/],
  ['an event delivery', eventDelivery, /^project\./],
  ['destinations', () => '/destinations', /^Destinations$/],
  ['gallery of kinds', () => '/destinations/new', /^Where should photos go\?$/],
  ['form of S3', () => '/destinations/new?kind=s3', /^Amazon S3$/],
  ['form of FTP', () => '/destinations/new?kind=ftp', /^FTP/],
  ['form of webhook', () => '/destinations/new?kind=webhook', /^Webhook$/],
  ['a destination', ({ furniture }) => `/destinations/${furniture.folder}`, /^Claims folder$/],
  ['event webhooks', () => '/webhooks', /^Event webhooks$/],
  ['new event webhook', () => '/webhooks/new', /^Add an event webhook$/],
  ['an event webhook', ({ furniture }) => `/webhooks/${furniture.webhook}`, /^127\.0\.0\.1/],
  ['keys', () => '/keys', /^Keys$/],
  ['a key', keyPath, /^Claims portal$/],
  ['settings', () => '/settings', /^Settings$/],
  ['phone page', () => '/settings/page', /^Settings$/],
  ['plan', () => '/settings/plan', /^Settings$/],
  ['members', () => '/settings/members', /^Settings$/],
  ['apps', () => '/settings/apps', /^Settings$/],
  ['audit log', () => '/settings/audit', /^Settings$/],
];

/** Beside the projects. */
const others: [string, string, string][] = [
  ['account', '/account', 'Your account'],
  ['new project', '/new-project', 'New project'],
  ['no such screen', '/p/one/live/two/three', 'There is nothing at this address'],
];

const doors: [string, string, string][] = [
  ['sign in', '/sign-in', 'Sign in'],
  ['a session that ended', '/sign-in?reason=expired', 'Sign in'],
  ['forgot', '/forgot', 'Forgot the password?'],
  ['reset', '/reset-password?token=abc', 'Choose a new password'],
  ['a reset that is too old', '/reset-password', 'Choose a new password'],
  ['an invitation that is used', '/invitation?token=used', 'This invitation does not open any more'],
  ['a set-up link that is used', '/setup?token=used', 'This link does not open any more'],
  ['register', '/register', 'Make an account'],
];

async function photoDelivery({ stage }: Desk): Promise<string> {
  type Rows = { data: { imageId: string; targetId: string }[] };
  const { data } = await stage.call<Rows>('GET', `/projects/${stage.project}/deliveries?kind=image`);
  return `/deliveries/image/${data[0]!.imageId}/${data[0]!.targetId}`;
}

async function eventDelivery({ stage }: Desk): Promise<string> {
  type Rows = { data: { id: string; targetId: string }[] };
  const { data } = await stage.call<Rows>('GET', `/projects/${stage.project}/deliveries?kind=event`);
  return `/deliveries/event/${data[0]!.targetId}/${data[0]!.id}`;
}

async function keyPath({ stage }: Desk): Promise<string> {
  const [key] = await stage.call<{ id: string }[]>('GET', `/projects/${stage.project}/keys`);
  return `/keys/${key!.id}`;
}

/** The patterns of the router, as its file spells them: what `door` and `screen` are called with, and other paths. */
function routesOf(source: string): string[] {
  const routes: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const member of Object.values(node)) visit(member);
    const { type, callee, key, value, arguments: given } = node as Record<string, Record<string, unknown>>;
    const [first] = (given ?? []) as unknown as { value?: unknown }[];
    if (String(type) === 'CallExpression' && /^(door|screen)$/.test(String(callee?.name))) {
      const stem = callee?.name === 'screen' ? '/p/$project/$env/' : '/';
      routes.push((stem + String(first?.value)).replace(/\/+$/, ''));
    }
    if (String(type) === 'Property' && key?.name === 'path' && typeof value?.value === 'string')
      routes.push(`/${value.value}`);
  };
  visit(parseSync('router.tsx', source).program);
  // The start shows nothing of its own: it leads to where somebody was last.
  return [...new Set(routes)].filter((route) => route !== '//');
}

/** The route that shows a path: of those that match, the one with the fewest blanks. */
function routeOf(path: string, routes: string[]): string | undefined {
  const blanks = (route: string): number => route.split('$').length;
  return routes
    .filter((route) => new RegExp(`^${route.replace(/\$\w+/g, '[^/]+')}$`).test(path))
    .sort((a, b) => blanks(a) - blanks(b))[0];
}

/** Both schemes of one load: what the other scheme changes is colour alone. */
async function expectAccessible(page: Page): Promise<void> {
  expect(await violationsOf(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => page.locator('html').getAttribute('data-color-scheme')).toBe('dark');
  await atRest(page);
  expect(await violationsOf(page, ['color-contrast']), 'in the dark scheme').toEqual([]);
}

describe('every screen, in both colour schemes', () => {
  test.each(screens)('%s', async (_name, path, heading) => {
    const desk = theDesk();
    const page = await desk.look(desk.live + (await path(desk)));
    await settled(page);
    expect(await page.locator('h1').first().innerText()).toMatch(heading);
    await expectAccessible(page);
  });

  test.each(others)('%s', async (_name, path, heading) => {
    const page = await theDesk().look(path);
    await settled(page);
    expect(await page.locator('h1').first().innerText()).toBe(heading);
    await expectAccessible(page);
  });

  test.each(doors)('%s, signed out', async (_name, path, heading) => {
    const page = await theDesk().look(path, { signedIn: false });
    await expect.poll(() => page.locator('h1').first().innerText()).toBe(heading);
    await expectAccessible(page);
  });
});

test('every screen of the router is among them', async () => {
  const desk = theDesk();
  const paths = [...others, ...doors].map(([, path]) => path);
  for (const [, path] of screens) paths.push(desk.live + (await path(desk)));
  const routes = routesOf(readFileSync('web/dashboard/router.tsx', 'utf8'));
  expect(routes.length).toBeGreaterThan(25);
  const seen = new Set(paths.map((path) => routeOf(path.split('?')[0]!, routes)));
  expect(routes.filter((route) => !seen.has(route))).toEqual([]);
});

test('test mode cannot be missed', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/sessions`);
  await page.getByRole('switch', { name: 'Test mode' }).click();
  await page.getByText('You are looking at test data.').waitFor();
  await page.getByText('TEST', { exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/p/${desk.stage.project}/test/sessions`);
  await page.getByText('Create a session, scan its QR code').waitFor();
  expect(await violationsOf(page)).toEqual([]);
});

test('a phone shows every list without scrolling sideways', async () => {
  const desk = theDesk();
  const page = await desk.open(desk.live, {
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  });
  for (const path of [
    '',
    '/sessions',
    '/deliveries',
    '/destinations',
    '/webhooks',
    '/keys',
    '/settings/members',
    '/settings/page',
  ]) {
    await page.goto(desk.stage.origin + desk.live + path);
    await settled(page);
    expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(390);
  }
  await page.getByRole('button', { name: 'Open the menu' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Keys' }).click();
  await expect.poll(() => page.locator('h1').first().innerText()).toBe('Keys');
});

test('the page lets no script in but its own files, and keeps its assets for ever', async () => {
  const { origin, app } = theDesk().stage;
  const shell = await fetch(`${origin}/`);
  const policy = shell.headers.get('content-security-policy')!;
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain('unsafe');
  expect(policy).toContain("frame-ancestors 'none'");
  expect(shell.headers.get('cache-control')).toBe('no-store');
  const html = await shell.text();
  expect(html).not.toMatch(/<script(?![^>]* src=)/);
  expect(html).not.toContain('{{nonce}}');
  const script = /src="(\/dashboard\/assets\/[^"]+\.js)"/.exec(html)![1]!;
  const asset = await fetch(origin + script, { headers: { 'accept-encoding': 'br' } });
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(asset.headers.get('content-encoding')).toBe('br');
  expect((await fetch(`${origin}/dashboard/assets/..%2Findex.html`)).status).toBe(404);
  expect((await fetch(`${origin}/dashboard/assets/none.js`)).status).toBe(404);
  expect(await createSetupToken(app.db, app.clock.now())).toBeUndefined();
});
