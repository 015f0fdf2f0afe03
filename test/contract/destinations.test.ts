/** Contract §6.1: the API of destinations. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eachApp } from '../helpers/app.ts';

const mask = '••••••••';
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'apertur-local-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

eachApp('destinations', (start) => {
  test('create, list, read, update and delete, with masked secrets that survive a round trip', async () => {
    const { call, project, db } = await start();
    const stem = `/projects/${project.id}/destinations`;
    const config = { url: 'https://shop.example/hooks', secret: 'top secret', headers: { 'X-Shop': '1' } };
    const made = await call('POST', stem, { body: { type: 'webhook', name: 'Shop', config } });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      id: expect.stringMatching(/^dest_/),
      type: 'webhook',
      name: 'Shop',
      isActive: true,
      config: { url: config.url, format: 'json_base64', secret: mask, headers: { 'X-Shop': '1' } },
    });
    expect((await call('GET', stem)).body).toEqual([made.body]);
    expect((await call('GET', `${stem}/${made.body.id}`)).body).toEqual(made.body);
    const stored = async () =>
      await db.read.selectFrom('destinations').select(['config', 'credentials']).executeTakeFirstOrThrow();
    expect(JSON.stringify(await stored())).not.toContain('top secret');

    // What was read is sent back whole: the mask keeps the secret, other members merge.
    const patched = await call('PATCH', `${stem}/${made.body.id}`, {
      body: { config: { ...made.body.config, format: 'binary' }, is_active: false, label: 'Shop 2' },
    });
    expect(patched.body).toMatchObject({
      name: 'Shop 2',
      isActive: false,
      config: { format: 'binary', secret: mask },
    });
    const removed = await call('PATCH', `${stem}/${made.body.id}`, { body: { config: { secret: null } } });
    expect(removed.body.config).not.toHaveProperty('secret');
    expect((await call('PATCH', `${stem}/${made.body.id}`, { body: { type: 'local' } })).status).toBe(400);

    const off = await call('POST', '/upload-sessions', { body: { destination_ids: [made.body.id] } });
    expect([off.status, off.body.message.includes('destination')]).toEqual([400, true]);
    expect((await call('DELETE', `${stem}/${made.body.id}`)).status).toBe(204);
    expect((await call('GET', `${stem}/${made.body.id}`)).status).toBe(404);
    expect((await call('GET', stem)).body).toEqual([]);
  });

  test('the flat form of the seed, camelCase and aliases give the same result', async () => {
    const { call, project } = await start();
    const stem = `/projects/${project.id}/destinations`;
    const bodies = [
      { type: 'webhook', config: { url: 'https://shop.example/h', format: 'multipart' } },
      { type: 'webhook', url: 'https://shop.example/h', format: 'multipart' },
      { type: 'webhook', webhook_url: 'https://shop.example/h', webhookFormat: 'multipart' },
      {
        type: 'webhook',
        url: 'https://ignored.example/h',
        config: { url: 'https://shop.example/h', webhook_format: 'multipart' },
      },
    ];
    for (const body of bodies) {
      const made = await call('POST', stem, { body });
      expect(made.status).toBe(201);
      expect(made.body.config).toMatchObject({ url: 'https://shop.example/h', format: 'multipart' });
      expect(made.body.name.length).toBeGreaterThan(0);
    }
  });

  test.each([
    [{ type: 'pigeon', config: {} }, 'pigeon'],
    [{ type: 'webhook' }, 'url'],
    [{ type: 'webhook', config: null }, 'url'],
    [{ type: 'webhook', config: { url: 'ftp://x' } }, 'url'],
    [{ type: 'webhook', config: { url: 'https://x.example', format: 'fax' } }, 'format'],
    [{ type: 'webhook', config: { url: 'https://x.example', headers: { Host: 'evil' } } }, 'Host'],
    [{ type: 'webhook', config: { url: 'https://x.example', retry_schedule: [-1] } }, 'retry_schedule'],
    [{ type: 'local', config: { path: '/etc' } }, ''],
    [{ name: 'no type' }, 'type'],
  ])('%j is refused, naming what is wrong', async (body, named) => {
    const { call, project } = await start({ settings: { PUBLIC_URL: 'https://photos.example' } });
    const answer = await call('POST', `/projects/${project.id}/destinations`, { body });
    expect([answer.status, answer.body.code]).toEqual([400, 'VALIDATION_ERROR']);
    expect(answer.body.message).toContain(named);
  });

  test('another project sees and touches nothing', async () => {
    const { call, project, addProject } = await start();
    const stem = `/projects/${project.id}/destinations`;
    const made = await call('POST', stem, { body: { type: 'webhook', url: 'https://shop.example/h' } });
    const { live: key, id: otherId } = await addProject('Other');
    expect((await call('GET', stem, { key })).status).toBe(403);
    expect(
      (await call('PATCH', `/projects/${otherId}/destinations/${made.body.id}`, { key, body: {} })).status,
    ).toBe(403);
    expect((await call('DELETE', `/projects/${otherId}/destinations/${made.body.id}`, { key })).status).toBe(
      403,
    );
    const session = await call('POST', '/upload-sessions', {
      key,
      body: { destination_ids: [made.body.id] },
    });
    expect(session.status).toBe(403);
  });

  test('a test is a real probe, answered in steps, also when it fails', async () => {
    const { call, project } = await start({ settings: { LOCAL_ROOTS: folder } });
    const stem = `/projects/${project.id}/destinations`;
    const made = await call('POST', stem, { body: { type: 'local', config: { path: folder } } });
    expect(made.status).toBe(201);
    const good = await call('POST', `${stem}/${made.body.id}/test`);
    expect([good.status, good.body.success]).toEqual([200, true]);
    expect(good.body.steps.length).toBeGreaterThan(1);
    expect(await readdir(folder)).toEqual([]);
    const dead = await call('POST', stem, { body: { type: 'webhook', url: 'http://127.0.0.1:9/x' } });
    const bad = await call('POST', `${stem}/${dead.body.id}/test`, { body: {} });
    expect([bad.status, bad.body.success]).toEqual([200, false]);
    expect(
      bad.body.steps.some(
        (step: { outcome: string; advice?: string }) => step.outcome === 'failed' && step.advice,
      ),
    ).toBe(true);
  });
});
