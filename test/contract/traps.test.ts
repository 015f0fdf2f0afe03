/**
 * What the published clients do that a server easily gets wrong: contract §17, one test a trap, with its number in the
 * name. Here are status codes and requests (1 to 26); `traps-answers.test.ts` has the rest.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Answer, eachSharedApp, photoForm } from '../helpers/app.ts';
import { seal } from '../helpers/encrypt.ts';
import { listOperations, readDocument } from '../helpers/openapi.ts';
import { makeJpeg, makePng } from '../helpers/pictures.ts';
import { createWire } from '../helpers/wire.ts';

const json = { 'content-type': 'application/json' };

eachSharedApp('traps of requests', {}, (app) => {
  const call = (...args: Parameters<ReturnType<typeof app>['call']>): Promise<Answer> => app().call(...args);
  const stem = (): string => `/projects/${app().project.id}`;
  const session = async (body: unknown = {}): Promise<string> =>
    (await call('POST', '/upload-sessions', { body })).body.id;
  const upload = async (id: string): Promise<Answer> =>
    call('POST', `/upload/${id}/images`, { body: photoForm(await makeJpeg()), key: null });
  const destination = async (): Promise<string> =>
    (
      await call('POST', `${stem()}/destinations`, {
        body: { type: 'webhook', config: { url: 'http://127.0.0.1:9/' } },
      })
    ).body.id;
  const webhook = async (): Promise<string> =>
    (
      await call('POST', `${stem()}/webhooks`, {
        body: { url: 'http://127.0.0.1:9/', topics: ['project.billing.*'] },
      })
    ).body.id;
  const key = async (): Promise<{ id: string; secret: string }> => {
    const { body } = await call('POST', `${stem()}/keys`, { body: { label: 'spare' } });
    return { id: body.id, secret: body.plainTextKey };
  };

  test('§17.1 DELETE answers 204 with nothing in it', async () => {
    const paths = [
      `${stem()}/destinations/${await destination()}`,
      `${stem()}/webhooks/${await webhook()}`,
      `${stem()}/keys/${(await key()).id}`,
      `${stem()}/e2e-key`,
    ];
    for (const where of paths) {
      const answer = await call('DELETE', where);
      expect([where, answer.status, answer.bytes.length, answer.headers.get('content-type')]).toEqual([
        where,
        204,
        0,
        null,
      ]);
    }
  });

  test('§17.2 actions answer 200 with JSON', async () => {
    const id = await session({ long_polling: true, password: 'open sesame' });
    const form = await call('POST', `/upload/${id}/images`, {
      body: photoForm(await makeJpeg()),
      headers: { 'x-session-password': 'open sesame' },
    });
    const answers = [
      await call('POST', `/upload-sessions/${id}/images/${form.body.id}/ack`),
      await call('POST', `${stem()}/destinations/${await destination()}/test`),
      await call('POST', `${stem()}/webhooks/${await webhook()}/test`),
      await call('PUT', `/keys/${(await key()).id}/destinations`, { body: { destination_ids: [] } }),
      await call('POST', `/upload/${id}/verify-password`, { body: { password: 'open sesame' }, key: null }),
    ];
    for (const { status, body } of answers) expect([status, typeof body]).toEqual([200, 'object']);
    expect(answers[0]!.body).toEqual({ status: 'acknowledged' });
  });

  test('§17.3 what is made answers 201', async () => {
    const made = await call('POST', '/upload-sessions');
    const answers = [
      made,
      await upload(made.body.id),
      await call('POST', `${stem()}/keys`, { body: { label: 'made' } }),
      await call('POST', `${stem()}/webhooks`, { body: { url: 'http://127.0.0.1:9/', topics: ['*'] } }),
      await call('POST', `${stem()}/destinations`, { body: { type: 'webhook', url: 'http://127.0.0.1:9/' } }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201, 201, 201]);
  });

  const refusals = async (): Promise<Answer[]> => [
    await call('GET', '/nothing'),
    await call('DELETE', '/sessions'),
    await call('GET', '/sessions', { key: null }),
    await call('GET', '/projects/proj_other/keys'),
    await call('POST', '/upload-sessions', { body: '{', headers: json }),
    await call('POST', '/upload-sessions', { body: '"text"', headers: json }),
    await call('POST', '/upload-sessions', { body: 'a=1', headers: { 'content-type': 'text/plain' } }),
    await call('POST', '/upload-sessions', { body: { max_images: 0, label: 5 } }),
    await call('POST', '/upload-sessions', { body: { label: 'x'.repeat(1_100_000) } }),
    await call('GET', '/upload/sess_none/session'),
    await call('POST', '/upload/sess_none/images', { body: photoForm(await makeJpeg()) }),
    await call('GET', '/sessions/%zz/poll'),
    await call('GET', `/upload/${'a'.repeat(300)}/session`),
  ];

  test('§17.4 every refusal is a JSON object', async () => {
    for (const { status, headers, body } of await refusals()) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(Array.isArray(body) || typeof body !== 'object' || body === null).toBe(false);
    }
  });

  test('§17.5 message and code are strings, and the status is repeated', async () => {
    for (const { status, body } of await refusals()) {
      expect(body).toMatchObject({
        statusCode: status,
        error: expect.any(String),
        message: expect.any(String),
      });
      expect(body.code).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(body.message).toMatch(/\w.*\.$/);
    }
  });

  test('§17.7 nothing of the API redirects', async () => {
    const id = await session();
    for (const where of [
      '/api/v1/sessions/',
      '/v1/sessions',
      `/api/v1/upload/${id}/session/`,
      `/api/v1/upload-sessions/${id}/`,
    ]) {
      expect([where, (await call('GET', where)).status]).toEqual([where, 200]);
    }
    for (const where of ['//api/v1/sessions', '/api/v1//sessions', '/API/v1/sessions', '/api/v1']) {
      const { status } = await fetch(`${app().origin}${where}`, { redirect: 'manual' });
      expect([where, status]).toEqual([where, 404]);
    }
  });

  test('§17.8 a wrong password is 200 with valid: false', async () => {
    const id = await session({ password: 'open sesame' });
    const answer = await call('POST', `/upload/${id}/verify-password`, {
      body: { password: 'wrong' },
      key: null,
    });
    expect([answer.status, answer.body]).toEqual([200, { valid: false }]);
  });

  test('§17.9 [] and no body mean {}', async () => {
    for (const options of [{ body: [] }, { body: {} }, {}, { body: '', headers: json }]) {
      const answer = await call('POST', '/upload-sessions', options);
      expect([answer.status, answer.body.destinations]).toEqual([201, []]);
    }
  });

  test('§17.10 password on PATCH: a string, null and absent are three things', async () => {
    const id = await session({ password: 'open sesame' });
    const patch = async (body: unknown) =>
      (await call('PATCH', `/upload-sessions/${id}`, { body })).body.password_protected;
    expect(await patch({ max_images: 4 })).toBe(true);
    expect(await patch({ password: null })).toBe(false);
    expect(await patch({ max_images: 5 })).toBe(false);
    expect(await patch({ password: 'again' })).toBe(true);
  });

  test('§17.11 an empty body that says it is JSON is no body', async () => {
    const id = await session({ long_polling: true });
    const image = (await upload(id)).body.id;
    const empty = { body: '', headers: json };
    expect((await call('POST', `/upload-sessions/${id}/images/${image}/ack`, empty)).status).toBe(200);
    expect((await call('POST', `/upload-sessions/${id}/close`, empty)).status).toBe(200);
    const hook = await webhook();
    const sent = await call('POST', `${stem()}/webhooks/${hook}/test`, empty);
    expect(sent.status).toBe(200);
    const retry = `${stem()}/webhooks/${hook}/deliveries/${sent.body.deliveryId}/retry`;
    expect((await call('POST', retry, empty)).status).toBe(200);
    expect((await call('DELETE', `${stem()}/webhooks/${hook}`, empty)).status).toBe(204);
    expect((await call('DELETE', `${stem()}/keys/${(await key()).id}`, { headers: json })).status).toBe(204);
  });

  test('§17.12 ack takes {}', async () => {
    const id = await session({ long_polling: true });
    const image = (await upload(id)).body.id;
    expect((await call('POST', `/images/${image}/ack`, { body: {} })).status).toBe(200);
  });

  test('§17.13 zero and nonsense in pages, limits and sizes are clamped, never refused', async () => {
    const id = await session();
    const hook = await webhook();
    for (const where of [
      '/sessions?page=0&pageSize=0',
      '/sessions?page=-3&pageSize=100000',
      '/uploads?page=0',
      '/sessions/recent?limit=0',
      '/uploads/recent?limit=-1',
      `${stem()}/webhooks/${hook}/deliveries?page=0&limit=0`,
      `/upload-sessions/${id}/qr?borderSize=0`,
    ]) {
      expect([where, (await call('GET', where)).status]).toEqual([where, 200]);
    }
    const page = (await call('GET', '/sessions?page=0&pageSize=0')).body;
    expect([page.page, page.pageSize]).toEqual([1, 1]);
  });

  test('§17.14 colours come as ff8800, %23ff8800 or f80', async () => {
    const id = await session();
    const draw = async (colour: string) =>
      (
        await call(
          'GET',
          `/upload-sessions/${id}/qr?format=svg&fg=${colour}&bg=${colour === 'f80' ? 'fff' : 'ffffff'}`,
        )
      ).bytes.toString();
    const drawn = await draw('ff8800');
    expect(drawn.toLowerCase()).toContain('#ff8800');
    expect(await draw('%23ff8800')).toBe(drawn);
    expect(await draw('f80')).toBe(drawn);
  });

  test('§17.15 forms: source first or last, bare names, filename*, a quoted boundary, a length a part', async () => {
    const id = await session();
    const photo = await makeJpeg();
    const send = async (boundary: string, ...parts: string[]) => {
      const body = Buffer.concat(parts.map((part) => (part === 'PHOTO' ? photo : Buffer.from(part))));
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
      return (await call('POST', `/upload/${id}/images`, { body, headers })).body;
    };
    const source = '--b\r\nContent-Disposition: form-data; name="source"\r\n\r\nsdk\r\n';
    const bare = `--b\r\nContent-Disposition: form-data; name=file; filename=a.jpg; filename*=UTF-8''%C3%A4.jpg\r\n\r\n`;
    const counted = `--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Length: ${photo.length}\r\n\r\n`;
    const answers = [
      await send('b', source, bare, 'PHOTO', '\r\n--b--'),
      await send('"b"', counted, 'PHOTO', '\r\n', source, '--b--\r\n'),
    ];
    expect(answers).toMatchObject([
      { filename: 'ä.jpg', size_bytes: photo.length },
      { filename: 'a.jpg', size_bytes: photo.length },
    ]);
    const rows = (await call('GET', '/uploads/recent?limit=2')).body as { source: string }[];
    expect(rows.map((row) => row.source)).toEqual(['sdk', 'sdk']);
  });

  test('§17.16 the type comes from the bytes, whatever name and type say', async () => {
    const id = await session();
    const form = photoForm(await makePng(), { filename: 'image.jpg', type: 'image/jpeg' });
    const { body } = await call('POST', `/upload/${id}/images`, { body: form });
    expect((await call('GET', `/uploads/${body.id}`)).body.mimeType).toBe('image/png');
    expect((await call('GET', `/uploads/${body.id}/download`)).headers.get('content-type')).toBe('image/png');
  });

  test('§17.17 a sealed part is application/octet-stream and called ….enc: opened first, then looked at', async () => {
    const id = await session();
    const photo = await makeJpeg();
    const sealed = seal(photo, (await call('GET', '/encryption/server-key')).body.publicKey);
    const form = photoForm(Buffer.from(JSON.stringify(sealed)), {
      filename: 'roof.jpg.enc',
      type: 'application/octet-stream',
    });
    const answer = await call('POST', `/upload/${id}/images`, {
      body: form,
      headers: { 'X-Aptr-Encrypted': 'default' },
    });
    expect([answer.status, answer.body.filename, answer.body.size_bytes]).toEqual([
      201,
      'roof.jpg',
      photo.length,
    ]);
  });

  test('§17.19 x-session-password is a header: Latin-1, or percent-encoded', async () => {
    const id = await session({ password: 'Zürich 8001' });
    const photo = await makeJpeg();
    for (const password of ['Zürich 8001', encodeURIComponent('Zürich 8001')]) {
      const headers = { 'x-session-password': password };
      expect(
        (await call('POST', `/upload/${id}/images`, { body: photoForm(photo), headers, key: null })).status,
      ).toBe(201);
    }
    const wrong = await call('POST', `/upload/${id}/images`, {
      body: photoForm(photo),
      headers: { 'x-session-password': 'no' },
    });
    expect([wrong.status, wrong.body.code]).toEqual([401, 'SESSION_PASSWORD_INVALID']);
  });

  test('§17.20 public routes take any credential or none, and live events come without one', async () => {
    const id = await session();
    for (const sent of [null, app().project.live, 'aptr_live_unknown', 'nonsense']) {
      for (const where of [`/upload/${id}/session`, `/upload-sessions/${id}/qr`, '/encryption/server-key']) {
        expect([where, sent, (await call('GET', where, { key: sent })).status]).toEqual([where, sent, 200]);
      }
    }
    const leave = new AbortController();
    const live = await fetch(`${app().origin}/api/v1/upload/${id}/events`, { signal: leave.signal });
    expect([live.status, live.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    leave.abort();
  });

  test('§17.21 long_polling_enabled false switches off, absent keeps', async () => {
    const { id } = await key();
    const set = async (body: unknown) =>
      (await call('PUT', `/keys/${id}/destinations`, { body })).body.longPollingEnabled;
    expect(await set({ destination_ids: [], long_polling_enabled: true })).toBe(true);
    expect(await set({ destination_ids: [] })).toBe(true);
    expect(await set({ destination_ids: [], long_polling_enabled: false })).toBe(false);
    expect(await set({ destination_ids: [], long_polling: true })).toBe(true);
  });

  test('§17.22 snake_case in keys and webhooks, isActive in camelCase beside it', async () => {
    const { id } = await key();
    const changed = await call('PATCH', `${stem()}/keys/${id}`, { body: { max_images: 3, isActive: false } });
    expect(changed.body).toMatchObject({ maxImages: 3, isActive: false });
    const body = {
      url: 'http://127.0.0.1:9/',
      topics: ['*'],
      max_retries: 2,
      retry_intervals: [1, 2],
      custom_headers: { 'x-a': 'b' },
    };
    expect((await call('POST', `${stem()}/webhooks`, { body })).body).toMatchObject({
      maxRetries: 2,
      retryIntervals: [1, 2],
      customHeaders: { 'x-a': 'b' },
    });
  });

  test('§17.24 null where Go has no value is absent, or the empty list', async () => {
    expect(
      (await call('POST', '/upload-sessions', { body: { destination_ids: null, tags: null, label: null } }))
        .status,
    ).toBe(201);
    const made = await call('POST', `${stem()}/destinations`, {
      body: { type: 'webhook', url: 'http://127.0.0.1:9/', config: null },
    });
    expect(made.status).toBe(201);
    const hook = await webhook();
    const kept = await call('PATCH', `${stem()}/webhooks/${hook}`, {
      body: { topics: null, maxRetries: 1, customHeaders: null },
    });
    expect(kept.body).toMatchObject({ topics: ['project.billing.*'], maxRetries: 1, customHeaders: {} });
    const { id } = await key();
    const put = await call('PUT', `/keys/${id}/destinations`, { body: { destination_ids: null } });
    expect([put.status, put.body.destinations]).toEqual([200, []]);
  });

  test('§17.25 an offer of Upgrade: h2c is let through as HTTP/1.1', async () => {
    const wire = createWire(Number(new URL(app().origin).port));
    const head = 'GET /api/v1/encryption/server-key HTTP/1.1\r\nhost: x\r\n';
    const offer =
      'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n\r\n';
    const answer = await wire.send(Buffer.from(head + offer));
    wire.close();
    expect(answer!.status).toBe(200);
    expect(JSON.parse(answer!.body).publicKey).toContain('BEGIN PUBLIC KEY');
  });

  test('§17.26 the document says that no published client can use a key with codes or a certificate', async () => {
    const document = await readDocument(app().origin);
    const ids = ['enrolTotp', 'setClientCertificate'];
    const found = listOperations(document).filter((one) => ids.includes(one.id));
    expect(found).toHaveLength(2);
    for (const { paths, method } of found) {
      const { description } = document.paths[`/api/v1${paths[0]}`]![method.toLowerCase()];
      expect(description).toMatch(/client librar/);
    }
  });
});

test('every trap of §17 has a test that carries its number', () => {
  const root = path.resolve(import.meta.dirname, '../..');
  const files = ['test', 'src'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => path.join(root, folder, file)),
  );
  const named = files.flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(/test\w*\(\s*['"`]§17\.(\d+) /g),
  ]);
  const numbers = new Set(named.map(([, number]) => Number(number)));
  const missing = Array.from({ length: 49 }, (_, index) => index + 1).filter(
    (number) => !numbers.has(number),
  );
  expect(missing).toEqual([]);
});
