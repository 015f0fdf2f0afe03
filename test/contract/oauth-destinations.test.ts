/** Contract Appendix B, "OAuth destinations", with a certified authorisation server and a strict Google Drive. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { eachApp, photoForm, type StartOptions, type TestApp, until } from '../helpers/app.ts';
import { type DriveServer, driveScope, startDriveServer } from '../helpers/drive-server.ts';
import { type OAuthServer, startOAuthServer } from '../helpers/oauth-server.ts';
import { makeJpeg } from '../helpers/pictures.ts';

let oauth: OAuthServer;
let drive: DriveServer;
let photo: Buffer;
beforeAll(async () => {
  oauth = await startOAuthServer({ scopes: [driveScope], rotates: true });
  drive = await startDriveServer(oauth);
  photo = await makeJpeg({ bytes: 20_000 });
});
afterAll(async () => {
  await drive?.close();
  await oauth?.close();
});

function settings(extra: Record<string, string> = {}): StartOptions {
  const endpoints = { ...oauth.endpoints, ...drive.endpoints };
  return {
    settings: {
      GOOGLE_CLIENT_ID: oauth.clientId,
      GOOGLE_CLIENT_SECRET: oauth.clientSecret,
      OAUTH_ENDPOINTS: Object.entries(endpoints)
        .map(([name, url]) => `google_drive.${name}=${url}`)
        .join(','),
      ...extra,
    },
  };
}

const startPath = (app: TestApp, query = ''): string =>
  `/projects/${app.project.id}/destinations/oauth/google_drive/start${query}`;

const destinationPath = (app: TestApp, id: string, rest = ''): string =>
  `/projects/${app.project.id}/destinations/${id}${rest}`;

/** Asks for the address, as a back-end does, and lets a person agree; returns where the browser is sent. */
async function agree(
  app: TestApp,
  query = '',
  person: { account?: string; deny?: boolean } = {},
): Promise<URL> {
  const begun = await app.call('GET', startPath(app, query));
  expect(begun.status, JSON.stringify(begun.body)).toBe(200);
  oauth.register(`${app.origin}/api/v1/destinations/oauth/google_drive/callback`);
  return new URL(await oauth.visit(begun.body.authorizeUrl, person));
}

const comeBack = (
  app: TestApp,
  back: URL,
  options: { key?: string | null; headers?: Record<string, string> } = {},
) => app.call('GET', back.pathname + back.search, { key: null, ...options });

/** A connected destination. */
async function connect(
  app: TestApp,
  query = '?name=Claims&folder_path=Claims',
  account?: string,
): Promise<string> {
  const done = await comeBack(app, await agree(app, query, account ? { account } : {}));
  expect(done.status, JSON.stringify(done.body)).toBe(200);
  return done.body.destinationId;
}

async function upload(app: TestApp, destination: string): Promise<string> {
  const session = await app.call('POST', '/upload-sessions', { body: { destination_ids: [destination] } });
  expect(session.status, JSON.stringify(session.body)).toBe(201);
  const answer = await app.call('POST', `/upload/${session.body.uuid}/images`, {
    body: photoForm(photo),
    key: null,
  });
  expect(answer.status).toBe(201);
  return session.body.uuid;
}

const deliveryOf = (app: TestApp, session: string) =>
  app.db.read
    .selectFrom('deliveries')
    .selectAll()
    .where('session_id', '=', session)
    .executeTakeFirstOrThrow();

const waitForStatus = (app: TestApp, session: string, status: string) =>
  until(async () => {
    const row = await deliveryOf(app, session);
    return row.status === status && row;
  }, `the delivery to be ${status}`);

/** As the phone that sent the photo is told. */
async function placesOf(app: TestApp, session: string): Promise<unknown> {
  const { image_id: image } = await deliveryOf(app, session);
  const { body } = await app.call('GET', `/upload/${session}/deliveries?images=${image}`, { key: null });
  return body.images[0].places;
}

const waitForHold = (app: TestApp, id: string) =>
  until(async () => {
    const { body } = await app.call('GET', destinationPath(app, id));
    return body.connection.status === 'reconnect_needed' && body;
  }, 'the destination to be held');

