/** OAuth for apps of others (contract §12, §1.4, §1.5): consent, codes, tokens, scopes, and what attackers try. */
import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Answer, eachApp, type TestApp } from '../helpers/app.ts';
import { type Browser, createBrowser, signInOwner } from '../helpers/person.ts';

const redirectUri = 'https://crm.example/apertur/callback';

interface Client {
  id: string;
  clientId: string;
  clientSecret: string | null;
  publicKey: string;
}

async function register(app: TestApp, given: Record<string, unknown> = {}): Promise<Client> {
  const body = { name: 'CRM', redirectUris: [redirectUri], allowedDomains: ['crm.example'], ...given };
  const answer = await app.call('POST', `/projects/${app.project.id}/oauth-apps`, { body });
  expect(answer.status).toBe(201);
  return answer.body;
}

const queryOf = (client: Client, more: Record<string, string> = {}): URLSearchParams =>
  new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: redirectUri,
    scope: 'upload:create upload:read',
    state: 'st-1',
    ...more,
  });

/** Opens the consent page; from another site, as it happens in life. */
const open = (browser: Browser, query: URLSearchParams): Promise<Answer> =>
  browser.call('GET', `/oauth/authorize?${query}`, { headers: { 'sec-fetch-site': 'cross-site' } });

const sealedIn = (page: Answer): string => /name="request" value="([^"]+)"/.exec(page.bytes.toString())![1]!;

