/** Contract §14: plans, usage and paying for them. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Stripe from 'stripe';
import { afterEach, expect, test } from 'vitest';
import { defaultPlans } from '../../src/projects/plans.ts';
import { requireFeature } from '../../src/projects/usage.ts';
import { eachApp, photoForm, type TestApp } from '../helpers/app.ts';
import { makeJpeg, makePng } from '../helpers/pictures.ts';
import { type StripeServer, startStripe } from '../helpers/stripe-server.ts';

const servers: StripeServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const setPlan = (app: TestApp, plan: string) =>
  app.call('PUT', `/projects/${app.project.id}/plan`, { body: { plan } });
const planEvents = async (app: TestApp) =>
  (
    await app.db.read
      .selectFrom('events')
      .select('data')
      .where('topic', '=', 'project.billing.plan_changed')
      .execute()
  ).map((row) => JSON.parse(row.data));

eachApp('plans and usage', (start) => {
  test('the plans are listed, and an install starts on Unlimited', async () => {
    const app = await start();
    expect((await app.call('GET', '/plans')).body).toEqual(defaultPlans);
    const usage = await app.call('GET', `/projects/${app.project.id}/usage`);
    expect(usage.body).toMatchObject({
      plan: { id: 'unlimited', sessionsPerMonth: null },
      sessions: 0,
      images: 0,
    });
  });

  test('definitions come from a file, and a wrong file is told', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'apertur-plans-')), 'plans.json');
    const tiny = { ...defaultPlans[0]!, id: 'tiny', name: 'Tiny', imagesPerSession: 2 };
    await writeFile(file, JSON.stringify([tiny]));
    const app = await start({ settings: { PLANS_FILE: file } });
    expect((await app.call('GET', '/plans')).body).toEqual([tiny]);
    expect((await setPlan(app, 'tiny')).status).toBe(200);
    const session = await app.call('POST', '/upload-sessions', { body: { max_images: 50 } });
    expect((await app.call('GET', `/sessions/${session.body.id}`)).body).toMatchObject({
      imagesPerSession: 2,
      effectiveMaxImages: 2,
    });
    await writeFile(file, JSON.stringify([{ ...tiny, imagesPerSession: 'many' }]));
    await expect(start({ settings: { PLANS_FILE: file } })).rejects.toThrow(/imagesPerSession/);
  });

  test('a change is told once', async () => {
    const app = await start();
    expect((await setPlan(app, 'pro')).body.plan.id).toBe('pro');
    await setPlan(app, 'pro');
    expect(await planEvents(app)).toEqual([
      { old_plan: 'unlimited', new_plan: 'pro', effective_at: expect.any(String) },
    ]);
    expect((await setPlan(app, 'platinum')).status).toBe(400);
    const other = await app.addProject('Other');
    expect(
      (await app.call('PUT', `/projects/${app.project.id}/plan`, { key: other.live, body: { plan: 'free' } }))
        .status,
    ).toBe(403);
  });

  test('every limit of a plan holds', async () => {
    const app = await start();
    await setPlan(app, 'free');
    const create = (body = {}) => app.call('POST', '/upload-sessions', { body });
    expect((await create({ expires_in_hours: 13 })).body.code).toBe('PLAN_LIMIT');
    expect((await create({ password: 'open sesame' })).body.code).toBe('PLAN_LIMIT');
    const session = (await create({ max_images: 50, expires_in_hours: 12 })).body.id;
    expect((await app.call('GET', `/sessions/${session}`)).body.effectiveMaxImages).toBe(10);
    expect(
      (await app.call('PATCH', `/sessions/${session}`, { body: { password: 'open sesame' } })).body.code,
    ).toBe('PLAN_LIMIT');
    const upload = (bytes: Buffer) =>
      app.call('POST', `/upload/${session}/images`, { key: null, body: photoForm(bytes) });
    expect((await upload(await makeJpeg({ bytes: 5 * 1024 * 1024 + 1 }))).body.code).toBe('FILE_TOO_LARGE');
    expect((await upload(await makePng({ width: 8_001, height: 2 }))).body.code).toBe(
      'IMAGE_DIMENSION_EXCEEDED',
    );

    const stem = `/projects/${app.project.id}/destinations`;
    const webhook = { type: 'webhook', url: 'https://a.example/h' };
    const first = await app.call('POST', stem, { body: webhook });
    const second = await app.call('POST', stem, { body: webhook });
    expect([second.status, second.body.code]).toEqual([403, 'PLAN_LIMIT']);
    await app.call('PATCH', `${stem}/${first.body.id}`, { body: { isActive: false } });
    expect((await app.call('POST', stem, { body: webhook })).status).toBe(201);
    expect(
      (await app.call('PATCH', `${stem}/${first.body.id}`, { body: { isActive: true } })).body.code,
    ).toBe('PLAN_LIMIT');
  });

  test('images a session, pixels in all, and the features: each where it applies', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'apertur-plans-')), 'plans.json');
    const tiny = { ...defaultPlans[0]!, id: 'tiny', name: 'Tiny', imagesPerSession: 2, imageMegapixels: 1 };
    const { unlimited } = Object.fromEntries(defaultPlans.map((plan) => [plan.id, plan]));
    await writeFile(file, JSON.stringify([tiny, unlimited]));
    const app = await start({ settings: { PLANS_FILE: file } });
    const create = async (body = {}) => (await app.call('POST', '/upload-sessions', { body })).body.id;
    const upload = async (session: string, bytes: Buffer, key: string | null = null) =>
      app.call('POST', `/upload/${session}/images`, { key, body: photoForm(bytes) });
    const code = (answer: { status: number; body: { code?: string } }) => [answer.status, answer.body.code];
    const before = await create({ max_images: 100, password: 'open sesame' });
    await setPlan(app, 'tiny');

    // A plan that became smaller holds for what was made before, too.
    expect((await app.call('GET', `/sessions/${before}`)).body.effectiveMaxImages).toBe(2);
    const session = await create({ max_images: 100 });
    const photo = await makeJpeg();
    expect(code(await upload(session, await makePng({ width: 1_200, height: 1_000 })))).toEqual([
      400,
      'IMAGE_DIMENSION_EXCEEDED',
    ]);
    for (let n = 0; n < 2; n++) expect((await upload(session, photo)).status).toBe(201);
    expect(code(await upload(session, photo))).toEqual([422, 'SESSION_FULL']);

    const later = new Date(Date.now() + 13 * 3_600_000).toISOString();
    const open = await create();
    expect(code(await app.call('PATCH', `/sessions/${open}`, { body: { expires_at: later } }))).toEqual([
      403,
      'PLAN_LIMIT',
    ]);
    const keys = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' });
    const setKey = () => app.call('PUT', `/projects/${app.project.id}/e2e-key`, { body: { publicKey } });
    expect(code(await setKey())).toEqual([403, 'PLAN_LIMIT']);
    for (const feature of ['password', 'branding', 'endToEnd'] as const) {
      expect(() => requireFeature(tiny, feature)).toThrow(/Tiny plan has no/);
      expect(() => requireFeature(unlimited!, feature)).not.toThrow();
    }
    await setPlan(app, 'unlimited');
    expect((await setKey()).status).toBe(200);
  });

  test('usage is kept by month, and knows nothing of test mode', async () => {
    let now = Date.UTC(2026, 10, 30, 23, 59, 30);
    const app = await start({ clock: { now: () => now } });
    const photo = await makeJpeg();
    const send = async (key: string) => {
      const { body } = await app.call('POST', '/upload-sessions', { key });
      const answer = await app.call('POST', `/upload/${body.id}/images`, {
        key: null,
        body: photoForm(photo),
      });
      expect(answer.status).toBe(201);
    };
    const usage = async (query = '') =>
      (await app.call('GET', `/projects/${app.project.id}/usage${query}`)).body;
    await send(app.project.live);
    for (let n = 0; n < 3; n++) await send(app.project.test);
    expect(await usage()).toMatchObject({
      month: '2026-11',
      sessions: 1,
      images: 1,
      imageBytes: photo.length,
    });
    now += 60_000;
    await send(app.project.live);
    await send(app.project.live);
    expect(await usage()).toMatchObject({ month: '2026-12', sessions: 2, images: 2 });
    expect(await usage('?month=2026-11')).toMatchObject({ month: '2026-11', sessions: 1, images: 1 });
    expect(await usage('?month=2025-01')).toMatchObject({ sessions: 0, images: 0, imageBytes: 0 });
    const wrong = await app.call('GET', `/projects/${app.project.id}/usage?month=2026-13`);
    expect([wrong.status, wrong.body.code]).toEqual([400, 'VALIDATION_ERROR']);
  });

  test('the month of sessions is never overrun, also in parallel, and test mode is not counted', async () => {
    let now = Date.UTC(2026, 10, 30, 23, 0);
    const app = await start({ clock: { now: () => now } });
    await setPlan(app, 'free');
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.call('POST', '/upload-sessions')));
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(15);
    const over = answers.find((answer) => answer.status === 429)!;
    expect(over.body.code).toBe('QUOTA_EXCEEDED');
    expect(over.body.retryAfter).toBe(3_600);
    expect(over.headers.get('retry-after')).toBe('3600');
    for (let n = 0; n < 3; n++)
      expect((await app.call('POST', '/upload-sessions', { key: app.project.test })).status).toBe(201);
    expect((await app.call('GET', `/projects/${app.project.id}/usage`)).body).toMatchObject({
      month: '2026-11',
      sessions: 15,
    });
    now += 3_600_000;
    expect((await app.call('POST', '/upload-sessions')).status).toBe(201);
    expect((await app.call('GET', `/projects/${app.project.id}/usage`)).body).toMatchObject({
      month: '2026-12',
      sessions: 1,
    });
  });

  test('without its keys, billing is off and says so', async () => {
    const app = await start();
    const answer = await app.call('POST', `/projects/${app.project.id}/billing/checkout`, {
      body: { plan: 'pro' },
    });
    expect([answer.status, answer.body.message]).toEqual([404, expect.stringContaining('Billing is off')]);
    const state = (await app.call('GET', `/projects/${app.project.id}/billing`)).body;
    expect(state).toEqual({ enabled: false, hasCustomer: false, plans: [] });
  });

  test('Stripe: links are made, and signed events move the plan, each once', async () => {
    const stripe = await startStripe();
    servers.push(stripe);
    const secret = 'whsec_test_secret';
    const settings = {
      STRIPE_SECRET_KEY: stripe.key,
      STRIPE_WEBHOOK_SECRET: secret,
      STRIPE_PRICES: 'starter=price_starter,pro=price_pro',
      STRIPE_API_URL: stripe.url,
    };
    const app = await start({ settings });
    const stem = `/projects/${app.project.id}`;
    expect((await setPlan(app, 'pro')).status).toBe(403);
    expect((await app.call('POST', `${stem}/billing/portal`)).status).toBe(409);
    expect((await app.call('POST', `${stem}/billing/checkout`, { body: { plan: 'business' } })).status).toBe(
      400,
    );
    const checkout = await app.call('POST', `${stem}/billing/checkout`, { body: { plan: 'pro' } });
    expect(checkout.body.url).toBe('https://checkout.example/price_pro');
    expect(stripe.backTo).toBe(`${app.origin}/p/${app.project.id}/live/settings/plan`);
    const state = async () => (await app.call('GET', `${stem}/billing`)).body;
    expect(await state()).toEqual({ enabled: true, hasCustomer: false, plans: ['starter', 'pro'] });

    const send = (event: object, key = secret, timestamp?: number) => {
      const payload = JSON.stringify(event);
      const header = Stripe.webhooks.generateTestHeaderString({
        payload,
        secret: key,
        ...(timestamp ? { timestamp } : {}),
      });
      const headers = { 'stripe-signature': header, 'content-type': 'application/json' };
      return app.call('POST', '/billing/stripe/webhook', { key: null, body: payload, headers });
    };
    const created = Math.floor(Date.now() / 1000);
    const subscription = (id: string, status: string, price: string, at = created, type = 'updated') => ({
      id,
      type: `customer.subscription.${type}`,
      created: at,
      data: {
        object: { id: 'sub_1', customer: 'cus_1', status, items: { data: [{ price: { id: price } }] } },
      },
    });
    const paid = { client_reference_id: app.project.id, customer: 'cus_1', subscription: 'sub_1' };
    await send({
      id: 'evt_1',
      type: 'checkout.session.completed',
      created,
      data: { object: { id: 'cs_1', ...paid } },
    });
    expect((await send(subscription('evt_2', 'active', 'price_pro'))).status).toBe(200);
    expect((await send(subscription('evt_2', 'active', 'price_pro'))).status).toBe(200);
    expect((await send(subscription('evt_3', 'past_due', 'price_pro', created + 1))).status).toBe(200);
    // An older event that comes late changes nothing.
    await send(subscription('evt_4', 'active', 'price_starter', created - 60));
    expect((await app.call('GET', `${stem}/usage`)).body.plan.id).toBe('pro');
    expect((await app.call('POST', `${stem}/billing/portal`)).body.url).toBe('https://portal.example/cus_1');
    expect(await state()).toMatchObject({ hasCustomer: true });
    await send(subscription('evt_5', 'canceled', 'price_pro', created + 2, 'deleted'));
    expect((await planEvents(app)).map((data) => [data.old_plan, data.new_plan])).toEqual([
      ['unlimited', 'pro'],
      ['pro', 'free'],
    ]);
    expect((await send(subscription('evt_6', 'active', 'price_pro'), 'whsec_other')).status).toBe(400);
    expect((await send(subscription('evt_7', 'active', 'price_pro'), secret, created - 3_600)).status).toBe(
      400,
    );
    expect((await app.call('POST', '/billing/stripe/webhook', { key: null, body: {} })).status).toBe(400);
  });
});