const storedTokens = async (app: TestApp, id: string) => {
  const row = await app.db.read
    .selectFrom('destinations')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const plain = app.sealer.open(row.credentials!, `destination:${id}:credentials`);
  return { row, ...(JSON.parse(plain) as { access_token: string; refresh_token: string }) };
};

/** As if the token had come to its end. */
const endToken = (app: TestApp, id: string) =>
  app.db.write((tx) =>
    tx.q.updateTable('destinations').set({ token_expires_at: 1 }).where('id', '=', id).execute(),
  );

eachApp('oauth destinations', (start) => {
  test('an address with PKCE, the least scope and a state; a person agrees; photos arrive', async () => {
    const app = await start(settings());
    const begun = await app.call('GET', startPath(app));
    const url = new URL(begun.body.authorizeUrl);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: oauth.clientId,
      scope: driveScope,
      access_type: 'offline',
      prompt: 'consent',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      redirect_uri: `${app.origin}/api/v1/destinations/oauth/google_drive/callback`,
    });
    const id = await connect(app);
    const { body } = await app.call('GET', destinationPath(app, id));
    expect(body).toMatchObject({
      type: 'google_drive',
      name: 'Claims',
      config: {
        folder_path: 'Claims',
        account_email: 'photos@acme.example',
        access_token: '••••••••',
        refresh_token: '••••••••',
      },
      connection: { status: 'connected', accountEmail: 'photos@acme.example', reason: null, since: null },
    });
    const { access_token, refresh_token, row } = await storedTokens(app, id);
    expect(row.config).not.toContain(access_token);
    const states = await app.db.read.selectFrom('oauth_states').selectAll().execute();
    expect(JSON.stringify(states)).not.toContain(url.searchParams.get('state'));
    const session = await upload(app, id);
    const { receipt } = await waitForStatus(app, session, 'sent');
    expect(JSON.parse(receipt!)).toMatchObject({ remotePath: `Claims/${session}/0.jpg`, verifiedBy: 'hash' });
    expect(drive.list('Claims')).toContain(`${session}/0.jpg`);
    const patched = await app.call('PATCH', destinationPath(app, id), { body: { config: body.config } });
    expect(patched.body.connection.status).toBe('connected');
    expect(await storedTokens(app, id)).toMatchObject({ access_token, refresh_token });
  });

  test('a person who says no changes nothing, and is told so', async () => {
    const app = await start(settings());
    const back = await agree(app, '', { deny: true });
    const denied = await comeBack(app, back);
    expect([denied.status, denied.body.code]).toEqual([403, 'FORBIDDEN']);
    expect(denied.body.message).toMatch(/not granted/);
    expect((await app.call('GET', `/projects/${app.project.id}/destinations`)).body).toEqual([]);
  });

  test('a state is known, good once, for ten minutes, for its provider and its project', async () => {
    let now = Date.now();
    const app = await start({ ...settings(), clock: { now: () => now } });
    const back = await agree(app);
    const wrong = new URL(back);
    wrong.searchParams.set('state', 'made up');
    expect((await comeBack(app, wrong)).status).toBe(400);
    wrong.searchParams.delete('state');
    expect((await comeBack(app, wrong)).status).toBe(400);
    const other = await app.addProject('Other');
    const foreign = await comeBack(app, back, { key: other.live });
    expect([foreign.status, foreign.body.code]).toEqual([403, 'FORBIDDEN']);
    const two = await Promise.all([comeBack(app, back), comeBack(app, back)]);
    expect(two.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect((await comeBack(app, back)).status).toBe(409);
    const late = await agree(app);
    now += 600_001;
    const expired = await comeBack(app, late);
    expect([expired.status, expired.body.code]).toEqual([410, 'GONE']);
    expect((await app.call('GET', `/projects/${app.project.id}/destinations`)).body).toHaveLength(1);
  });

  test('a key of another project begins nothing, and reaches nothing', async () => {
    const app = await start(settings());
    const id = await connect(app);
    const { live: key, id: otherId } = await app.addProject('Other');
    expect((await app.call('GET', startPath(app), { key })).status).toBe(403);
    const mixed = `/projects/${otherId}/destinations/oauth/google_drive/start?destination=${id}`;
    expect((await app.call('GET', mixed, { key })).status).toBe(403);
    for (const [method, rest] of [['POST', '/disconnect'], ['GET', '/folders'], ['POST', '/folders']] as const) {
      const body = method === 'POST' ? { name: 'x' } : undefined;
      const answer = await app.call(method, `/projects/${otherId}/destinations/${id}${rest}`, { key, body });
      expect(answer.status, rest).toBe(403);
    } // biome-ignore format: one line a route
  });

  test('a browser is sent on, bound by a cookie, and ends on a page or where it came from', async () => {
    const app = await start(settings());
    oauth.register(`${app.origin}/api/v1/destinations/oauth/google_drive/callback`);
    const page = { accept: 'text/html,application/xhtml+xml' };
    const begun = await app.call('GET', startPath(app), { headers: page });
    expect(begun.status).toBe(302);
    const cookie = begun.headers.get('set-cookie')!;
    expect(cookie).toMatch(/HttpOnly; SameSite=Lax/);
    const back = new URL(await oauth.visit(begun.headers.get('location')!));
    const stranger = await comeBack(app, back, { headers: page });
    expect(stranger.status).toBe(403);
    expect(stranger.bytes.toString()).toContain('Begin again in this browser');
    const done = await comeBack(app, back, { headers: { ...page, cookie: cookie.split(';')[0]! } });
    expect([done.status, done.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(done.bytes.toString()).toContain('Google Drive is connected');
    const returned = await comeBack(app, await agree(app, '?return_to=https://crm.example/done?a=1'));
    expect(returned.status).toBe(302);
    expect(returned.headers.get('location')).toMatch(
      /^https:\/\/crm\.example\/done\?a=1&status=connected&destination=dest_/,
    );
    const denied = await comeBack(
      app,
      await agree(app, '?return_to=https://crm.example/done', { deny: true }),
    );
    expect(denied.headers.get('location')).toMatch(/status=failed&error=FORBIDDEN/);
    for (const bad of ['http://crm.example/', 'javascript:alert(1)', 'https://u:p@crm.example/']) {
      const refused = await app.call('GET', startPath(app, `?return_to=${encodeURIComponent(bad)}`));
      expect(refused.status, bad).toBe(400);
    }
  });

  test('what cannot be begun says why', async () => {
    const bare = await start();
    const noApp = await bare.call('GET', startPath(bare));
    expect([noApp.status, noApp.body.message]).toEqual([
      400,
      expect.stringContaining('APERTUR_GOOGLE_CLIENT_ID'),
    ]);
    const app = await start(settings());
    const stem = `/projects/${app.project.id}/destinations`;
    expect((await app.call('GET', `${stem}/oauth/webhook/start`)).body.message).toMatch(
      /not connected by signing in/,
    );
    expect((await app.call('GET', `${stem}/oauth/pigeon/start`)).status).toBe(400);
    expect((await app.call('GET', startPath(app, '?folder_path=../x'))).status).toBe(400);
    const webhook = await app.call('POST', stem, { body: { type: 'webhook', url: 'https://x.example' } });
    expect((await app.call('GET', startPath(app, `?destination=${webhook.body.id}`))).status).toBe(400);
  });

  test('a code that the service does not take, and a service that is down', async () => {
    const app = await start(settings());
    const back = await agree(app);
    back.searchParams.set('code', 'made-up');
    const refused = await comeBack(app, back);
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining('invalid_grant')]);
    oauth.refuseNext({ status: 503, body: {} });
    const down = await comeBack(app, await agree(app));
    expect([down.status, down.body.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    oauth.refuseNext({ status: 401, body: { error: 'invalid_client' } });
    const client = await comeBack(app, await agree(app));
    expect(client.body.message).toContain('APERTUR_GOOGLE_CLIENT_ID');
  });

  test('created first and connected later: what came meanwhile is held, then delivered', async () => {
    const app = await start(settings());
    const body = { type: 'gdrive', name: 'Later', folder_path: 'Later' };
    const made = await app.call('POST', `/projects/${app.project.id}/destinations`, { body });
    expect(made.body).toMatchObject({
      connection: { status: 'not_connected' },
      config: { folder_path: 'Later' },
    });
    const session = await upload(app, made.body.id);
    const other = await connect(app);
    await waitForStatus(app, await upload(app, other), 'sent');
    expect(await deliveryOf(app, session)).toMatchObject({ status: 'pending', attempts: 0, leased_by: null });
    expect(await connect(app, `?destination=${made.body.id}`)).toBe(made.body.id);
    await waitForStatus(app, session, 'sent');
    expect((await app.call('GET', destinationPath(app, made.body.id))).body).toMatchObject({
      name: 'Later',
      connection: { status: 'connected' },
    });
  });

  test('a token that has ended is renewed, and the rotated refresh token is kept', async () => {
    const app = await start(settings());
    const id = await connect(app);
    const before = await storedTokens(app, id);
    for (let turn = 0; turn < 2; turn++) {
      await endToken(app, id);
      oauth.endAccessTokens();
      await waitForStatus(app, await upload(app, id), 'sent');
    }
    const after = await storedTokens(app, id);
    expect(after.refresh_token).not.toBe(before.refresh_token);
    expect(after.row.token_expires_at).toBeGreaterThan(Date.now());
  });

  test('a token that is refused before its end is renewed, too', async () => {
    const app = await start(settings());
    const id = await connect(app);
    oauth.endAccessTokens();
    await waitForStatus(app, await upload(app, id), 'sent');
    expect((await deliveryOf(app, await upload(app, id))).last_error).toBeNull();
  });

  test('revoked: deliveries are held without using an attempt; connected again, they are delivered', async () => {
    const app = await start(settings({ RETRY_SCHEDULE: '0.01' }));
    const id = await connect(app);
    oauth.revokeAll();
    const sessions = [await upload(app, id), await upload(app, id)];
    const held = await waitForHold(app, id);
    expect(held.connection.reason).toMatch(/no longer lets us in/);
    expect(held.connection.since).toBeTruthy();
    sessions.push(await upload(app, id));
    // Another destination is delivered meanwhile, so the engine has looked at all of them.
    const refreshes = oauth.refreshes;
    await waitForStatus(app, await upload(app, await connect(app, '', 'other@acme.example')), 'sent');
    for (const session of sessions) {
      expect(await deliveryOf(app, session)).toMatchObject({
        status: 'pending',
        attempts: 0,
        leased_by: null,
        due_at: expect.any(Number),
      });
    }
    // Whoever sent the photos is told that they go there later, whether or not one of them was tried.
    for (const session of sessions) expect(await placesOf(app, session)).toMatchObject([{ held: true }]);
    expect(oauth.refreshes).toBe(refreshes);
    const status = await app.call('GET', `/upload-sessions/${sessions[0]}/delivery-status`);
    expect(JSON.stringify(status.body)).not.toContain('"failed"');
    await connect(app, `?destination=${id}`);
    for (const session of sessions) await waitForStatus(app, session, 'sent');
    expect(await placesOf(app, sessions[0]!)).toMatchObject([{ state: 'delivered', held: false }]);
    const { body } = await app.call('GET', destinationPath(app, id));
    expect(body.connection).toMatchObject({ status: 'connected', reason: null });
  });

  test('an app that the service does not know holds deliveries until a test goes well', async () => {
    const app = await start(settings());
    const id = await connect(app);
    await endToken(app, id);
    oauth.refuseNext({ status: 401, body: { error: 'invalid_client' } });
    const session = await upload(app, id);
    const held = await waitForHold(app, id);
    expect(held.connection.reason).toMatch(/APERTUR_GOOGLE_CLIENT_ID/);
    const tested = await app.call('POST', destinationPath(app, id, '/test'));
    expect(tested.body, JSON.stringify(tested.body)).toMatchObject({ success: true });
    await waitForStatus(app, session, 'sent');
  });

  test('a token server that is down is a failure that is tried again', async () => {
    const app = await start(settings());
    const id = await connect(app);
    await endToken(app, id);
    oauth.refuseNext({ status: 503, body: {}, headers: { 'retry-after': '0' } });
    const { attempts } = await waitForStatus(app, await upload(app, id), 'sent');
    expect(attempts).toBe(2);
  });

  test('tokens that a back-end sets end a hold', async () => {
    const app = await start(settings());
    const id = await connect(app);
    oauth.revokeAll();
    const session = await upload(app, id);
    await waitForHold(app, id);
    const { access_token, refresh_token } = await oauth.connect([driveScope]);
    const body = { config: { access_token, refresh_token } };
    const patched = await app.call('PATCH', destinationPath(app, id), { body });
    expect(patched.body.connection.status).toBe('connected');
    await waitForStatus(app, session, 'sent');
  });

  test('disconnected: the access ends at the service, deliveries wait; deleted: it ends as well', async () => {
    const app = await start(settings());
    const id = await connect(app, '?name=One', 'one@acme.example');
    const { access_token } = await storedTokens(app, id);
    const gone = await app.call('POST', destinationPath(app, id, '/disconnect'));
    expect(gone.body).toEqual({ status: 'not_connected', revoked: true });
    expect(await oauth.introspect(access_token)).toBeUndefined();
    const { body } = await app.call('GET', destinationPath(app, id));
    expect(body.connection.status).toBe('not_connected');
    expect(body.config).not.toHaveProperty('access_token');
    const second = await connect(app, '?name=Two', 'two@acme.example');
    const tokens = await storedTokens(app, second);
    expect((await app.call('DELETE', destinationPath(app, second))).status).toBe(204);
    expect(await oauth.introspect(tokens.access_token)).toBeUndefined();
    expect((await app.call('POST', destinationPath(app, second, '/disconnect'))).status).toBe(404);
  });

  test('an account that two destinations share stays connected when one of them goes', async () => {
    const app = await start(settings());
    const [first, second] = [await connect(app, '?name=A'), await connect(app, '?name=B')];
    const left = await app.call('POST', destinationPath(app, first!, '/disconnect'));
    expect(left.body.revoked).toBe(false);
    await waitForStatus(app, await upload(app, second!), 'sent');
  });

  test('two processes that renew at the same moment renew once, and both go on with the new token', async () => {
    const app = await start(settings());
    const id = await connect(app);
    const other = await buildApp(app.config, { api: true, worker: false }, { logger: silentLogger });
    const origin = (await other.start())!;
    onTestFinished(() => other.stop());
    const before = await storedTokens(app, id);
    const drawn = oauth.refreshes;
    await endToken(app, id);
    oauth.endAccessTokens();
    const release = oauth.holdTokens();
    const check = async (at: string) => {
      const answer = await fetch(`${at}/api/v1${destinationPath(app, id, '/test')}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${app.project.live}` },
      });
      return ((await answer.json()) as { success: boolean }).success;
    };
    const checks = [check(app.origin), check(origin), check(app.origin), check(origin)];
    await until(async () => (await storedTokens(app, id)).row.token_leased_by !== null, 'a lease');
    release();
    expect(await Promise.all(checks)).toEqual([true, true, true, true]);
    expect(oauth.refreshes - drawn).toBe(1);
    const after = await storedTokens(app, id);
    expect(after.refresh_token).not.toBe(before.refresh_token);
    expect(after.row.token_leased_by).toBeNull();
    expect(await check(origin)).toBe(true);
  });

  test('folders are listed, made and chosen', async () => {
    const app = await start(settings());
    const id = await connect(app);
    const made = await app.call('POST', destinationPath(app, id, '/folders'), {
      body: { name: app.project.id },
    });
    expect(made.status).toBe(201);
    const inner = await app.call('POST', destinationPath(app, id, '/folders'), {
      body: { name: 'Inner', parent: made.body.id },
    });
    const top = await app.call('GET', destinationPath(app, id, '/folders'));
    expect(top.body.folders).toContainEqual({ id: made.body.id, name: app.project.id, path: null });
    const below = await app.call('GET', destinationPath(app, id, `/folders?parent=${made.body.id}`));
    expect(below.body).toEqual({
      parent: made.body.id,
      folders: [{ id: inner.body.id, name: 'Inner', path: null }],
    });
    await app.call('PATCH', destinationPath(app, id), { body: { config: { folder_id: inner.body.id } } });
    const session = await upload(app, id);
    await waitForStatus(app, session, 'sent');
    expect(drive.list(app.project.id)).toEqual([`Inner/${session}/0.jpg`]);
    expect((await app.call('GET', destinationPath(app, id, '/folders?parent=nowhere'))).status).toBe(404);
    const bad = await app.call('POST', destinationPath(app, id, '/folders'), { body: { name: 'a/b' } });
    expect(bad.status).toBe(400);
    oauth.revokeAll();
    const refused = await app.call('GET', destinationPath(app, id, '/folders'));
    expect([refused.status, refused.body.message]).toEqual([
      409,
      expect.stringContaining('Connect the account again'),
    ]);
  });
});
