/**
 * A process that is killed with -9 in the middle of a delivery: how soon the photo is on its way again, by its own restart (SQLite) and by another
 * process (PostgreSQL).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../src/db/migrate.ts';
import { openDatabase } from '../src/db/open.ts';
import { silentLogger } from '../src/lib/logger.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { createDestination, type Product, startProduct, waitUntil } from '../test/helpers/product.ts';
import { type Receiver, startReceiver } from '../test/helpers/receiver.ts';
import { Connection, formOf, headOf, makePhoto } from './load.ts';
import { listOf, percentile, type Report } from './report.ts';
import { makeUploadPaths } from './sessions.ts';

const rounds = 5;
const secret = 'the secret of the recovery benchmark';
/** From the moment when the process says that it is ready. */
const restartGoalMs = 1_000;
/** From the kill. */
const otherGoalMs = 15_000;

export async function run(report: Report): Promise<void> {
  const restarts = await measureRestarts();
  report.note(`after its own restart: ${listOf(restarts)} ms from "ready" to the receiver`);
  report.bar(
    'recovery-restart',
    percentile(restarts, 1),
    { atMost: restartGoalMs, unit: 'ms' },
    {
      what: 'A process killed in a delivery and restarted: from ready to the receiver, the slowest',
      rounds: restarts,
    },
  );
  const others = await measureOthers();
  report.note(`by another process: ${listOf(others)} ms from the kill to the receiver`);
  report.bar(
    'recovery-other',
    percentile(others, 1),
    { atMost: otherGoalMs, unit: 'ms' },
    {
      what: 'A process killed in a delivery: from the kill to the receiver by another, the slowest',
      rounds: others,
    },
  );
}

async function measureRestarts(): Promise<number[]> {
  await using closing = new AsyncDisposableStack();
  const receiver = await startReceiver({ secret, behave: () => 'hang' });
  closing.defer(() => receiver.close());
  const product = await startProduct();
  closing.defer(() => product.remove());
  const times: number[] = [];
  for (let turn = 0; turn < rounds; turn += 1) {
    await hangOne(product, receiver, turn);
    await product.kill9();
    receiver.behave(() => 'ok');
    const arriving = receiver.nextArrival();
    await product.start();
    const ready = performance.now();
    // It may have arrived before the process said that it was ready.
    times.push(Math.max(0, (await arriving).bodyAt - ready));
  }
  return times;
}

async function measureOthers(): Promise<number[]> {
  await using closing = new AsyncDisposableStack();
  const postgres = await startPostgres();
  closing.defer(() => postgres.stop());
  const db = await openDatabase({ url: postgres.url(), logger: silentLogger });
  await migrate(db);
  await db.close();
  const images = await mkdtemp(join(tmpdir(), 'apertur-bench-'));
  closing.defer(() => rm(images, { recursive: true, force: true }));
  const receiver = await startReceiver({ secret, behave: () => 'hang' });
  closing.defer(() => receiver.close());
  const settings = { STORAGE_URL: `file:${images}`, SECRET_KEY: 'ab'.repeat(32) };
  const start = async (command: 'api' | 'worker'): Promise<Product> => {
    const product = await startProduct({ command, databaseUrl: postgres.url(), settings });
    closing.defer(() => product.remove());
    return product;
  };
  const api = await start('api');
  const workers = [await start('worker'), await start('worker')];
  const times: number[] = [];
  for (let turn = 0; turn < rounds; turn += 1) {
    await hangOne(api, receiver, turn);
    const holder = await holderOf(postgres.url(), workers);
    receiver.behave(() => 'ok');
    const arriving = receiver.nextArrival();
    const killed = performance.now();
    await holder.kill9();
    times.push((await arriving).bodyAt - killed);
    await holder.start();
  }
  return times;
}

/** A photo whose delivery is at the receiver and gets no answer. */
async function hangOne(api: Product, receiver: Receiver, turn: number): Promise<void> {
  receiver.behave(() => 'hang');
  const before = receiver.hanging;
  const owner = await api.createKey();
  const config = { url: receiver.url, format: 'binary', secret };
  const destination = await createDestination(api, owner, { type: 'webhook', name: `R${turn}`, config });
  const [path] = await makeUploadPaths(api, owner, 1, { destination_ids: [destination] });
  const body = formOf(await makePhoto(50_000));
  const connection = await Connection.open(Number(new URL(api.url).port));
  await connection.send(headOf(path!, body.length), body);
  connection.close();
  await waitUntil('the delivery hangs', () => receiver.hanging > before);
}

async function holderOf(url: string, workers: readonly Product[]): Promise<Product> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>(
      'select w.pid from deliveries d join workers w on w.id = d.leased_by',
    );
    const holder = workers.find(({ pid }) => pid === rows[0]?.pid);
    if (holder === undefined) throw new Error('Nobody holds the delivery');
    return holder;
  } finally {
    await client.end();
  }
}
