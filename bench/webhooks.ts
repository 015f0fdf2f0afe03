/**
 * From a durable event to its delivery: ourselves on SQLite and PostgreSQL beside BullMQ on Redis and graphile-worker on
 * PostgreSQL, each doing the same signed POST to the same receiver, round about in one run. Every event is on the disk
 * before it counts as taken, everywhere.
 *
 * The peers are queues; what they post with is their users' choice. They run with Node's `fetch`, which their guides use, and
 * once more with our own HTTP client, so that one can see which part of the distance is the queue's.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { startPostgres } from '../test/helpers/postgres.ts';
import type { ContenderName, Order, Reply } from './event-contender.ts';
import type { SinkMessage } from './event-sink.ts';
import { startRedis } from './redis.ts';
import { listOf, median, percentile, type Report, round } from './report.ts';

const events = Number(process.env.EVENTS ?? 4_000);
const producers = 64;
const concurrency = 32;
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
  const ratio = (peer: string): number =>
    median(ours.map((figure, n) => figure / (rates.get(peer)![n] ?? Number.NaN)));
  report.bar('webhooks-per-second', median(ours), { atLeast: 2_000 });
  report.bar('webhooks-to-bullmq', ratio('bullmq'), { atLeast: 2 });
  report.bar('webhooks-to-graphile', Math.min(ratio('graphile'), ratio('graphile-local')), { atLeast: 2 });
  report.note(
    `with our own HTTP client under the peers: ${round(ratio('bullmq-our-client'))} times BullMQ, ` +
      `${round(ratio('graphile-local-our-client'))} times graphile-worker`,
  );
}

async function measureLatency(report: Report, alone: Runner): Promise<void> {
  const idle = await alone.pace(25 * 2 * pacedSeconds, 25, 'idle');
  report.note(`idle, 25 a second: ${spread(idle)}`);
  report.bar('webhooks-idle-p95', percentile(idle, 0.95), { atMost: 10, unit: 'ms' });
  const paced = await alone.pace(200 * 2 * pacedSeconds, 200, 'paced');
  report.note(`200 a second: ${spread(paced)}`);
  report.bar('webhooks-paced-p95', percentile(paced, 0.95), { atMost: 50, unit: 'ms' });
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
  report.bar('webhooks-hanging-growth', median(growth), { atMost: 10, unit: '%' });
}

function spread(delays: readonly number[]): string {
  const at = (share: number): number => round(percentile(delays, share));
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`;
}

/** What the other receiver of an engine does. */
type Neighbour = 'answers' | 'hangs';
const neighbourPaths: Record<Neighbour, string> = { answers: '/aside', hangs: '/hang' };

interface Sink {
  readonly url: string;
  /** When an event arrived, in milliseconds since 1970. */
  readonly arrivals: ReadonlyMap<string, number>;
  know(path: string, secret: string): void;
  waitFor(prefix: string, count: number): Promise<void>;
  stop(): void;
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function startSink(): Promise<Sink> {
  const child = fork(script('event-sink.ts'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [first] = (await once(child, 'message')) as [Extract<SinkMessage, { port: number }>];
  const arrivals = new Map<string, number>();
  const counts = new Map<string, number>();
  child.on('message', (message: SinkMessage) => {
    if (!('arrivals' in message)) return;
    if (message.refused > 0) throw new Error(`The receiver refused ${message.refused} signatures`);
    for (const [event, at] of message.arrivals) {
      if (arrivals.has(event)) continue;
      arrivals.set(event, at);
      const prefix = event.replace(/\d+$/, '');
      counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
  });
  return {
    url: `http://127.0.0.1:${first.port}`,
    arrivals,
    know: (path, secret) => child.send({ path, secret }),
    async waitFor(prefix, count) {
      const deadline = performance.now() + 180_000;
      while ((counts.get(prefix) ?? 0) < count) {
        if (performance.now() > deadline) throw new Error(`${counts.get(prefix)} of ${count} events arrived`);
        await pause(20);
      }
    },
    stop: () => child.disconnect(),
  };
}

interface Runner {
  readonly name: ContenderName;
  readonly key: string;
  burst(count: number, name: string): Promise<{ perSecond: number; emittedAfterMs: number }>;
  /** Milliseconds from giving each event to its arrival. */
  pace(count: number, perSecond: number, name: string): Promise<number[]>;
  stop(): Promise<void>;
}

async function startRunner(
  name: ContenderName,
  key: string,
  sink: Sink,
  { serverUrl, neighbour }: { serverUrl: string | undefined; neighbour: Neighbour | undefined },
): Promise<Runner> {
  const path = `/${key.replaceAll(' ', '-')}`;
  // Its log goes where a service manager would read it; nobody reads it here.
  const child = fork(script('event-contender.ts'), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const url = `${sink.url}${path}`;
  const options = { url, concurrency, ...(serverUrl ? { serverUrl } : {}) };
  const secondUrl = neighbour ? { secondUrl: `${sink.url}${neighbourPaths[neighbour]}` } : {};
  const ready = await ask(child, { kind: 'start', name, options: { ...options, ...secondUrl } });
  if (ready.kind !== 'ready') throw new Error(`${key} did not start`);
  sink.know(path, ready.secret);
  const emit = async (order: Extract<Order, { prefix: string }>) => {
    const reply = await ask(child, order);
    if (reply.kind !== 'emitted') throw new Error(`${key} did not emit`);
    const emitted = performance.timeOrigin + performance.now();
    await sink.waitFor(order.prefix, order.count);
    return { at: reply.at, emitted };
  };
  return {
    name,
    key,
    async burst(count, round) {
      const prefix = `${key}:${round}:`;
      const { at, emitted } = await emit({ kind: 'burst', prefix, count, producers });
      const begun = at[0]![1];
      const ended = Math.max(...at.map(([event]) => sink.arrivals.get(event)!));
      return { perSecond: count / ((ended - begun) / 1_000), emittedAfterMs: emitted - begun };
    },
    async pace(count, perSecond, round) {
      const { at } = await emit({ kind: 'pace', prefix: `${key}:${round}:`, count, perSecond });
      return at.map(([event, from]) => sink.arrivals.get(event)! - from);
    },
    async stop() {
      if (!child.connected) return;
      child.send({ kind: 'stop' } satisfies Order);
      await once(child, 'exit');
    },
  };
}

async function ask(child: ChildProcess, order: Order): Promise<Reply> {
  child.send(order);
  const waiting = new AbortController();
  const { signal } = waiting;
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error('A contender ended early');
  });
  try {
    const [reply] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Reply];
    return reply;
  } finally {
    ended.catch(() => undefined);
    waiting.abort();
  }
}
