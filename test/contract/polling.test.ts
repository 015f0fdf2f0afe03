/** Contract §3.3 to §3.5, §4 and §11: reading what was received, and fetching it. */
import { expect, test } from 'vitest';
import { eachApp, photoForm, type TestApp } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

async function withImages(app: TestApp, count: number, body: Record<string, unknown>) {
  const session = (await app.call('POST', '/upload-sessions', { body })).body.id as string;
  const images: { id: string; bytes: Buffer }[] = [];
  for (let n = 0; n < count; n++) {
    const bytes = await makeJpeg({ seed: n });
    const made = await app.call('POST', `/upload/${session}/images`, {
      body: photoForm(bytes, { filename: `${n} é.jpg` }),
    });
    images.push({ id: made.body.id, bytes });
  }
  return { session, images };
}

eachApp('reading and fetching', (start, engine) => {
  test('the list answers at once with all that waits; an acknowledgement takes one out, once', async () => {
    const app = await start();
    const { session, images } = await withImages(app, 2, { long_polling: true, max_images: 2 });
    const list = async () => (await app.call('GET', `/upload-sessions/${session}/poll`)).body.images;
    expect((await list()).map((image: { id: string }) => image.id)).toEqual(images.map((image) => image.id));
    expect((await list())[0]).toEqual({
      id: images[0]!.id,
      filename: '0 é.jpg',
      size_bytes: images[0]!.bytes.length,
      mime_type: 'image/jpeg',
      source: 'camera',
      created_at: expect.any(String),
    });
    const download = await app.call('GET', `/upload-sessions/${session}/images/${images[0]!.id}`, {
      headers: { accept: 'application/json' },
    });
    expect(download.headers.get('content-type')).toBe('image/jpeg');
    expect(download.bytes.equals(images[0]!.bytes)).toBe(true);
    const ack = (id: string, path = `/upload-sessions/${session}/images/${id}/ack`) =>
      app.call('POST', path, { body: '', headers: { 'content-type': 'application/json' } });
    expect([(await ack(images[0]!.id)).status, (await list()).length]).toEqual([200, 1]);
    const again = await ack(images[0]!.id);
    expect([again.status, again.body.code]).toEqual([409, 'ALREADY_ACKNOWLEDGED']);
    expect((await ack(images[1]!.id, `/v1/images/${images[1]!.id}/ack`)).body).toEqual({
      status: 'acknowledged',
    });
    // Full and everything acknowledged: the session is complete, and the list is still 200.
    expect((await app.call('GET', `/sessions/${session}`)).body.status).toBe('completed');
    expect(await list()).toEqual([]);
    expect((await app.call('GET', `/images/${images[1]!.id}/download`)).bytes.equals(images[1]!.bytes)).toBe(
      true,
    );
    const other = await withImages(app, 0, {});
    expect((await app.call('GET', `/upload-sessions/${other.session}/images/${images[0]!.id}`)).status).toBe(
      404,
    );
    expect((await app.call('GET', `/upload-sessions/${other.session}/poll`)).body).toEqual({ images: [] });
  });

  test('the waiting form hands out one at a time, under a lease', async () => {
    let now = Date.now();
    const app = await start({ clock: { now: () => now } });
    const { session, images } = await withImages(app, 2, { long_polling: true });
    const poll = (timeout: number) => app.call('GET', `/v1/sessions/${session}/poll?timeout=${timeout}`);
    const first = await poll(0);
    expect(first.body).toMatchObject({
      image_id: images[0]!.id,
      id: images[0]!.id,
      image_index: 0,
      session_id: session,
      tags: null,
    });
    expect((await app.call('GET', new URL(first.body.download_url).pathname)).status).toBe(200);
    expect((await poll(0)).body.image_id).toBe(images[1]!.id);
    expect((await poll(0)).status).toBe(204);
    now += 5 * 60_000 + 1;
    expect((await poll(0)).body.image_id).toBe(images[0]!.id);
    for (const image of images) await app.call('POST', `/images/${image.id}/ack`);
    expect((await poll(0)).status).toBe(204);
    await app.call('POST', `/upload-sessions/${session}/close`);
    expect((await poll(30)).body.code).toBe('POLLING_COMPLETE');
    const plain = await withImages(app, 0, {});
    expect((await app.call('GET', `/sessions/${plain.session}/poll`)).status).toBe(409);
  });

  test('an expired session is polled until everything is fetched, and its list stays 200', async () => {
    let now = Date.now();
    const app = await start({ clock: { now: () => now } });
    const { session, images } = await withImages(app, 1, { long_polling: true, expires_in: 60 });
    now += 60_000;
    const list = async () => (await app.call('GET', `/upload-sessions/${session}/poll`)).body.images.length;
    const next = () => app.call('GET', `/sessions/${session}/poll?timeout=0`);
    expect(await list()).toBe(1);
    expect((await next()).body.image_id).toBe(images[0]!.id);
    expect((await next()).status).toBe(204);
    expect((await app.call('POST', `/images/${images[0]!.id}/ack`)).status).toBe(200);
    expect([await list(), (await next()).status]).toEqual([0, 410]);
  });

  test('a waiting poll answers when a photo arrives', async () => {
    const app = await start();
    const { session } = await withImages(app, 0, { long_polling: true });
    const held = app.call('GET', `/sessions/${session}/poll?timeout=30`);
    const made = await app.call('POST', `/upload/${session}/images`, { body: photoForm(await makeJpeg()) });
    expect((await held).body.image_id).toBe(made.body.id);
  });

  test('many polls at once, in several processes, share the images out: each to one of them', async () => {
    const settings = { SECRET_KEY: '5e'.repeat(32) };
    const one = await start({ settings });
    const apps = [one];
    if (engine.name === 'postgres')
      apps.push(await start({ settings: { ...settings, DATABASE_URL: one.config.databaseUrl! } }));
    const { session, images } = await withImages(one, 8, { long_polling: true });
    const path = `/sessions/${session}/poll?timeout=0`;
    const polls = Array.from({ length: 12 }, (_, index) =>
      apps[index % apps.length]!.call('GET', path, { key: one.project.live }),
    );
    const answers = await Promise.all(polls);
    const taken = answers.filter(({ status }) => status === 200).map(({ body }) => body.image_id);
    expect(taken.sort()).toEqual(images.map(({ id }) => id).sort());
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(4);
  });

  test('uploads: pages, recent, one, bytes and signed links', async () => {
    let now = Date.now();
    const app = await start({ clock: { now: () => now } });
    const { session, images } = await withImages(app, 3, { max_images: 3 });
    const page = await app.call('GET', '/uploads?page=1&pageSize=2');
    expect(page.body).toMatchObject({ total: 3, page: 1, pageSize: 2, totalPages: 2 });
    expect(page.body.data[0]).toEqual({
      hasThumbnail: true,
      thumbnailUrl: expect.stringContaining(`/uploads/${images[2]!.id}/thumbnail?`),
      id: images[2]!.id,
      filename: '2 é.jpg',
      sizeBytes: images[2]!.bytes.length,
      mimeType: 'image/jpeg',
      source: 'camera',
      isEncrypted: false,
      env: 'live',
      createdAt: expect.any(String),
      sessionId: session,
      projectId: app.project.id,
      projectName: 'Claims',
      destinationsTotal: 0,
      destinationsDelivered: 0,
      destinationsFailed: 0,
      destinationsBreakdown: [],
      status: 'stored_only',
    });
    expect((await app.call('GET', '/uploads/recent?limit=1')).body).toEqual([page.body.data[0]]);
    expect((await app.call('GET', `/uploads/${images[2]!.id}`)).body).toEqual(page.body.data[0]);
    expect((await app.call('GET', '/uploads', { key: app.project.test })).body.total).toBe(0);

    const path = `/uploads/${images[0]!.id}/download`;
    const bytes = await app.call('GET', path);
    expect(bytes.bytes.equals(images[0]!.bytes)).toBe(true);
    expect(bytes.headers.get('content-disposition')).toBe(
      `inline; filename="0 _.jpg"; filename*=UTF-8''0%20%C3%A9.jpg`,
    );
    expect((await app.call('GET', path, { key: null })).status).toBe(401);
    expect((await app.call('GET', path, { key: (await app.addProject('Other')).live })).status).toBe(403);
    const link = app.links.path(images[0]!.id, now + 60_000);
    expect((await app.call('GET', link, { key: null })).bytes.equals(images[0]!.bytes)).toBe(true);
    expect((await app.call('GET', link.replace(images[0]!.id, images[1]!.id), { key: null })).status).toBe(
      403,
    );
    now += 61_000;
    expect((await app.call('GET', link, { key: null })).status).toBe(403);
  });

  test('bytes past their retention answer 410, and the row stays', async () => {
    let now = Date.now();
    const app = await start({ clock: { now: () => now }, settings: { RETENTION_DAYS: '1' } });
    const { images } = await withImages(app, 1, {});
    now += 2 * 86_400_000;
    await app.purge();
    const answer = await app.call('GET', `/uploads/${images[0]!.id}/download`);
    expect([answer.status, answer.body.code]).toEqual([410, 'GONE']);
    expect((await app.call('GET', `/uploads/${images[0]!.id}`)).status).toBe(200);
  });

  test('statistics count this project and environment', async () => {
    const app = await start();
    await withImages(app, 2, {});
    expect((await app.call('GET', '/stats')).body).toEqual({
      sessionsThisMonth: 1,
      sessionsTotal: 1,
      imagesUploaded: 2,
      imagesDelivered: 0,
      deliverySuccessRate: 100,
      totalProjects: 1,
      activeKeys: 2,
      topProjects: [{ id: app.project.id, name: 'Claims', sessions: 1 }],
    });
  });
});
