/** Delivering again: what failed, what was sent, what a webhook never got; images too. */
import { expect, onTestFinished, test } from 'vitest';
import { createImageReplays } from '../../src/deliveries/replay.ts';
import { createEventReplays } from '../../src/events/replay.ts';
import { pruneEvents } from '../../src/events/retention.ts';
import { serve } from '../../src/lib/outbound/servers.fixture.ts';
import { createReplay, runReplays } from '../../src/queue/replays.ts';
import { eachSharedApp, photoForm, type TestApp, until, untilAnswered } from '../helpers/app.ts';
import { receiveEvents } from '../helpers/event-receiver.ts';
import { makeJpeg } from '../helpers/pictures.ts';

async function stage(app: TestApp) {
  const project = await app.addProject('Replay');
  const call: TestApp['call'] = (method, path, options) =>
    app.call(method, path, { key: project.live, ...options });
  const receiver = await receiveEvents();
  const stem = `/projects/${project.id}`;
  const add = async (body: Record<string, unknown> = {}) => {
    const settings = { url: receiver.url, topics: ['project.session.created'], maxRetries: 0, ...body };
    const made = await call('POST', `${stem}/webhooks`, { body: { disableAfterFailures: 0, ...settings } });
    expect(made.status).toBe(201);
    onTestFinished(async () => {
      await call('DELETE', `${stem}/webhooks/${made.body.id}`);
    });
    return made.body.id as string;
  };
  const count = async (webhook: string, query: string): Promise<number> =>
    (await call('GET', `${stem}/webhooks/${webhook}/deliveries?${query}`)).body.total;
  const newSessions = async (n: number) => {
    for (let made = 0; made < n; made++) await call('POST', '/upload-sessions', { body: {} });
  };
  const replay = (body: Record<string, unknown>) => call('POST', `${stem}/replays`, { body });
  const ended = (id: string, wanted = 'completed') =>
    untilAnswered(async () => {
      const { body } = await call('GET', `${stem}/replays/${id}`);
      return body.status === wanted && body.waiting === 0 && body;
    }, `the replay to be ${wanted}`);
  return { app, project, call, stem, receiver, add, count, newSessions, replay, ended };
}

