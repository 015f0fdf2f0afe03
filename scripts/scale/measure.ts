/**
 * One api process, one worker, PostgreSQL, a receiver: photos to 1, 2 and 4 destinations, and what each took. Processor time, rows, bytes and WAL
 * depend little on what else the machine does; nothing here is wall time.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { Connection, formOf, headOf, makePhoto } from '../../bench/load.ts';
import { processorMs } from '../../bench/process-tree.ts';
import { makeUploadPaths } from '../../bench/sessions.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { startPostgres } from '../../test/helpers/postgres.ts';
import { createDestination, type Product, startProduct, waitUntil } from '../../test/helpers/product.ts';
import { type Receiver, startReceiver } from '../../test/helpers/receiver.ts';
import type { Costs, Line } from './costs.ts';
import { measurePruning } from './pruning.ts';
import { measureRow } from './sizes.ts';

const secret = 'the secret of the costs';
const fanOuts = [1, 2, 4];
const uploadsAtOnce = 4;

export interface MeasureOptions {
  photoBytes: number;
  /** Of each number of destinations. */
  photos: number;
  say(line: string): void;
}

/** All costs but machine and date. */
export async function measureCosts(
  options: MeasureOptions,
): Promise<Omit<Costs, 'machine' | 'date' | 'load' | 'photos'>> {
  await using closing = new AsyncDisposableStack();
  const postgres = await startPostgres();
  closing.defer(() => postgres.stop());
  const db = await openDatabase({ url: postgres.url(), logger: silentLogger });
  await migrate(db);
  await db.close();
  const client = new Client({ connectionString: postgres.url() });
  await client.connect();
  closing.defer(() => client.end());
  const receiver = await startReceiver({ secret });
  closing.defer(() => receiver.close());
  const images = await mkdtemp(join(tmpdir(), 'apertur-costs-'));
  closing.defer(() => rm(images, { recursive: true, force: true }));
  const settings = { STORAGE_URL: `file:${images}`, SECRET_KEY: 'ab'.repeat(32), LOG_LEVEL: 'info' };
  const start = async (command: 'api' | 'worker'): Promise<Product> => {
    const product = await startProduct({ command, databaseUrl: postgres.url(), settings });
    closing.defer(() => product.remove());
    return product;
  };
  const stage = { client, receiver, api: await start('api'), worker: await start('worker') };
  const server = await postmaster(client);
  await sendAndWait(stage, options, 2);
  const samples: Sample[] = [];
  for (const destinations of fanOuts) {
    const before = await look(stage, server);
    await sendAndWait(stage, options, destinations);
    samples.push({ destinations, ...difference(await look(stage, server), before, options.photos) });
    options.say(JSON.stringify(samples.at(-1)));
  }
  const connections = {
    api: await countConnections(stage, 'api'),
    worker: await countConnections(stage, 'worker'),
  };
  // Their own upkeep would drop the old partitions before we do.
  await Promise.all([stage.api.stop(), stage.worker.stop()]);
  const { rows, ...lines } = linesOf(samples);
  const costs: Costs['tables'] = {};
  for (const table of tables)
    costs[table] = { rows: rows[table]!, bytesARow: await measureRow(client, table) };
  const prune = await measurePruning(client, server);
  return { photoBytes: options.photoBytes, ...lines, tables: costs, connections, prune };
}

interface Stage {
  client: Client;
  receiver: Receiver;
  api: Product;
  worker: Product;
}

