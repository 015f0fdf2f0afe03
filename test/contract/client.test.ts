/** The TypeScript client of `packages/client`, against the real server. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  AperturError,
  AuthenticationError,
  ConnectionError,
  createApertur,
  NotFoundError,
  PermissionError,
  RateLimitError,
  readEvent,
  ValidationError,
  verifyImageDelivery,
} from '../../packages/client/src/index.ts';
import { eachApp, until } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

const jpeg = await makeJpeg();
const photo = () => new Blob([new Uint8Array(jpeg)], { type: 'image/jpeg' });

interface Received {
  path: string;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** Takes whatever comes, and keeps its bytes. */
async function receive(): Promise<{ url: string; requests: Received[] }> {
  const requests: Received[] = [];
  const url = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks) });
      response.end('thanks');
    });
  });
  return { url, requests };
}

/** A server of this test; resolves to its origin. */
async function listen(handle: http.RequestListener): Promise<string> {
  const server = http.createServer(handle);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

eachApp('client', (start) => {
  const connect = async () => {
    const app = await start({ settings: { ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8' } });
    return { app, apertur: createApertur({ baseUrl: app.origin, apiKey: app.project.live }) };
  };

  test('a session from its beginning to its end', async () => {
    const { apertur } = await connect();
    const made = await apertur.sessions.create({
      max_images: 2,
      long_polling: true,
      password: 'Zürich 8001',
    });
    expect(made.env).toBe('live');
    expect(await apertur.sessions.verifyPassword(made.id, 'wrong')).toBe(false);
    const sent = await apertur.uploads.send(made.id, photo(), {
      source: 'my-app',
      password: 'Zürich 8001',
      filename: 'Dach ✓.jpg',
    });
    expect(sent).toMatchObject({ filename: 'Dach ✓.jpg', destinations: 0, long_polling: true });
    expect(await apertur.sessions.get(made.id)).toMatchObject({ status: 'active', imagesUploaded: 1 });
    expect((await apertur.sessions.list({ pageSize: 5 })).data.map((row) => row.id)).toEqual([made.id]);
    expect((await apertur.sessions.recent(1))[0]!.imagesCount).toBe(1);
    expect((await apertur.uploads.recent())[0]!.source).toBe('my-app');
    const qr = await apertur.sessions.qr(made.id, { format: 'svg', size: 200 });
    expect(await qr.text()).toContain('<svg');

    expect((await apertur.polling.list(made.id)).map((image) => image.id)).toEqual([sent.id]);
    await apertur.uploads.send(made.id, photo(), { password: 'Zürich 8001' });
    const taken: number[] = [];
    await apertur.polling.each(made.id, (_image, bytes) => taken.push(bytes.size));
    expect(taken).toEqual([photo().size, photo().size]);
    const seen = [];
    for await (const status of apertur.sessions.follow(made.id)) seen.push(status.status);
    expect(seen).toEqual(['completed']);
    expect((await apertur.stats()).imagesUploaded).toBe(2);
  });

  test('destinations, keys, webhooks and plans of a project', async () => {
    const { app, apertur } = await connect();
    const { id } = app.project;
    const made = await apertur.destinations.create(id, {
      type: 'webhook',
      name: 'Shop',
      config: { url: 'https://shop.example/photo' },
    });
    expect(await apertur.destinations.update(id, made.id, { isActive: false })).toMatchObject({
      isActive: false,
    });
    expect((await apertur.destinations.list(id)).map((one) => one.name)).toEqual(['Shop']);
    expect(await apertur.destinations.delete(id, made.id)).toBeUndefined();

    const { key, plainTextKey } = await apertur.keys.create(id, { label: 'CI', env: 'test' });
    expect((await apertur.keys.setDestinations(key.id, { destination_ids: [] })).destinations).toEqual([]);
    const asked: string[] = [];
    const other = createApertur({
      baseUrl: app.origin,
      apiKey: () => {
        asked.push('key');
        return plainTextKey;
      },
    });
    expect((await other.sessions.create()).env).toBe('test');
    expect(asked).toEqual(['key']);
    await apertur.keys.delete(id, key.id);
    await expect(other.stats()).rejects.toBeInstanceOf(AuthenticationError);

    const webhook = await apertur.webhooks.create(id, {
      url: 'https://shop.example/e',
      topics: ['project.*'],
    });
    expect((await apertur.webhooks.retryPreview(id, webhook.id)).attempts.length).toBe(6);
    expect((await apertur.webhooks.rotateSecret(id, webhook.id, 2)).secret).not.toBe(webhook.secret);
    await apertur.webhooks.delete(id, webhook.id);
    expect(await apertur.webhooks.list(id)).toEqual([]);
    expect((await apertur.webhooks.eventTypes()).length).toBeGreaterThan(5);
    expect((await apertur.plans.usage(id)).sessions).toBe(0);
    expect(await apertur.encryption.serverKey()).toContain('BEGIN PUBLIC KEY');
  });

  test('refusals are errors with their class, code and status', async () => {
    const { app, apertur } = await connect();
    const other = await app.addProject('Other');
    const anybody = createApertur({ baseUrl: app.origin });
    const cases: [() => Promise<unknown>, new (...args: never[]) => AperturError, number, string][] = [
      [() => apertur.sessions.create({ max_images: 0 }), ValidationError, 400, 'VALIDATION_ERROR'],
      [() => anybody.stats(), AuthenticationError, 401, 'AUTHENTICATION_FAILED'],
      [() => apertur.keys.list(other.id), PermissionError, 403, 'FORBIDDEN'],
      [() => apertur.sessions.get('sess_none'), NotFoundError, 404, 'NOT_FOUND'],
    ];
    for (const [call, family, status, code] of cases) {
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(family);
      expect(error).toMatchObject({ status, code, name: family.name, message: expect.stringMatching(/\w/) });
    }
    const session = await apertur.sessions.create();
    await apertur.sessions.close(session.id);
    const again = await apertur.sessions.close(session.id).catch((error: unknown) => error);
    expect(again).toMatchObject({ status: 409, code: 'SESSION_COMPLETED' });
    expect(again).toBeInstanceOf(AperturError);
    const nobody = createApertur({ baseUrl: 'http://127.0.0.1:9', apiKey: 'aptr_live_x' });
    await expect(nobody.stats()).rejects.toBeInstanceOf(ConnectionError);
  });

  test('a spent limit is waited for, as long as it is worth it', async () => {
    const app = await start();
    const waits: number[] = [];
    const options = { baseUrl: app.origin, apiKey: app.project.live };
    const patient = createApertur({
      ...options,
      retries: 2,
      wait: async (ms) => {
        waits.push(ms);
      },
    });
    for (let n = 0; n < 100; n++) await patient.sessions.create();
    const error = await patient.sessions.create().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RateLimitError);
    const { retryAfter } = error as RateLimitError;
    expect(waits).toHaveLength(2);
    for (const ms of waits) expect(ms).toBeGreaterThanOrEqual(retryAfter! * 1000);
    const hasty = createApertur({
      ...options,
      longestWait: 0,
      wait: () => Promise.reject(new Error('waited')),
    });
    await expect(hasty.sessions.create()).rejects.toBeInstanceOf(RateLimitError);
  });

  test('real deliveries and events verify', async () => {
    const { app, apertur } = await connect();
    const receiver = await receive();
    const { id, webhookSecret } = app.project;
    const hmac = await apertur.webhooks.create(id, {
      url: `${receiver.url}/hmac`,
      topics: ['project.upload.*'],
    });
    const svix = await apertur.webhooks.create(id, {
      url: `${receiver.url}/svix`,
      topics: ['project.upload.*'],
      signatureMethod: 'svix',
    });
    const session = await apertur.sessions.create({
      delivery_mode: 'webhook',
      webhook_url: `${receiver.url}/photo`,
    });
    await apertur.uploads.send(session.id, photo());
    const arrived = async (path: string) =>
      until(() => receiver.requests.find((request) => request.path === path), path);
    const delivery = await arrived('/photo');
    expect(await verifyImageDelivery(delivery.body, delivery.headers, webhookSecret)).toBe(true);
    expect(await verifyImageDelivery(delivery.body, delivery.headers, `${webhookSecret}x`)).toBe(false);
    for (const [path, webhook, method] of [
      ['/hmac', hmac, 'hmac_sha256'],
      ['/svix', svix, 'svix'],
    ] as const) {
      const request = await arrived(path);
      const event = await readEvent(request.body, request.headers, webhook.secret, { method });
      if (event.event !== 'project.upload.started') throw new Error(`Not expected: ${event.event}`);
      expect(event.data.session_id).toBe(session.id);
    }
  });
});

test('what is not of this API is a connection error, and a wait ends when the caller leaves', async () => {
  const baseUrl = await listen((request, response) => {
    if (request.url!.includes('stats'))
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello</p>');
    else if (request.url!.includes('plans')) response.writeHead(502).end('<p>Bad gateway</p>');
    else response.writeHead(429, { 'retry-after': '30' }).end('{}');
  });
  const apertur = createApertur({ baseUrl, apiKey: 'aptr_live_x' });
  await expect(apertur.stats()).rejects.toBeInstanceOf(ConnectionError);
  await expect(apertur.plans.list()).rejects.toBeInstanceOf(ConnectionError);
  const leaving = new AbortController();
  const held = apertur.sessions.deliveryStatus('sess_1', { signal: leaving.signal });
  setImmediate(() => leaving.abort());
  await expect(held).rejects.toMatchObject({ name: 'AbortError' });
});
