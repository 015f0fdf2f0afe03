/** What the webhook benchmark runs: each contender in a process of its own, and the receiver of all of them in another. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ContenderName, Order, Reply } from './event-contender.ts';
import type { SinkMessage } from './event-sink.ts';

const producers = 64;
/** Requests in flight at most. */
const concurrency = 32;

/** What the other receiver of an engine does. */
export type Neighbour = 'answers' | 'hangs';
const neighbourPaths: Record<Neighbour, string> = { answers: '/aside', hangs: '/hang' };

export interface Sink {
  readonly url: string;
  /** When an event arrived, in milliseconds since 1970. */
  readonly arrivals: ReadonlyMap<string, number>;
  know(path: string, secret: string): void;
  waitFor(prefix: string, count: number): Promise<void>;
  stop(): void;
}

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export async function startSink(): Promise<Sink> {
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

export interface Runner {
  readonly name: ContenderName;
  readonly key: string;
  burst(count: number, name: string): Promise<{ perSecond: number; emittedAfterMs: number }>;
  /** Milliseconds from giving each event to its arrival. */
  pace(count: number, perSecond: number, name: string): Promise<number[]>;
  stop(): Promise<void>;
}

export async function startRunner(
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
