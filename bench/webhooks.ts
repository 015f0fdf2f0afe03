/**
 * From a durable event to its delivery: ourselves on SQLite and PostgreSQL beside BullMQ on Redis and graphile-worker on
 * PostgreSQL, each doing the same signed POST to the same receiver, round about in one run. Every event is on the disk
 * before it counts as taken, everywhere.
 *
 * The peers are queues; what they post with is their users' choice. They run with Node's `fetch`, which their guides use, and
 * once more with our own HTTP client, so that one can see which part of the distance is the queue's.
 */
import { Client } from 'pg';
import { startPostgres } from '../test/helpers/postgres.ts';
import type { ContenderName } from './event-contender.ts';
import { type Neighbour, type Runner, startRunner, startSink } from './event-runners.ts';
import { startRedis } from './redis.ts';
import { listOf, median, percentile, type Report, type Row, round, rowOf } from './report.ts';
import { packageVersion, postgresVersion, redisVersion } from './versions.ts';

const events = Number(process.env.EVENTS ?? 4_000);
const rounds = Number(process.env.ROUNDS ?? 5);
/** What a burst is of `events`: the slow ones get fewer, so that a round stays short enough to compare. */
const shares: Record<ContenderName, number> = {
  sqlite: 1,
  bullmq: 1,
  'bullmq-our-client': 1,
  graphile: 0.25,
  'graphile-local': 0.5,
  'graphile-local-our-client': 0.5,
  postgres: 0.5,
};
const contenders = Object.keys(shares) as ContenderName[];
/** Seconds of each paced round. */
const pacedSeconds = Number(process.env.PACED_SECONDS ?? 5);

export async function run(report: Report): Promise<void> {
  const [postgres, redis, sink] = await Promise.all([startPostgres(), startRedis(), startSink()]);
  const runners = new Map<string, Runner>();
  try {
    report.version('PostgreSQL', await postgresVersion(postgres.url()));
    report.version('Redis', await redisVersion(redis.url));
    report.version('BullMQ', packageVersion('bullmq'));
    report.version('graphile-worker', packageVersion('graphile-worker'));
    const add = async (name: ContenderName, neighbour?: Neighbour): Promise<Runner> => {
      const key = neighbour ? `${name} beside one that ${neighbour}` : name;
      const serverUrl = await serverOf(name, key, postgres.url(), redis.url);
      const runner = await startRunner(name, key, sink, { serverUrl, neighbour });
      runners.set(key, runner);
      return runner;
    };
    for (const name of contenders) await add(name);
    await measureThroughput(
      report,
      contenders.map((name) => runners.get(name)!),
    );
    for (const name of contenders.slice(1)) await runners.get(name)!.stop();
    await measureLatency(report, runners.get('sqlite')!);
    await runners.get('sqlite')!.stop();
    await measureHanging(report, await add('sqlite', 'answers'), await add('sqlite', 'hangs'));
  } finally {
    for (const runner of runners.values()) await runner.stop();
    sink.stop();
    await redis.stop();
    await postgres.stop();
  }
}

