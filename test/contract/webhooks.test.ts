/** Contract §8: event webhooks, from their settings to what a receiver gets. */
import { createHmac } from 'node:crypto';
import type http from 'node:http';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { describe, expect, onTestFinished, test } from 'vitest';
import { emit } from '../../src/events/emit.ts';
import { serve } from '../../src/lib/outbound/servers.fixture.ts';
import { eachSharedApp, photoForm, type TestApp, until, untilAnswered } from '../helpers/app.ts';
import { type EventReceiver, type ReceivedEvent, receiveEvents } from '../helpers/event-receiver.ts';
import { makeJpeg } from '../helpers/pictures.ts';

/** A project of its own for each test, so that one app serves them all. */
async function stage(app: TestApp, settings: Record<string, unknown> = {}, receiver?: EventReceiver) {
  const project = await app.addProject('Shop');
  const to = receiver ?? (await receiveEvents());
  const call: TestApp['call'] = (method, path, options) =>
    app.call(method, path, { key: project.live, ...options });
  const stem = `/projects/${project.id}/webhooks`;
  const add = async (body: Record<string, unknown>) => {
    const made = await call('POST', stem, { body: { url: to.url, topics: ['*'], ...body } });
    expect(made.status).toBe(201);
    // Nothing hangs on in the background once the test has ended.
    onTestFinished(async () => {
      await call('DELETE', `${stem}/${made.body.id}`);
    });
    return made.body;
  };
  const webhook = await add(settings);
  const one = `${stem}/${webhook.id}`;
  const deliveries = async (query = '') => (await call('GET', `${one}/deliveries${query}`)).body.deliveries;
  const read = async () => (await call('GET', one)).body;
  const newSession = async (body: Record<string, unknown> = {}) =>
    (await call('POST', '/upload-sessions', { body })).body.uuid as string;
  return { app, project, call, stem, one, webhook, receiver: to, add, deliveries, read, newSession };
}

const upload = async (app: TestApp, session: string) =>
  app.call('POST', `/upload/${session}/images`, {
    key: null,
    body: photoForm(await makeJpeg(), { filename: 'roof.jpg' }),
  });

function hmacOf(secret: string, event: ReceivedEvent): string {
  const timestamp = event.headers['x-apertur-timestamp'];
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${event.raw}`).digest('hex')}`;
}

const standardSecret = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

const quick = { RETRY_SCHEDULE: '0.05' };

