/** What people look through: sessions and deliveries that can be searched, the overview, the kinds of destination. */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { serve } from '../../src/lib/outbound/servers.fixture.ts';
import { eachSharedApp, photoForm, untilAnswered } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

eachSharedApp('lists for people', { settings: { RETRY_SCHEDULE: '' } }, (theApp) => {
  async function stage() {
    const app = theApp();
    const project = await app.addProject('Lists');
    const call: typeof app.call = (method, path, options) =>
      app.call(method, path, { key: project.live, ...options });
    const stem = `/projects/${project.id}`;
    const session = async (body: Record<string, unknown>) =>
      (await call('POST', '/upload-sessions', { body })).body.id as string;
    return { project, call, stem, session };
  }

  test('sessions are searched by label, tag and id, and filtered by status', async () => {
    const { call, session } = await stage();
    const roof = await session({ label: 'Roof 100% done', tags: { ticket: 'T-77' } });
    const door = await session({ label: 'Front door' });
    await call('POST', `/upload-sessions/${door}/close`);
    const found = async (query: string) =>
      (await call('GET', `/sessions?${query}`)).body.data.map((row: { id: string }) => row.id);
    expect(await found('search=roof')).toEqual([roof]);
    expect(await found('search=100%25')).toEqual([roof]);
    expect(await found('search=1%25%25')).toEqual([]);
    expect(await found('search=t-77')).toEqual([roof]);
    expect(await found(`search=${door}`)).toEqual([door]);
    expect(await found('status=completed')).toEqual([door]);
    expect(await found('status=pending')).toEqual([roof]);
    expect(await found('status=active')).toEqual([]);
    expect(await found('status=expired')).toEqual([]);
    expect((await call('GET', '/sessions?status=nonsense')).status).toBe(400);
  });

  test('a project reads what the phone does not see of its session', async () => {
    const { call, session } = await stage();
    const id = await session({ label: 'Roof', metadata: { claim: 7 } });
    const { body } = await call('GET', `/upload-sessions/${id}/details`);
    expect(body).toMatchObject({
      id,
      label: 'Roof',
      metadata: { claim: 7 },
      destinations: [],
      status: 'pending',
    });
    expect(body.uploadUrl).toContain(`/u/${id}`);
    expect((await call('GET', `/upload-sessions/${id}/details`, { key: theApp().project.live })).status).toBe(
      403,
    );
    expect(
      (await call('GET', `/upload-sessions/${id}/session`, { key: null })).body.metadata,
    ).toBeUndefined();
  });

  test('what is set up stays an array, and is searched and paged on the server', async () => {
    const { call, stem } = await stage();
    for (const label of ['Till north', 'Till south', 'Shop'])
      await call('POST', `${stem}/keys`, { body: { label } });
    const list = async (query: string) => {
      const { body, headers } = await call('GET', `${stem}/keys${query}`);
      return [body.map((row: { label: string }) => row.label).sort(), headers.get('x-total-count')];
    };
    const [all, total] = await list('');
    expect([all.length, all.includes('Shop')]).toEqual([Number(total), true]);
    expect(await list('?search=TILL')).toEqual([['Till north', 'Till south'], '2']);
    expect(await list('?search=south+till')).toEqual([['Till south'], '1']);
    expect((await list('?search=till&page=2&pageSize=1'))[0]).toHaveLength(1);
    expect(await list('?search=till&page=3&pageSize=1')).toEqual([[], '2']);
    await call('POST', `${stem}/webhooks`, { body: { url: 'https://shop.example/hooks', topics: ['*'] } });
    const found = await call('GET', `${stem}/webhooks?search=shop.example`);
    expect([found.body.length, found.headers.get('x-total-count')]).toEqual([1, '1']);
    expect((await call('GET', `${stem}/destinations?search=nothing`)).body).toEqual([]);
  });

  test('deliveries of photos and events are one list, and the overview says what fails', async () => {
    const { call, stem, session } = await stage();
    const broken = await serve((_request, response) => response.writeHead(500).end('no room'));
    const made = await call('POST', `${stem}/destinations`, {
      body: { type: 'webhook', name: 'Archive', config: { url: broken } },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const hook = await call('POST', `${stem}/webhooks`, {
      body: { url: `${broken}/events`, topics: ['project.upload.*'], maxRetries: 0 },
    });
    const id = await session({ destination_ids: [made.body.id] });
    const photo = photoForm(await makeJpeg({ seed: 5 }), { filename: 'Chimney.jpg' });
    expect((await call('POST', `/upload/${id}/images`, { body: photo })).status).toBe(201);
    const list = async (query = '') => (await call('GET', `${stem}/deliveries?${query}`)).body;
    await untilAnswered(async () => (await list('status=failed')).total >= 3, 'photo and events to fail');
    const all = await list();
    expect(all.data.map((row: { kind: string }) => row.kind)).toContain('event');
    const [image] = (await list('kind=image')).data;
    expect(image).toMatchObject({
      kind: 'image',
      title: 'Chimney.jpg',
      targetName: 'Archive',
      status: 'failed',
    });
    expect((await list('search=chimney')).total).toBe(1);
    expect((await list('search=upload.started')).total).toBe(1);
    expect((await list(`target=${hook.body.id}`)).total).toBe(all.total - 1);
    expect((await list('pageSize=1&page=2')).data).toHaveLength(1);
    expect((await list('until=2001-01-01T00:00:00Z')).total).toBe(0);
    expect((await list('status=held')).total).toBe(0);

    const { body: overview } = await call('GET', `${stem}/overview`);
    expect(overview.days).toHaveLength(30);
    expect(overview.days[29]).toMatchObject({ sessions: 1, images: 1, sent: 0, failed: 1 });
    expect(overview.failing).toContainEqual(
      expect.objectContaining({
        kind: 'destination',
        id: made.body.id,
        failed: 1,
        lastError: expect.any(String),
      }),
    );
    expect(overview.failing).toContainEqual(expect.objectContaining({ kind: 'webhook', id: hook.body.id }));
    const other = theApp().project.live;
    expect((await call('GET', `${stem}/deliveries`, { key: other })).status).toBe(403);
    expect((await call('GET', `${stem}/overview`, { key: other })).status).toBe(403);
  });

  test('the kinds of destination come with what draws their form', async () => {
    const { call } = await stage();
    const { body } = await call('GET', '/destination-kinds', { key: null });
    const s3 = body.find((kind: { kind: string }) => kind.kind === 's3');
    expect(s3).toMatchObject({ label: 'Amazon S3', oauth: false, available: true });
    expect(s3.config.properties.bucket).toMatchObject({ title: 'Bucket', type: 'string' });
    expect(Object.keys(s3.credentials.properties)).toEqual(['access_key_id', 'secret_access_key']);
    const drive = body.find((kind: { kind: string }) => kind.kind === 'google_drive');
    expect(drive).toMatchObject({ oauth: true, available: false });
  });

  test('a new webhook secret signs from the next photo on', async () => {
    const { project, call, stem, session } = await stage();
    const signatures: { signature: string; body: Buffer; time: string }[] = [];
    const receiver = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { 'x-aptr-signature': signature, 'x-aptr-timestamp': time } = request.headers;
      signatures.push({ signature: String(signature), body: Buffer.concat(chunks), time: String(time) });
      response.end();
    });
    const made = await call('POST', `${stem}/destinations`, {
      body: { type: 'webhook', name: 'Portal', config: { url: receiver } },
    });
    const id = await session({ destination_ids: [made.body.id] });
    const send = async (seed: number) =>
      call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg({ seed })) });
    await send(11);
    await untilAnswered(async () => signatures.length === 1, 'the first photo');
    const { status, body } = await call('POST', `${stem}/webhook-secret/rotate`);
    expect(status).toBe(201);
    expect(body.webhookSecret).toMatch(/^[0-9a-f]{64}$/);
    await send(12);
    await untilAnswered(async () => signatures.length === 2, 'the second photo');
    const signs = (secret: string, at: number): boolean => {
      const { signature, body: bytes, time } = signatures[at]!;
      const of = (...parts: (string | Buffer)[]) =>
        `sha256=${parts.reduce((mac, part) => mac.update(part), createHmac('sha256', secret)).digest('hex')}`;
      return [of(bytes), of(time, '.', bytes)].includes(signature);
    };
    expect(signs(project.webhookSecret, 0)).toBe(true);
    expect(signs(project.webhookSecret, 1)).toBe(false);
    expect(signs(body.webhookSecret, 1)).toBe(true);
    const other = theApp().project.live;
    expect((await call('POST', `${stem}/webhook-secret/rotate`, { key: other })).status).toBe(403);
  });
});
