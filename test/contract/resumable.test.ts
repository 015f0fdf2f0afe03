/** Resumable uploads (tus 1.0): the protocol, the same checks as every upload, and that nothing ever comes twice. */
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { type Answer, eachApp, photoForm, type TestApp } from '../helpers/app.ts';
import { seal } from '../helpers/encrypt.ts';
import { createFaultProxy, type FaultProxy } from '../helpers/fault-proxy.ts';
import { makeJpeg, truncate } from '../helpers/pictures.ts';
import { metadataOf, sendByTus, tusCall } from '../helpers/tus.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const outcome = ({ status, body }: Answer): [number, string] => [status, body?.code];
const proxies: FaultProxy[] = [];
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

async function session(app: TestApp, body: unknown = {}): Promise<string> {
  return (await app.call('POST', '/upload-sessions', { body })).body.id;
}

const place = (session: string): string => `/upload/${session}/resumable`;
const endpoint = (app: TestApp, session: string): string => `${app.origin}/api/v1${place(session)}`;

async function begin(app: TestApp, session: string, photo: Buffer, members: Record<string, string> = {}) {
  const answer = await tusCall(app, 'POST', place(session), {
    'Upload-Length': String(photo.length),
    'Upload-Metadata': metadataOf({ filename: 'roof.jpg', ...members }),
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.headers.get('location')!;
}

const patch = (app: TestApp, url: string, offset: number, bytes: Buffer, headers = {}) =>
  tusCall(app, 'PATCH', url, { 'Upload-Offset': String(offset), ...headers }, bytes);

async function offsetOf(app: TestApp, url: string): Promise<number> {
  return Number((await tusCall(app, 'HEAD', url)).headers.get('upload-offset'));
}

const imagesOf = (app: TestApp) => app.db.read.selectFrom('images').selectAll().orderBy('position').execute();

/** Pieces and whole photos that lie in the storage. */
async function filesOf(app: TestApp): Promise<{ pieces: number; photos: number }> {
  const names = await readdir(app.config.dataDir, { recursive: true });
  return {
    pieces: names.filter((name) => /partial-.*pce_/.test(name)).length,
    photos: names.filter((name) => /\d{4}-\d\d-\d\d.img_/.test(name)).length,
  };
}

async function behindProxy(app: TestApp): Promise<{ proxy: FaultProxy; endpoint(session: string): string }> {
  const { hostname, port } = new URL(app.origin);
  const proxy = await createFaultProxy({ host: hostname, port: Number(port) });
  proxies.push(proxy);
  return { proxy, endpoint: (id) => `http://127.0.0.1:${proxy.port}/api/v1${place(id)}` };
}

eachApp('resumable uploads', (start) => {
  test('a photo in pieces becomes the image that it would be at once, with the same events', async () => {
    const app = await start();
    const id = await session(app);
    const photo = await makeJpeg({ bytes: 700_000 });
    const sent = await sendByTus(endpoint(app, id), photo, {
      chunkSize: 256 * 1024,
      metadata: { filename: 'Dach über.jpg', source: 'gallery', sha256: sha256(photo), id: randomUUID() },
    });
    expect(sent.answers).toEqual(['POST 201', 'PATCH 204', 'PATCH 204', 'PATCH 204']);
    const whole = await app.call('POST', `/upload/${id}/images`, {
      key: null,
      body: photoForm(photo, { filename: 'Dach über.jpg', source: 'gallery' }),
    });
    const [pieces, once] = await imagesOf(app);
    expect(pieces!.id).toBe(sent.imageId);
    expect(once!.id).toBe(whole.body.id);
    const same = ({
      filename,
      mime_type,
      size_bytes,
      sha256,
      width,
      height,
      source,
      env,
    }: typeof pieces & {}) => [[filename, mime_type, size_bytes, sha256, width, height, source, env]];
    expect(same(pieces!)).toEqual(same(once!));
    const events = await app.db.read.selectFrom('events').select(['topic', 'data']).orderBy('id').execute();
    const topics = (image: string) =>
      events.filter(({ data }) => data.includes(image)).map(({ topic }) => topic);
    expect(topics(pieces!.id)).toEqual(topics(once!.id));
    expect(topics(pieces!.id).length).toBeGreaterThan(0);
    expect((await app.call('GET', `/uploads/${pieces!.id}/download`)).bytes.equals(photo)).toBe(true);
    expect(await filesOf(app)).toEqual({ pieces: 0, photos: 2 });
  });

  test('what is counted is stored: after a cut at any place the rest is enough', async () => {
    const app = await start();
    const id = await session(app, { max_images: 20 });
    const { proxy, endpoint } = await behindProxy(app);
    const chunk = 300_000;
    const photos: Buffer[] = [];
    for (let n = 0; n < 5; n++) {
      const photo = await makeJpeg({ seed: n, bytes: 1_000_000 });
      photos.push(photo);
      // In the head of a piece, in its middle, and near the end of the last one.
      const cuts = [200, 150_000, 299_000, 450_000, 30_000];
      proxy.set({ resetAfter: cuts[n]! });
      const sending = sendByTus(endpoint(id), photo, { chunkSize: chunk, metadata: { id: randomUUID() } });
      const calm = setTimeout(() => proxy.set(), 120);
      await sending;
      clearTimeout(calm);
      proxy.set();
    }
    expect((await imagesOf(app)).map((image) => image.sha256)).toEqual(photos.map(sha256));
    expect(await filesOf(app)).toEqual({ pieces: 0, photos: 5 });
  });

  test('a cut costs at most what was not yet counted, also for who sends everything at once', async () => {
    const app = await start();
    const id = await session(app);
    const { proxy, endpoint } = await behindProxy(app);
    const photo = await makeJpeg({ bytes: 18_000_000 });
    proxy.set({ resetAfter: 17_000_000 });
    const sent = await sendByTus(endpoint(id), photo, {
      retryDelays: [20, 50, 100],
      metadata: { id: randomUUID() },
      onShouldRetry: () => {
        proxy.set();
        return true;
      },
    });
    expect([sent.answers.filter((answer) => answer.startsWith('POST')), sent.answers.at(-1)]).toEqual([
      ['POST 201'],
      'PATCH 204',
    ]);
    // It went on behind a piece that was stored.
    expect(Math.min(...sent.offsets)).toBeGreaterThanOrEqual(8 * 1_048_576);
    expect((await imagesOf(app)).map((image) => image.sha256)).toEqual([sha256(photo)]);
  });

  test('a lost answer makes no second image, by pieces or at once', async () => {
    const app = await start();
    const id = await session(app, { max_images: 3 });
    const photo = await makeJpeg({ bytes: 100_000 });
    const name = randomUUID();
    const url = await begin(app, id, photo, { id: name });
    expect(url).toBe(`/api/v1${place(id)}/${name}`);
    expect(await begin(app, id, photo, { id: name })).toBe(url);
    const first = await patch(app, url, 0, photo);
    const again = await patch(app, url, 0, photo);
    expect([first.status, again.status]).toEqual([204, 204]);
    expect(again.headers.get('aptr-image-id')).toBe(first.headers.get('aptr-image-id'));
    expect(await offsetOf(app, url)).toBe(photo.length);
    expect(await begin(app, id, photo, { id: name })).toBe(url);
    const form = photoForm(photo);
    const byHeader = await app.call('POST', `/upload/${id}/images`, {
      key: null,
      body: form,
      headers: { 'Idempotency-Key': name },
    });
    expect([byHeader.status, byHeader.body.id]).toEqual([201, first.headers.get('aptr-image-id')]);
    expect(byHeader.headers.get('idempotency-replayed')).toBe('true');
    form.append('upload_id', name);
    const byField = await app.call('POST', `/upload/${id}/images`, { key: null, body: form });
    expect(byField.body).toEqual(byHeader.body);
    expect(await imagesOf(app)).toHaveLength(1);
    expect((await app.call('GET', `/sessions/${id}`)).body.imagesUploaded).toBe(1);
    expect(await filesOf(app)).toEqual({ pieces: 0, photos: 1 });
  });

  test('plain uploads with the same key at once are one image, and fill one place', async () => {
    const app = await start();
    const id = await session(app, { max_images: 1 });
    const photo = await makeJpeg({ bytes: 60_000 });
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => {
        const form = new FormData();
        if (n % 2) form.append('upload_id', key);
        form.append('file', new Blob([new Uint8Array(photo)]), 'a.jpg');
        const headers: Record<string, string> = n % 2 ? {} : { 'Idempotency-Key': `"${key}"` };
        return app.call('POST', `/upload/${id}/images`, { key: null, body: form, headers });
      }),
    );
    // Some of them find a session that the photo itself has filled, whichever way they name it.
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 201]);
    const late = new FormData();
    late.append('upload_id', key);
    late.append('file', new Blob([new Uint8Array(photo)]), 'a.jpg');
    answers.push(await app.call('POST', `/upload/${id}/images`, { key: null, body: late }));
    expect(answers.at(-1)!.status).toBe(201);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await filesOf(app)).toEqual({ pieces: 0, photos: 1 });
    // Another session knows nothing of the key; a new key finds the session full.
    const other = await session(app);
    const elsewhere = await app.call('POST', `/upload/${other}/images`, {
      key: null,
      body: photoForm(photo),
      headers: { 'Idempotency-Key': key },
    });
    expect(elsewhere.body.id).not.toBe(answers[0]!.body.id);
    const fresh = { key: null, body: photoForm(photo), headers: { 'Idempotency-Key': randomUUID() } };
    expect(outcome(await app.call('POST', `/upload/${id}/images`, fresh))).toEqual([422, 'SESSION_FULL']);
    const bad = { key: null, body: photoForm(photo), headers: { 'Idempotency-Key': 'short' } };
    expect(outcome(await app.call('POST', `/upload/${other}/images`, bad))).toEqual([
      400,
      'VALIDATION_ERROR',
    ]);
  });

  test('two who race for one upload make one image, and one of them continues', async () => {
    const app = await start();
    const id = await session(app);
    const photo = await makeJpeg({ bytes: 900_000 });
    const url = await begin(app, id, photo, { id: randomUUID() });
    const piece = photo.subarray(0, 300_000);
    const race = await Promise.all([1, 2, 3, 4].map(() => patch(app, url, 0, piece)));
    expect(race.map(({ status }) => status).sort()).toEqual([204, 409, 409, 409]);
    expect(await offsetOf(app, url)).toBe(300_000);
    expect((await filesOf(app)).pieces).toBe(1);
    const ends = await Promise.all([1, 2, 3].map(() => patch(app, url, 300_000, photo.subarray(300_000))));
    expect(ends.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(new Set(ends.map(({ headers }) => headers.get('aptr-image-id'))).size).toBe(1);
    expect((await imagesOf(app)).map((image) => image.sha256)).toEqual([sha256(photo)]);

    const name = randomUUID();
    const clients = [1, 2, 3].map(() =>
      sendByTus(endpoint(app, id), Buffer.from(photo), { chunkSize: 100_000, metadata: { id: name } }),
    );
    const sent = await Promise.all(clients);
    expect(new Set(sent.map(({ url }) => url)).size).toBe(1);
    expect(await imagesOf(app)).toHaveLength(2);
    expect(await filesOf(app)).toEqual({ pieces: 0, photos: 2 });
  });

  test('the session, its password, its limits and the photo are checked as everywhere', async () => {
    const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
    const app = await start({ clock });
    const photo = await makeJpeg({ bytes: 50_000 });
    const create = (id: string, headers: Record<string, string> = {}, length = photo.length) =>
      tusCall(app, 'POST', place(id), { 'Upload-Length': String(length), ...headers });
    const locked = await session(app, { password: 'open sesame' });
    expect(outcome(await create(locked))).toEqual([401, 'SESSION_PASSWORD_REQUIRED']);
    expect(outcome(await create(locked, { 'x-session-password': 'wrong' }))).toEqual([
      401,
      'SESSION_PASSWORD_INVALID',
    ]);
    const right = { 'x-session-password': 'open sesame' };
    const opened = (await create(locked, right)).headers.get('location')!;
    expect(outcome(await patch(app, opened, 0, photo))).toEqual([401, 'SESSION_PASSWORD_REQUIRED']);
    expect((await tusCall(app, 'HEAD', opened)).status).toBe(401);
    expect((await patch(app, opened, 0, photo, right)).status).toBe(204);

    const small = await session(app, { max_image_size_mb: 1 });
    expect(outcome(await create(small, {}, 3 * 1_048_576))).toEqual([413, 'FILE_TOO_LARGE']);
    const picky = await session(app, { allowed_mime_types: ['image/png'], max_image_dimension: 10 });
    const refused = (await create(picky)).headers.get('location')!;
    expect(outcome(await patch(app, refused, 0, photo))).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    expect((await tusCall(app, 'HEAD', refused)).status).toBe(404);
    const tiny = await session(app, { max_image_dimension: 10 });
    const large = (await create(tiny)).headers.get('location')!;
    expect(outcome(await patch(app, large, 0, photo))).toEqual([400, 'IMAGE_DIMENSION_EXCEEDED']);
    const cut = truncate(photo);
    const broken = (await create(await session(app), {}, cut.length)).headers.get('location')!;
    expect(outcome(await patch(app, broken, 0, cut))).toEqual([400, 'IMAGE_UNREADABLE']);
    expect(outcome(await create('sess_0'))).toEqual([404, 'NOT_FOUND']);

    const closing = await session(app);
    const late = (await create(closing)).headers.get('location')!;
    await patch(app, late, 0, photo.subarray(0, 100));
    await app.call('POST', `/upload-sessions/${closing}/close`);
    expect(outcome(await patch(app, late, 100, photo.subarray(100)))).toEqual([409, 'SESSION_COMPLETED']);
    const ending = await session(app);
    const slow = (await create(ending)).headers.get('location')!;
    clock.ahead = 3_700_000;
    expect(outcome(await patch(app, slow, 0, photo))).toEqual([410, 'SESSION_EXPIRED']);
    expect(outcome(await create(ending))).toEqual([410, 'SESSION_EXPIRED']);
  });

  test('bytes whose checksum differs count for nothing', async () => {
    const app = await start();
    const id = await session(app);
    const photo = await makeJpeg({ bytes: 90_000 });
    const digest = (bytes: Buffer, algorithm = 'sha256') => ({
      'Upload-Checksum': `${algorithm} ${createHash(algorithm).update(bytes).digest('base64')}`,
    });
    const url = await begin(app, id, photo, { sha256: sha256(photo) });
    const [first, last] = [photo.subarray(0, 40_000), photo.subarray(40_000)];
    expect(outcome(await patch(app, url, 0, first, digest(last)))).toEqual([460, 'CHECKSUM_MISMATCH']);
    expect(await offsetOf(app, url)).toBe(0);
    expect((await patch(app, url, 0, first, digest(first, 'sha1'))).status).toBe(204);
    expect(outcome(await patch(app, url, 40_000, last, digest(first)))).toEqual([460, 'CHECKSUM_MISMATCH']);
    expect(await offsetOf(app, url)).toBe(40_000);
    expect(outcome(await patch(app, url, 40_000, last, { 'Upload-Checksum': 'crc7 AAAA' }))).toEqual([
      400,
      'VALIDATION_ERROR',
    ]);
    expect((await patch(app, url, 40_000, last, digest(last))).status).toBe(204);

    const other = await makeJpeg({ seed: 2, bytes: 90_000 });
    const wrong = await begin(app, id, photo, { sha256: sha256(other) });
    expect(outcome(await patch(app, wrong, 0, photo))).toEqual([460, 'CHECKSUM_MISMATCH']);
    // The whole is wrong, whichever piece was: it begins anew.
    expect((await tusCall(app, 'HEAD', wrong)).status).toBe(404);
    expect(await imagesOf(app)).toHaveLength(1);
    expect(await filesOf(app)).toEqual({ pieces: 0, photos: 1 });
  });

  test('a sealed photo comes in pieces as well, for the server and end to end', async () => {
    const app = await start();
    const id = await session(app);
    const photo = await makeJpeg({ bytes: 700_000 });
    const { publicKey: serverKey } = (await app.call('GET', '/encryption/server-key')).body;
    const { publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const body = { publicKey, required: false };
    await app.call('PUT', `/projects/${app.project.id}/e2e-key`, { body });
    for (const [kind, key] of [
      ['default', serverKey],
      ['e2e', publicKey],
    ] as const) {
      const document = Buffer.from(JSON.stringify({ ...seal(photo, key), filename: 'roof.jpg' }));
      const sent = await sendByTus(endpoint(app, id), document, {
        chunkSize: 250_000,
        headers: { 'X-Aptr-Encrypted': kind },
        metadata: { id: randomUUID() },
      });
      const { bytes } = await app.call('GET', `/uploads/${sent.imageId}/download`);
      expect(bytes.equals(kind === 'e2e' ? document : photo)).toBe(true);
    }
    expect((await imagesOf(app)).map(({ filename, is_encrypted }) => [filename, is_encrypted])).toEqual([
      ['roof.jpg', 1],
      ['roof.jpg.enc', 1],
    ]);
    expect(await filesOf(app)).toEqual({ pieces: 0, photos: 2 });
  });

  test('speaks the protocol', async () => {
    const app = await start();
    const id = await session(app);
    const photo = await makeJpeg({ bytes: 20_000 });
    const options = await app.call('OPTIONS', place(id), { key: null });
    expect([options.status, options.headers.get('tus-version')]).toEqual([204, '1.0.0']);
    expect(options.headers.get('tus-extension')).toBe(
      'creation,creation-with-upload,termination,checksum,expiration',
    );
    const old = await app.call('POST', place(id), { key: null, headers: { 'Upload-Length': '10' } });
    expect([old.status, old.headers.get('tus-version')]).toEqual([412, '1.0.0']);
    for (const length of ['', '-1', '1.5', 'ten']) {
      expect((await tusCall(app, 'POST', place(id), { 'Upload-Length': length })).status).toBe(400);
    }
    const url = await begin(app, id, photo);
    const head = await tusCall(app, 'HEAD', url);
    expect(head.headers.get('cache-control')).toBe('no-store');
    expect([head.headers.get('upload-offset'), head.headers.get('upload-length')]).toEqual(['0', '20000']);
    expect(Date.parse(head.headers.get('upload-expires')!)).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    const wrongType = await tusCall(
      app,
      'PATCH',
      url,
      { 'Upload-Offset': '0', 'Content-Type': 'image/jpeg' },
      photo,
    );
    expect(wrongType.status).toBe(415);
    expect((await patch(app, url, 5, photo)).status).toBe(409);
    expect((await patch(app, url, 0, Buffer.concat([photo, photo]))).status).toBe(413);
    expect((await tusCall(app, 'PATCH', url, {}, photo)).status).toBe(400);
    const overridden = await tusCall(
      app,
      'POST',
      url,
      { 'Upload-Offset': '0', 'X-HTTP-Method-Override': 'PATCH' },
      photo.subarray(0, 1_000),
    );
    expect([overridden.status, overridden.headers.get('upload-offset')]).toEqual([204, '1000']);
    expect((await tusCall(app, 'DELETE', url)).status).toBe(204);
    expect((await tusCall(app, 'HEAD', url)).status).toBe(404);
    expect(await filesOf(app)).toEqual({ pieces: 0, photos: 0 });

    const atOnce = await tusCall(
      app,
      'POST',
      place(id),
      {
        'Upload-Length': String(photo.length),
        'Upload-Metadata': metadataOf({ filename: 'a.jpg' }),
        Prefer: 'return=representation',
      },
      photo,
    );
    expect([atOnce.status, atOnce.body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^img_/),
        filename: 'a.jpg',
        size_bytes: 20_000,
        destinations: 0,
        long_polling: false,
      },
    ]);
    const done = atOnce.headers.get('location')!;
    expect((await tusCall(app, 'DELETE', done)).status).toBe(409);
    // Other photos under one name, and more than a session may have begun.
    const name = randomUUID();
    await begin(app, id, photo, { id: name });
    const longer = { 'Upload-Length': '20001', 'Upload-Metadata': metadataOf({ id: name }) };
    expect(outcome(await tusCall(app, 'POST', place(id), longer))).toEqual([409, 'CONFLICT']);
    const few = await session(app, { max_images: 1 });
    const begun = await Promise.all(
      Array.from({ length: 25 }, () => tusCall(app, 'POST', place(few), { 'Upload-Length': '100' })),
    );
    expect(begun.filter(({ status }) => status === 201).length).toBeLessThan(25);
    expect(outcome(await tusCall(app, 'POST', place(few), { 'Upload-Length': '100' }))).toEqual([
      422,
      'SESSION_FULL',
    ]);
  });

  test('what nobody continues is forgotten with its bytes', async () => {
    const clock = { ahead: 0, now: () => Date.now() + clock.ahead };
    const app = await start({ clock });
    const id = await session(app, { expires_in: 604_800 });
    const photo = await makeJpeg({ bytes: 50_000 });
    const url = await begin(app, id, photo);
    await patch(app, url, 0, photo.subarray(0, 20_000));
    clock.ahead = 23 * 3_600_000;
    await patch(app, url, 20_000, photo.subarray(20_000, 30_000));
    clock.ahead = 46 * 3_600_000;
    expect(await offsetOf(app, url)).toBe(30_000);
    expect((await filesOf(app)).pieces).toBe(2);
    clock.ahead = 48 * 3_600_000;
    expect((await tusCall(app, 'HEAD', url)).status).toBe(404);
    const { sweepPartials } = await import('../../src/images/partial-uploads.ts');
    expect(await sweepPartials(app, clock.now())).toBe(1);
    expect(await filesOf(app)).toEqual({ pieces: 0, photos: 0 });
  });
});