eachSharedApp('webhooks', { settings: quick }, (theApp) => {
  describe('settings', () => {
    test('the defaults of the contract, and every member that typed clients need', async () => {
      const { webhook, project, call, stem, read } = await stage(theApp(), {
        topics: ['project.upload.*', 'project.billing.plan_changed'],
      });
      expect(webhook).toMatchObject({
        id: expect.stringMatching(/^wh_/),
        projectId: project.id,
        secret: expect.stringMatching(/^[0-9a-f]{64}$/),
        signatureMethod: 'hmac_sha256',
        topics: ['project.upload.*', 'project.billing.plan_changed'],
        isActive: true,
        maxRetries: 5,
        retryIntervals: [30, 60, 300, 900, 3600],
        disableAfterFailures: 10,
        consecutiveFailures: 0,
        customHeaders: {},
        disabledAt: null,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      const list = await call('GET', stem);
      expect(list.body).toHaveLength(1);
      expect(list.body[0].secret).toBe(webhook.secret);
      expect(await read()).toMatchObject({ ...webhook, heldDeliveries: 0, recentFailures: [] });
    });

    test('snake_case, the alias events, and null where Go has no value', async () => {
      const { call, stem, receiver } = await stage(theApp());
      const made = await call('POST', stem, {
        body: {
          url: receiver.url,
          topics: null,
          events: ['image.delivered', 'session.completed'],
          signature_method: 'svix',
          max_retries: 2,
          retry_intervals: [1, 2],
          disable_after_failures: 0,
          custom_headers: { 'X-Shop': 'north' },
        },
      });
      expect(made.status).toBe(201);
      expect(made.body).toMatchObject({
        topics: ['image.delivered', 'session.completed'],
        signatureMethod: 'svix',
        maxRetries: 2,
        retryIntervals: [1, 2],
        disableAfterFailures: 0,
        customHeaders: { 'X-Shop': 'north' },
      });
      const changed = await call('PATCH', `${stem}/${made.body.id}`, {
        body: { custom_headers: null, signatureMethod: 'hmac_sha256', max_retries: 3, isActive: false },
      });
      expect(changed.status).toBe(200);
      expect(changed.body).toMatchObject({
        signatureMethod: 'svix',
        maxRetries: 3,
        isActive: false,
        disabledAt: null,
        customHeaders: { 'X-Shop': 'north' },
      });
      expect((await call('PATCH', `${stem}/${made.body.id}`, { body: [] })).status).toBe(200);
    });

    test.each([
      [{ topics: ['*'] }, 'url'],
      [{ url: 'ftp://x.example' }, 'topics'],
      [{ url: 'ftp://x.example', topics: ['*'] }, 'https'],
      [{ url: 'https://user:pw@x.example/', topics: ['*'] }, 'password'],
      [{ url: 'https://x.example', topics: [] }, 'topics'],
      [{ url: 'https://x.example', topics: ['project.nothing'] }, 'project.nothing'],
      [{ url: 'https://x.example', topics: ['project.*.completed'] }, 'project.*.completed'],
      [{ url: 'https://x.example', topics: ['webhook.test'] }, 'webhook.test'],
      [{ url: 'https://x.example', topics: ['*'], maxRetries: -1 }, 'maxRetries'],
      [{ url: 'https://x.example', topics: ['*'], maxRetries: 1.5 }, 'maxRetries'],
      [{ url: 'https://x.example', topics: ['*'], retryIntervals: [-1] }, 'retryIntervals'],
      [{ url: 'https://x.example', topics: ['*'], signatureMethod: 'rsa' }, 'signatureMethod'],
      [
        { url: 'https://x.example', topics: ['*'], customHeaders: { 'X-Apertur-Signature': 'x' } },
        'X-Apertur',
      ],
      [{ url: 'https://x.example', topics: ['*'], customHeaders: { 'svix-id': 'x' } }, 'svix-id'],
      [{ url: 'https://x.example', topics: ['*'], customHeaders: { 'Content-Type': 'x' } }, 'Content-Type'],
      [{ url: 'https://x.example', topics: ['*'], rateLimit: 0 }, 'rateLimit'],
      [{ url: 'https://x.example', topics: ['*'], maxInFlight: 1000 }, 'maxInFlight'],
    ])('%j is refused, and named', async (body, word) => {
      const { call, project } = theApp();
      const refused = await call('POST', `/projects/${project.id}/webhooks`, { body });
      expect([refused.status, refused.body.code]).toEqual([400, 'VALIDATION_ERROR']);
      expect(refused.body.message).toContain(word);
    });

    test('nobody sees or touches what belongs to another project', async () => {
      const { one, stem, webhook } = await stage(theApp());
      const other = await theApp().addProject('Other');
      for (const [method, path] of [
        ['GET', stem],
        ['GET', one],
        ['PATCH', one],
        ['DELETE', one],
        ['POST', `${one}/test`],
        ['GET', `${one}/deliveries`],
        ['POST', `${one}/rotate-secret`],
      ] as const) {
        expect((await theApp().call(method, path, { key: other.live })).status).toBe(403);
      }
      const wrong = `/projects/${other.id}/webhooks/${webhook.id}`;
      expect((await theApp().call('GET', wrong, { key: other.live })).status).toBe(403);
      const missing = `/projects/${other.id}/webhooks/wh_none`;
      expect((await theApp().call('GET', missing, { key: other.live })).status).toBe(404);
      expect((await theApp().call('GET', one, { key: null })).status).toBe(401);
    });

    test('deleting answers 204 with nothing in it, and ends what waits', async () => {
      const receiver = await receiveEvents((response) => response.writeHead(500).end());
      const { call, stem, add, newSession, app } = await stage(theApp(), {}, receiver);
      const extra = await add({ url: receiver.url });
      await newSession();
      await receiver.count(2);
      // Held ones wait for a word that nobody will say any more.
      await call('PATCH', `${stem}/${extra.id}`, { body: { isActive: false } });
      await newSession();
      const gone = await call('DELETE', `${stem}/${extra.id}`, {
        headers: { 'content-type': 'application/json' },
      });
      expect([gone.status, gone.bytes.length]).toEqual([204, 0]);
      expect((await call('GET', `${stem}/${extra.id}`)).status).toBe(404);
      expect((await call('GET', stem)).body).toHaveLength(1);
      const rows = () =>
        app.db.read
          .selectFrom('webhook_deliveries')
          .select(['status', 'due_at', 'last_error'])
          .where('webhook_id', '=', extra.id)
          .execute();
      await untilAnswered(async () =>
        (await rows()).every((row) => row.status === 'failed' && row.due_at === null),
      );
      expect((await rows()).map((row) => row.last_error)).toEqual(['webhook deleted', 'webhook deleted']);
      const kept = await app.db.read
        .selectFrom('webhooks')
        .select('secret')
        .where('id', '=', extra.id)
        .executeTakeFirst();
      expect(kept?.secret).toBe('');
    });

    test('the preview names the exact moments', async () => {
      const { call, one } = await stage(theApp(), { maxRetries: 4, retryIntervals: [30, 60] });
      const from = '2026-03-02T08:00:00.000Z';
      const { body } = await call('GET', `${one}/retry-preview?from=${from}`);
      expect(body.attempts).toEqual([
        { number: 1, afterSeconds: 0, at: '2026-03-02T08:00:00.000Z' },
        { number: 2, afterSeconds: 30, at: '2026-03-02T08:00:30.000Z' },
        { number: 3, afterSeconds: 60, at: '2026-03-02T08:01:30.000Z' },
        { number: 4, afterSeconds: 60, at: '2026-03-02T08:02:30.000Z' },
        { number: 5, afterSeconds: 60, at: '2026-03-02T08:03:30.000Z' },
      ]);
      const other = await call('GET', `${one}/retry-preview?maxRetries=1&retryIntervals=7,9`);
      expect(other.body.attempts.map((attempt: { afterSeconds: number }) => attempt.afterSeconds)).toEqual([
        0, 7,
      ]);
    });
  });

  describe('what a receiver gets', () => {
    test('the envelope of the contract, compact, signed over its exact bytes', async () => {
      const { receiver, webhook, project, newSession } = await stage(theApp(), {
        customHeaders: { 'X-Shop': 'north' },
      });
      const session = await newSession({ tags: ['a', 'b'], max_images: 3 });
      const [event] = await receiver.count(1);
      expect(event!.raw).toBe(JSON.stringify(event!.body));
      expect(Object.keys(event!.body)).toEqual(['event', 'project_id', 'data', 'timestamp', 'id', 'topic']);
      expect(event!.body).toMatchObject({
        event: 'project.session.created',
        topic: 'project.session.created',
        project_id: project.id,
        id: expect.stringMatching(/^evt_/),
        data: { session_id: session, max_images: 3, tags: ['a', 'b'], destinations: [] },
      });
      const signature = hmacOf(webhook.secret, event!);
      expect(event!.headers).toMatchObject({
        'content-type': 'application/json',
        'user-agent': 'Apertur-Webhooks/1.0',
        'x-apertur-signature': signature,
        'x-aptr-signature': signature,
        'x-aptr-timestamp': event!.headers['x-apertur-timestamp'],
        'x-apertur-event': 'project.session.created',
        'x-apertur-delivery-id': expect.stringMatching(/^del_/),
        'x-aptr-delivery-id': event!.headers['x-apertur-delivery-id'],
        'x-shop': 'north',
      });
      expect(event!.headers['svix-id']).toBeUndefined();
    });

    test('svix: the verifiers of svix and of Standard Webhooks accept it, and ours too', async () => {
      const { receiver, webhook, newSession } = await stage(theApp(), { signatureMethod: 'svix' });
      await newSession();
      const [event] = await receiver.count(1);
      const { headers, raw, body } = event!;
      const key = standardSecret(webhook.secret);
      expect(new Svix(key).verify(raw, headers as Record<string, string>)).toEqual(body);
      expect(new StandardWebhook(key).verify(raw, headers as Record<string, string>)).toEqual(body);
      expect(headers['svix-id']).toBe(body.id);
      expect(headers['svix-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
      expect(headers['x-apertur-signature']).toBe(hmacOf(webhook.secret, event!));
      expect(() => new Svix(key).verify(`${raw} `, headers as Record<string, string>)).toThrow();
    });

    test('a patchwork of patterns still gives one delivery, under the canonical name', async () => {
      const { receiver, newSession, app, deliveries } = await stage(theApp(), {
        topics: ['image.uploaded', 'project.upload.*', 'project.*', '*', 'project.upload.started'],
      });
      await upload(app, await newSession());
      await receiver.count(3);
      const topics = receiver.received.map((event) => event.body.event).sort();
      expect(topics).toEqual([
        'project.session.created',
        'project.upload.completed',
        'project.upload.started',
      ]);
      await untilAnswered(async () => (await deliveries('?status=sent')).length === 3);
    });

    test('only what was subscribed to', async () => {
      const { receiver, newSession, app, add } = await stage(theApp(), { topics: ['image.delivered'] });
      const all = await receiveEvents();
      await add({ url: all.url });
      await upload(app, await newSession());
      await all.count(3);
      expect((await receiver.count(1)).map((event) => event.body.event)).toEqual([
        'project.upload.completed',
      ]);
    });

    test('every topic of the catalogue is really sent, as its schema says', async () => {
      const { project, call, receiver, newSession, app, add, one } = await stage(theApp());
      const away = await receiveEvents((response) => response.writeHead(500).end());
      await add({
        url: away.url,
        topics: ['project.session.created'],
        maxRetries: 0,
        disableAfterFailures: 2,
      });
      const url = await serve((request, response) => {
        request.resume().on('end', () => response.writeHead(500).end());
      });
      const hook = { type: 'webhook', name: 'Broken', url, format: 'json_base64' };
      const broken = (await call('POST', `/projects/${project.id}/destinations`, { body: hook })).body.id;
      const good = await newSession({ max_images: 1 });
      expect((await upload(app, good)).status).toBe(201);
      const bad = await newSession({ destination_ids: [broken] });
      expect((await upload(app, bad)).status).toBe(201);
      await app.db.write((tx) =>
        tx.q
          .updateTable('sessions')
          .set({ expires_at: app.clock.now() - 1 })
          .where('id', '=', bad)
          .execute(),
      );
      await call('PUT', `/projects/${project.id}/plan`, { body: { plan: 'pro' } });
      await call('POST', `${one}/test`);
      const catalogue = (await call('GET', '/event-types', { key: null })).body as { topic: string }[];
      const wanted = catalogue.map(({ topic }) => topic).sort();
      const seen = () => [...new Set(receiver.received.map((event) => event.body.event as string))].sort();
      await until(() => seen().length === wanted.length, `all topics`).catch(() => undefined);
      expect(seen()).toEqual(wanted);
    });

    test('a rolled back change leaves no event behind', async () => {
      const { call, project, receiver, newSession } = await stage(theApp(), {
        topics: ['project.session.*'],
      });
      const refused = await call('POST', '/upload-sessions', { body: { destination_ids: ['dest_none'] } });
      expect(refused.status).toBeGreaterThanOrEqual(400);
      const { db, clock } = theApp();
      const about = { projectId: project.id, sessionId: null, now: clock.now() };
      const undone = db.write(async (tx) => {
        await emit(tx, { ...about, topic: 'project.session.completed', data: { session_id: 'sess_undone' } });
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      const session = await newSession();
      const [first] = await receiver.count(1);
      expect(first!.body.data.session_id).toBe(session);
      const of = (table: 'events' | 'webhook_deliveries') =>
        db.read.selectFrom(table).select('topic').where('project_id', '=', project.id).execute();
      expect(await of('events')).toEqual([{ topic: 'project.session.created' }]);
      expect(await of('webhook_deliveries')).toEqual([{ topic: 'project.session.created' }]);
    });

    test('a test event goes to a webhook that is off, counts for nothing and is recorded', async () => {
      const { call, one, receiver, read, deliveries } = await stage(theApp(), {
        topics: ['project.billing.plan_changed'],
        disableAfterFailures: 1,
      });
      await call('PATCH', one, { body: { isActive: false } });
      receiver.answer((response) => response.writeHead(500).end('no'));
      const sent = await call('POST', `${one}/test`, { headers: { 'content-type': 'application/json' } });
      expect([sent.status, sent.body.message]).toEqual([200, 'Test event sent']);
      const [event] = await receiver.count(1);
      expect(event!.body).toMatchObject({ event: 'webhook.test', topic: 'webhook.test' });
      const [delivery] = await untilAnswered(async () => {
        const found = await deliveries('?status=failed');
        return found.length === 1 && found;
      });
      expect(delivery).toMatchObject({
        id: sent.body.deliveryId,
        topic: 'webhook.test',
        attempts: 1,
        responseCode: 500,
        responseBody: 'no',
        lastError: 'HTTP 500',
        nextRetryAt: null,
      });
      expect(await read()).toMatchObject({ isActive: false, consecutiveFailures: 0, disabledAt: null });
    });
  });

  describe('rotation', () => {
    test('both secrets sign, and the receiver is followed as it moves', async () => {
      const { app, call, one, webhook, receiver, newSession, deliveries, read } = await stage(theApp(), {
        signatureMethod: 'svix',
        retryIntervals: [0],
      });
      const rotated = (await call('POST', `${one}/rotate-secret`, { body: { overlap_days: 7 } })).body;
      expect(rotated.secret).not.toBe(webhook.secret);
      expect(Date.parse(rotated.previousSecretUntil) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
      // A receiver that knows the old secret only goes on as before.
      await newSession();
      const [first] = await receiver.count(1);
      expect(first!.headers['x-apertur-signature']).toBe(hmacOf(webhook.secret, first!));
      expect(first!.headers['x-apertur-signatures']).toBe(
        `${hmacOf(rotated.secret, first!)}, ${hmacOf(webhook.secret, first!)}`,
      );
      for (const secret of [webhook.secret, rotated.secret]) {
        new StandardWebhook(standardSecret(secret)).verify(
          first!.raw,
          first!.headers as Record<string, string>,
        );
      }
      new Svix(standardSecret(webhook.secret)).verify(first!.raw, first!.headers as Record<string, string>);
      expect(first!.headers['svix-signature']).not.toContain(' ');
      // It moves to the new one: refuses once, accepts the retry, and is not refused again.
      receiver.answer((response, event) => {
        const good = event.headers['x-apertur-signature'] === hmacOf(rotated.secret, event);
        response.writeHead(good ? 200 : 401).end();
      });
      await newSession();
      await untilAnswered(async () => (await deliveries('?status=sent')).length === 2);
      expect(receiver.received).toHaveLength(3);
      await newSession();
      await untilAnswered(async () => (await deliveries('?status=sent')).length === 3);
      expect(receiver.received).toHaveLength(4);
      // The overlap ends.
      await app.db.write((tx) =>
        tx.q
          .updateTable('webhooks')
          .set((eb) => ({ previous_until: app.clock.now(), updated_at: eb('updated_at', '+', 1) }))
          .where('id', '=', webhook.id)
          .execute(),
      );
      expect((await read()).previousSecretUntil).toBeNull();
      await newSession();
      const last = (await receiver.count(5)).at(-1)!;
      const verify = (secret: string) =>
        new StandardWebhook(standardSecret(secret)).verify(last.raw, last.headers as Record<string, string>);
      expect(last.headers['x-apertur-signatures']).toBeUndefined();
      expect(verify(rotated.secret)).toEqual(last.body);
      expect(() => verify(webhook.secret)).toThrow();
    });

    test('without an overlap the old secret ends at once', async () => {
      const { call, one, webhook, receiver, newSession } = await stage(theApp());
      const rotated = (await call('POST', `${one}/rotate-secret`, { body: { overlapDays: 0 } })).body;
      expect(rotated.previousSecretUntil).toBeNull();
      await newSession();
      const [event] = await receiver.count(1);
      expect(event!.headers['x-apertur-signature']).toBe(hmacOf(rotated.secret, event!));
      expect(event!.headers['x-apertur-signatures']).toBeUndefined();
      expect(rotated.secret).not.toBe(webhook.secret);
      for (const overlapDays of [-1, 8, 0.5]) {
        expect((await call('POST', `${one}/rotate-secret`, { body: { overlapDays } })).status).toBe(400);
      }
    });
  });

  describe('deliveries', () => {
    test('every attempt is kept with its phases, address, answer and what comes next', async () => {
      const { call, one, receiver, newSession, deliveries } = await stage(theApp(), {
        maxRetries: 2,
        retryIntervals: [0],
      });
      receiver.answer((response, _, n) => response.writeHead(n < 3 ? 503 : 200).end('x'.repeat(5_000)));
      await newSession();
      await untilAnswered(async () => (await deliveries('?status=sent')).length === 1);
      const [shown] = await deliveries();
      expect(shown).toMatchObject({
        id: expect.stringMatching(/^del_/),
        eventLogId: expect.stringMatching(/^evt_/),
        topic: 'project.session.created',
        status: 'sent',
        held: false,
        attempts: 3,
        responseCode: 200,
        durationMs: expect.any(Number),
        lastError: null,
        nextRetryAt: null,
      });
      expect(shown.responseBody).toHaveLength(4_096);
      const { body } = await call('GET', `${one}/deliveries/${shown.id}`);
      expect(body).toMatchObject(shown);
      expect(body.data.session_id).toMatch(/^sess_/);
      expect(body.history.map((item: { outcome: string }) => item.outcome)).toEqual([
        'retry',
        'retry',
        'sent',
      ]);
      expect(body.history[0]).toMatchObject({
        number: 1,
        statusCode: 503,
        error: 'HTTP 503',
        address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        phases: { resolve: expect.any(Number), connect: expect.any(Number), tls: 0 },
        nextReason: 'retry 1 of 2, after 0 s',
      });
      expect(body.history[0].phases.firstByte).toBeGreaterThanOrEqual(0);
      // The same event, the same bytes, a signature of its own.
      expect(new Set(receiver.received.map((event) => event.raw)).size).toBe(1);
      expect(new Set(receiver.received.map((event) => event.headers['x-apertur-delivery-id'])).size).toBe(1);
    });

    test('the list has both names, filters, and pages that clamp', async () => {
      const { call, one, receiver, newSession, deliveries, app } = await stage(theApp(), {
        maxRetries: 0,
      });
      await upload(app, await newSession());
      await receiver.count(3);
      await untilAnswered(async () => (await deliveries('?status=sent')).length === 3);
      receiver.answer((response) => response.writeHead(500).end());
      const before = new Date().toISOString();
      await newSession();
      await untilAnswered(async () => (await deliveries('?status=failed')).length === 1);
      const all = (await call('GET', `${one}/deliveries?page=0&limit=0`)).body;
      expect(all).toMatchObject({ total: 4, page: 1, limit: 1 });
      expect(all.deliveries).toHaveLength(1);
      expect(all.data).toEqual(all.deliveries);
      expect((await call('GET', `${one}/deliveries?limit=1000&page=x`)).body.limit).toBe(100);
      const second = (await call('GET', `${one}/deliveries?page=2&limit=3`)).body;
      expect(second.deliveries).toHaveLength(1);
      const total = async (query: string) => (await call('GET', `${one}/deliveries?${query}`)).body.total;
      expect(await total('topic=project.upload.*')).toBe(2);
      expect(await total('topic=project.session.created')).toBe(2);
      expect(await total(`since=${before}`)).toBe(1);
      expect(await total(`until=${before}`)).toBe(3);
      expect(await total('status=sent&topic=project.session.created')).toBe(1);
      expect(await total('status=held')).toBe(0);
      expect((await call('GET', `${one}/deliveries?status=lost`)).status).toBe(400);
      expect((await call('GET', `${one}/deliveries?since=yesterday`)).status).toBe(400);
    });

    test('a retry by hand sends the same event again, whatever its state', async () => {
      const { call, one, receiver, newSession, deliveries } = await stage(theApp(), { maxRetries: 0 });
      receiver.answer((response) => response.writeHead(500).end());
      await newSession();
      const [failed] = await untilAnswered(async () => {
        const found = await deliveries('?status=failed');
        return found.length > 0 && found;
      });
      receiver.answer((response) => response.end());
      const retry = `${one}/deliveries/${failed.id}/retry`;
      const answer = await call('POST', retry, { headers: { 'content-type': 'application/json' } });
      expect([answer.status, answer.body.message]).toEqual([200, 'Delivery queued for retry']);
      await untilAnswered(async () => (await deliveries('?status=sent')).length === 1);
      expect((await call('POST', retry, { body: {} })).status).toBe(200);
      await receiver.count(3);
      const [shown] = await untilAnswered(async () => {
        const found = await deliveries('?status=sent');
        return found[0]?.attempts === 3 && found;
      });
      expect(shown.id).toBe(failed.id);
      expect(new Set(receiver.received.map((event) => event.raw)).size).toBe(1);
      expect((await call('POST', `${one}/deliveries/del_none/retry`)).status).toBe(404);
    });
  });

  describe('the disable rule', () => {
    const failing = { maxRetries: 1, retryIntervals: [0], disableAfterFailures: 4 };

    test('counts events, warns at half, switches off at the limit, holds, and delivers on request', async () => {
      const watch = await receiveEvents();
      const { call, one, receiver, newSession, read, add, deliveries, app } = await stage(theApp(), {
        ...failing,
        topics: ['project.session.created'],
      });
      await add({ url: watch.url, topics: ['project.webhook.*'] });
      receiver.answer((response) => response.writeHead(500).end('broken'));
      for (let n = 1; n <= 4; n++) {
        await newSession();
        await untilAnswered(async () => (await read()).consecutiveFailures === n, `${n} failures`);
        // Two attempts each: events are counted, not attempts.
        expect(receiver.received).toHaveLength(2 * n);
        await until(() => watch.received.length === (n < 2 ? 0 : n < 4 ? 1 : 2));
      }
      const off = await read();
      expect(off).toMatchObject({
        isActive: false,
        consecutiveFailures: 4,
        disabledReason: 'failures',
        disabledAt: expect.stringMatching(/Z$/),
      });
      expect(off.recentFailures).toHaveLength(4);
      expect(off.recentFailures[0]).toMatchObject({
        topic: 'project.session.created',
        attempts: 2,
        responseCode: 500,
        error: 'HTTP 500',
      });
      const [warned, disabled] = watch.received.map((event) => event.body);
      expect([warned.event, disabled.event]).toEqual(['project.webhook.failing', 'project.webhook.disabled']);
      expect(warned.data).toMatchObject({ consecutive_failures: 2, disable_after_failures: 4 });
      expect(disabled.data).toMatchObject({
        consecutive_failures: 4,
        reason: 'failures',
        last_error: 'HTTP 500',
      });
      expect(JSON.stringify(disabled)).not.toContain('/events');
      // Held while it is off.
      for (let n = 0; n < 3; n++) await newSession();
      expect((await read()).heldDeliveries).toBe(3);
      expect(await deliveries('?status=held')).toHaveLength(3);
      expect((await deliveries('?status=held'))[0]).toMatchObject({
        status: 'retrying',
        held: true,
        nextRetryAt: null,
        attempts: 0,
      });
      expect(receiver.received).toHaveLength(8);
      const early = await call('POST', `${one}/held`, { body: { action: 'deliver' } });
      expect([early.status, early.body.code]).toEqual([409, 'CONFLICT']);
      // On again: it begins anew, and what was held waits for a word.
      receiver.answer((response) => response.end());
      const on = (await call('PATCH', one, { body: { isActive: true } })).body;
      expect(on).toMatchObject({
        isActive: true,
        consecutiveFailures: 0,
        disabledAt: null,
        heldDeliveries: 3,
      });
      const delivered = await call('POST', `${one}/held`, { body: { action: 'deliver' } });
      expect(delivered.body).toEqual({ message: 'Held events queued', count: 3 });
      await untilAnswered(async () => (await deliveries('?status=sent')).length === 3);
      expect((await read()).heldDeliveries).toBe(0);
      expect(app.events.inFlight).toBeGreaterThanOrEqual(0);
    });

    test('410 switches it off at once, and what waits beside it is held, not sent', async () => {
      const { receiver, newSession, read, deliveries } = await stage(theApp(), {
        ...failing,
        topics: ['project.session.created'],
        retryIntervals: [3_600],
        maxRetries: 5,
        maxInFlight: 1,
      });
      receiver.answer((response, _, n) => response.writeHead(n <= 2 ? 500 : 410).end());
      for (let n = 0; n < 2; n++) await newSession();
      await untilAnswered(async () => {
        const found = await deliveries('?status=retrying');
        return found.length === 2 && found.every((one: { nextRetryAt: string }) => one.nextRetryAt);
      });
      await newSession();
      await untilAnswered(async () => (await read()).disabledReason === 'gone');
      expect(await read()).toMatchObject({ isActive: false, consecutiveFailures: 1, heldDeliveries: 2 });
      await newSession();
      expect((await read()).heldDeliveries).toBe(3);
      expect(receiver.received).toHaveLength(3);
    });

    test('what waited when it was switched off is held too, and may be dropped', async () => {
      const { call, one, receiver, newSession, read, deliveries } = await stage(theApp(), {
        retryIntervals: [3_600],
      });
      receiver.answer((response) => response.writeHead(500).end());
      await newSession();
      await receiver.count(1);
      await untilAnswered(async () => (await deliveries())[0]?.nextRetryAt);
      await call('PATCH', one, { body: { isActive: false } });
      expect((await read()).heldDeliveries).toBe(1);
      const dropped = await call('POST', `${one}/held`, { body: { action: 'drop' } });
      expect(dropped.body).toEqual({ message: 'Held events dropped', count: 1 });
      expect((await deliveries())[0]).toMatchObject({ status: 'failed', held: false, nextRetryAt: null });
      expect((await call('POST', `${one}/held`, { body: { action: 'keep' } })).status).toBe(400);
    });

    test('a success forgets the failures before it', async () => {
      const { receiver, newSession, read } = await stage(theApp(), {
        ...failing,
        maxRetries: 0,
        topics: ['project.session.created'],
      });
      let fail = true;
      receiver.answer((response) => response.writeHead(fail ? 500 : 200).end());
      for (let n = 1; n <= 3; n++) {
        await newSession();
        await untilAnswered(async () => (await read()).consecutiveFailures === n);
      }
      fail = false;
      await newSession();
      await untilAnswered(async () => (await read()).consecutiveFailures === 0);
      expect(await read()).toMatchObject({ isActive: true });
    });

    test('a retry by hand that fails again counts no second time', async () => {
      const { call, one, receiver, newSession, read, deliveries } = await stage(theApp(), {
        ...failing,
        maxRetries: 0,
      });
      receiver.answer((response) => response.writeHead(500).end());
      await newSession();
      const [failed] = await untilAnswered(async () => {
        const found = await deliveries('?status=failed');
        return found.length > 0 && found;
      });
      for (let n = 2; n <= 4; n++) {
        await call('POST', `${one}/deliveries/${failed.id}/retry`);
        await untilAnswered(async () => (await deliveries('?status=failed'))[0]?.attempts === n);
      }
      expect((await read()).consecutiveFailures).toBe(1);
    });

    test('zero means never', async () => {
      const { receiver, newSession, read, deliveries } = await stage(theApp(), {
        maxRetries: 0,
        disableAfterFailures: 0,
      });
      receiver.answer((response) => response.writeHead(410).end());
      for (let n = 0; n < 12; n++) await newSession();
      await untilAnswered(async () => (await deliveries('?status=failed')).length === 12);
      expect(await read()).toMatchObject({ isActive: true, consecutiveFailures: 12 });
      expect(receiver.received).toHaveLength(12);
    });
  });

  describe('limits', () => {
    test('a rate is kept to, and everything arrives', async () => {
      const { receiver, newSession } = await stage(theApp(), { rateLimit: 20 });
      const at: number[] = [];
      receiver.answer((response) => {
        at.push(performance.now());
        response.end();
      });
      await Promise.all(Array.from({ length: 30 }, () => newSession()));
      await receiver.count(30);
      // Thirty at twenty a second cannot take less than the time of 28 steps (one may be saved up).
      expect(at.at(-1)! - at[0]!).toBeGreaterThan(28 * 50 * 0.9);
    });

    test('no more than so many at once', async () => {
      let open = 0;
      let most = 0;
      const { receiver, newSession } = await stage(theApp(), { maxInFlight: 3 });
      const waiting: (() => void)[] = [];
      receiver.answer((response) => {
        most = Math.max(most, ++open);
        waiting.push(() => {
          open -= 1;
          response.end();
        });
      });
      for (let n = 0; n < 10; n++) await newSession();
      await until(() => waiting.length >= 3);
      for (let n = 0; n < 10; n++) {
        await until(() => waiting.length > 0, `the answer to ${n}`);
        waiting.shift()!();
      }
      await receiver.count(10);
      expect(most).toBe(3);
    });

    test('in order: the events of a session one at a time, sessions beside each other', async () => {
      const { receiver, newSession, app, add } = await stage(theApp(), {
        topics: ['project.billing.plan_changed'],
      });
      const to = await receiveEvents();
      await add({ url: to.url, ordered: true, retryIntervals: [0], maxRetries: 3 });
      const refusedOnce = new Set<string>();
      let open = new Set<string>();
      let overlapped = false;
      to.answer((response, event) => {
        const session = event.body.data.session_id as string;
        if (open.has(session)) overlapped = true;
        open.add(session);
        // Late, and each event fails once: those behind it have to wait.
        setTimeout(() => {
          open.delete(session);
          const again = refusedOnce.has(event.body.id);
          refusedOnce.add(event.body.id);
          response.writeHead(again ? 200 : 500).end();
        }, 5);
      });
      const sessions = await Promise.all(Array.from({ length: 4 }, () => newSession({ max_images: 3 })));
      const photo = await makeJpeg();
      for (let n = 0; n < 3; n++) {
        await Promise.all(
          sessions.map((id) =>
            app.call('POST', `/upload/${id}/images`, { key: null, body: photoForm(photo) }),
          ),
        );
      }
      // created, 3 × (started, completed), completed: each twice.
      await to.count(4 * 8 * 2);
      expect(overlapped).toBe(false);
      for (const id of sessions) {
        const ids = to.received
          .filter((event) => event.body.data.session_id === id)
          .map((event) => event.body.id as string);
        expect(ids).toEqual([...ids].sort());
      }
      open = new Set();
      expect(receiver.received).toHaveLength(0);
    });

    test('one receiver that hangs delays no other', async () => {
      const hung: http.ServerResponse[] = [];
      const { receiver, newSession, add } = await stage(theApp(), { maxInFlight: 4 });
      receiver.answer((response) => hung.push(response));
      const alive = await receiveEvents();
      await add({ url: alive.url });
      for (let n = 0; n < 12; n++) await newSession();
      await alive.count(12);
      expect(receiver.received).toHaveLength(4);
      receiver.answer((response) => response.end());
      for (const response of hung) response.end();
      await receiver.count(12);
    });
  });
});