/** What the person's click sends. */
function decide(
  browser: Browser,
  sealed: string,
  project: string,
  decision = 'allow',
  headers: Record<string, string> = {},
) {
  return browser.call('POST', '/oauth/authorize', {
    body: new URLSearchParams({ request: sealed, project, decision }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
}

async function getCode(
  app: TestApp,
  browser: Browser,
  client: Client,
  more: Record<string, string> = {},
): Promise<string> {
  const page = await open(browser, queryOf(client, more));
  const answer = await decide(browser, sealedIn(page), app.project.id);
  expect(answer.status).toBe(302);
  const to = new URL(answer.headers.get('location')!);
  expect(to.origin + to.pathname).toBe(redirectUri);
  expect(to.searchParams.get('state')).toBe('st-1');
  return to.searchParams.get('code')!;
}

const token = (app: TestApp, body: unknown, where = '/oauth/token', headers: Record<string, string> = {}) =>
  fetch(`${app.origin}${where}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }).then(async (response) => ({
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  }));

const exchange = (client: Client, code: string, more: Record<string, string> = {}) => ({
  grant_type: 'authorization_code',
  client_id: client.clientId,
  ...(client.clientSecret ? { client_secret: client.clientSecret } : {}),
  code,
  redirect_uri: redirectUri,
  ...more,
});

const refresh = (client: Client, refreshToken: string, more: Record<string, string> = {}) => ({
  grant_type: 'refresh_token',
  client_id: client.clientId,
  ...(client.clientSecret ? { client_secret: client.clientSecret } : {}),
  refresh_token: refreshToken,
  ...more,
});

const statsOf = async (app: TestApp, accessToken: string): Promise<number> =>
  (await app.call('GET', '/uploads', { key: accessToken })).status;

const pkce = () => {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
};

eachApp('an app of somebody else', (start) => {
  test('asks a person, gets a code, and acts with the scopes it was given and no others', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    const page = await open(owner, queryOf(client, { scope: 'sessions:write sessions:read' }));
    expect(page.status).toBe(200);
    const html = page.bytes.toString();
    expect(html).toContain('CRM asks for access');
    expect(html).toContain('See and download photos');
    expect(html).not.toContain('Change where photos go');
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(html).not.toMatch(/<script(?! src=)|style=|onclick=/);
    const code = await getCode(app, owner, client, { scope: 'sessions:write sessions:read' });
    const issued = await token(app, exchange(client, code));
    expect(issued).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 3600, scope: 'plan:read upload:create upload:read' },
    });
    expect(issued.headers.get('cache-control')).toBe('no-store');
    const { access_token: key } = issued.body;
    expect(key).toMatch(/^aptr_oauth_[\w-]{32,}$/);
    const project = `/projects/${app.project.id}`;
    expect((await app.call('POST', '/upload-sessions', { key, body: {} })).status).toBe(201);
    expect((await app.call('GET', '/uploads', { key })).status).toBe(200);
    // Never asked for, always granted.
    expect((await app.call('GET', `${project}/usage`, { key })).status).toBe(200);
    for (const [method, path] of [
      ['GET', `${project}/destinations`],
      ['POST', `${project}/keys`],
      ['GET', `${project}/oauth-apps`],
      ['GET', '/stats'],
    ] as const) {
      const answer = await app.call(method, path, {
        key,
        ...(method === 'POST' ? { body: { label: 'x' } } : {}),
      });
      expect(answer, path).toMatchObject({ status: 403, body: { code: 'INSUFFICIENT_SCOPE' } });
    }
    const other = await app.addProject('Other');
    expect((await app.call('GET', `/projects/${other.id}/usage`, { key })).status).toBe(403);
    const rows = JSON.stringify(await app.db.read.selectFrom('oauth_tokens').selectAll().execute());
    expect(rows).not.toContain(key);
    const grants = await owner.call('GET', '/me/grants');
    expect(grants.body).toMatchObject([
      { appName: 'CRM', projectId: app.project.id, personName: 'Olive Owner' },
    ]);
    const log = await owner.call('GET', `${project}/audit?action=oauth-apps.allow`);
    expect(log.body.data).toMatchObject([{ targetId: client.id, actor: { kind: 'person' } }]);
  });

  test('takes forms and JSON, the secret in the body or by Basic, on every path', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    const basic = `Basic ${Buffer.from(`${client.clientId}:${client.clientSecret}`).toString('base64')}`;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const where of ['/oauth/token', '/api/v1/oauth/token', '/v1/oauth/token']) {
      const asForm = new URLSearchParams(exchange(client, await getCode(app, owner, client))).toString();
      expect((await token(app, asForm, where, form)).status).toBe(200);
      const { client_secret: _secret, ...bare } = exchange(client, await getCode(app, owner, client));
      expect((await token(app, bare, where, { authorization: basic })).status).toBe(200);
    }
    // Both at once says two things; a member twice does, too.
    const twice = exchange(client, await getCode(app, owner, client));
    expect((await token(app, twice, '/oauth/token', { authorization: basic })).body.error).toBe(
      'invalid_request',
    );
    const doubled = `${new URLSearchParams(twice)}&code=other`;
    expect((await token(app, doubled, '/oauth/token', form)).status).toBe(400);
    const metadata = await owner.call('GET', '/.well-known/oauth-authorization-server');
    expect(metadata.body).toMatchObject({
      token_endpoint: expect.stringMatching(/\/oauth\/token$/),
      code_challenge_methods_supported: ['S256'],
    });
  });

  test('is told no when the person does not agree, and what is wrong when it asks wrongly', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    const page = await open(owner, queryOf(client));
    const denied = await decide(owner, sealedIn(page), app.project.id, 'deny');
    expect(denied.status).toBe(302);
    expect(denied.headers.get('location')).toBe(
      `${redirectUri}?error=access_denied&error_description=The+person+did+not+agree.&state=st-1`,
    );
    for (const [more, error] of [
      [{ scope: 'upload:create everything' }, 'invalid_scope'],
      [{ scope: 'constructor' }, 'invalid_scope'],
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ code_challenge: 'abc', code_challenge_method: 'S256' }, 'invalid_request'],
      [{ code_challenge: pkce().challenge, code_challenge_method: 'plain' }, 'invalid_request'],
      [{ code_challenge: pkce().challenge }, 'invalid_request'],
    ] as [Record<string, string>, string][]) {
      const answer = await open(owner, queryOf(client, more));
      const to = new URL(answer.headers.get('location')!);
      expect(to.searchParams.get('error'), JSON.stringify(more)).toBe(error);
      expect(to.searchParams.get('state')).toBe('st-1');
      expect(to.origin).toBe('https://crm.example');
    }
    // Somebody who is not signed in comes back here afterwards.
    const stranger = await open(createBrowser(app), queryOf(client));
    const to = new URL(stranger.headers.get('location')!, app.origin);
    expect(to.pathname).toBe('/sign-in');
    expect(to.searchParams.get('next')).toMatch(/^\/oauth\/authorize\?/);
  });

  test('speaks the language of the person', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app, { name: 'A <b>bold</b> & "quoted" app' });
    for (const [language, words] of [
      ['fr', 'demande un accès'],
      ['es-MX,en;q=0.5', 'pide acceso'],
      ['de', 'asks for access'],
    ]) {
      const headers = { 'accept-language': language! };
      const page = await owner.call('GET', `/oauth/authorize?${queryOf(client)}`, { headers });
      expect(page.bytes.toString()).toContain(words);
      expect(page.bytes.toString()).not.toContain('<b>');
    }
  });
});

eachApp('tokens', (start) => {
  test('are renewed, each refresh token once; a second use ends all', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    const first = (await token(app, exchange(client, await getCode(app, owner, client)))).body;
    const second = (await token(app, refresh(client, first.refresh_token))).body;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await statsOf(app, second.access_token)).toBe(200);
    const narrowed = (await token(app, refresh(client, second.refresh_token, { scope: 'sessions:read' })))
      .body;
    expect(narrowed.scope).toBe('plan:read upload:read');
    expect(
      (await app.call('POST', '/upload-sessions', { key: narrowed.access_token, body: {} })).status,
    ).toBe(403);
    const wider = await token(app, refresh(client, narrowed.refresh_token, { scope: 'project:settings' }));
    expect(wider).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });

    const again = (await token(app, exchange(client, await getCode(app, owner, client)))).body;
    const next = (await token(app, refresh(client, again.refresh_token))).body;
    const stolen = await token(app, refresh(client, again.refresh_token));
    expect(stolen).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', statusCode: 400, code: 'INVALID_GRANT', message: expect.any(String) },
    });
    for (const dead of [again.access_token, next.access_token]) expect(await statsOf(app, dead)).toBe(401);
    expect((await token(app, refresh(client, next.refresh_token))).body.error).toBe('invalid_grant');
  });

  test('two refreshes at the same moment leave nobody with a good token', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    const first = (await token(app, exchange(client, await getCode(app, owner, client)))).body;
    const both = await Promise.all([1, 2].map(() => token(app, refresh(client, first.refresh_token))));
    expect(both.filter(({ status }) => status === 200).length).toBeLessThan(2);
    for (const { body } of both) {
      if (body.access_token) expect(await statsOf(app, body.access_token)).toBe(401);
    }
  });

  test('are given back by the app, taken back by the person, and end with the app, the member and the hour', async () => {
    let now = Date.now();
    const app = await start({ clock: { now: () => now } });
    const owner = await signInOwner(app);
    const client = await register(app);
    const obtain = async () => (await token(app, exchange(client, await getCode(app, owner, client)))).body;
    const revoke = (body: unknown) => token(app, body, '/oauth/revoke');
    const { clientId: client_id, clientSecret: client_secret } = client;

    const one = await obtain();
    expect((await revoke({ client_id, client_secret, token: one.access_token })).status).toBe(200);
    expect(await statsOf(app, one.access_token)).toBe(401);
    const renewed = (await token(app, refresh(client, one.refresh_token))).body;
    expect((await revoke({ client_id, client_secret, token: renewed.refresh_token })).status).toBe(200);
    expect(await statsOf(app, renewed.access_token)).toBe(401);
    expect((await revoke({ client_id, client_secret, token: 'unknown' })).status).toBe(200);
    expect((await revoke({ client_id, client_secret: 'wrong', token: 'unknown' })).status).toBe(401);
    const other = await register(app, { name: 'Other' });
    const two = await obtain();
    const foreign = {
      client_id: other.clientId,
      client_secret: other.clientSecret,
      token: two.refresh_token,
    };
    expect((await revoke(foreign)).status).toBe(400);
    expect(await statsOf(app, two.access_token)).toBe(200);

    const [grant] = (await owner.call('GET', '/me/grants')).body;
    expect((await owner.call('DELETE', `/me/grants/${grant.id}`)).status).toBe(204);
    expect(await statsOf(app, two.access_token)).toBe(401);
    expect((await token(app, refresh(client, two.refresh_token))).status).toBe(400);

    const three = await obtain();
    now += 3_601_000;
    expect(await statsOf(app, three.access_token)).toBe(401);
    const four = (await token(app, refresh(client, three.refresh_token))).body;
    expect(await statsOf(app, four.access_token)).toBe(200);
    const path = `/projects/${app.project.id}/oauth-apps/${client.id}`;
    const rotated = await app.call('POST', `${path}/rotate-secret`);
    expect((await token(app, refresh(client, four.refresh_token))).status).toBe(401);
    client.clientSecret = rotated.body.clientSecret;
    const five = (await token(app, refresh(client, four.refresh_token))).body;
    await app.call('PATCH', path, { body: { isActive: false } });
    expect(await statsOf(app, five.access_token)).toBe(401);
    await app.call('PATCH', path, { body: { isActive: true } });
    expect(await statsOf(app, five.access_token)).toBe(200);
    expect((await app.call('DELETE', path)).status).toBe(204);
    expect(await statsOf(app, five.access_token)).toBe(401);
    expect((await app.call('GET', path)).status).toBe(404);
  });

  test('never reach further than the person who gave them does today', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    const invited = await owner.call('POST', `/projects/${app.project.id}/invitations`, {
      body: { email: 'dev@example.com', role: 'developer' },
    });
    const invitation = new URL(invited.body.link).searchParams.get('token');
    const developer = createBrowser(app);
    const password = 'a long enough password';
    await developer.call('POST', '/invitation/accept', {
      body: { token: invitation, name: 'Dev', password },
    });
    await developer.signIn('dev@example.com', password);
    const { access_token: key } = (await token(app, exchange(client, await getCode(app, developer, client))))
      .body;
    expect((await app.call('POST', '/upload-sessions', { key, body: {} })).status).toBe(201);
    const members = (await owner.call('GET', `/projects/${app.project.id}/members`)).body as {
      id: string;
      email: string;
    }[];
    const member = members.find(({ email }) => email === 'dev@example.com')!;
    const path = `/projects/${app.project.id}/members/${member.id}`;
    await owner.call('PATCH', path, { body: { role: 'viewer' } });
    expect((await app.call('POST', '/upload-sessions', { key, body: {} })).status).toBe(403);
    expect(await statsOf(app, key)).toBe(200);
    await owner.call('DELETE', path);
    expect(await statsOf(app, key)).toBe(401);
  });
});

eachApp('attacks on the authorisation', (start) => {
  test('a code is good once; a second use takes back what the first one gave', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    const code = await getCode(app, owner, client);
    const first = (await token(app, exchange(client, code))).body;
    expect(await statsOf(app, first.access_token)).toBe(200);
    const replay = await token(app, exchange(client, code));
    expect(replay).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await statsOf(app, first.access_token)).toBe(401);
    // At the same moment: whoever of them looks first, and whoever is first to mark it.
    for (let round = 0; round < 5; round += 1) {
      const many = await getCode(app, owner, client);
      const answers = await Promise.all([1, 2, 3, 4].map(() => token(app, exchange(client, many))));
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners.length).toBeLessThan(2);
      for (const { body } of winners) expect(await statsOf(app, body.access_token)).toBe(401);
    }
  });

  test('a code of another client, of another redirect or too old is worth nothing', async () => {
    let now = Date.now();
    const app = await start({ clock: { now: () => now } });
    const owner = await signInOwner(app);
    const client = await register(app);
    const other = await register(app, { name: 'Other', redirectUris: [redirectUri, `${redirectUri}/2`] });
    const code = await getCode(app, owner, client);
    expect((await token(app, exchange(other, code))).body.error).toBe('invalid_grant');
    // The theft of it takes nothing away from the client that it was made for.
    expect((await token(app, exchange(client, code))).status).toBe(200);
    const moved = await getCode(app, owner, other);
    const elsewhere = exchange(other, moved, { redirect_uri: `${redirectUri}/2` });
    expect((await token(app, elsewhere)).body.error).toBe('invalid_grant');
    expect((await token(app, exchange(other, moved))).body.error).toBe('invalid_grant');
    const late = await getCode(app, owner, client);
    now += 10 * 60_000;
    expect((await token(app, exchange(client, late))).body.error).toBe('invalid_grant');
  });

  test('a wrong or missing secret opens nothing, and guessing it has an end', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    const code = await getCode(app, owner, client);
    const { client_secret: _secret, ...bare } = exchange(client, code);
    expect(await token(app, bare)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    // A verifier is no substitute for the secret of a client that has one.
    const verified = { ...bare, code_verifier: pkce().verifier };
    expect((await token(app, verified)).body.error).toBe('invalid_client');
    let last = 0;
    for (let guess = 0; guess < 25 && last !== 429; guess += 1) {
      last = (await token(app, { ...bare, client_secret: `guess ${guess}` })).status;
    }
    expect(last).toBe(429);
  });

  test('PKCE is asked of public clients, and holds wherever it was begun', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app, { isPublic: true });
    expect(client.clientSecret).toBeNull();
    const without = await open(owner, queryOf(client));
    expect(new URL(without.headers.get('location')!).searchParams.get('error')).toBe('invalid_request');
    const { verifier, challenge } = pkce();
    const more = { code_challenge: challenge, code_challenge_method: 'S256' };
    const wrongs: Record<string, string>[] = [
      {},
      { code_verifier: pkce().verifier },
      { code_verifier: challenge },
    ];
    for (const wrong of wrongs) {
      const code = await getCode(app, owner, client, more);
      const refused = await token(app, exchange(client, code, wrong));
      expect(refused.status, JSON.stringify(wrong)).toBe(400);
      expect(refused.body.error).toBe('invalid_grant');
      // The try has used it up.
      expect((await token(app, exchange(client, code, { code_verifier: verifier }))).status).toBe(400);
    }
    const code = await getCode(app, owner, client, more);
    const good = await token(app, exchange(client, code, { code_verifier: verifier }));
    expect(good.status).toBe(200);
    expect((await token(app, refresh(client, good.body.refresh_token))).status).toBe(200);
    // A client with a secret that began with PKCE needs both.
    const confidential = await register(app);
    const begun = await getCode(app, owner, confidential, more);
    expect((await token(app, exchange(confidential, begun))).body.error).toBe('invalid_grant');
  });

  test('nobody is sent to an address that was not registered, letter by letter', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    for (const address of [
      'https://evil.example/callback',
      `${redirectUri}/`,
      `${redirectUri}?x=1`,
      `${redirectUri}#x`,
      'https://crm.example/apertur/../apertur/callback',
      'https://CRM.example/apertur/callback',
      'https://crm.example@evil.example/apertur/callback',
      'http://crm.example/apertur/callback',
      'javascript:alert(1)',
      '',
    ]) {
      for (const browser of [owner, createBrowser(app)]) {
        const answer = await open(browser, queryOf(client, { redirect_uri: address, scope: 'wrong' }));
        expect(answer.status, address).toBe(400);
        expect(answer.headers.get('location')).toBeNull();
        expect(answer.bytes.toString()).not.toContain('evil.example');
      }
    }
    const unknown = await open(owner, queryOf({ ...client, clientId: 'app_unknown' }));
    expect(unknown.status).toBe(400);
    const doubled = `${queryOf(client)}&redirect_uri=${encodeURIComponent('https://evil.example')}`;
    expect((await owner.call('GET', `/oauth/authorize?${doubled}`)).status).toBe(400);
    for (const uri of [
      'http://crm.example/cb',
      'https://crm.example/#x',
      'https://*.example/cb',
      'ftp://a.example',
      'https://u:p@crm.example/',
      'https://crm.example\\@evil.example/',
      'https:// crm.example/',
      'cb',
    ]) {
      const body = { name: 'Bad', redirectUris: [uri] };
      const refused = await app.call('POST', `/projects/${app.project.id}/oauth-apps`, { body });
      expect(refused.status, uri).toBe(400);
    }
    await register(app, {
      redirectUris: ['http://127.0.0.1:9000/cb', 'http://localhost/cb', 'http://[::1]:1/cb'],
    });
  });

  test('another site cannot agree for the person, nor a form of somebody else', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app);
    const sealed = sealedIn(await open(owner, queryOf(client)));
    const refused = [
      await decide(owner, sealed, app.project.id, 'allow', { origin: 'https://evil.example' }),
      await decide(owner, sealed, app.project.id, 'allow', { origin: 'null' }),
      await decide(createBrowser(app), sealed, app.project.id),
      await decide(owner, `${sealed}x`, app.project.id),
      await decide(owner, 'x.y', app.project.id),
      await decide(owner, '', app.project.id),
      await decide(owner, sealed, 'proj_unknown'),
    ];
    const [payload, signature] = sealed.split('.');
    const changed = JSON.parse(Buffer.from(payload!, 'base64url').toString());
    changed.scopes.push('project:settings');
    changed.redirectUri = 'https://evil.example/';
    const forged = `${Buffer.from(JSON.stringify(changed)).toString('base64url')}.${signature}`;
    refused.push(await decide(owner, forged, app.project.id));
    for (const answer of refused) {
      expect([400, 403]).toContain(answer.status);
      expect(answer.headers.get('location')).toBeNull();
    }
    // A second session of the same person did not see the form.
    const second = createBrowser(app);
    await second.signIn('olive@example.com', 'correct horse battery');
    expect((await decide(second, sealed, app.project.id)).status).toBe(400);
    expect(await app.db.read.selectFrom('oauth_codes').selectAll().execute()).toEqual([]);
  });

  test('a public key works for pages of its own domains only, and opens no API', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const client = await register(app, { allowedDomains: ['crm.example', '*.crm.example'] });
    const withKey = (origin?: string) =>
      open(owner, queryOf({ ...client, clientId: client.publicKey }, origin ? { origin } : {}));
    for (const origin of ['https://crm.example', 'https://app.crm.example']) {
      const page = await withKey(origin);
      expect(page.status, origin).toBe(200);
      const answer = await decide(owner, sealedIn(page), app.project.id);
      expect(answer.status).toBe(200);
      const html = answer.bytes.toString();
      expect(html).toContain(`data-origin="${origin}"`);
      const [, message] = /data-message="([^"]+)"/.exec(html)!;
      const { code } = JSON.parse(message!.replaceAll('&quot;', '"'));
      expect((await token(app, exchange(client, code))).status).toBe(200);
    }
    for (const origin of [
      undefined,
      'https://evil.example',
      'https://crm.example.evil.example',
      'https://evilcrm.example',
      'http://crm.example',
      'https://crm.example/',
      'null',
      '*',
    ]) {
      const answer = await withKey(origin);
      expect(answer.status, origin).toBe(400);
    }
    expect((await app.call('GET', '/stats', { key: client.publicKey })).status).toBe(401);
    expect((await token(app, { ...exchange(client, 'x'), client_id: client.publicKey })).status).toBe(401);
  });

  test('odd bodies are refused in words', async () => {
    const app = await start();
    const client = await register(app);
    for (const body of [
      {},
      [],
      { grant_type: 5 },
      { grant_type: 'password', client_id: client.clientId, client_secret: client.clientSecret },
      { grant_type: 'client_credentials', client_id: client.clientId, client_secret: client.clientSecret },
      exchange(client, 'no such code'),
      exchange(client, 'é\u0000'),
      exchange(client, 'x'.repeat(5_000)),
      refresh(client, 'no such token'),
      { ...exchange(client, 'x'), redirect_uri: ['a'] },
    ]) {
      const answer = await token(app, body);
      expect([400, 401], JSON.stringify(body).slice(0, 80)).toContain(answer.status);
      expect(answer.body).toMatchObject({ error: expect.any(String), message: expect.any(String) });
    }
    expect((await token(app, '{', '/oauth/token')).status).toBe(400);
  });
});
