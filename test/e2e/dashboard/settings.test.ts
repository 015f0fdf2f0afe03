/** What people set up in the dashboard, beyond the way of a photo: its page, its protections, its accounts elsewhere; and that screens live. */

import { generate } from 'otplib';
import { afterAll, expect, test } from 'vitest';
import { patience } from '../../helpers/browser.ts';
import { type DriveServer, driveScope, startDriveServer } from '../../helpers/drive-server.ts';
import { type OAuthServer, startOAuthServer } from '../../helpers/oauth-server.ts';
import { type StripeServer, startStripe } from '../../helpers/stripe-server.ts';
import {
  button,
  dialog,
  expectAccessibleDialog,
  panel as panelOf,
  says,
  settled,
  useDesk,
  violationsOf,
} from './desk.ts';
import { makeScene } from './scenery.ts';

let oauth: OAuthServer;
let drive: DriveServer;
let stripe: StripeServer;
afterAll(async () => {
  await stripe?.close();
  await drive?.close();
  await oauth?.close();
});

const theDesk = useDesk(async () => {
  oauth = await startOAuthServer({ scopes: [driveScope], rotates: true });
  drive = await startDriveServer(oauth);
  stripe = await startStripe();
  const endpoints = Object.entries({ ...oauth.endpoints, ...drive.endpoints });
  return {
    STRIPE_SECRET_KEY: stripe.key,
    STRIPE_WEBHOOK_SECRET: 'whsec_test_secret',
    STRIPE_PRICES: 'starter=price_starter,pro=price_pro',
    STRIPE_API_URL: stripe.url,
    GOOGLE_CLIENT_ID: oauth.clientId,
    GOOGLE_CLIENT_SECRET: oauth.clientSecret,
    OAUTH_ENDPOINTS: endpoints.map(([name, url]) => `google_drive.${name}=${url}`).join(','),
  };
});

test('a list follows the live line of the project, with no clock in the page', async () => {
  const desk = theDesk();
  const page = await desk.open('/sign-in', { signedIn: false });
  // Nothing in this tab can read again by the clock.
  await page.addInitScript('globalThis.setInterval = () => 0');
  await desk.stage.signIn(page.context());
  const line = page.waitForResponse((response) => response.url().endsWith('/live'), { timeout: patience });
  await page.goto(`${desk.stage.origin}${desk.live}/sessions`);
  await settled(page);
  expect((await line).headers()['content-type']).toContain('text/event-stream');
  const made = await desk.stage.call<{ id: string }>('POST', '/upload-sessions', { label: 'Came by itself' });
  const row = page.locator('tbody tr', { hasText: 'Came by itself' });
  await row.waitFor();
  await desk.stage.send(made.id, 4, 'roof.jpg');
  await expect.poll(() => row.locator('.number').first().innerText(), { timeout: patience }).toBe('1');
  await desk.stage.call('POST', `/upload-sessions/${made.id}/close`);
  await row.getByText('Closed', { exact: true }).waitFor();
});

test('without the line a list is read by the clock', async () => {
  const desk = theDesk();
  const page = await desk.open('/sign-in', { signedIn: false });
  await page.route('**/live', (route) => route.abort());
  await desk.stage.signIn(page.context());
  await page.goto(`${desk.stage.origin}${desk.live}/sessions`);
  await settled(page);
  await desk.stage.call('POST', '/upload-sessions', { label: 'Came by the clock' });
  await page.locator('tbody tr', { hasText: 'Came by the clock' }).waitFor();
});

