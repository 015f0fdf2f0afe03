/** What people look through: sessions and deliveries that can be searched, the overview, the kinds of destination. */
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
    expect(await list('?search=100%25')).toEqual([[], '0']);
    await call('POST', `${stem}/webhooks`, { body: { url: 'https://shop.example/hooks', topics: ['*'] } });
    const found = await call('GET', `${stem}/webhooks?search=shop.example`);
    expect([found.body.length, found.headers.get('x-total-count')]).toEqual([1, '1']);
    expect((await call('GET', `${stem}/destinations?search=nothing`)).body).toEqual([]);
    const env = async (name: string) => (await call('GET', `${stem}/keys?env=${name}&page=1`)).body.length;
    expect([await env('live'), await env('test'), await env('none')]).toEqual([4, 1, 0]);
  });

  test('a search knows the letters of every script, in either case, and the names that kinds go by', async () => {
    const { call, stem, session } = await stage();
    const destination = async (body: object) =>
      (await call('POST', `${stem}/destinations`, { body })).body.id;
    const school = await destination({
      type: 'webhook',
      name: 'École de la Croix 50%',
      config: { url: 'https://ecole.example/in' },
    });
    const bucket = await destination({
      type: 's3',
      name: 'Архив',
      config: { bucket: 'b', region: 'eu-west-1', access_key_id: 'k', secret_access_key: 's' },
    });
    const found = async (search: string) =>
      (await call('GET', `${stem}/destinations?search=${encodeURIComponent(search)}&pageSize=10`)).body.map(
        (row: { id: string }) => row.id,
      );
    expect(await found('ÉCOLE')).toEqual([school]);
    expect(await found('croix école')).toEqual([school]);
    expect(await found('50%')).toEqual([school]);
    expect(await found('АРХИВ')).toEqual([bucket]);
    expect(await found('amazon')).toEqual([bucket]);
    expect(await found('s3 архив')).toEqual([bucket]);
    expect(await found('amazon école')).toEqual([]);
    const photo = await session({ label: 'Dégât des eaux', tags: ['été'] });
    const sessions = async (search: string) =>
      (await call('GET', `/sessions?search=${encodeURIComponent(search)}`)).body.data.map(
        (row: { id: string }) => row.id,
      );
    expect([await sessions('DÉGÂT'), await sessions('ÉTÉ')]).toEqual([[photo], [photo]]);
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
});
