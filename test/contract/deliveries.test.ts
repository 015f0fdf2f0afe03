/** Contract §2.9, §6.5, §9: from the upload to the webhook, its status, its retries and its history. */
import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { StoredImage } from '../../src/deliveries/carrier-words.ts';
import type { Receipt } from '../../src/destinations/destination.ts';
import { readDeliveryStatus, waitForChange } from '../../src/sessions/delivery-status.ts';
import { findSession } from '../../src/sessions/find.ts';
import { eachApp, photoForm, type TestApp, until } from '../helpers/app.ts';
import { makeJpeg } from '../helpers/pictures.ts';

interface Received {
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

const servers: http.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

/** A real receiver; `answer` says what each request gets, from its number on. */
async function receiver(
  answer: (n: number, res: http.ServerResponse) => void = (_, res) => res.writeHead(200).end('ok'),
) {
  const received: Received[] = [];
  const server = http.createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      received.push({ headers: req.headers, body: Buffer.concat(chunks) });
      answer(received.length, res);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/photos`, received, server };
}

async function sessionTo(app: TestApp, url: string, body: Record<string, unknown> = {}): Promise<string> {
  const made = await app.call('POST', '/v1/sessions', {
    body: { delivery_mode: 'webhook', webhook_url: url, ...body },
  });
  expect(made.status).toBe(201);
  return made.body.id;
}

const upload = async (app: TestApp, id: string, bytes: Buffer, filename = 'roof.jpg'): Promise<string> =>
  (await app.call('POST', `/upload/${id}/images`, { key: null, body: photoForm(bytes, { filename }) })).body
    .id;

const statusOf = async (app: TestApp, id: string) =>
  (await app.call('GET', `/upload-sessions/${id}/delivery-status`)).body;

const whenStatus = (app: TestApp, id: string, wanted: string) =>
  until(async () => {
    const status = await statusOf(app, id);
    const all = status.files.flatMap((file: { destinations: { status: string }[] }) => file.destinations);
    return (
      all.length > 0 && all.every((delivery: { status: string }) => delivery.status === wanted) && status
    );
  }, `every delivery to be ${wanted}`);

eachApp('deliveries', (start) => {
  test('the next photo begins while the last confirmation of one is awaited', async () => {
    const app = await start({ settings: { DELIVERY_CONCURRENCY: '1' } });
    const begun: StoredImage[] = [];
    const [first, others] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const deliver = async (image: StoredImage): Promise<Receipt> => {
      begun.push(image);
      if (begun.length === 1) image.makeWay?.();
      await (begun.length === 1 ? first : others).promise;
      return { remotePath: null, bytes: image.sizeBytes, verifiedBy: 'none' };
    };
    const check = () => Promise.reject(new Error('unused'));
    const connection = { deliver, check, close: async () => {} };
    app.deliveries.connections.acquire = () => ({ connection, release() {} });
    const id = await sessionTo(app, 'http://127.0.0.1:9/photos', { max_images: 3 });
    for (let photo = 0; photo < 3; photo++) await upload(app, id, await makeJpeg({ bytes: 2_000 }));
    const states = async (): Promise<string[]> =>
      (await app.db.read.selectFrom('deliveries').select('status').execute()).map((row) => row.status).sort();
    await until(async () => begun.length === 2, 'the second photo to begin');
    expect(await states()).toEqual(['pending', 'sending', 'sending']);
    first.resolve();
    await until(async () => (await states()).includes('sent'), 'the first one to be sent');
    // The second one holds the only place.
    expect(begun).toHaveLength(2);
    others.resolve();
    await whenStatus(app, id, 'sent');
  });

  test('a photo arrives signed, and its status says sent', async () => {
    const app = await start();
    const { url, received } = await receiver();
    const id = await sessionTo(app, url, { tags: { ticket: 'T-77' }, max_images: 1 });
    const photo = await makeJpeg({ bytes: 300_000 });
    const imageId = await upload(app, id, photo);
    const status = await whenStatus(app, id, 'sent');
    expect(received).toHaveLength(1);
    const { headers, body } = received[0]!;
    const sent = JSON.parse(body.toString());
    expect(sent).toMatchObject({
      session_id: id,
      image_id: imageId,
      image_index: 0,
      filename: 'roof.jpg',
      tags: { ticket: 'T-77' },
    });
    expect(Buffer.from(sent.data, 'base64').equals(photo)).toBe(true);
    const signature = createHmac('sha256', app.project.webhookSecret).update(body).digest('hex');
    expect(headers['x-apertur-signature']).toBe(`sha256=${signature}`);
    expect(status.files[0]).toMatchObject({ record_id: imageId, filename: 'roof.jpg', size_bytes: 300_000 });
    expect(status.files[0].destinations[0]).toMatchObject({
      type: 'webhook',
      status: 'sent',
      attempts: 1,
      last_error: null,
    });
    // Full, and everything final: the session completes by itself, in the same transaction; that answer may have been read around it.
    const after = await app.call('GET', `/upload-sessions/${id}/delivery-status`);
    expect(after.body.status).toBe('completed');
    const topics = await app.db.read
      .selectFrom('events')
      .select('topic')
      .where('session_id', '=', id)
      .orderBy('id')
      .execute();
    expect(topics.map((row) => row.topic)).toEqual([
      'project.session.created',
      'project.upload.started',
      'project.upload.completed',
      'project.session.completed',
    ]);
  });

  test('a refusal is retried on schedule, with the same delivery id, and every attempt is kept', async () => {
    const app = await start();
    const { url, received } = await receiver((n, res) =>
      res.writeHead(n < 3 ? 503 : 200).end(n < 3 ? 'not yet' : 'thanks'),
    );
    const id = await sessionTo(app, url);
    const imageId = await upload(app, id, await makeJpeg());
    const status = await whenStatus(app, id, 'sent');
    expect(received).toHaveLength(3);
    expect(new Set(received.map((item) => item.headers['x-aptr-delivery-id'])).size).toBe(1);
    const destinationId = status.files[0].destinations[0].destination_id;
    const { body } = await app.call('GET', `/uploads/${imageId}/destinations/${destinationId}`);
    expect(body).toMatchObject({ status: 'sent', attempts: 3, receipt: { verifiedBy: 'none' } });
    expect(body.history.map((item: { outcome: string }) => item.outcome)).toEqual(['retry', 'retry', 'sent']);
    expect(body.history[0]).toMatchObject({ number: 1, statusCode: 503, responseExcerpt: 'not yet' });
    expect(body.history[0].nextReason).toContain('retry 1 of 3');
    expect(body.history[0].phases).toHaveProperty('connect');
    expect(body.history[2]).toMatchObject({ nextAt: null, error: null });
  });

  test('after the last retry it has failed, and a retry by hand delivers it', async () => {
    const app = await start();
    let refuse = true;
    const { url, received } = await receiver((_, res) => res.writeHead(refuse ? 400 : 200).end());
    const id = await sessionTo(app, url);
    const imageId = await upload(app, id, await makeJpeg());
    const failed = await whenStatus(app, id, 'failed');
    expect(received).toHaveLength(4);
    expect(failed.files[0].destinations[0]).toMatchObject({
      attempts: 4,
      last_error: expect.stringContaining('400'),
    });
    const events = await app.db.read
      .selectFrom('events')
      .select('data')
      .where('topic', '=', 'project.upload.failed')
      .execute();
    expect(events).toHaveLength(1);
    const destinationId = failed.files[0].destinations[0].destination_id;
    expect(JSON.parse(events[0]!.data)).toMatchObject({ image_id: imageId, destination_id: destinationId });
    refuse = false;
    const retry = await app.call('POST', `/uploads/${imageId}/destinations/${destinationId}/retry`);
    expect([retry.status, retry.body]).toEqual([200, { message: 'Delivery queued for retry' }]);
    await whenStatus(app, id, 'sent');
  });

  test('a destination may have its own retry schedule', async () => {
    const app = await start({ settings: { RETRY_SCHEDULE: '3600' } });
    const { url, received } = await receiver((_, res) => res.writeHead(500).end());
    const made = await app.call('POST', `/projects/${app.project.id}/destinations`, {
      body: { type: 'webhook', name: 'Own', config: { url, retry_schedule: [0, 0] } },
    });
    expect(made.status).toBe(201);
    expect(made.body.config.retry_schedule).toEqual([0, 0]);
    const session = await app.call('POST', '/upload-sessions', { body: { destination_ids: [made.body.id] } });
    await upload(app, session.body.id, await makeJpeg());
    await whenStatus(app, session.body.id, 'failed');
    expect(received).toHaveLength(3);
  });

  test('one dead receiver delays nobody else', async () => {
    const app = await start();
    const dead = await receiver(() => undefined);
    const alive = await receiver();
    const deadSession = await sessionTo(app, dead.url, { max_images: 20 });
    const photo = await makeJpeg();
    for (let n = 0; n < 20; n++) await upload(app, deadSession, photo);
    await until(() => dead.received.length === 4, 'four in flight at the dead receiver');
    const session = await sessionTo(app, alive.url);
    await upload(app, session, photo);
    await whenStatus(app, session, 'sent');
    expect(dead.received).toHaveLength(4);
  });

  test('delivery status waits for a change, and echoes lastChanged exactly', async () => {
    const app = await start();
    const { url } = await receiver();
    const id = await sessionTo(app, url);
    const first = await statusOf(app, id);
    expect(first).toMatchObject({ status: 'pending', files: [] });
    const held = app.call(
      'GET',
      `/upload-sessions/${id}/delivery-status?pollFrom=${encodeURIComponent(first.lastChanged)}`,
    );
    await upload(app, id, await makeJpeg());
    const second = (await held).body;
    expect(second.lastChanged > first.lastChanged).toBe(true);
    expect(second.files).toHaveLength(1);
    await whenStatus(app, id, 'sent');
    expect((await app.call('GET', `/upload-sessions/${id}/delivery-status?pollFrom=never`)).status).toBe(400);
    // A final session with nothing pending answers at once, whatever the client has seen.
    await app.call('POST', `/upload-sessions/${id}/close`);
    const last = await statusOf(app, id);
    const again = await app.call(
      'GET',
      `/sessions/${id}/delivery-status?pollFrom=${encodeURIComponent(last.lastChanged)}`,
    );
    expect(again.body).toEqual(last);
  });

  test('a hold ends when the session does, also by time', async () => {
    let shift = 0;
    const app = await start({ clock: { now: () => Date.now() + shift } });
    const hold = async (id: string) => {
      const { lastChanged } = await statusOf(app, id);
      return app.call('GET', `/sessions/${id}/delivery-status?pollFrom=${encodeURIComponent(lastChanged)}`);
    };
    const closed = (await app.call('POST', '/upload-sessions')).body.id;
    const [answer] = await Promise.all([hold(closed), app.call('POST', `/upload-sessions/${closed}/close`)]);
    expect([answer.status, answer.body.status]).toEqual([200, 'completed']);
    const made = (await app.call('POST', '/upload-sessions', { body: { expires_in: 60 } })).body;
    // Just before its end.
    shift = Date.parse(made.expires_at) - Date.now() - 200;
    const expired = await hold(made.id);
    expect(expired.body.status).toBe('expired');
    expect(expired.body.lastChanged >= made.expires_at).toBe(true);
  });

  test('a hold without a change ends with what there is; one from the future is held, too', async () => {
    const app = await start();
    const id = (await app.call('POST', '/upload-sessions')).body.id;
    const session = (await findSession(app.db.read, app.project.id, id))!;
    const before = await readDeliveryStatus(app.db.read, session, app.clock.now());
    const { signal } = new AbortController();
    for (const pollFrom of [before.lastChanged, before.lastChanged + 3_600_000]) {
      const began = app.clock.now();
      const after = await waitForChange(app.db, session, pollFrom, { clock: app.clock, signal, holdMs: 50 });
      expect(after).toEqual(before);
      expect(app.clock.now() - began).toBeGreaterThanOrEqual(50);
    }
  });

  test('who leaves is waited for no more', async () => {
    const app = await start();
    const id = (await app.call('POST', '/upload-sessions')).body.id;
    const { lastChanged } = await statusOf(app, id);
    let waiting = 0;
    const listen = app.db.listen.bind(app.db);
    app.db.listen = (channel, handler) => {
      waiting++;
      const stop = listen(channel, handler);
      return () => {
        waiting--;
        stop();
      };
    };
    const leave = new AbortController();
    const held = app
      .call('GET', `/upload-sessions/${id}/delivery-status?pollFrom=${encodeURIComponent(lastChanged)}`, {
        signal: leave.signal,
      })
      .catch((error: Error) => error.name);
    await until(() => waiting === 1, 'the request to be held');
    leave.abort();
    expect(await held).toBe('AbortError');
    await until(() => waiting === 0, 'the hold to end');
  });

  test('deleting a destination fails what waits for it', async () => {
    const app = await start({ settings: { RETRY_SCHEDULE: '3600' } });
    const { url, received } = await receiver((_, res) => res.writeHead(500).end());
    const path = `/projects/${app.project.id}/destinations`;
    const made = await app.call('POST', path, { body: { type: 'webhook', url } });
    const session = await app.call('POST', '/upload-sessions', { body: { destination_ids: [made.body.id] } });
    await upload(app, session.body.id, await makeJpeg());
    await until(() => received.length === 1);
    await whenStatus(app, session.body.id, 'retrying');
    const gone = await app.call('DELETE', `${path}/${made.body.id}`);
    expect([gone.status, gone.bytes.length]).toEqual([204, 0]);
    const status = await whenStatus(app, session.body.id, 'failed');
    expect(status.files[0].destinations[0].last_error).toBe('destination deleted');
  });

  test('the bytes at the receiver are the bytes of the file, in every format', async () => {
    const app = await start();
    const { url, received } = await receiver();
    const photo = await makeJpeg({ bytes: 700_000 });
    for (const format of ['binary', 'multipart']) {
      const id = await sessionTo(app, url, { webhook_format: format });
      await upload(app, id, photo);
      await whenStatus(app, id, 'sent');
      const { body, headers } = received.at(-1)!;
      expect(body.includes(photo)).toBe(true);
      const signature = createHmac('sha256', app.project.webhookSecret).update(body).digest('hex');
      expect(headers['x-aptr-signature']).toBe(`sha256=${signature}`);
    }
    expect(createHash('sha256').update(received[0]!.body).digest('hex')).toBe(
      createHash('sha256').update(photo).digest('hex'),
    );
  });
});
