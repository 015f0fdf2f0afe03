/** What the dashboard listens to: that something changed in a project, for its members alone; and what projects forget by themselves. */
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { pruneAudit } from '../../src/accounts/audit.ts';
import { purgeProjectImages } from '../../src/images/retention.ts';
import { serve } from '../../src/lib/outbound/servers.fixture.ts';
import { eachApp, photoForm, type TestApp, until } from '../helpers/app.ts';
import { type Browser, createBrowser, signInOwner } from '../helpers/person.ts';
import { makeJpeg } from '../helpers/pictures.ts';

const dayMs = 86_400_000;

async function listen(app: TestApp, browser: Browser) {
  const controller = new AbortController();
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await fetch(`${app.origin}/api/v1/projects/${app.project.id}/live`, {
    headers: cookie ? { cookie } : {},
    signal: controller.signal,
  });
  let text = '';
  let ended = false;
  const reading = (async () => {
    for await (const chunk of response.body!) text += Buffer.from(chunk).toString();
    ended = true;
  })().catch(() => undefined);
  return {
    response,
    text: () => text,
    ended: () => ended,
    async stop() {
      controller.abort();
      await reading;
    },
  };
}

eachApp('the live line of a project', (start) => {
  test('tells members of activity and of settings, and nobody else', async () => {
    const app = await start();
    const owner = await signInOwner(app);
    const live = await listen(app, owner);
    expect(live.response.status).toBe(200);
    expect(live.response.headers.get('content-type')).toContain('text/event-stream');
    await until(() => live.text().includes('event: connected'));
    const other = await app.addProject('Other');
    await app.call('POST', '/upload-sessions', { key: other.live, body: { label: 'Of somebody else' } });
    await app.call('POST', `/projects/${app.project.id}/keys`, { body: { label: 'Shop' } });
    await until(() => live.text().includes('event: changed\ndata: {"parts":["settings"]}'));
    // What another project did came before that, and is not told.
    expect(live.text()).not.toContain('activity');
    await app.call('POST', '/upload-sessions');
    await until(() => live.text().includes('activity'));
    expect(live.text()).not.toContain('sess_');

    const stranger = await listen(app, createBrowser(app));
    expect(stranger.response.status).toBe(401);
    expect((await app.call('GET', `/projects/${app.project.id}/live`)).status).toBe(403);
    expect((await app.call('GET', `/projects/${other.id}/live`)).status).toBe(403);
    await live.stop();
  });

  test('a delivery that settles is told, although nothing else happens then', async () => {
    const app = await start({ settings: { ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8' } });
    const owner = await signInOwner(app);
    const waiting: ServerResponse[] = [];
    const receiver = await serve((_request, response) => waiting.push(response));
    const stem = `/projects/${app.project.id}/webhooks`;
    const made = await app.call('POST', stem, { body: { url: receiver, topics: ['*'] } });
    expect(made.status).toBe(201);
    await app.call('POST', `${stem}/${made.body.id}/test`);
    await until(() => waiting.length === 1);
    const live = await listen(app, owner);
    await until(() => live.text().includes('event: connected'));
    expect(live.text()).not.toContain('changed');
    waiting[0]!.end('{}');
    await until(() => live.text().includes('{"parts":["activity"]}'));
    await live.stop();
  });
});

eachApp('what a project forgets', (start) => {
  test('photos after the days that the project says, but never later than the install', async () => {
    const app = await start({ settings: { RETENTION_DAYS: '30' } });
    const path = `/projects/${app.project.id}/page`;
    const tooLong = await app.call('PUT', path, { body: { retention_days: 31 } });
    expect(tooLong.status).toBe(400);
    expect(tooLong.body.message).toContain('30 at most');
    const saved = await app.call('PUT', path, { body: { retention_days: 7 } });
    expect(saved.body).toMatchObject({ retention_days: 7, install_retention_days: 30 });
    const { id } = (await app.call('POST', '/upload-sessions')).body;
    const image = (await app.call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) }))
      .body;
    const purge = (days: number) =>
      purgeProjectImages(app, { retentionDays: 30, now: app.clock.now() + days * dayMs });
    expect(await purge(6.9)).toBe(0);
    expect(await purge(7.1)).toBe(1);
    expect(await purge(7.1)).toBe(0);
    expect((await app.call('GET', `/uploads/${image.id}/download`)).status).toBe(410);
    await app.call('PUT', path, { body: {} });
    expect((await app.call('GET', path)).body.retention_days).toBeNull();
  });

  test('entries of the audit log after their days', async () => {
    const app = await start();
    const path = `/projects/${app.project.id}/audit`;
    await app.call('POST', `/projects/${app.project.id}/keys`, { body: { label: 'Shop' } });
    const now = app.clock.now();
    expect(await pruneAudit(app.db, { days: 0, now: now + 4_000 * dayMs })).toBe(0);
    expect(await pruneAudit(app.db, { days: 365, now: now + 364 * dayMs })).toBe(0);
    expect((await app.call('GET', path)).body.total).toBe(1);
    expect(await pruneAudit(app.db, { days: 365, now: now + 366 * dayMs })).toBe(1);
    expect((await app.call('GET', path)).body.total).toBe(0);
  });
});
