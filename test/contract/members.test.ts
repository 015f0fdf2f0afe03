/** Members, roles, invitations, projects, resets and the audit log. */
import { expect, test } from 'vitest';
import { hashOf } from '../../src/accounts/setup.ts';
import { eachApp, type TestApp, until } from '../helpers/app.ts';
import { type Browser, createBrowser, signInOwner } from '../helpers/person.ts';
import { readHeaders, readParts, startSmtp } from '../helpers/smtp-server.ts';

const password = 'a long enough password';

/** Invites somebody and accepts as a new person; returns their browser. */
async function join(app: TestApp, owner: Browser, email: string, role: string): Promise<Browser> {
  const path = `/projects/${app.project.id}/invitations`;
  const invited = await owner.call('POST', path, { body: { email, role } });
  expect(invited.status).toBe(201);
  const token = new URL(invited.body.link).searchParams.get('token');
  const browser = createBrowser(app);
  const accepted = await browser.call('POST', '/invitation/accept', {
    body: { token, name: role, password },
  });
  expect(accepted).toMatchObject({ status: 200, body: { madeAccount: true, projectId: app.project.id } });
  expect((await browser.signIn(email, password)).status).toBe(200);
  browser.project = app.project.id;
  return browser;
}

eachApp('roles', (start) => {
  test('a viewer reads, a developer works, an admin invites, an owner deletes', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const stem = `/projects/${app.project.id}`;
    const people: Record<string, Browser> = { owner };
    for (const role of ['admin', 'developer', 'viewer']) {
      people[role] = await join(app, owner, `${role}@example.com`, role);
    }
    const allowed = async (method: string, path: string, body?: unknown): Promise<string[]> => {
      const those = [];
      for (const [role, browser] of Object.entries(people)) {
        const { status } = await browser.call(method, path, body === undefined ? {} : { body });
        if (status < 300) those.push(role);
        else expect(status, `${role} ${method} ${path}`).toBe(403);
      }
      return those;
    };
    const all = ['owner', 'admin', 'developer', 'viewer'];
    expect(await allowed('GET', `${stem}/destinations`)).toEqual(all);
    expect(await allowed('GET', '/uploads')).toEqual(all);
    expect(await allowed('GET', `${stem}/usage`)).toEqual(all);
    expect(await allowed('GET', `${stem}/members`)).toEqual(all);
    expect(await allowed('POST', '/upload-sessions', {})).toEqual(all.slice(0, 3));
    expect(await allowed('POST', `${stem}/keys`, { label: 'Made' })).toEqual(all.slice(0, 3));
    expect(await allowed('GET', `${stem}/audit`)).toEqual(all.slice(0, 3));
    expect(await allowed('GET', `${stem}/invitations`)).toEqual(all.slice(0, 2));
    expect(await allowed('PATCH', stem, { name: 'Renamed' })).toEqual(all.slice(0, 2));
    expect(await allowed('DELETE', `${stem}?name=Renamed`)).toEqual(['owner']);
  });

  test('an admin makes nobody an owner, and the last owner stays', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const stem = `/projects/${app.project.id}`;
    const second = await join(app, owner, 'second@example.com', 'owner');
    const admin = await join(app, owner, 'admin@example.com', 'admin');
    const members = (await owner.call('GET', `${stem}/members`)).body as { id: string; email: string }[];
    const idOf = (email: string) => members.find((member) => member.email === email)!.id;
    const role = (browser: Browser, email: string, to: string) =>
      browser.call('PATCH', `${stem}/members/${idOf(email)}`, { body: { role: to } });
    expect((await role(admin, 'admin@example.com', 'owner')).status).toBe(403);
    expect((await role(admin, 'second@example.com', 'viewer')).status).toBe(403);
    expect((await admin.call('DELETE', `${stem}/members/${idOf('second@example.com')}`)).status).toBe(403);
    const invite = { email: 'third@example.com', role: 'owner' };
    expect((await admin.call('POST', `${stem}/invitations`, { body: invite })).status).toBe(403);
    expect((await owner.call('DELETE', `${stem}/members/${idOf('olive@example.com')}`)).status).toBe(204);
    // Now the only owner who is a member: the owner of the install is above the project.
    expect((await owner.call('GET', `${stem}/members`)).status).toBe(200);
    expect((await role(second, 'second@example.com', 'viewer')).status).toBe(400);
    expect((await second.call('DELETE', `${stem}/members/${idOf('second@example.com')}`)).status).toBe(400);
    expect((await role(second, 'admin@example.com', 'owner')).status).toBe(200);
    expect((await second.call('DELETE', `${stem}/members/${idOf('second@example.com')}`)).status).toBe(204);
    expect((await second.call('GET', `${stem}/members`)).status).toBe(403);
  });

  test('somebody who is no member sees nothing, whatever they name', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const member = await join(app, owner, 'member@example.com', 'developer');
    const other = await app.addProject('Other');
    member.project = other.id;
    for (const path of [
      '/stats',
      '/uploads',
      `/projects/${other.id}/keys`,
      `/projects/${other.id}/members`,
    ]) {
      expect((await member.call('GET', path)).status, path).toBe(403);
    }
    expect((await member.call('GET', `/projects/${other.id}`)).status).toBe(403);
    expect((await member.call('GET', '/projects')).body).toHaveLength(1);
    expect((await owner.call('GET', '/projects')).body).toHaveLength(2);
    // The header never overrules the path.
    member.project = app.project.id;
    expect((await member.call('GET', `/projects/${other.id}/keys`)).status).toBe(403);
  });

  test('a key does not manage people', async () => {
    const app = await start();
    await signInOwner(app);
    for (const path of ['/members', '/invitations', '']) {
      expect((await app.call('GET', `/projects/${app.project.id}${path}`)).status).toBe(403);
    }
    expect((await app.call('GET', '/me')).status).toBe(401);
    expect((await app.call('GET', '/me', { key: null })).status).toBe(401);
  });
});