eachSharedApp('replays', { settings: { RETRY_SCHEDULE: '' } }, (theApp, engine) => {
  test('what failed is counted, then delivered, and nothing else', async () => {
    const { receiver, add, count, newSessions, replay, ended, call, stem } = await stage(theApp());
    const webhook = await add();
    await newSessions(2);
    await untilAnswered(async () => (await count(webhook, 'status=sent')) === 2);
    receiver.answer((response) => response.writeHead(500).end());
    await newSessions(5);
    await untilAnswered(async () => (await count(webhook, 'status=failed')) === 5);
    receiver.answer((response) => response.end());
    const dry = await replay({ webhook_id: webhook, dryRun: true, ratePerSecond: 2 });
    expect([dry.status, dry.body]).toEqual([200, { dryRun: true, total: 5, seconds: 3 }]);
    expect((await call('GET', `${stem}/replays`)).body).toEqual([]);
    const made = await replay({ webhookId: webhook });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      status: 'running',
      webhookIds: [webhook],
      only: 'failed',
      total: 5,
      ratePerSecond: 100,
      endedAt: null,
    });
    const done = await ended(made.body.id);
    expect(done).toMatchObject({ queued: 5, skipped: 0, sent: 5, failed: 0, waiting: 0 });
    expect(done.endedAt).not.toBeNull();
    expect(await count(webhook, 'status=sent')).toBe(7);
    expect(receiver.received).toHaveLength(12);
    expect(new Set(receiver.received.map((event) => event.body.id)).size).toBe(7);
    expect((await call('GET', `${stem}/replays`)).body).toEqual([done]);
  });

  test('all, within a window and about some topics', async () => {
    const { receiver, add, count, newSessions, replay, ended, app, call } = await stage(theApp());
    const webhook = await add({ topics: ['*'] });
    await newSessions(2);
    const session = (await call('POST', '/upload-sessions', { body: {} })).body.uuid;
    await untilAnswered(async () => (await count(webhook, 'status=sent')) === 3);
    const since = new Date().toISOString();
    const photo = photoForm(await makeJpeg());
    await app.call('POST', `/upload/${session}/images`, { key: null, body: photo });
    await untilAnswered(async () => (await count(webhook, 'status=sent')) === 5);
    const about = { webhookId: webhook, only: 'all', topics: ['project.upload.*'] };
    const window = await replay({ ...about, since });
    expect((await ended(window.body.id)).queued).toBe(2);
    expect(receiver.received).toHaveLength(7);
    const before = await replay({ ...about, until: since });
    expect((await ended(before.body.id)).queued).toBe(0);
    const whole = await replay({ webhookId: webhook, only: 'all' });
    expect((await ended(whole.body.id)).queued).toBe(5);
    expect(receiver.received).toHaveLength(12);
  });

  test('missing: a webhook gets what happened before it was there, once', async () => {
    const { receiver, add, newSessions, replay, ended } = await stage(theApp());
    await newSessions(4);
    const webhook = await add();
    await newSessions(1);
    await receiver.count(1);
    const dry = await replay({ webhookId: webhook, only: 'missing', dryRun: true });
    expect(dry.body.total).toBe(4);
    for (const wanted of [4, 0]) {
      const made = await replay({ webhookId: webhook, only: 'missing' });
      expect(await ended(made.body.id)).toMatchObject({ total: wanted, queued: wanted, sent: wanted });
    }
    expect(receiver.received).toHaveLength(5);
  });

  test('every webhook of the project, when none is named', async () => {
    const { receiver, add, newSessions, replay, ended } = await stage(theApp());
    const ids = [await add(), await add()];
    await newSessions(3);
    await receiver.count(6);
    const made = await replay({ only: 'all' });
    const done = await ended(made.body.id);
    expect(done.queued).toBe(6);
    expect([...done.webhookIds].sort()).toEqual(ids.sort());
  });

  test('keeps to its rate, and can be cancelled', async () => {
    const { receiver, add, count, newSessions, replay, ended, call, stem } = await stage(theApp());
    const webhook = await add();
    await newSessions(12);
    await untilAnswered(async () => (await count(webhook, 'status=sent')) === 12);
    const begun = performance.now();
    const made = await replay({ webhookId: webhook, only: 'all', ratePerSecond: 5 });
    await receiver.count(16);
    // Four at five a second: the first goes at once.
    expect(performance.now() - begun).toBeGreaterThan(3 * 200 * 0.9);
    const cancelled = await call('POST', `${stem}/replays/${made.body.id}/cancel`);
    expect([cancelled.status, cancelled.body.status]).toEqual([200, 'cancelled']);
    const done = await ended(made.body.id, 'cancelled');
    expect(done.queued).toBeLessThan(12);
    expect((await call('POST', `${stem}/replays/${made.body.id}/cancel`)).status).toBe(409);
    const queued = receiver.received.length;
    expect(queued).toBe(12 + done.queued);
  });

  test('nothing is capped but the pace, and a process that dies in a step changes nothing', async () => {
    const { add, app, project, receiver, call, stem } = await stage(theApp());
    const webhook = await add({ topics: ['project.billing.plan_changed'] });
    await call('PATCH', `${stem}/webhooks/${webhook}`, { body: { isActive: false } });
    const rows = 25_000;
    await fill(app, project.id, webhook, rows);
    await call('PATCH', `${stem}/webhooks/${webhook}`, { body: { isActive: true, maxInFlight: 1 } });
    const made = await call('POST', `${stem}/replays`, {
      body: { webhookId: webhook, only: 'all', ratePerSecond: 1 },
    });
    expect(made.body.total).toBe(rows);
    // Done by hand, at the speed of a clock that runs ahead.
    await app.db.write((tx) =>
      tx.q.updateTable('replays').set({ rate: 1_000 }).where('id', '=', made.body.id).execute(),
    );
    const sources = { events: createEventReplays(app.db), images: createImageReplays(app.db) };
    const crash = {
      ...sources,
      events: { ...sources.events, step: () => Promise.reject(new Error('power cut')) },
    };
    const read = async () => (await call('GET', `${stem}/replays/${made.body.id}`)).body;
    const changeByCrash = async (): Promise<number> => {
      const before = await read();
      await expect(runReplays(app.db, crash, Date.now() + 5_000)).rejects.toThrow('power cut');
      return (await read()).queued - before.queued;
    };
    // The app goes on with it, too, and now and then just then.
    await expect.poll(changeByCrash, { timeout: 30_000 }).toBe(0);
    for (let at = Date.now() + 5_000; (await read()).status === 'running'; at += 1_000) {
      await runReplays(app.db, sources, at);
    }
    expect(await read()).toMatchObject({ status: 'completed', queued: rows, skipped: 0 });
    await call('DELETE', `${stem}/webhooks/${webhook}`);
    expect(receiver.received.length).toBeGreaterThanOrEqual(0);
  });

  test('images: what failed at a destination goes there again, and tells no second completion', async () => {
    const { app, project, call, stem, replay, ended, add, receiver: events } = await stage(theApp());
    let arrivals = 0;
    let status = 500;
    const url = await serve((request, response) => {
      request.resume().on('end', () => {
        arrivals += 1;
        response.writeHead(status).end();
      });
    });
    await add({ topics: ['project.upload.*'] });
    const destination = await call('POST', `${stem}/destinations`, {
      body: { type: 'webhook', url, name: 'Shop' },
    });
    const body = { destination_ids: [destination.body.id] };
    const session = (await call('POST', '/upload-sessions', { body })).body.uuid;
    for (let n = 0; n < 3; n++) {
      await app.call('POST', `/upload/${session}/images`, { key: null, body: photoForm(await makeJpeg()) });
    }
    await until(() => events.about('project.upload.failed').length === 3);
    status = 200;
    const selection = { destinationId: destination.body.id };
    expect((await replay({ ...selection, dryRun: true })).body.total).toBe(3);
    const made = await replay(selection);
    expect(await ended(made.body.id)).toMatchObject({
      destinationIds: [destination.body.id],
      queued: 3,
      sent: 3,
    });
    await until(() => events.about('project.upload.completed').length === 3);
    const again = await replay({ ...selection, only: 'all' });
    expect(await ended(again.body.id)).toMatchObject({ queued: 3, sent: 3 });
    expect(arrivals).toBe(9);
    expect(events.about('project.upload.completed')).toHaveLength(3);
    // At a pace, through a process that dies in a step, until it is cancelled; an hour from now, so that nobody else takes a step.
    const later = Date.now() + 3_600_000;
    const all = {
      kind: 'images' as const,
      targets: [destination.body.id],
      topics: null,
      only: 'all' as const,
    };
    const paced = await app.db.write((tx) =>
      createReplay(
        tx,
        { projectId: project.id, selection: { ...all, since: 0, until: later }, rate: 1, total: 3 },
        later,
      ),
    );
    const sources = { events: createEventReplays(app.db), images: createImageReplays(app.db) };
    const step = () => Promise.reject(new Error('power cut'));
    const one = `${stem}/replays/${paced}`;
    await runReplays(app.db, sources, later);
    const crash = { ...sources, images: { ...sources.images, step } };
    await expect(runReplays(app.db, crash, later + 1_000)).rejects.toThrow('power cut');
    expect((await call('GET', one)).body).toMatchObject({ status: 'running', queued: 1 });
    await runReplays(app.db, sources, later + 1_000);
    expect((await call('POST', `${one}/cancel`)).body).toMatchObject({ status: 'cancelled', queued: 2 });
    await runReplays(app.db, sources, later + 60_000);
    await app.db.write((tx) =>
      tx.q.updateTable('deliveries').set({ due_at: Date.now() }).where('replay_id', '=', paced).execute(),
    );
    expect(await ended(paced, 'cancelled')).toMatchObject({ queued: 2, sent: 2 });
    expect(arrivals).toBe(11);
    // Photos whose bytes are gone are left out, and counted.
    await app.db.write((tx) =>
      tx.q.updateTable('images').set({ purged_at: 1 }).where('session_id', '=', session).execute(),
    );
    const late = await replay({ ...selection, only: 'all' });
    expect(await ended(late.body.id)).toMatchObject({ total: 3, queued: 0, skipped: 3 });
    expect((await replay({ ...selection, topics: ['*'] })).status).toBe(400);
    expect((await replay({ ...selection, only: 'missing' })).status).toBe(400);
  });

  test('what cannot be is refused', async () => {
    const { add, replay, call, stem } = await stage(theApp());
    const webhook = await add();
    const other = await theApp().addProject('Other');
    expect((await replay({ webhookId: 'wh_none' })).status).toBe(404);
    expect((await replay({ webhookId: webhook, destinationId: 'dest_x' })).status).toBe(400);
    expect((await replay({ webhookId: webhook, topics: ['nothing'] })).status).toBe(400);
    expect((await replay({ webhookId: webhook, ratePerSecond: 0 })).status).toBe(400);
    expect((await replay({ webhookId: webhook, since: 'yesterday' })).status).toBe(400);
    await call('PATCH', `${stem}/webhooks/${webhook}`, { body: { isActive: false } });
    expect((await replay({ webhookId: webhook })).status).toBe(409);
    expect((await theApp().call('GET', `${stem}/replays`, { key: other.live })).status).toBe(403);
    expect((await call('GET', `${stem}/replays/rpl_none`)).status).toBe(404);
  });

  test('retention removes events, deliveries and attempts, and keeps what is still to be delivered', async () => {
    const { app, add, newSessions, receiver, count, project } = await stage(theApp());
    const webhook = await add({ maxRetries: 5, retryIntervals: [3_600] });
    await newSessions(3);
    await receiver.count(3);
    await untilAnswered(async () => (await count(webhook, 'status=sent')) === 3);
    receiver.answer((response) => response.writeHead(500).end());
    await newSessions(1);
    await receiver.count(4);
    await untilAnswered(async () => (await count(webhook, 'status=retrying')) === 1);
    const kept = async () => {
      const of = (table: 'events' | 'webhook_deliveries') =>
        app.db.read.selectFrom(table).select('id').where('project_id', '=', project.id).execute();
      return [(await of('events')).length, (await of('webhook_deliveries')).length];
    };
    const prune = async (days: number, afterDays: number) => {
      const now = Date.now() + afterDays * 86_400_000;
      while ((await pruneEvents(app.db, { days, now })) > 0);
    };
    await prune(30, 29);
    await prune(0, 1_000);
    expect(await kept()).toEqual([4, 4]);
    await prune(30, 31);
    expect(await kept()).toEqual([1, 1]);
    expect(await app.db.read.selectFrom('attempts').select('id').execute()).toEqual([]);
    expect(engine).toBe(app.db.engine);
  });
});

/** Deliveries that were sent long ago, as many as one likes. */
async function fill(app: TestApp, projectId: string, webhookId: string, count: number): Promise<void> {
  const now = Date.now() - 60_000;
  for (let from = 0; from < count; from += 1_000) {
    await app.db.write(async (tx) => {
      const rows = Array.from({ length: Math.min(1_000, count - from) }, (_, n) => ({
        id: `del_${webhookId}_${String(from + n).padStart(8, '0')}`,
        webhook_id: webhookId,
        event_id: `evt_${webhookId}_${from + n}`,
        project_id: projectId,
        order_key: null,
        topic: 'project.billing.plan_changed',
        status: 'sent' as const,
        attempts: 1,
        due_at: null,
        leased_by: null,
        is_forced: 0 as const,
        was_counted: 0 as const,
        last_error: null,
        replay_id: null,
        created_at: now + Math.floor((from + n) / 7),
        updated_at: now,
      }));
      await tx.q.insertInto('webhook_deliveries').values(rows).execute();
    });
  }
}
