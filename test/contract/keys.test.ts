/** Contract §7: API keys; §1.4: what a credential opens. */
import { expect, test } from 'vitest';
import { eachApp } from '../helpers/app.ts';

eachApp('keys', (start) => {
  test('create, list, change and delete; the clear form is shown once', async () => {
    const { call, project, db } = await start();
    const stem = `/projects/${project.id}/keys`;
    const made = await call('POST', stem, {
      body: { label: 'CI', max_images: 3, allowed_mime_types: ['image/png'] },
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      key: {
        id: expect.stringMatching(/^key_/),
        prefix: made.body.plainTextKey.slice(0, 14),
        label: 'CI',
        env: 'live',
        isActive: true,
        lastUsedAt: null,
        maxImages: 3,
        allowedMimeTypes: ['image/png'],
        maxImageDimension: null,
        longPollingEnabled: false,
        defaultDestinations: [],
        allowedIps: [],
        allowedDomains: [],
        totpEnabled: false,
        clientCertEnabled: false,
        clientCertFingerprint: null,
        signingEnabled: false,
        signatureRequired: false,
        createdAt: expect.any(String),
      },
      plainTextKey: expect.stringMatching(/^aptr_live_[\w-]{32,}$/),
      id: made.body.key.id,
      plain_text_key: made.body.plainTextKey,
    });
    const key = made.body.plainTextKey;
    const rows = await db.read.selectFrom('keys').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(key);

    // The key's limits clamp its sessions.
    const session = await call('POST', '/upload-sessions', { key, body: { max_images: 8 } });
    expect((await call('GET', `/sessions/${session.body.id}`)).body).toMatchObject({
      effectiveMaxImages: 3,
      effectiveAllowedMimeTypes: ['image/png'],
    });
    expect(
      (await call('POST', '/upload-sessions', { key, body: { allowed_mime_types: ['image/jpeg'] } })).status,
    ).toBe(400);

    const listed = await call('GET', stem);
    expect(listed.body.map((item: { label: string }) => item.label)).toEqual(['live', 'test', 'CI']);
    const changed = await call('PATCH', `${stem}/${made.body.id}`, {
      body: { label: 'CI 2', maxImages: null, isActive: false },
    });
    expect(changed.body).toMatchObject({ label: 'CI 2', maxImages: null, isActive: false });
    expect((await call('GET', '/sessions', { key })).status).toBe(401);
    await call('PATCH', `${stem}/${made.body.id}`, { body: { is_active: true } });
    expect((await call('GET', '/sessions', { key })).status).toBe(200);
    const gone = await call('DELETE', `${stem}/${made.body.id}`, {
      headers: { 'content-type': 'application/json' },
    });
    expect([gone.status, gone.bytes.length]).toEqual([204, 0]);
    expect((await call('GET', '/sessions', { key })).status).toBe(401);
  });

  test('a new key takes the environment of the calling key', async () => {
    const { call, project } = await start();
    const made = await call('POST', `/projects/${project.id}/keys`, {
      key: project.test,
      body: { name: 'by name' },
    });
    expect(made.body.key).toMatchObject({ env: 'test', label: 'by name' });
    expect((await call('POST', `/projects/${project.id}/keys`, { body: {} })).body.message).toContain(
      'label',
    );
  });

  test('default destinations: full replacement, null is [], absent keeps', async () => {
    const { call, project, addProject } = await start();
    const stem = `/projects/${project.id}`;
    const { body: webhook } = await call('POST', `${stem}/destinations`, {
      body: { type: 'webhook', url: 'https://a.example/h' },
    });
    const { body: made } = await call('POST', `${stem}/keys`, { body: { label: 'defaults' } });
    const put = (body: unknown, id = made.id) => call('PUT', `/keys/${id}/destinations`, { body });
    const set = await put({ destination_ids: [webhook.id, webhook.id], long_polling_enabled: true });
    expect(set.body).toEqual({
      destinations: [{ id: webhook.id, type: 'webhook', name: webhook.name, isActive: true }],
      longPollingEnabled: true,
    });
    const session = await call('POST', '/upload-sessions', { key: made.plainTextKey });
    expect(session.body).toMatchObject({ destinations: [{ id: webhook.id }], long_polling: true });
    const none = await call('POST', '/upload-sessions', {
      key: made.plainTextKey,
      body: { destination_ids: [] },
    });
    expect(none.body.destinations).toEqual([]);
    expect((await put({ destination_ids: [webhook.id] })).body.longPollingEnabled).toBe(true);
    expect((await put({ destination_ids: null, long_polling: false })).body).toEqual({
      destinations: [],
      longPollingEnabled: false,
    });
    const bad = await put({ destination_ids: ['dest_none'] });
    expect([bad.status, bad.body.message.includes('destination')]).toEqual([404, true]);
    expect((await put({ destination_ids: [] }, 'key_none')).status).toBe(404);
    const other = await addProject('Other');
    expect((await call('PUT', `/keys/${made.id}/destinations`, { key: other.live, body: {} })).status).toBe(
      403,
    );
    expect((await call('GET', `${stem}/keys`, { key: other.live })).status).toBe(403);
  });

  test('bad protections are refused by name', async () => {
    const { call, project } = await start();
    const { body: made } = await call('POST', `/projects/${project.id}/keys`, { body: { label: 'x' } });
    const patch = (body: unknown) => call('PATCH', `/projects/${project.id}/keys/${made.id}`, { body });
    expect((await patch({ allowedIps: ['10.0.0.0/8', '2001:db8::1'] })).body.allowedIps).toEqual([
      '10.0.0.0/8',
      '2001:db8::1',
    ]);
    expect((await patch({ allowedIps: ['300.1.1.1'] })).body.message).toContain('allowedIps');
    expect((await patch({ allowed_domains: ['*.shop.example'] })).body.allowedDomains).toEqual([
      '*.shop.example',
    ]);
    expect((await patch({ allowedDomains: ['https://x'] })).body.message).toContain('allowedDomains');
  });
});
