/**
 * The database goes away for a while: nothing is lost, the log keeps calm, and all goes on by itself once it is back.
 * OUTAGE_SECONDS makes it longer than here: 60 in the nightly run.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../helpers/database.ts';
import { type EventReceiver, receiveEvents } from '../helpers/event-receiver.ts';
import { createFaultProxy } from '../helpers/fault-proxy.ts';
import { type Product, type ProductKey, request, startProduct, waitUntil } from '../helpers/product.ts';
import { makeSmallDisk } from './harness/disk.ts';

const seconds = Number(process.env.OUTAGE_SECONDS ?? 8);
const timeout = (seconds + 90) * 1_000;

interface Stage {
  product: Product;
  owner: ProductKey;
  receiver: EventReceiver;
  webhook: string;
}

async function setStage(place: { databaseUrl?: string; dataDir?: string } = {}): Promise<Stage> {
  const product = await startProduct({ settings: { METRICS: 'off' }, ...place });
  onTestFinished(() => product.remove());
  const owner = await product.createKey();
  const receiver = await receiveEvents();
  const made = await request<{ id: string }>(`${product.url}/api/v1/projects/${owner.projectId}/webhooks`, {
    key: owner.key,
    body: { url: receiver.url, topics: ['project.session.created'], retryIntervals: [1], maxRetries: 50 },
  });
  expect(made.status).toBe(201);
  return { product, owner, receiver, webhook: made.body.id };
}

const newSession = ({ product, owner }: Stage) =>
  request<{ id: string }>(`${product.url}/api/v1/upload-sessions`, { key: owner.key, body: {} });

/** What is true whatever the database is and however it went away. */
async function surviveOutage(
  stage: Stage,
  outage: { begin(): void | Promise<void>; end(): void | Promise<void> },
): Promise<void> {
  const { product, receiver } = stage;
  const promised: string[] = [];
  const take = async (): Promise<number> => {
    const { status, body } = await newSession(stage);
    if (status === 201) promised.push(body.id);
    return status;
  };
  // Some are at the receiver when it happens, and are answered while nobody can write that down.
  const open: (() => void)[] = [];
  receiver.answer((response) => open.push(() => response.end()));
  for (let n = 0; n < 8; n++) expect(await take()).toBe(201);
  await waitUntil('eight are at the receiver', () => open.length === 8);
  receiver.answer((response) => response.end());
  const from = product.log.length;
  const begun = performance.now();
  await outage.begin();
  for (const answer of open) answer();
  const refused = new Set<number>();
  while (performance.now() - begun < seconds * 1_000) {
    const status = await take().catch(() => 0);
    if (status !== 201) refused.add(status);
    await pause(Math.max(500, seconds * 15));
  }
  await outage.end();
  const back = performance.now();
  await waitUntil('it takes sessions again', async () => (await take().catch(() => 0)) === 201, {
    withinMs: 5_000,
    everyMs: 250,
  });
  const arrived = (): string[] => receiver.received.map((event) => event.body.data.session_id);
  await waitUntil('all that was promised has arrived', () => promised.every((id) => arrived().includes(id)), {
    withinMs: 5_000 - (performance.now() - back) + 1_000,
  });
  const complaints = product.log.slice(from).filter((line) => line.level >= 40);
  const elapsed = (performance.now() - begun) / 1_000;
  expect(complaints.length).toBeGreaterThan(0);
  expect(complaints.length).toBeLessThanOrEqual(elapsed + 2);
  // Refused with a sentence and a time to come back, never with "our fault"; nothing arrived twice.
  expect([...refused]).toEqual([503]);
  expect(new Set(arrived()).size).toBe(arrived().length);
  await waitUntil('every delivery is settled', () => isSettled(stage, promised.length), {
    withinMs: 15_000,
    everyMs: 250,
  });
}

async function isSettled({ product, owner, webhook }: Stage, count: number): Promise<boolean> {
  const url = `${product.url}/api/v1/projects/${owner.projectId}/webhooks/${webhook}/deliveries?limit=100`;
  const { body } = await request<{ deliveries: { status: string; attempts: number }[]; total: number }>(url, {
    key: owner.key,
  });
  const done = body.deliveries.every((delivery) => delivery.status === 'sent' && delivery.attempts === 1);
  return done && body.total >= count;
}

test('PostgreSQL is away', { timeout }, async () => {
  const database = await createTestDatabase('postgres', { migrated: true });
  onTestFinished(() => database.cleanup());
  const url = new URL(database.url!);
  const road = await createFaultProxy({ host: url.hostname, port: Number(url.port) });
  onTestFinished(() => road.close());
  url.port = String(road.port);
  const stage = await setStage({ databaseUrl: url.href });
  await surviveOutage(stage, {
    begin() {
      road.set({ refuse: true });
      road.cut();
    },
    end: () => road.set(),
  });
});

test('another process holds the SQLite file', { timeout }, async () => {
  const stage = await setStage();
  const other = new DatabaseSync(join(stage.product.dataDir, 'apertur.db'), { timeout: 5_000 });
  onTestFinished(() => other.close());
  await surviveOutage(stage, {
    begin: () => other.exec('begin immediate'),
    end: () => other.exec('rollback'),
  });
});

test('the disk of the SQLite file is full', { timeout }, async () => {
  const disk = await makeSmallDisk(16);
  onTestFinished(() => disk.remove());
  const dataDir = join(disk.folder, 'data');
  await mkdir(dataDir);
  const stage = await setStage({ dataDir });
  await surviveOutage(stage, { begin: () => disk.fill(), end: () => disk.free() });
});