/** The parent of our own back-end process. */
async function postmaster(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const stat = readFileSync(`/proc/${rows[0]!.pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

async function sendAndWait(stage: Stage, options: MeasureOptions, destinations: number): Promise<void> {
  const { api, receiver, client } = stage;
  const owner = await api.createKey();
  const destination_ids: string[] = [];
  for (let n = 0; n < destinations; n += 1) {
    const config = { url: receiver.url, format: 'binary', secret };
    destination_ids.push(await createDestination(api, owner, { type: 'webhook', name: `R${n}`, config }));
  }
  const paths = await makeUploadPaths(api, owner, options.photos, { destination_ids });
  const body = formOf(await makePhoto(options.photoBytes));
  const port = Number(new URL(api.url).port);
  await Promise.all(
    Array.from({ length: uploadsAtOnce }, async () => {
      const connection = await Connection.open(port);
      for (let path = paths.pop(); path !== undefined; path = paths.pop())
        await connection.send(headOf(path, body.length), body);
      connection.close();
    }),
  );
  const open = async (): Promise<number> =>
    Number((await client.query('select count(*) as n from deliveries where due_at is not null')).rows[0].n);
  await waitUntil('everything is delivered', async () => (await open()) === 0, {
    withinMs: 600_000,
    everyMs: 500,
  });
}

interface Look {
  api: number;
  worker: number;
  postgres: number;
  wal: number;
  transactions: number;
  rows: Record<string, number>;
}

type Sample = Look & { destinations: number };

const tables = ['images', 'deliveries', 'attempts', 'events', 'live_events', 'sessions'];

async function look({ client, api, worker }: Stage, server: number): Promise<Look> {
  const found: Look['rows'] = {};
  for (const table of tables)
    found[table] = Number((await client.query(`select count(*) as n from ${table}`)).rows[0].n);
  const { rows } = await client.query<{ wal: string; n: string }>(
    `select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as wal, xact_commit as n
     from pg_stat_database where datname = current_database()`,
  );
  return {
    api: processorMs(api.pid),
    worker: processorMs(worker.pid),
    postgres: processorMs(server),
    wal: Number(rows[0]!.wal),
    transactions: Number(rows[0]!.n),
    rows: found,
  };
}

function difference(after: Look, before: Look, photos: number): Look {
  const each = (a: number, b: number): number => (a - b) / photos;
  return {
    api: each(after.api, before.api),
    worker: each(after.worker, before.worker),
    postgres: each(after.postgres, before.postgres),
    wal: each(after.wal, before.wal),
    transactions: each(after.transactions, before.transactions),
    rows: Object.fromEntries(tables.map((table) => [table, each(after.rows[table]!, before.rows[table]!)])),
  };
}

/** The line of the least squares through what was measured. */
function lineOf(samples: readonly Sample[], value: (sample: Sample) => number): Line {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [x, y] = [mean((sample) => sample.destinations), mean(value)];
  const covariance = mean((sample) => (sample.destinations - x) * (value(sample) - y));
  const each = covariance / mean((sample) => (sample.destinations - x) ** 2);
  const rounded = (figure: number): number => Number(figure.toPrecision(3));
  return { photo: rounded(y - each * x), each: rounded(each) };
}

function linesOf(samples: readonly Sample[]) {
  const line = (value: (sample: Sample) => number): Line => lineOf(samples, value);
  return {
    processor: {
      api: line((sample) => sample.api),
      worker: line((sample) => sample.worker),
      postgres: line((sample) => sample.postgres),
    },
    walBytes: line((sample) => sample.wal),
    transactions: line((sample) => sample.transactions),
    rows: Object.fromEntries(tables.map((table) => [table, line((sample) => sample.rows[table]!)])),
  };
}

/** Of one process: those whose socket belongs to it. */
async function countConnections({ client, api, worker }: Stage, which: 'api' | 'worker'): Promise<number> {
  const { rows } = await client.query<{ port: number }>(
    `select client_port as port from pg_stat_activity where application_name = 'apertur' and client_port > 0`,
  );
  const ours = socketsOf((which === 'api' ? api : worker).pid);
  const ports = new Set(rows.map(({ port }) => port));
  return ours.filter((port) => ports.has(port)).length;
}

/** Local ports of the TCP connections of a process. */
function socketsOf(pid: number): number[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );
  return ['tcp', 'tcp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => inodes.has(fields[9] ?? ''))
      .map((fields) => Number.parseInt(fields[1]!.split(':')[1]!, 16)),
  );
}
