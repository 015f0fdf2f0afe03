/**
 * Two workers beside one, on PostgreSQL and an S3-compatible store. The receiver takes a while to answer, as one far away does, and takes any number
 * at once; so the places of a worker are the limit (APERTUR_WORKER_CONCURRENCY), not the processors, which all processes here share.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDestination, type Product, startProduct, waitUntil } from '../test/helpers/product.ts';
import { type Receiver, startReceiver } from '../test/helpers/receiver.ts';
import { startCommonGround } from './common-ground.ts';
import { Connection, formOf, headOf, makePhoto } from './load.ts';
import { processorMs } from './process-tree.ts';
import { listOf, median, type Report, round } from './report.ts';
import { makeUploadPaths } from './sessions.ts';

const photoBytes = 50_000;
/** Of each of two projects: an owner may hold half of a worker's places. */
const destinations = 4;
const photos = 40;
const places = 8;
const answerMs = 200;
const rounds = 5;
const goal = 1.6;
const secret = 'the secret of the workers benchmark';

export async function run(report: Report): Promise<void> {
  await using closing = new AsyncDisposableStack();
  const ground = await startCommonGround();
  closing.defer(() => ground.stop());
  const receiver = await startReceiver({ secret, slowMs: answerMs, behave: () => 'slow' });
  closing.defer(() => receiver.close());
  const start = async (command: 'api' | 'worker'): Promise<Product> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'apertur-bench-'));
    const settings = { ...ground.settings, WORKER_CONCURRENCY: String(places), LOG_LEVEL: 'info' };
    const product = await startProduct({ dataDir, command, databaseUrl: ground.databaseUrl, settings });
    closing.defer(async () => {
      await product.remove();
      await rm(dataDir, { recursive: true, force: true });
    });
    return product;
  };
  const api = await start('api');
  const workers = [await start('worker'), await start('worker')];
  for (const worker of workers) await worker.stop();

  const paths = await prepare(api, receiver);
  await measure(api, receiver, workers, paths);
  const rates: Record<1 | 2, number[]> = { 1: [], 2: [] };
  const spent: Record<1 | 2, number[]> = { 1: [], 2: [] };
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const count of turn % 2 === 0 ? ([1, 2] as const) : ([2, 1] as const)) {
      const { rate, ms } = await measure(api, receiver, workers.slice(0, count), paths);
      rates[count].push(rate);
      spent[count].push(ms);
    }
  }
  report.note(
    `${places} places a worker, answers after ${answerMs} ms: at most ${(places * 1_000) / answerMs} a second each`,
  );
  for (const count of [1, 2] as const) {
    report.note(
      `${count} worker${count === 1 ? ' ' : 's'} ${round(median(rates[count]))} deliveries/s (${listOf(rates[count])}), ` +
        `${round(median(spent[count]))} ms of processor time a delivery`,
    );
  }
  report.bar('workers-two-to-one', median(rates[2].map((rate, n) => rate / rates[1][n]!)), { atLeast: goal });
}

/** Where each photo of a round goes: sessions of two projects, each with its destinations. */
async function prepare(api: Product, receiver: Receiver): Promise<() => Promise<string[]>> {
  const owners = [await api.createKey(), await api.createKey()];
  const targets: string[][] = [];
  for (const owner of owners) {
    const ids: string[] = [];
    for (let n = 0; n < destinations; n += 1) {
      const config = { url: receiver.url, format: 'binary', secret };
      ids.push(await createDestination(api, owner, { type: 'webhook', name: `Receiver ${n}`, config }));
    }
    targets.push(ids);
  }
  return async () => {
    const paths: string[] = [];
    for (const [n, owner] of owners.entries())
      paths.push(...(await makeUploadPaths(api, owner, photos / 2, { destination_ids: targets[n] })));
    return paths;
  };
}

/** Photos that wait for their deliveries; then the workers start, and the time between the first tenth and the last is taken. */
async function measure(
  api: Product,
  receiver: Receiver,
  workers: readonly Product[],
  paths: () => Promise<string[]>,
): Promise<{ rate: number; ms: number }> {
  const body = formOf(await makePhoto(photoBytes));
  const connection = await Connection.open(Number(new URL(api.url).port));
  for (const path of await paths()) await connection.send(headOf(path, body.length), body);
  connection.close();
  const before = receiver.arrivals.length;
  const expected = photos * destinations;
  for (const worker of workers) await worker.start();
  const spentBefore = workers.reduce((sum, { pid }) => sum + processorMs(pid), 0);
  const arrived = (): number => receiver.arrivals.length - before;
  await waitUntil('all have arrived', () => arrived() >= expected, { withinMs: 120_000, everyMs: 50 });
  const spent = workers.reduce((sum, { pid }) => sum + processorMs(pid), 0) - spentBefore;
  for (const worker of workers) await worker.stop();
  const times = receiver.arrivals.slice(before).map(({ bodyAt }) => bodyAt);
  if (times.length !== expected) throw new Error(`${times.length} arrivals of ${expected}`);
  const [first, last] = [Math.floor(expected * 0.1), expected - 1];
  return { rate: ((last - first) * 1_000) / (times[last]! - times[first]!), ms: spent / expected };
}
