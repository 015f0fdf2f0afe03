/** One contender of the webhook benchmark in a process of its own; its parent says what to emit. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Contender, ContenderOptions } from './peers/contender.ts';

export type ContenderName =
  | 'sqlite'
  | 'postgres'
  | 'bullmq'
  | 'bullmq-our-client'
  | 'graphile'
  | 'graphile-local'
  | 'graphile-local-our-client';

export type Order =
  | { kind: 'start'; name: ContenderName; options: Omit<ContenderOptions, 'folder' | 'secret'> }
  /** As fast as it can, by so many producers that each wait until their event is on the disk. */
  | { kind: 'burst'; prefix: string; count: number; producers: number }
  /** One after the other, so many a second, whether or not the last one is on the disk. */
  | { kind: 'pace'; prefix: string; count: number; perSecond: number }
  | { kind: 'stop' };

export type Reply =
  | { kind: 'ready'; secret: string }
  /** When each event was given to it, in milliseconds since 1970. */
  | { kind: 'emitted'; at: [event: string, at: number][]; cpuMs: number };

const now = (): number => performance.timeOrigin + performance.now();
const sharedSecret = '8f1d4c6ba2e93075d1c0fe4b7a695821';

let contender: Contender;
let folder = '';

async function start({ name, options }: Extract<Order, { kind: 'start' }>): Promise<string> {
  folder = await mkdtemp(join(tmpdir(), 'apertur-bench-'));
  const all = { ...options, folder, secret: sharedSecret };
  if (name === 'sqlite' || name === 'postgres') {
    const { startApertur } = await import('./peers/apertur-events.ts');
    const ours = await startApertur(all);
    contender = ours;
    return ours.secret;
  }
  const peer = { ...all, client: name.endsWith('-our-client') ? ('ours' as const) : ('fetch' as const) };
  if (name.startsWith('bullmq')) {
    contender = await (await import('./peers/bullmq-events.ts')).startBullmq(peer);
  } else {
    const { startGraphile } = await import('./peers/graphile-events.ts');
    contender = await startGraphile({ ...peer, localQueue: name !== 'graphile' });
  }
  return sharedSecret;
}

async function burst({ prefix, count, producers }: Extract<Order, { kind: 'burst' }>) {
  const at: [string, number][] = [];
  let next = 0;
  const produce = async (): Promise<void> => {
    while (next < count) {
      const event = `${prefix}${next++}`;
      at.push([event, now()]);
      await contender.emit(event);
    }
  };
  await Promise.all(Array.from({ length: producers }, produce));
  return at;
}

async function pace({ prefix, count, perSecond }: Extract<Order, { kind: 'pace' }>) {
  const at: [string, number][] = [];
  const durable: Promise<void>[] = [];
  const begun = now();
  for (let n = 0; n < count; n++) {
    const due = begun + (n * 1_000) / perSecond;
    const wait = due - now();
    if (wait > 1) await pause(wait);
    at.push([`${prefix}${n}`, now()]);
    durable.push(contender.emit(`${prefix}${n}`));
  }
  await Promise.all(durable);
  return at;
}

process.on('message', async (order: Order) => {
  try {
    if (order.kind === 'start') return reply({ kind: 'ready', secret: await start(order) });
    if (order.kind === 'stop') {
      await contender.stop();
      await rm(folder, { recursive: true, force: true });
      process.disconnect();
      return;
    }
    const before = process.cpuUsage();
    const at = order.kind === 'burst' ? await burst(order) : await pace(order);
    const { user, system } = process.cpuUsage(before);
    reply({ kind: 'emitted', at, cpuMs: (user + system) / 1_000 });
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
});
process.once('disconnect', () => process.exit());

function reply(message: Reply): void {
  process.send?.(message);
}
