/** Contract §6.1: the API of destinations. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eachProject, photoForm, until } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

const mask = '••••••••';

const credentials_json = JSON.stringify({
  type: 'service_account',
  client_email: 'photos@acme.iam.gserviceaccount.com',
  private_key: generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }),
});

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'apertur-local-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

eachProject('destinations', (start) => {
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
    const { call, project } = await start();
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

  test('the path of a photo is shown before anything is saved, and under stored settings', async () => {
    const { call, project, addProject } = await start();
    const stem = `/projects/${project.id}/destinations`;
    const image = {
      session_id: 'sess_1',
      image_index: 3,
      filename: 'Dach.JPG',
      ext: 'heic',
      tags: ['claim:7/8'],
    };
    const flat = { type: 'amazon_s3', keyTemplate: 'in/{tag.claim}/{session_id}/{image_index}.{ext}', image };
    const shown = await call('POST', `${stem}/preview`, { body: flat });
    expect([shown.status, shown.body]).toEqual([
      200,
      {
        path: 'in/7_8/sess_1/3.heic',
        templates: [{ field: 'key_template', template: 'in/{tag.claim}/{session_id}/{image_index}.{ext}' }],
        errors: [],
        warnings: [],
        variables: expect.arrayContaining(['{session_id}', '{tag.NAME}']),
      },
    ]);
    const nested = { type: 's3', config: { key_template: 'in/{claim}/{image_id}' } };
    const wrong = await call('POST', `${stem}/preview`, { body: nested });
    expect([wrong.status, wrong.body.path]).toEqual([200, null]);
    expect(wrong.body.errors).toEqual([
      { field: 'key_template', position: 3, length: 7, message: expect.stringContaining('{claim}') },
    ]);
    expect((await call('POST', `${stem}/preview`, { body: { type: 'webhook' } })).body.path).toBeNull();
    expect((await call('POST', `${stem}/preview`, { body: { type: 'pigeon' } })).status).toBe(400);
    expect(
      (await call('POST', `${stem}/preview`, { body: { type: 's3', image: { ext: '../x' } } })).status,
    ).toBe(400);

    const config = { bucket: 'claims', access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'not told' };
    const { body: made } = await call('POST', stem, { body: { type: 's3', config } });
    const stored = await call('POST', `${stem}/${made.id}/preview`, { body: { image } });
    expect(stored.body.path).toBe('uploads/sess_1/3.heic');
    const changed = await call('POST', `${stem}/${made.id}/preview`, {
      body: { config: { key_template: '{image_id}' } },
    });
    expect(changed.body.path).toMatch(/^img_/);
    expect((await call('POST', `${stem}/${made.id}/preview`)).body.path).toMatch(/^uploads\/sess_/);
    const { live: key, id: other } = await addProject('Other');
    expect((await call('POST', `${stem}/${made.id}/preview`, { key, body: {} })).status).toBe(403);
    expect(
      (await call('POST', `/projects/${other}/destinations/${made.id}/preview`, { key, body: {} })).status,
    ).toBe(403);
  });

  test('an access key ID shows its tail, and that survives a round trip', async () => {
    const { call, project, db } = await start();
    const stem = `/projects/${project.id}/destinations`;
    const config = { bucket: 'claims', access_key_id: 'AKIAIOSFODNN7EXAMPLE', secret_access_key: 'not told' };
    const { body: made } = await call('POST', stem, { body: { type: 's3', config } });
    const shown = { access_key_id: `${mask}MPLE`, secret_access_key: mask };
    expect(made.config).toMatchObject(shown);
    const sealed = async () =>
      (await db.read.selectFrom('destinations').select('credentials').executeTakeFirstOrThrow()).credentials;
    const place = `${stem}/${made.id}`;
    const kept = await call('PATCH', place, { body: { config: { ...made.config, region: 'eu-west-1' } } });
    expect(kept.body.config).toMatchObject({ ...shown, region: 'eu-west-1' });
    const before = await sealed();
    // Another mask than its own is no key.
    const other = await call('PATCH', place, { body: { config: { access_key_id: `${mask}ABCD` } } });
    expect(other.status).toBe(400);
    expect(await sealed()).toBe(before);
    const replaced = await call('PATCH', place, {
      body: { config: { access_key_id: 'AKIA0000000000000NEW' } },
    });
    expect(replaced.body.config).toMatchObject({ access_key_id: `${mask}0NEW`, secret_access_key: mask });
  });

  test.each([
    ['s3', { bucket: 'b', access_key_id: 'AKIA', secret_access_key: 's' }, ['amazon_s3']],
    ['azure_blob', { account_name: 'acme', container: 'photos', sas_token: '?sv=1&sig=abc' }, ['azure']],
    ['gcs', { bucket: 'photos', credentials_json }, ['google_cloud_storage']],
    ['google_drive', {}, ['gdrive']],
    ['dropbox', {}, []],
    ['onedrive', {}, ['one_drive']],
    ['ftp', { host: 'h.example', username: 'u', password: 'p' }, []],
    ['webdav', { url: 'https://dav.example/', username: 'u', password: 'p' }, []],
    ['box', {}, []],
    ['odoo', { url: 'https://odoo.example' }, []],
  ])(
    '%s is known by its names, and a session finds it by delivery_mode (§2.2, §6.2)',
    async (type, config, aliases) => {
      const { call, project } = await start();
      const stem = `/projects/${project.id}/destinations`;
      for (const name of [type, ...aliases]) {
        const made = await call('POST', stem, { body: { type: name, config } });
        expect([name, made.status, made.body.type]).toEqual([name, 201, type]);
        const byMode = await call('POST', '/upload-sessions', { body: { delivery_mode: name } });
        expect([byMode.status, byMode.body.destinations]).toEqual([
          201,
          [{ id: made.body.id, type, name: made.body.name }],
        ]);
        const second = await call('POST', stem, { body: { type, name: 'Second', config } });
        const several = await call('POST', '/upload-sessions', { body: { delivery_mode: name } });
        expect([several.status, several.body.message]).toEqual([400, expect.stringContaining('several')]);
        const named = await call('POST', '/upload-sessions', {
          body: { delivery_mode: name, destination_id: second.body.id },
        });
        expect(named.body.destinations).toEqual([{ id: second.body.id, type, name: 'Second' }]);
        const both = await call('POST', '/upload-sessions', {
          body: { destination_ids: [made.body.id, second.body.id, made.body.id] },
        });
        expect(both.body.destinations.map(({ id }: { id: string }) => id)).toEqual([
          made.body.id,
          second.body.id,
        ]);
        for (const { id } of [made.body, second.body]) await call('DELETE', `${stem}/${id}`);
        const none = await call('POST', '/upload-sessions', { body: { delivery_mode: name } });
        expect([none.status, none.body.message]).toEqual([400, expect.stringContaining('no active')]);
      }
    },
  );

  test.each([
    [
      'webhook',
      { webhook_url: 'https://x.example/h', webhook_format: 'binary', custom_headers: { 'X-A': '1' } },
      { url: 'https://x.example/h', format: 'binary', headers: { 'X-A': '1' } },
    ],
    [
      'webhook',
      { webhookUrl: 'https://x.example/h', customHeaders: { 'X-A': '1' } },
      { url: 'https://x.example/h', format: 'json_base64', headers: { 'X-A': '1' } },
    ],
    [
      's3',
      {
        bucket: 'b',
        accessKeyId: 'AKIA',
        secretAccessKey: 's',
        keyTemplate: '{image_id}',
        endpoint_url: 'https://minio.example',
      },
      { key_template: '{image_id}', endpoint: 'https://minio.example', region: 'us-east-1' },
    ],
    [
      'ftp',
      { host: 'h.example', username: 'u', password: 'p', directory: 'in' },
      { remote_dir: 'in', protocol: 'ftp' },
    ],
    [
      'ftp',
      { host: 'h.example', username: 'u', password: 'p', path: 'in', port: 22 },
      { remote_dir: 'in', protocol: 'sftp' },
    ],
    [
      'webdav',
      { url: 'https://dav.example/', username: 'u', password: 'p', remote_path: 'in' },
      { remote_dir: 'in' },
    ],
    [
      'azure_blob',
      { accountName: 'acme', container: 'photos', sasToken: 'sv=1&sig=abc' },
      { account_name: 'acme', container_name: 'photos', sas_token: mask },
    ],
  ])('%s takes %j (§6.3)', async (type, given, shown) => {
    const { call, project } = await start();
    const flat = await call('POST', `/projects/${project.id}/destinations`, { body: { type, ...given } });
    const nested = await call('POST', `/projects/${project.id}/destinations`, {
      body: { type, config: given },
    });
    for (const made of [flat, nested]) {
      expect([made.status, made.body.message]).toEqual([201, undefined]);
      expect(made.body.config).toMatchObject(shown);
    }
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

  test('one that is paused keeps what comes for it, also from sessions made before, and gets it afterwards', async () => {
    const inbox = await mkdtemp(path.join(tmpdir(), 'apertur-paused-'));
    onTestFinished(() => rm(inbox, { recursive: true, force: true }));
    const { call, project } = await start({ settings: { LOCAL_ROOTS: inbox } });
    const stem = `/projects/${project.id}/destinations`;
    const make = async (name: string): Promise<string> => {
      const body = { type: 'local', name, config: { path: path.join(inbox, name) } };
      return (await call('POST', stem, { body })).body.id;
    };
    const [paused, busy] = [await make('Paused'), await make('Busy')];
    const body = { destination_ids: [paused, busy] };
    const { id } = (await call('POST', '/upload-sessions', { body })).body;
    expect((await call('PATCH', `${stem}/${paused}`, { body: { isActive: false } })).status).toBe(200);
    const image = (await call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()) })).body;
    const placed = async (where: string) => {
      const { places } = (await call('GET', `/upload/${id}/deliveries?images=${image.id}`)).body.images[0];
      return places.find((place: { destinationId: string }) => place.destinationId === where);
    };
    const delivered = (where: string) => async () => (await placed(where)).state === 'delivered';
    // Another destination is delivered to meanwhile, so the engine has looked at both.
    await until(delivered(busy), 'the one that is on');
    expect(await placed(paused)).toMatchObject({ state: 'delivering', held: true, nextAttemptAt: null });
    expect(await placed(busy)).toMatchObject({ held: false });
    expect((await call('PATCH', `${stem}/${paused}`, { body: { isActive: true } })).status).toBe(200);
    await until(delivered(paused), 'the one that goes on');
    expect(await placed(paused)).toMatchObject({ held: false, verifiedBy: expect.any(String) });
  });
});
