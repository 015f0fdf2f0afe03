/** People: the first account, signing in and out, second factors, sessions, and what other sites may not do. */
import { generate } from 'otplib';
import { expect, test } from 'vitest';
import { createSetupToken } from '../../src/accounts/setup.ts';
import { eachApp } from '../helpers/app.ts';
import { createBrowser, ownerAccount, signInOwner } from '../helpers/person.ts';

eachApp('the first account', (start) => {
  test('a link makes the owner once; then nobody registers', async () => {
    const app = await start();
    const browser = createBrowser(app);
    const install = { needsOwner: true, openRegistration: false, mail: false, signedIn: false };
    expect((await browser.call('GET', '/install')).body).toEqual(install);
    const token = (await createSetupToken(app.db, app.clock.now()))!;
    expect((await browser.call('GET', `/setup?token=${token}`)).body).toEqual({ open: true });
    expect((await browser.call('GET', '/setup?token=guess')).body).toEqual({ open: false });
    const body = { token, ...ownerAccount };
    const short = await browser.call('POST', '/setup', { body: { ...body, password: 'short' } });
    expect(short.status).toBe(400);
    // Two at once: one of them is the owner.
    const tries = await Promise.all([1, 2].map(() => browser.call('POST', '/setup', { body })));
    expect(tries.map(({ status }) => status).sort()).toEqual([201, 403]);
    expect((await browser.call('POST', '/setup', { body })).status).toBe(403);
    expect(await createSetupToken(app.db, app.clock.now())).toBeUndefined();
    expect((await browser.call('GET', '/install')).body.needsOwner).toBe(false);
    const other = { name: 'Eve', email: 'eve@example.com', password: 'correct horse battery' };
    expect((await browser.call('POST', '/api/auth/sign-up/email', { body: other })).status).toBe(400);
    expect((await browser.signIn(other.email, other.password)).status).toBe(401);
  });

  test('of several links that are open the first that is used closes all', async () => {
    const app = await start();
    const tokens = [];
    for (let made = 0; made < 3; made += 1) tokens.push(await createSetupToken(app.db, app.clock.now()));
    const answers = await Promise.all(
      tokens.map((token, at) =>
        createBrowser(app).call('POST', '/setup', {
          body: { token, ...ownerAccount, email: `owner${at}@example.com` },
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403]);
    const owners = await app.db.read.selectFrom('people').select('id').execute();
    expect(owners).toHaveLength(1);
  });

  test('a link that is a day old opens no more', async () => {
    const app = await start();
    const token = await createSetupToken(app.db, app.clock.now() - 25 * 3_600_000);
    const answer = await createBrowser(app).call('POST', '/setup', { body: { token, ...ownerAccount } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
  });
});

eachApp('texts that no database takes', (start) => {
  test('are refused, wherever they come', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const stem = `/projects/${app.project.id}`;
    const odd = 'a\u0000b';
    const answers = [
      await owner.call('POST', '/projects', { body: { name: odd } }),
      await owner.call('POST', `${stem}/oauth-apps`, {
        body: { name: odd, redirectUris: ['https://a.example/'] },
      }),
      await owner.call('GET', `${stem}/audit?actorId=${encodeURIComponent(odd)}`),
      await owner.call('GET', `/oauth/authorize?client_id=${encodeURIComponent(odd)}`),
      await owner.call('POST', '/api/v1/oauth/token', {
        body: { grant_type: 'authorization_code', client_id: odd, client_secret: odd, code: odd },
      }),
      await owner.call('POST', '/api/auth/sign-in/email', { body: { email: odd, password: odd } }),
      await owner.call('POST', '/api/auth/update-user', { body: { name: odd } }),
      await owner.call('GET', '/stats', { headers: { 'x-apertur-project': 'proj_%00' } }),
      await owner.call('GET', `/projects/${encodeURIComponent(odd)}/keys`),
    ];
    for (const [at, { status }] of answers.entries()) expect(status, `answer ${at}`).toBeLessThan(500);
  });
});

eachApp('signing in', (start) => {
  test('the cookie opens what a key opens, in the project and environment that are named', async () => {
    const app = await start();
    const browser = await signInOwner(app);
    const cookie = [...browser.cookies.keys()];
    expect(cookie).toContain('apertur.session_token');
    const me = await browser.call('GET', '/me');
    expect(me.body).toMatchObject({
      person: { email: ownerAccount.email, isInstallOwner: true },
      projects: [{ id: app.project.id, role: 'owner' }],
      mayCreateProjects: true,
    });
    const made = await browser.call('POST', '/upload-sessions', { body: {} });
    expect(made.status).toBe(201);
    const tested = await browser.call('POST', '/upload-sessions', {
      body: {},
      headers: { 'x-apertur-env': 'test' },
    });
    expect(tested.status).toBe(201);
    const list = await browser.call('GET', `/projects/${app.project.id}/keys`);
    expect(list.status).toBe(200);
    expect(list.body).toHaveLength(2);
    // Pictures and streams have no headers.
    const stats = await fetch(`${app.origin}/api/v1/stats?as_project=${app.project.id}`, {
      headers: { cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    expect(stats.status).toBe(200);
    browser.project = undefined;
    expect(await browser.call('GET', '/stats')).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_ERROR' },
    });
    browser.project = 'proj_nowhere';
    expect((await browser.call('GET', '/stats')).status).toBe(403);
  });

  test('the cookie is out of the reach of scripts, and the answer holds no token', async () => {
    const app = await start();
    await signInOwner(app);
    const browser = createBrowser(app);
    const answer = await browser.signIn(ownerAccount.email, ownerAccount.password);
    const header = answer.headers.getSetCookie().find((value) => value.startsWith('apertur.session_token='))!;
    expect(header).toMatch(/HttpOnly/i);
    expect(header).toMatch(/SameSite=Lax/i);
    expect(header).not.toMatch(/Domain=/i);
    expect(JSON.stringify(answer.body)).not.toMatch(/token/i);
    const session = await browser.call('GET', '/api/auth/get-session');
    expect(session.body.user.email).toBe(ownerAccount.email);
    expect(JSON.stringify(session.body)).not.toContain('token');
    const value = decodeURIComponent(browser.cookies.get('apertur.session_token')!);
    expect(answer.bytes.toString()).not.toContain(value.split('.')[0]);
  });

  test('behind https the cookie is for https only', async () => {
    const app = await start({ settings: { PUBLIC_URL: 'https://photos.example' } });
    const token = await createSetupToken(app.db, app.clock.now());
    const headers = { origin: 'https://photos.example' };
    const browser = createBrowser(app);
    await browser.call('POST', '/setup', { body: { token, ...ownerAccount }, headers });
    const { email, password } = ownerAccount;
    const answer = await browser.call('POST', '/api/auth/sign-in/email', {
      body: { email, password },
      headers,
    });
    expect(answer.status).toBe(200);
    const [header] = answer.headers.getSetCookie();
    expect(header).toMatch(/^__Secure-apertur\.session_token=.*Secure/i);
    browser.project = app.project.id;
    expect((await browser.call('GET', '/me')).status).toBe(200);
  });

  test('a signed-out or changed cookie opens nothing', async () => {
    const app = await start();
    const browser = await signInOwner(app);
    const cookie = browser.cookies.get('apertur.session_token')!;
    const [token] = decodeURIComponent(cookie).split('.');
    for (const value of [token!, `${token}.`, `${token}.AAAA`, `x${cookie}`, '%', 'a.b', '']) {
      const answer = await fetch(`${app.origin}/api/v1/me`, {
        headers: { cookie: `apertur.session_token=${value}` },
      });
      expect(answer.status, value).toBe(401);
    }
    expect((await browser.call('GET', '/me')).status).toBe(200);
    expect((await browser.call('POST', '/api/auth/sign-out')).status).toBe(200);
    const again = await fetch(`${app.origin}/api/v1/me`, {
      headers: { cookie: `apertur.session_token=${cookie}` },
    });
    expect(again.status).toBe(401);
  });

  test('signing in never takes over a session that somebody else put there', async () => {
    const app = await start();
    const first = await signInOwner(app);
    const planted = first.cookies.get('apertur.session_token')!;
    const browser = createBrowser(app);
    browser.cookies.set('apertur.session_token', planted);
    await browser.signIn(ownerAccount.email, ownerAccount.password);
    expect(browser.cookies.get('apertur.session_token')).not.toBe(planted);
  });

  test('guessing a password slows down, alike for addresses with and without an account', async () => {
    const app = await start();
    await signInOwner(app);
    for (const email of [ownerAccount.email, 'nobody@example.com']) {
      const statuses = [];
      for (let guess = 0; guess < 6; guess += 1) {
        statuses.push((await createBrowser(app).signIn(email, `wrong ${guess} password`)).status);
      }
      expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    }
    // The right one has to wait too, or it would show itself.
    const answer = await createBrowser(app).signIn(ownerAccount.email, ownerAccount.password);
    expect(answer).toMatchObject({ status: 429, body: { code: 'RATE_LIMIT' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('one address has twenty tries a minute, whatever it tries', async () => {
    const app = await start();
    const statuses = [];
    for (let guess = 0; guess < 22; guess += 1) {
      statuses.push((await createBrowser(app).signIn(`p${guess}@example.com`, 'some password')).status);
    }
    expect(statuses.slice(0, 20).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(20)).toEqual([429, 429]);
  });
});

eachApp('pages of other sites', (start) => {
  test('cannot change anything with the cookie of a person', async () => {
    const app = await start();
    const browser = await signInOwner(app);
    const path = `/projects/${app.project.id}/keys`;
    const body = { label: 'Forged' };
    const refused = { status: 403, body: { code: 'FORBIDDEN' } };
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `${app.origin}.evil.example` },
      { origin: `${app.origin}9` },
    ] as Record<string, string>[]) {
      expect(await browser.call('POST', path, { body, headers }), JSON.stringify(headers)).toMatchObject(
        refused,
      );
    }
    // Neither header: an old browser, or a form that hides where it comes from.
    const jar = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const bare = (headers: Record<string, string>, method = 'POST') =>
      fetch(`${app.origin}/api/v1${path}`, {
        method,
        headers: { cookie: jar, 'content-type': 'application/json', ...headers },
        ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
      });
    expect((await bare({})).status).toBe(403);
    expect((await bare({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await bare({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await bare({ 'sec-fetch-site': 'none' })).status).toBe(403);
    expect((await bare({ 'sec-fetch-site': 'cross-site' }, 'GET')).status).toBe(403);
    expect((await browser.call('GET', path)).body.map((key: { label: string }) => key.label)).not.toContain(
      'Forged',
    );
    expect((await bare({ 'sec-fetch-site': 'same-origin' })).status).toBe(201);
  });

  test('cannot sign anybody in or out', async () => {
    const app = await start();
    const browser = await signInOwner(app);
    const { email, password } = ownerAccount;
    const headers = { origin: 'https://evil.example' };
    const forged = createBrowser(app);
    const answer = await forged.call('POST', '/api/auth/sign-in/email', {
      body: { email, password },
      headers,
    });
    expect(answer.status).toBe(403);
    expect(forged.cookies.size).toBe(0);
    expect((await browser.call('POST', '/api/auth/sign-out', { headers })).status).toBe(403);
    expect((await browser.call('GET', '/me')).status).toBe(200);
  });

  test('paths of the library that we do not offer are not there', async () => {
    const app = await start();
    const browser = await signInOwner(app);
    for (const path of [
      '/list-sessions',
      '/two-factor/get-totp-uri',
      '/delete-user',
      '/ok',
      '/sign-in/social',
    ]) {
      expect((await browser.call('GET', `/api/auth${path}`)).status, path).toBe(404);
      expect((await browser.call('POST', `/api/auth${path}`)).status, path).toBe(404);
    }
  });
});

eachApp('a second factor', (start) => {
  test('is enrolled, asked for, and never shown again', async () => {
    const app = await start();
    const browser = await signInOwner(app);
    const { email, password } = ownerAccount;
    const wrong = await browser.call('POST', '/api/auth/two-factor/enable', {
      body: { password: 'not the password' },
    });
    expect(wrong.status).toBe(400);
    const enabled = await browser.call('POST', '/api/auth/two-factor/enable', { body: { password } });
    expect(enabled.status).toBe(200);
    const secret = new URL(enabled.body.totpURI).searchParams.get('secret')!;
    expect(enabled.body.backupCodes.length).toBeGreaterThan(5);
    // Not on before a first code was right.
    expect((await createBrowser(app).signIn(email, password)).body.user).toBeDefined();
    const code = await generate({ secret });
    expect((await browser.call('POST', '/api/auth/two-factor/verify-totp', { body: { code } })).status).toBe(
      200,
    );
    expect((await browser.call('GET', '/me')).body.person.twoFactorEnabled).toBe(true);

    const second = createBrowser(app);
    expect((await second.signIn(email, password)).body).toMatchObject({ twoFactorRedirect: true });
    expect((await second.call('GET', '/me')).status).toBe(401);
    const bad = await second.call('POST', '/api/auth/two-factor/verify-totp', { body: { code: '000000' } });
    expect(bad.status).toBe(401);
    // The code that switched it on is used up; the one of the next half minute is not.
    const verify = (code: string) =>
      second.call('POST', '/api/auth/two-factor/verify-totp', { body: { code } });
    expect(await verify(code)).toMatchObject({ status: 401, body: { code: 'TOTP_INVALID' } });
    expect((await second.call('GET', '/me')).status).toBe(401);
    await second.signIn(email, password);
    const following = await generate({ secret, epoch: Math.floor(Date.now() / 1000) + 30 });
    expect((await verify(following)).status).toBe(200);
    expect((await second.call('GET', '/me')).status).toBe(200);
    const sessions = await app.db.read.selectFrom('person_sessions').select('id').execute();
    // The owner's first, the one before the factor was on, and this one.
    expect(sessions).toHaveLength(3);

    const third = createBrowser(app);
    await third.signIn(email, password);
    const [backup] = enabled.body.backupCodes;
    const spare = await third.call('POST', '/api/auth/two-factor/verify-backup-code', {
      body: { code: backup },
    });
    expect(spare.status).toBe(200);
    const fourth = createBrowser(app);
    await fourth.signIn(email, password);
    const used = await fourth.call('POST', '/api/auth/two-factor/verify-backup-code', {
      body: { code: backup },
    });
    expect(used.status).toBe(401);

    const row = await app.db.read.selectFrom('second_factors').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(JSON.stringify(row)).not.toContain(backup);
  });
});

eachApp('sessions of a person', (start) => {
  test('are listed and ended one by one, or all', async () => {
    const app = await start();
    const here = await signInOwner(app);
    const there = createBrowser(app);
    await there.signIn(ownerAccount.email, ownerAccount.password);
    const list = await here.call('GET', '/me/sessions');
    expect(list.body).toHaveLength(2);
    expect(list.body.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
    expect(list.bytes.toString()).not.toMatch(/token/);
    const { id } = list.body.find(({ current }: { current: boolean }) => !current);
    expect((await here.call('DELETE', `/me/sessions/${id}`)).status).toBe(204);
    expect((await there.call('GET', '/me')).status).toBe(401);
    expect((await here.call('DELETE', `/me/sessions/${id}`)).status).toBe(404);
    await there.signIn(ownerAccount.email, ownerAccount.password);
    expect((await here.call('DELETE', '/me/sessions')).body).toEqual({ ended: 1 });
    expect((await there.call('GET', '/me')).status).toBe(401);
    expect((await here.call('DELETE', '/me/sessions?all=true')).body).toEqual({ ended: 1 });
    expect((await here.call('GET', '/me')).status).toBe(401);
  });

  test('a changed password ends the others', async () => {
    const app = await start();
    const here = await signInOwner(app);
    const there = createBrowser(app);
    await there.signIn(ownerAccount.email, ownerAccount.password);
    const newPassword = 'another long password';
    const body = { currentPassword: ownerAccount.password, newPassword, revokeOtherSessions: true };
    expect((await here.call('POST', '/api/auth/change-password', { body })).status).toBe(200);
    expect((await there.call('GET', '/me')).status).toBe(401);
    expect((await here.call('GET', '/me')).status).toBe(200);
    expect((await createBrowser(app).signIn(ownerAccount.email, newPassword)).status).toBe(200);
  });
});