eachApp('invitations', (start) => {
  test('open once, for the invited address, until they are taken back', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const member = await join(app, owner, 'member@example.com', 'developer');
    const path = `/projects/${app.project.id}/invitations`;
    const invite = async (email: string) => {
      const { body } = await owner.call('POST', path, { body: { email, role: 'viewer' } });
      return { id: body.id as string, token: new URL(body.link).searchParams.get('token')! };
    };
    const first = await invite('new@example.com');
    expect((await createBrowser(app).call('GET', `/invitation?token=${first.token}`)).body).toMatchObject({
      projectName: 'Claims',
      email: 'new@example.com',
      role: 'viewer',
      hasAccount: false,
    });
    // Forwarded to somebody else.
    expect((await member.call('POST', '/invitation/accept', { body: { token: first.token } })).status).toBe(
      403,
    );
    // A second one voids the first.
    const second = await invite('new@example.com');
    const accept = (token: string) =>
      createBrowser(app).call('POST', '/invitation/accept', { body: { token, name: 'New', password } });
    expect((await accept(first.token)).status).toBe(404);
    const both = await Promise.all([accept(second.token), accept(second.token)]);
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await accept(second.token)).status).toBe(404);
    const third = await invite('later@example.com');
    expect((await owner.call('DELETE', `${path}/${third.id}`)).status).toBe(204);
    expect((await accept(third.token)).status).toBe(404);
    const known = await owner.call('POST', path, { body: { email: 'member@example.com', role: 'viewer' } });
    expect(known.status).toBe(400);
    const rows = await app.db.read.selectFrom('invitations').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(second.token);
    expect(rows.map(({ hash }) => hash)).toContain(hashOf(second.token));
  });

  test('are mailed where mail is set up, and passwords are reset by mail', async () => {
    const smtp = await startSmtp();
    const mails = () =>
      smtp.taken.map(({ to, raw }) => ({
        to,
        subject: readHeaders(raw.slice(0, raw.indexOf('\r\n\r\n'))).subject ?? '',
        text: readParts(raw)[0]!.body.toString(),
      }));
    const app = await start({
      settings: { SMTP_URL: `smtp://127.0.0.1:${smtp.port}`, MAIL_FROM: 'Photos <photos@shop.example>' },
    });
    const owner = await signInOwner(app);
    const path = `/projects/${app.project.id}/invitations`;
    const body = { email: 'marie@example.com', role: 'developer', locale: 'fr' };
    const invited = await owner.call('POST', path, { body });
    expect(invited.body.mailed).toBe(true);
    const letter = await until(() => mails().find(({ to }) => to.includes('marie@example.com')));
    expect(letter.subject).toBe('Invitation à Claims');
    const token = new URL(/https?:\S+/.exec(letter.text)![0]).searchParams.get('token');
    const marie = createBrowser(app);
    await marie.call('POST', '/invitation/accept', {
      body: { token, name: 'Marie', password, locale: 'fr' },
    });
    await marie.signIn('marie@example.com', password);

    const asked = createBrowser(app);
    const ask = (email: string) =>
      asked.call('POST', '/api/auth/request-password-reset', { body: { email } });
    const known = await ask('marie@example.com');
    const unknown = await ask('nobody@example.com');
    expect(known.status).toBe(200);
    expect(unknown.body).toEqual(known.body);
    const reset = await until(() => mails().find(({ subject }) => /mot de passe/.test(subject)));
    const link = new URL(/https?:\S+/.exec(reset.text)![0]);
    expect(link.pathname).toBe('/reset-password');
    const resetToken = link.searchParams.get('token')!;
    const stored = await app.db.read.selectFrom('verifications').selectAll().execute();
    expect(JSON.stringify(stored)).not.toContain(resetToken);
    const newPassword = 'un nouveau mot de passe';
    const choose = () =>
      asked.call('POST', '/api/auth/reset-password', { body: { newPassword, token: resetToken } });
    expect((await choose()).status).toBe(200);
    expect((await choose()).status).toBe(400);
    // A reset ends every session.
    expect((await marie.call('GET', '/me')).status).toBe(401);
    expect((await marie.signIn('marie@example.com', password)).status).toBe(401);
    expect((await marie.signIn('marie@example.com', newPassword)).status).toBe(200);
    expect(mails().some(({ to }) => to.includes('nobody@example.com'))).toBe(false);
  });
});