test('the phone page gets its look, and photos their rules', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/settings/page`);
  await page.getByRole('radio', { name: 'Remove it' }).check();
  await page.getByRole('radio', { name: 'Convert to JPEG' }).check();
  await page.getByLabel('Keep photos for so many days').fill('7');
  await button(page, 'Save').first().click();
  await says(page, 'Saved');
  await page.getByLabel('Name on the page').fill('North Wind');
  await page.locator('input[type=file]').setInputFiles({
    name: 'logo.jpg',
    mimeType: 'image/jpeg',
    buffer: await makeScene(2),
  });
  await page.getByRole('textbox', { name: 'Colour of the button' }).fill('#8a1c4a');
  await page.getByLabel('Thank-you text').fill('We look at them today.');
  const preview = page.getByRole('figure', { name: 'How it will look' });
  await preview.getByText('Photos for North Wind').waitFor();
  await preview.getByText('We look at them today.').waitFor();
  await button(page, 'Save').last().click();
  const stored = () =>
    desk.stage.call<Record<string, Record<string, string>>>('GET', `/projects/${desk.stage.project}/page`);
  await expect.poll(async () => (await stored()).brand?.name, { timeout: patience }).toBe('North Wind');
  expect(await stored()).toMatchObject({
    brand: { color: '#8a1c4a', thank_you: 'We look at them today.', logo: expect.stringMatching(/^\/9j\//) },
    photos: { gps: 'strip', image_format: 'jpeg' },
    retention_days: 7,
  });
  await page.reload();
  await settled(page);
  expect(await page.getByRole('radio', { name: 'Remove it' }).isChecked()).toBe(true);
});

test('an account is connected at another service, and its folder chosen', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/destinations/new?kind=google_drive`);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Claims drive');
  // Whoever signs in there does it on the service's own pages.
  const asked = new Promise<string>((resolve) => {
    void page.route(`${new URL(oauth.endpoints.authorize).origin}/**`, (route) => {
      resolve(route.request().url());
      return route.fulfill({ body: 'Sign in' });
    });
  });
  await button(page, 'Connect an account').click();
  const address = await asked;
  // There first: a page that is still on its way to one place cannot be sent to another.
  await page.waitForURL(`${new URL(oauth.endpoints.authorize).origin}/**`);
  oauth.register(new URL(address).searchParams.get('redirect_uri')!);
  const back = new URL(await oauth.visit(address, {}));
  await page.goto(desk.stage.origin + back.pathname + back.search);
  await expect.poll(() => page.locator('h1').first().innerText(), { timeout: patience }).toBe('Claims drive');
  await says(page, /Connected as/);
  await button(page, 'Choose a folder').click();
  await dialog(page).getByRole('textbox', { name: 'New folder' }).fill('Roofs');
  await dialog(page).getByRole('button', { name: 'New folder' }).click();
  await dialog(page).getByRole('button', { name: 'Roofs' }).waitFor();
  await expectAccessibleDialog(page);
  await dialog(page).getByRole('button', { name: 'Use this folder' }).click();
  await says(page, 'Saved');
  await button(page, 'Disconnect').click();
  await dialog(page).getByRole('button', { name: 'Disconnect' }).click();
  await button(page, 'Connect an account').waitFor();
});

test('a key is protected by one-time codes, a certificate and pages, and has destinations and limits', async () => {
  const desk = theDesk();
  const { stage } = desk;
  const made = await stage.call<{ id: string }>('POST', `/projects/${stage.project}/keys`, { label: 'Till' });
  const page = await desk.open(`${desk.live}/keys/${made.id}`);
  await settled(page);
  const panel = (title: string) => panelOf(page, title);
  await panel('One-time codes').getByRole('button', { name: 'Switch on' }).click();
  const secret = (await panel('One-time codes').getByRole('figure').innerText()).trim();
  const code = await generate({ secret });
  await panel('One-time codes').getByRole('textbox').first().click();
  await page.keyboard.type(code);
  await panel('One-time codes').getByText('On', { exact: true }).waitFor();
  await panel('Pages').getByRole('textbox').fill('*.shop.example');
  await panel('Pages').getByRole('button', { name: 'Save' }).click();
  await panel('Pages').getByText('On', { exact: true }).waitFor();
  await panel('Client certificate').getByRole('textbox').fill('ab'.repeat(32));
  await panel('Client certificate').getByRole('button', { name: 'Save' }).click();
  await panel('Client certificate').getByText('On', { exact: true }).waitFor();
  await panel('Default destinations').getByRole('combobox').click();
  await page.getByRole('option', { name: 'Claims folder' }).click();
  await page.keyboard.press('Escape');
  await panel('Limits').getByLabel('At most so many photos a session').fill('3');
  await panel('Limits').getByRole('button', { name: 'Save' }).click();
  const stored = () => stage.call<object>('GET', `/projects/${stage.project}/keys/${made.id}`);
  await expect.poll(stored, { timeout: patience }).toMatchObject({
    totpEnabled: true,
    allowedDomains: ['*.shop.example'],
    clientCertEnabled: true,
    defaultDestinations: [desk.furniture.folder],
    maxImages: 3,
  });
});

test('an app of somebody else is registered; its secret is shown once and renewed after asking', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/settings/apps`);
  await button(page, 'Register an app').first().click();
  await dialog(page).getByLabel('Name').fill('Shop plug-in');
  await dialog(page).getByLabel('Redirect addresses').fill('https://shop.example/back');
  await expectAccessibleDialog(page);
  await dialog(page).getByRole('button', { name: 'Register an app' }).click();
  const region = page.getByRole('region');
  const first = await region.locator('code').first().innerText();
  await button(page, 'Actions: Shop plug-in').click();
  await page.getByRole('menuitem', { name: 'New secret' }).click();
  await dialog(page).getByRole('button', { name: 'New secret' }).click();
  await expect.poll(() => region.locator('code').first().innerText(), { timeout: patience }).not.toBe(first);
});

test('the project changes its secret and its key, and the audit log tells of all of it', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/settings`);
  await button(page, 'Make a new one').click();
  await dialog(page).getByLabel('Days for both').fill('7');
  await dialog(page).getByRole('button', { name: 'Make a new one' }).click();
  await page.getByRole('region', { name: 'The new webhook secret' }).waitFor();
  await says(page, 'The old secret signs, too, until');
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByText('webhook-secret.rotate').first().waitFor();
  await page.getByRole('searchbox').fill('olive ');
  await expect
    .poll(() => new URL(page.url()).searchParams.get('search'), { timeout: patience })
    .toBe('olive ');
  await page.getByText('webhook-secret.rotate').first().waitFor();
  await page.getByRole('searchbox').fill('nobody-of-this-name');
  await button(page, 'Clear the filters').waitFor();
});

