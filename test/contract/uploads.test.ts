/** Contract §3.1: uploads over the wire, and everything that is not a good photo. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eachApp, photoForm, type TestApp, until } from '../helpers/app.ts';
import {
  makeBomb,
  makeGifJpeg,
  makeHeic,
  makeJpeg,
  makeJpegZip,
  makePng,
  makeWebp,
  noise,
  truncate,
} from '../helpers/pictures.ts';

async function session(app: TestApp, body: unknown = {}): Promise<string> {
  return (await app.call('POST', '/upload-sessions', { body })).body.id;
}

const upload = (app: TestApp, id: string, bytes: Buffer, fields = {}, headers = {}) =>
  app.call('POST', `/upload/${id}/images`, { key: null, body: photoForm(bytes, fields), headers });

/** Every file under the storage of the app: nothing half-written may stay. */
async function storedFiles(app: TestApp): Promise<string[]> {
  const all = await readdir(path.join(app.config.dataDir), { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile() && !/^(apertur\.db|secret\.key)/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

eachApp('uploads', (start) => {
  test('a photo is stored byte by byte, with its real type and a safe name', async () => {
    const app = await start();
    const id = await session(app);
    const photos: [Buffer, string][] = [
      [await makeJpeg(), 'image/jpeg'],
      [await makePng(), 'image/png'],
      [await makeWebp(), 'image/webp'],
      [makeHeic(), 'image/heic'],
    ];
    for (const [bytes, mimeType] of photos) {
      // The declared type and name are only hints: SDKs always say image.jpg and image/jpeg.
      const answer = await upload(app, id, bytes, { filename: '../../etc/pass wd\u0000.jpg' });
      expect(answer.status).toBe(201);
      expect(answer.body).toEqual({
        id: expect.stringMatching(/^img_/),
        filename: expect.not.stringContaining('/'),
        size_bytes: bytes.length,
        destinations: 0,
        long_polling: false,
      });
      const row = await app.db.read
        .selectFrom('images')
        .selectAll()
        .where('id', '=', answer.body.id)
        .executeTakeFirstOrThrow();
      expect(row.mime_type).toBe(mimeType);
      expect(row.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      const stored = await (await app.storage.open(row.storage_key)).toArray();
      expect(Buffer.concat(stored).equals(bytes)).toBe(true);
    }
    expect((await app.call('GET', `/sessions/${id}`)).body).toMatchObject({
      status: 'active',
      imagesUploaded: 4,
    });
  });

  test('every path takes uploads, source may stand first, and a credential is ignored', async () => {
    const app = await start();
    const id = await session(app);
    const bytes = await makeJpeg();
    for (const where of [
      `/api/v1/upload/${id}/images`,
      `/v1/upload/${id}/images`,
      `/api/v1/sessions/${id}/upload`,
    ]) {
      const answer = await app.call('POST', where, {
        key: 'not a key',
        body: photoForm(bytes, { source: 'my-app' }),
      });
      expect(answer.status).toBe(201);
    }
    const sources = await app.db.read
      .selectFrom('images')
      .select('source')
      .where('session_id', '=', id)
      .execute();
    expect(sources.map((row) => row.source)).toEqual(['my-app', 'my-app', 'my-app']);
  });

  test('what is no good photo is refused in a sentence, and leaves nothing behind', async () => {
    const app = await start();
    const id = await session(app, { allowed_mime_types: ['image/jpeg', 'image/png'], max_image_size_mb: 1 });
    const jpeg = await makeJpeg({ width: 640, height: 480 });
    const cases: [string, Buffer, number, string][] = [
      ['empty', Buffer.alloc(0), 400, 'IMAGE_UNREADABLE'],
      ['text', Buffer.from('<html>hello</html>'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['random', noise(5_000), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['a type not allowed', await makeWebp(), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['a GIF in front', await makeGifJpeg(), 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['truncated', truncate(jpeg), 400, 'IMAGE_UNREADABLE'],
      ['damaged header', Buffer.concat([jpeg.subarray(0, 4), noise(2_000)]), 400, 'IMAGE_UNREADABLE'],
      ['400 megapixels', makeBomb(), 400, 'IMAGE_DIMENSION_EXCEEDED'],
      ['too large', await makeJpeg({ bytes: 1024 * 1024 + 1 }), 413, 'FILE_TOO_LARGE'],
    ];
    for (const [what, bytes, status, code] of cases) {
      const answer = await upload(app, id, bytes);
      expect([what, answer.status, answer.body.code]).toEqual([what, status, code]);
      expect(answer.body.message).toMatch(/[.]$/);
    }
    expect((await app.call('GET', `/sessions/${id}`)).body.imagesUploaded).toBe(0);
    expect(await until(async () => (await storedFiles(app)).length === 0 && 'clean')).toBe('clean');
    // A photo with an archive behind it is a photo: stored exactly as it came.
    expect((await upload(app, id, await makeJpegZip())).status).toBe(201);
  });

  test('dimension limits hold', async () => {
    const app = await start();
    const id = await session(app, { max_image_dimension: 500 });
    expect((await upload(app, id, await makeJpeg({ width: 500, height: 500 }))).status).toBe(201);
    const answer = await upload(app, id, await makeJpeg({ width: 501, height: 20 }));
    expect(answer.body).toMatchObject({ statusCode: 400, code: 'IMAGE_DIMENSION_EXCEEDED' });
    expect(answer.body.message).toContain('501 × 20');
  });

  test('the states of a session answer in their order: full, completed, expired, unknown', async () => {
    let now = Date.now();
    const app = await start({ clock: { now: () => now } });
    const photo = await makeJpeg();
    const code = async (id: string) => {
      const answer = await upload(app, id, photo);
      return [answer.status, answer.body.code];
    };
    const full = await session(app, { max_images: 1 });
    expect((await upload(app, full, photo)).status).toBe(201);
    expect(await code(full)).toEqual([422, 'SESSION_FULL']);
    const closed = await session(app);
    await app.call('POST', `/upload-sessions/${closed}/close`);
    expect(await code(closed)).toEqual([409, 'SESSION_COMPLETED']);
    expect(await code('sess_unknown')).toEqual([404, 'NOT_FOUND']);
    const short = await session(app, { expires_in: 60 });
    now += 61_000;
    expect(await code(short)).toEqual([410, 'SESSION_EXPIRED']);
    expect((await app.call('GET', `/sessions/${short}`)).body.status).toBe('expired');
    const told = () =>
      app.db.read
        .selectFrom('events')
        .select('id')
        .where('topic', '=', 'project.session.expired')
        .where('session_id', '=', short)
        .execute();
    await until(async () => (await told()).length > 0, 'the expiry event');
    expect(await told()).toHaveLength(1);
  });

  test('a full session without deliveries completes by itself', async () => {
    const app = await start();
    const id = await session(app, { max_images: 1 });
    await upload(app, id, await makeJpeg());
    expect((await app.call('GET', `/sessions/${id}`)).body.status).toBe('completed');
  });

  test('a password is asked for, in Latin-1 and percent-encoded UTF-8', async () => {
    const app = await start();
    const id = await session(app, { password: 'Zürich' });
    const photo = await makeJpeg();
    const tryIt = async (headers: Record<string, string>) => {
      const answer = await upload(app, id, photo, {}, headers);
      return answer.body.code ?? answer.status;
    };
    expect(await tryIt({})).toBe('SESSION_PASSWORD_REQUIRED');
    expect(await tryIt({ 'x-session-password': 'zurich' })).toBe('SESSION_PASSWORD_INVALID');
    expect(await tryIt({ 'x-session-password': 'Zürich' })).toBe(201);
    expect(await tryIt({ 'x-session-password': encodeURIComponent('Zürich') })).toBe(201);
  });

  test('parallel uploads never go over max_images, and their places have no gap', async () => {
    const app = await start();
    const id = await session(app, { max_images: 5 });
    const photo = await makeJpeg();
    const answers = await Promise.all(Array.from({ length: 20 }, () => upload(app, id, photo)));
    const statuses = answers.map((answer) => answer.status).sort();
    expect(statuses.filter((status) => status === 201)).toHaveLength(5);
    expect(statuses.filter((status) => status === 422)).toHaveLength(15);
    const rows = await app.db.read
      .selectFrom('images')
      .select('position')
      .where('session_id', '=', id)
      .orderBy('position')
      .execute();
    expect(rows.map((row) => row.position)).toEqual([0, 1, 2, 3, 4]);
    expect(await storedFiles(app)).toHaveLength(5);
  });

  test('bad forms are refused: no file, two files, another content type, odd source', async () => {
    const app = await start();
    const id = await session(app);
    const send = (body: unknown, headers = {}) =>
      app.call('POST', `/upload/${id}/images`, { key: null, body, headers });
    const none = new FormData();
    none.append('source', 'camera');
    const two = photoForm(await makeJpeg());
    two.append('file', new Blob([new Uint8Array(await makeJpeg())]), 'second.jpg');
    const answers = [
      await send(none),
      await send(two),
      await send(await makeJpeg(), { 'content-type': 'image/jpeg' }),
      await send('x', { 'content-type': 'multipart/form-data' }),
      await send(photoForm(await makeJpeg(), { source: 'x'.repeat(65) })),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([400, 400, 415, 400, 400]);
    expect((await app.call('GET', `/sessions/${id}`)).body.imagesUploaded).toBe(0);
    expect(await storedFiles(app)).toEqual([]);
  });

  test('a sender that breaks off in the middle leaves nothing', async () => {
    const app = await start();
    const id = await session(app);
    const { port } = new URL(app.origin);
    const socket = net.connect(Number(port), '127.0.0.1');
    socket.write(
      `POST /api/v1/upload/${id}/images HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n` +
        'Content-Length: 4000000\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n',
    );
    socket.write((await makeJpeg({ bytes: 3_000_000 })).subarray(0, 2_000_000));
    await until(async () => (await storedFiles(app)).length > 0, 'the upload to begin');
    socket.destroy();
    await until(async () => (await storedFiles(app)).length === 0, 'the half photo to go');
    expect((await app.call('GET', `/sessions/${id}`)).body.imagesUploaded).toBe(0);
  });

  test.each([
    ['before it is looked at', () => 'gone', 404],
    ['in the middle', session, 415],
  ])('who closes after the answer still gets to see why a photo was refused %s', async (_, find, status) => {
    const app = await start();
    // As a proxy does that keeps no connections; Node's own client reports a reset even if the answer came before.
    const headers = { connection: 'close', 'content-type': 'multipart/form-data; boundary=b' };
    const url = `${app.origin}/api/v1/upload/${await find(app)}/images`;
    const request = http.request(url, { method: 'POST', headers });
    const answered = once(request, 'response');
    request.write('--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n');
    for (let sent = 0; sent < 40; sent++) {
      if (!request.write(noise(100_000))) await once(request, 'drain');
      await pause(5);
    }
    request.end('\r\n--b--\r\n');
    const [response] = (await answered) as [http.IncomingMessage];
    expect(response.statusCode).toBe(status);
    expect(JSON.parse(await text(response))).toMatchObject({ statusCode: status });
  });
});

eachApp('uploads in test mode', (start) => {
  test('photos carry the mark, in their own format, and are listed apart', async () => {
    const app = await start();
    const made = await app.call('POST', '/upload-sessions', { key: app.project.test });
    for (const photo of [
      await makeJpeg({ width: 640, height: 480 }),
      await makePng(),
      await makeWebp(),
      makeHeic(),
    ]) {
      const answer = await upload(app, made.body.id, photo);
      expect(answer.status).toBe(201);
      const bytes = (await app.call('GET', `/uploads/${answer.body.id}/download`, { key: app.project.test }))
        .bytes;
      expect(bytes.length).toBe(answer.body.size_bytes);
      const row = await app.db.read
        .selectFrom('images')
        .selectAll()
        .where('id', '=', answer.body.id)
        .executeTakeFirstOrThrow();
      expect(row.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      // The picture library cannot re-encode HEIC: that one stays as it came.
      expect(bytes.equals(photo)).toBe(row.mime_type === 'image/heic');
    }
    expect(await storedFiles(app)).toHaveLength(4);
    expect((await app.call('GET', '/uploads')).body.total).toBe(0);
    expect((await app.call('GET', '/uploads', { key: app.project.test })).body.total).toBe(4);
    expect((await app.call('GET', `/sessions/${made.body.id}`)).body.env).toBe('test');
  });
});