eachApp('projects', (start) => {
  test('are made by the owner of the install, and by others only where registration is open', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const developer = await join(app, owner, 'dev@example.com', 'developer');
    const body = { name: '  Second  ' };
    expect((await developer.call('POST', '/projects', { body })).status).toBe(403);
    const made = await owner.call('POST', '/projects', { body });
    expect(made).toMatchObject({ status: 201, body: { name: 'Second', role: 'owner' } });
    expect((await owner.call('POST', '/projects', { body: { name: '   ' } })).status).toBe(400);
    const log = await owner.call('GET', `/projects/${made.body.id}/audit`);
    expect(log.body.data).toMatchObject([{ action: 'projects.create', targetId: made.body.id }]);

    const openApp = await start({ settings: { OPEN_REGISTRATION: 'on' } });
    await signInOwner(openApp);
    const guest = createBrowser(openApp);
    const account = { name: 'Guest', email: 'guest@example.com', password };
    expect((await guest.call('POST', '/api/auth/sign-up/email', { body: account })).status).toBe(200);
    expect((await guest.call('GET', '/me')).body).toMatchObject({ projects: [], mayCreateProjects: true });
    expect((await guest.call('POST', '/projects', { body: { name: 'Mine' } })).status).toBe(201);
    expect((await guest.call('GET', '/projects')).body).toHaveLength(1);
  });

  test('are deleted by their name: keys stop, sessions close, nobody sees them', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const session = (await owner.call('POST', '/upload-sessions', { body: {} })).body;
    const path = `/projects/${app.project.id}`;
    expect((await owner.call('DELETE', path)).status).toBe(400);
    expect((await owner.call('DELETE', `${path}?name=Other`)).status).toBe(400);
    expect((await app.call('GET', '/stats')).status).toBe(200);
    const pay = (subscription: string | null) =>
      app.db.write(async (tx) => {
        await tx.q.updateTable('projects').set({ billing_subscription: subscription }).execute();
      });
    await pay('sub_1');
    expect((await owner.call('DELETE', `${path}?name=Claims`)).status).toBe(409);
    await pay(null);
    expect((await owner.call('DELETE', `${path}?name=Claims`)).status).toBe(204);
    expect((await app.call('GET', '/stats')).status).toBe(401);
    expect((await owner.call('GET', path)).status).toBe(403);
    expect((await owner.call('GET', '/stats')).status).toBe(403);
    const phone = await app.call('GET', `/upload/${session.uuid}/session`, { key: null });
    expect(phone.body.status).not.toBe('active');
    expect((await owner.call('GET', '/projects')).body).toEqual([]);
  });
});