test('events that wait for a webhook are held, and delivered when somebody says so', async () => {
  const desk = theDesk();
  const { stage } = desk;
  const page = await desk.open(`${desk.live}/webhooks/${desk.furniture.webhook}`);
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: 'Switch off' }).click();
  await page.getByText('Off', { exact: true }).first().waitFor();
  await stage.call('POST', '/upload-sessions', { label: 'While it was off' });
  await says(page, /1 event/);
  await button(page, 'More').click();
  await page.getByRole('menuitem', { name: 'Switch on' }).click();
  await page.getByText('On', { exact: true }).first().waitFor();
  const before = stage.good.requests;
  await page.locator('.note').getByRole('button').first().click();
  await expect.poll(() => stage.good.requests, { timeout: patience }).toBeGreaterThan(before);
});

test('what is set up is searched on the server', async () => {
  const desk = theDesk();
  const page = await desk.open(`${desk.live}/destinations`);
  await page.getByRole('searchbox').fill('old ARCHIVE');
  await expect.poll(() => page.locator('.card').count(), { timeout: patience }).toBe(1);
  await page.reload();
  await settled(page);
  expect(await page.locator('.card').allInnerTexts()).toEqual([expect.stringContaining('Old archive')]);
  await page.goto(`${desk.stage.origin}${desk.live}/keys?search=portal`);
  await settled(page);
  expect(await page.locator('tbody tr').count()).toBe(1);
});

test('of many destinations the one that is meant is searched on the server, and keeps its name', async () => {
  const desk = theDesk();
  const { stage } = desk;
  const shelves = Array.from({ length: 24 }, (_, index) => `Shelf ${index + 1}`);
  const ids = new Map<string, string>();
  for (const name of shelves) {
    const body = { type: 'webhook', name, config: { url: `${stage.good.url}/shelf` } };
    ids.set(
      name,
      (await stage.call<{ id: string }>('POST', `/projects/${stage.project}/destinations`, body)).id,
    );
  }
  const page = await desk.open('/sign-in', { signedIn: false });
  const whole: string[] = [];
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (/\/(destinations|webhooks)$/.test(pathname) && !search.includes('pageSize=')) whole.push(pathname);
  });
  await stage.signIn(page.context());
  await page.goto(`${stage.origin}${desk.live}/deliveries`);
  const filter = page.getByRole('combobox', { name: 'Where to' });
  await filter.click();
  await page.getByRole('option', { name: 'Claims folder' }).waitFor();
  expect(await page.getByRole('option', { name: 'Shelf 24' }).count()).toBe(0);
  await filter.fill('shelf 24');
  await page.getByRole('option', { name: 'Shelf 24' }).click();
  const target = () => new URL(page.url()).searchParams.get('target');
  await expect.poll(target, { timeout: patience }).toBe(ids.get('Shelf 24'));
  await page.reload();
  await expect.poll(() => filter.inputValue(), { timeout: patience }).toBe('Shelf 24');

  await page.goto(`${stage.origin}${desk.live}/sessions/new`);
  const field = page.getByRole('combobox', { name: 'Destinations' });
  await field.fill('shelf 23');
  await page.getByRole('option', { name: 'Shelf 23' }).click();
  await field.fill('');
  await page.keyboard.press('Escape');
  await button(page, 'Create the session').click();
  await says(page, 'Shelf 23');
  expect(whole).toEqual([]);
});

test('a plan is paid for at Stripe, and the subscription managed there', async () => {
  const desk = theDesk();
  const { stage } = desk;
  const page = await desk.open(`${desk.live}/settings/plan`);
  // Paying happens on pages of Stripe.
  await page.route(/https:\/\/(checkout|portal)\.example\//, (route) => route.fulfill({ body: 'Stripe' }));
  await says(page, 'Nothing was paid yet.');
  expect(await button(page, 'Manage the subscription').isDisabled()).toBe(true);
  // Only what has a price can be bought.
  expect(await button(page, 'Choose').count()).toBe(2);
  await panelOf(page, 'Pro').getByRole('button', { name: 'Choose' }).click();
  await dialog(page).getByText('You go to Stripe to pay.').waitFor();
  await dialog(page).getByRole('button', { name: 'Choose' }).click();
  await page.waitForURL('https://checkout.example/price_pro');
  expect(new URL(stripe.backTo).pathname).toBe(`${desk.live}/settings/plan`);

  // What Stripe's event of the payment leaves behind.
  await stage.app.db.write((tx) =>
    tx.q.updateTable('projects').set({ billing_customer: 'cus_7' }).where('id', '=', stage.project).execute(),
  );
  await page.goto(`${stage.origin}${desk.live}/settings/plan`);
  await says(page, 'Change or end it');
  expect(await violationsOf(page)).toEqual([]);
  await button(page, 'Manage the subscription').click();
  await page.waitForURL('https://portal.example/cus_7');
  expect(new URL(stripe.backTo).pathname).toBe(`${desk.live}/settings/plan`);
});