async function serverOf(name: ContenderName, key: string, postgres: string, redis: string) {
  if (name === 'sqlite') return undefined;
  // A database of its own for each, or they would take each other's jobs.
  if (name.startsWith('bullmq')) return `${redis}/${name === 'bullmq' ? 0 : 1}`;
  const database = `bench_${key.replaceAll(/[^a-z]/g, '_')}`;
  const client = new Client({ connectionString: postgres });
  await client.connect();
  try {
    await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
  const url = new URL(postgres);
  url.pathname = `/${database}`;
  return url.href;
}

async function measureThroughput(report: Report, all: Runner[]): Promise<void> {
  const rates = new Map<string, number[]>(all.map(({ key }) => [key, []]));
  for (const runner of all) await runner.burst(500, 'warm');
  for (let n = 0; n < rounds; n++) {
    for (const runner of all) {
      const { perSecond, emittedAfterMs } = await runner.burst(events * shares[runner.name], `r${n}`);
      rates.get(runner.key)!.push(perSecond);
      report.note(
        `round ${n + 1}, ${runner.key}: ${round(perSecond)} a second (all taken after ${round(emittedAfterMs)} ms)`,
      );
    }
  }
  for (const [name, figures] of rates) {
    report.note(`${name}: median ${round(median(figures))} a second of ${listOf(figures)}`);
  }
  const ours = rates.get('sqlite')!;
  // Within a round everybody saw about the same load of the machine.
  const ratios = (peer: string): number[] =>
    ours.map((figure, n) => figure / (rates.get(peer)![n] ?? Number.NaN));
  const ratio = (peer: string): number => median(ratios(peer));
  const row = (label: string, name: string) => rowOf(label, rates.get(name)!);
  const apertur = row('Apertur on SQLite', 'sqlite');
  report.bar(
    'webhooks-per-second',
    median(ours),
    { atLeast: 2_000 },
    {
      what: 'Events a second, each a signed POST',
      unit: 'events/s',
      rows: [apertur, row('Apertur on PostgreSQL', 'postgres')],
      limit: 2_000,
    },
  );
  const beside = (name: string, peer: string, row: Row) =>
    report.bar(
      name,
      ratio(peer),
      { atLeast: 2 },
      {
        what: `Events a second beside ${row.name}`,
        unit: 'events/s',
        rows: [apertur, row],
        limit: 2 * row.figure,
        rounds: ratios(peer),
      },
    );
  beside('webhooks-to-bullmq', 'bullmq', row('BullMQ', 'bullmq'));
  const better = ratio('graphile') < ratio('graphile-local') ? 'graphile' : 'graphile-local';
  beside('webhooks-to-graphile', better, row('graphile-worker', better));
  report.note(
    `with our own HTTP client under the peers: ${round(ratio('bullmq-our-client'))} times BullMQ, ` +
      `${round(ratio('graphile-local-our-client'))} times graphile-worker`,
  );
}

async function measureLatency(report: Report, alone: Runner): Promise<void> {
  const idle = await alone.pace(25 * 2 * pacedSeconds, 25, 'idle');
  report.note(`idle, 25 a second: ${spread(idle)}`);
  const shown = (what: string, delays: readonly number[], limit: number) => ({
    what,
    limit,
    rows: [0.5, 0.95, 0.99].map((share) => ({
      name: `Apertur, p${share * 100}`,
      figure: percentile(delays, share),
    })),
  });
  report.bar(
    'webhooks-idle-p95',
    percentile(idle, 0.95),
    { atMost: 10, unit: 'ms' },
    shown('From event to webhook, 25 a second', idle, 10),
  );
  const paced = await alone.pace(200 * 2 * pacedSeconds, 200, 'paced');
  report.note(`200 a second: ${spread(paced)}`);
  report.bar(
    'webhooks-paced-p95',
    percentile(paced, 0.95),
    { atMost: 50, unit: 'ms' },
    shown('From event to webhook, 200 a second', paced, 50),
  );
}

/**
 * Two engines at the same time, each with two receivers: in one of them the second receiver hangs, in the other it answers. Both
 * see the same load of the machine, and have the same to write down.
 */
async function measureHanging(report: Report, calm: Runner, hung: Runner): Promise<void> {
  const growth: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const [without, within] = await Promise.all([
      calm.pace(200 * pacedSeconds, 200, `calm${n}`),
      hung.pace(200 * pacedSeconds, 200, `hung${n}`),
    ]);
    growth.push((percentile(within, 0.95) / percentile(without, 0.95) - 1) * 100);
    report.note(
      `200 a second, round ${n + 1}: beside a receiver that answers: ${spread(without)}; that hangs: ${spread(within)}`,
    );
  }
  report.bar(
    'webhooks-hanging-growth',
    median(growth),
    { atMost: 10, unit: '%' },
    { what: 'Growth of the p95 beside a receiver that hangs', rounds: growth },
  );
}

function spread(delays: readonly number[]): string {
  const at = (share: number): number => round(percentile(delays, share));
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`;
}