eachApp('the audit log', (start) => {
  test('tells each change with who made it, in its transaction, and pages', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const stem = `/projects/${app.project.id}`;
    const key = await app.call('POST', `${stem}/keys`, { body: { label: 'By a key' } });
    await owner.call('PATCH', `${stem}/keys/${key.body.id}`, { body: { label: 'By a person' } });
    await owner.call('DELETE', `${stem}/keys/${key.body.id}`);
    // Refused, so nothing changed.
    await owner.call('PATCH', `${stem}/keys/${key.body.id}`, { body: { label: 'Gone' } });
    await owner.call('POST', `${stem}/keys`, { body: {} });
    // What keys do all day is no change of the project.
    await app.call('POST', '/upload-sessions', { body: {} });
    const log = await owner.call('GET', `${stem}/audit`);
    expect(log.body).toMatchObject({
      total: 3,
      page: 1,
      data: [
        { action: 'keys.delete', actor: { kind: 'person', name: 'Olive Owner' }, targetId: key.body.id },
        { action: 'keys.update', actor: { kind: 'person' }, detail: { name: 'By a person' } },
        { action: 'keys.create', actor: { kind: 'key', name: 'live' }, targetId: key.body.id },
      ],
    });
    expect(log.bytes.toString()).not.toContain(key.body.plainTextKey);
    const first = await owner.call('GET', `${stem}/audit?pageSize=1&page=2`);
    expect(first.body).toMatchObject({ totalPages: 3, data: [{ action: 'keys.update' }] });
    const find = async (query: string) => (await owner.call('GET', `${stem}/audit?${query}`)).body.total;
    expect(await find('actorKind=key')).toBe(1);
    expect(await find('action=keys')).toBe(3);
    expect(await find('action=key')).toBe(0);
    expect(await find(`targetId=${key.body.id}&action=keys.delete`)).toBe(1);
    expect(await find('from=2100-01-01T00:00:00Z')).toBe(0);
    const other = await app.addProject('Other');
    expect((await app.call('GET', `/projects/${other.id}/audit`)).status).toBe(403);
    expect((await app.call('GET', `${stem}/audit`, { key: other.live })).status).toBe(403);
  });

  test('a change that fails leaves no entry, and an entry that cannot be written takes the change back', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const stem = `/projects/${app.project.id}`;
    await app.db.write(async (tx) => {
      await tx.q.schema.alterTable('audit_entries').renameTo('audit_entries_away').execute();
    });
    const made = await owner.call('POST', `${stem}/keys`, { body: { label: 'Lost' } });
    expect(made.status).toBe(500);
    await app.db.write(async (tx) => {
      await tx.q.schema.alterTable('audit_entries_away').renameTo('audit_entries').execute();
    });
    const keys = await owner.call('GET', `${stem}/keys`);
    expect(keys.body.map(({ label }: { label: string }) => label)).not.toContain('Lost');
  });
});
