/**
 * Accounts and OAuth in a real browser: the link of the first start, signing in, a passkey, and a page of another site
 * that asks for access with aptr-connect.js and calls the API with what it gets.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import type { BrowserContext, Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { createSetupToken } from '../../src/accounts/setup.ts';
import type { TestApp } from '../helpers/app.ts';
import { usePhones } from '../helpers/browser.ts';
import { ownerAccount } from '../helpers/person.ts';
import { useApp } from './stage.ts';

const phones = usePhones();
const start = useApp();

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** The app under a name: passkeys need one, and 127.0.0.1 is another site than localhost. */
const named = (app: TestApp): string => app.origin.replace('127.0.0.1', 'localhost');

/** What the page of the dashboard sends, from a page of the same origin; the cookie stays in the browser. */
function send(
  page: Page,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  return page.evaluate(
    async ([method, path, body]) => {
      const response = await fetch(path!, {
        method: method!,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    [method, path, body] as [string, string, unknown],
  );
}

async function signIn(app: TestApp, page: Page, origin: string): Promise<void> {
  const token = await createSetupToken(app.db, app.clock.now());
  await page.goto(`${origin}/openapi.json`);
  const made = await send(page, 'POST', '/api/v1/setup', { token, ...ownerAccount });
  expect(made.status).toBe(201);
  const { email, password } = ownerAccount;
  const answer = await send(page, 'POST', '/api/auth/sign-in/email', { email, password });
  expect(answer.status).toBe(200);
}

/** A site of somebody else, with a page that asks for access. */
async function startPartner(page: (origin: string) => string): Promise<string> {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    response.setHeader('content-type', 'text/html; charset=utf-8');
    if (request.url === '/favicon.ico') return response.writeHead(204).end();
    response.end(
      request.url === '/' ? page(`http://localhost:${port}`) : '<!doctype html><p>Back at the app',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

const partnerPage = (app: TestApp, publicKey: string) => (origin: string) =>
  `<!doctype html>
<button id="go">Connect</button><output></output>
<script src="${app.origin}/aptr-connect.js"></script>
<script>
  const tell = (what) => { document.querySelector('output').textContent = JSON.stringify(what); };
  AptrConnect.init({ publicKey: '${publicKey}' });
  document.querySelector('#go').onclick = () => AptrConnect.authorize({
    scopes: ['upload:create', 'upload:read'],
    redirectUri: '${origin}/back',
    state: 'mine',
    pkce: true,
    onSuccess: tell,
    onError: tell,
  });
</script>`;

async function told(page: Page): Promise<Record<string, string>> {
  const output = page.locator('output:not(:empty)');
  await output.waitFor({ state: 'attached' });
  return JSON.parse((await output.textContent())!);
}

async function popupOf(context: BrowserContext, page: Page): Promise<Page> {
  const [popup] = await Promise.all([context.waitForEvent('page'), page.click('#go')]);
  return popup;
}

async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run(document)')) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes[0]?.html}`)).toEqual([]);
  }
}

test('a page of another site gets a code through a window, and its app calls the API', async () => {
  const app = await start();
  const { page, context } = await phones.open();
  await signIn(app, page, app.origin);
  let publicKey = '';
  const partner = await startPartner((origin) => partnerPage(app, publicKey)(origin));
  const registered = await app.call('POST', `/projects/${app.project.id}/oauth-apps`, {
    body: {
      name: 'Claims desk',
      redirectUris: [`${partner}/back`],
      allowedDomains: ['localhost'],
      isPublic: true,
    },
  });
  publicKey = registered.body.publicKey;
  await page.goto(`${partner}/`);

  const popup = await popupOf(context, page);
  await popup.getByRole('heading', { name: 'Claims desk asks for access' }).waitFor();
  await expectAccessible(popup);
  const width = await popup.evaluate('document.documentElement.scrollWidth - innerWidth');
  expect(width).toBeLessThanOrEqual(0);
  await popup.getByRole('button', { name: 'Allow', exact: true }).click();
  const { code, state, codeVerifier } = await told(page);
  expect(state).toBe('mine');
  const answer = await fetch(`${app.origin}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'authorization_code',
      client_id: registered.body.clientId,
      code,
      code_verifier: codeVerifier,
      redirect_uri: `${partner}/back`,
    }),
  });
  const issued = (await answer.json()) as { access_token: string };
  expect(answer.status).toBe(200);
  const session = await app.call('POST', '/upload-sessions', { key: issued.access_token, body: {} });
  expect(session.status).toBe(201);

  await page.reload();
  const second = await popupOf(context, page);
  await second.getByRole('button', { name: 'Do not allow' }).click();
  expect(await told(page)).toMatchObject({ code: 'access_denied', state: 'mine' });

  await page.reload();
  const third = await popupOf(context, page);
  await third.getByRole('heading', { name: 'Claims desk asks for access' }).waitFor();
  await third.close();
  expect(await told(page)).toMatchObject({ code: 'closed' });
});

test('the link of the first start makes the owner, who signs in on the way to an app', async () => {
  const app = await start();
  const { page, context } = await phones.open();
  const token = await createSetupToken(app.db, app.clock.now());
  await page.goto(`${app.origin}/setup?token=${token}`);
  await page.locator('input[name=name], input[autocomplete=name]').first().fill(ownerAccount.name);
  await page.locator('input[type=email]').fill(ownerAccount.email);
  for (const field of await page.locator('input[type=password]').all())
    await field.fill(ownerAccount.password);
  await page.locator('input[required]').last().fill('Claims');
  await page.locator('button[type=submit]').click();
  await page.waitForURL((url) => !url.pathname.startsWith('/setup'));
  await context.clearCookies();

  let publicKey = '';
  const partner = await startPartner((origin) => partnerPage(app, publicKey)(origin));
  const registered = await app.call('POST', `/projects/${app.project.id}/oauth-apps`, {
    body: { name: 'Claims desk', redirectUris: [`${partner}/back`], allowedDomains: ['localhost'] },
  });
  publicKey = registered.body.publicKey;
  await page.goto(`${partner}/`);
  const popup = await popupOf(context, page);
  await popup.waitForURL(/\/sign-in\?next=/);
  await popup.locator('input[type=email]').fill(ownerAccount.email);
  await popup.locator('input[type=password]').fill(ownerAccount.password);
  await popup.locator('button[type=submit]').click();
  await popup.getByRole('heading', { name: 'Claims desk asks for access' }).waitFor();
  await popup.getByRole('button', { name: 'Allow', exact: true }).click();
  expect(await told(page)).toMatchObject({ code: expect.stringMatching(/^aptr_code_/), state: 'mine' });
});

test('an app without our script comes and goes by redirects', async () => {
  const app = await start();
  const { page } = await phones.open();
  await signIn(app, page, app.origin);
  const partner = await startPartner(() => '');
  const registered = await app.call('POST', `/projects/${app.project.id}/oauth-apps`, {
    body: { name: 'Claims desk', redirectUris: [`${partner}/back?keep=1`] },
  });
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: registered.body.clientId,
    redirect_uri: `${partner}/back?keep=1`,
    state: 's',
  });
  await page.goto(`${app.origin}/oauth/authorize?${query}`);
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  await page.waitForURL(`${partner}/back?**`);
  const back = new URL(page.url());
  expect(back.searchParams.get('keep')).toBe('1');
  expect(back.searchParams.get('state')).toBe('s');
  expect(back.searchParams.get('code')).toMatch(/^aptr_code_/);
  await page.goto(`${app.origin}/oauth/authorize?${query}&redirect_uri=${partner}`);
  await page.getByRole('heading', { name: 'This request cannot be trusted' }).waitFor();
  await expectAccessible(page);
});

test('a page of another site changes nothing with the cookie of the person', async () => {
  const app = await start();
  const { page, faults } = await phones.open();
  await signIn(app, page, app.origin);
  const keys = `${app.origin}/api/v1/projects/${app.project.id}/keys`;
  const partner = await startPartner(
    () => `<!doctype html>
<iframe name="away"></iframe>
<form method="post" enctype="text/plain" target="away" action="${keys}"><input name='{"label":"Forged","x":"' value='"}'></form>
<form method="post" target="away" action="${app.origin}/api/auth/sign-out"></form>
<form method="post" target="away" action="${app.origin}/oauth/authorize"><input name="decision" value="allow"></form>
<script>
  for (const form of document.forms) form.submit();
  const options = { method: 'POST', credentials: 'include', body: '{"label":"Forged"}' };
  window.done = Promise.allSettled([
    fetch('${keys}', { ...options, mode: 'no-cors', headers: { 'content-type': 'text/plain' } }),
    fetch('${keys}', { ...options, headers: { 'content-type': 'application/json' } }),
    fetch('${app.origin}/api/auth/sign-out', { ...options, mode: 'no-cors' }),
  ]);
</script>`,
  );
  await page.goto(`${partner}/`);
  await page.evaluate('window.done');
  await page.waitForLoadState('networkidle');
  // The browser itself refuses some of it, and says so.
  faults.length = 0;
  await page.goto(`${app.origin}/openapi.json`);
  expect((await send(page, 'GET', '/api/v1/me')).status).toBe(200);
  const list = (await app.call('GET', `/projects/${app.project.id}/keys`)).body as { label: string }[];
  expect(list.map(({ label }) => label)).not.toContain('Forged');
  expect(await page.evaluate('document.cookie')).toBe('');
});

test('a passkey is made, and signs in without a password', async () => {
  const app = await start();
  const { page, context } = await phones.open();
  const origin = named(app);
  await signIn(app, page, origin);
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  });
  const made = await page.evaluate(`(async () => {
    const options = await (await fetch('/api/auth/passkey/generate-register-options')).json();
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = await navigator.credentials.create({ publicKey });
    const response = await fetch('/api/auth/passkey/verify-registration', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ response: credential.toJSON(), name: 'This phone' }),
    });
    return response.status;
  })()`);
  expect(made).toBe(200);
  expect((await send(page, 'GET', '/api/auth/passkey/list-user-passkeys')).body).toMatchObject([
    { name: 'This phone' },
  ]);
  expect((await send(page, 'POST', '/api/auth/sign-out')).status).toBe(200);
  expect((await send(page, 'GET', '/api/v1/me')).status).toBe(401);
  const signedIn = (await page.evaluate(`(async () => {
    const options = await (await fetch('/api/auth/passkey/generate-authenticate-options')).json();
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = await navigator.credentials.get({ publicKey });
    const response = await fetch('/api/auth/passkey/verify-authentication', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ response: credential.toJSON() }),
    });
    return { status: response.status, text: await response.text() };
  })()`)) as { status: number; text: string };
  expect(signedIn.status).toBe(200);
  expect(signedIn.text).not.toMatch(/"token"/);
  expect((await send(page, 'GET', '/api/v1/me')).body).toMatchObject({
    person: { email: ownerAccount.email },
  });
  const [{ id }] = (await send(page, 'GET', '/api/auth/passkey/list-user-passkeys')).body as [{ id: string }];
  expect((await send(page, 'POST', '/api/auth/passkey/delete-passkey', { id })).status).toBe(200);
  expect((await send(page, 'GET', '/api/auth/passkey/list-user-passkeys')).body).toEqual([]);
});
