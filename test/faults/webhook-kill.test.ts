/**
 * The process is killed again and again while events are made, delivered and replayed: every promised event arrives, and a
 * replay goes on where it was. EVENT_KILLS makes it more than here: 100 in the nightly run.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { receiveEvents } from '../helpers/event-receiver.ts';
import { patience, request, startProduct, waitUntil } from '../helpers/product.ts';
import { between, seeded } from '../helpers/seeded.ts';

const kills = Number(process.env.EVENT_KILLS ?? 5);
const seed = Number(process.env.FAULT_SEED ?? 4);
/** A key has so many requests a minute. */
const slowly = { everyMs: 300 };

test(`events survive ${kills} kills, and a replay two more`, {
  timeout: (60_000 + kills * 15_000) * patience,
}, async () => {
  const random = seeded(seed);
  const product = await startProduct();
  onTestFinished(() => product.remove());
  const owner = await product.createKey();
  const receiver = await receiveEvents((response) => {
    // Now and then a refusal, so that retries are due when the process dies, too.
    response.writeHead(random() < 0.2 ? 500 : 200).end();
  });
  const project = () => `${product.url}/api/v1/projects/${owner.projectId}`;
  const call = <Body>(path: string, options: { method?: string; body?: unknown } = {}) =>
    request<Body>(`${project()}${path}`, { key: owner.key, ...options });
  const settings = { topics: ['project.session.created'], retryIntervals: [0], maxRetries: 100 };
  const webhook = (await call<{ id: string }>('/webhooks', { body: { url: receiver.url, ...settings } })).body
    .id;

  const promised = new Set<string>();
  const produce = async (until: () => boolean): Promise<void> => {
    while (!until()) {
      const url = `${product.url}/api/v1/upload-sessions`;
      const made = await request<{ id: string }>(url, { key: owner.key, body: {} }).catch(() => undefined);
      if (made?.status === 201) promised.add(made.body.id);
      // So many a minute and key.
      await pause(50);
    }
  };
  for (let n = 0; n < kills; n++) {
    let dead = false;
    const producers = Promise.all([produce(() => dead), produce(() => dead), produce(() => dead)]);
    await pause(between(random, 5, 400));
    await product.kill9();
    dead = true;
    await producers;
    await product.start();
  }
  const arrived = (): Set<string> => new Set(receiver.received.map((event) => event.body.data.session_id));
  await waitUntil('every promised event has arrived', () => [...promised].every((id) => arrived().has(id)));
  expect(promised.size).toBeGreaterThan(0);
  const list = (query: string) => call<{ total: number }>(`/webhooks/${webhook}/deliveries?${query}`);
  const total = (await list('')).body.total;
  await waitUntil('all are sent', async () => (await list('status=sent')).body.total === total, slowly);

  receiver.answer((response) => response.end());
  const before = receiver.received.length;
  const made = await call<Replayed>('/replays', {
    body: { webhookId: webhook, only: 'all', ratePerSecond: Math.max(1, Math.ceil(total / 4)) },
  });
  expect([made.status, made.body.total]).toEqual([201, total]);
  for (let n = 0; n < 2; n++) {
    await pause(between(random, 300, 1_200));
    await product.kill9();
    await product.start();
  }
  const read = async (): Promise<Replayed> => (await call<Replayed>(`/replays/${made.body.id}`)).body;
  await waitUntil(
    'the replay is done',
    async () => {
      const { status, waiting } = await read();
      return status === 'completed' && waiting === 0;
    },
    slowly,
  );
  expect(await read()).toMatchObject({ total, queued: total, skipped: 0, sent: total, failed: 0 });
  expect(receiver.received.length - before).toBeGreaterThanOrEqual(total);
});

interface Replayed {
  id: string;
  status: string;
  total: number;
  waiting: number;
}
