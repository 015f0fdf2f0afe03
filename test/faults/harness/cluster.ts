/**
 * A story of a cluster: phones send to any of its API processes while any part of it is killed, frozen, cut off or slowed.
 * Then everything is counted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../../src/db/database.ts';
import { openDatabase } from '../../../src/db/open.ts';
import { removeOrphans } from '../../../src/images/orphans.ts';
import { toIso } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openStorage } from '../../../src/storage/open.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import type { Behaviour } from '../../helpers/receiver.ts';
import { between, seeded } from '../../helpers/seeded.ts';
import { readStored, sha256 } from '../aftermath.ts';
import { type Books, readRows } from './books.ts';
import { type Cluster, setCluster } from './cluster-stage.ts';
import { ClusterStorm } from './cluster-storm.ts';
import { findBroken, findMistakes } from './judge.ts';
import { type Phones, startPhones } from './phones.ts';

export interface ClusterStory {
  seed: number;
  ms: number;
  apis: number;
  workers: number;
  /** Hears what is done, while it is done. */
  tell?: (what: string) => void;
}

export interface ClusterReport {
  acknowledged: number;
  sent: number;
  events: number;
  duplicates: number;
  /** Files without a row that the sweep removed. */
  orphanFiles: number;
  faults: Record<string, number>;
  /** How often a killed worker left something in hand, and how long it took the others at worst until it was in theirs. */
  takeOvers: { times: number; slowestMs: number };
  /** From the 201 to the first arrival, half of them and at worst. */
  arrivalMs: { median: number; slowest: number };
  broken: string[];
}

const phones = 5;
/** More than they can send. */
const photosASecond = 16;
const restMs = 600;
const maxBytes = 200_000;
const drainMs = 300_000;
const hour = 3_600_000;

export async function runCluster(story: ClusterStory): Promise<ClusterReport> {
  await using closing = new AsyncDisposableStack();
  const { seed, ms, apis, workers, tell = () => {} } = story;
  const room = 2_000 + (ms / 1_000) * photosASecond;
  const cluster = await setCluster({ apis, workers, room }, closing);
  const db = await openDatabase({ url: cluster.databaseUrl, logger: silentLogger });
  closing.defer(() => db.close());
  misbehave(cluster, seed);
  const sending = startPhones(originOf(cluster, seed), {
    sessions: cluster.sessions,
    phones,
    seed,
    maxBytes,
    restMs,
  });
  const storm = new ClusterStorm(cluster, db, {
    seed,
    tell: (step) => tell(`${sending.acknowledged.size} photos; ${JSON.stringify(step)}`),
  });
  await storm.rage(ms);
  cluster.receiver.behave(() => 'ok');
  await sending.finish();
  const drained = await waitUntilEnded(db);
  const falls = [...storm.falls, ...(await stopAll(cluster))];
  const books = await readBooks(db, cluster.storageUrl);
  const broken = [
    ...falls,
    ...[...cluster.apis, ...cluster.workers].flatMap(({ product }) => findMistakes(product.log)),
    ...sending.refusals,
    ...(drained ? [] : ['deliveries that never ended']),
    ...findBroken({
      books,
      acknowledged: sending.acknowledged,
      arrivals: cluster.receiver.arrivals,
      heard: cluster.listener.heard,
      places: { receiver: 'Receiver', filesByImage: [], onceASession: [] },
    }),
  ];
  return { ...report(cluster, books, storm, sending), broken };
}

/** Any that is not known to be away; the phones cannot see which one is cut off. */
function originOf({ apis }: Cluster, seed: number): () => string {
  const random = seeded(seed + 1);
  return () => {
    const there = apis.filter(({ product }) => product.running && product.url !== '');
    return there.length === 0 ? '' : there[between(random, 0, there.length - 1)]!.product.url;
  };
}

function misbehave({ receiver }: Cluster, seed: number): void {
  const behaviours: Behaviour[] = ['error', 'reset', 'slow', 'lost', 'hang', 'busy'];
  const random = seeded(seed + 2);
  receiver.behave(() => (random() < 0.7 ? 'ok' : behaviours[between(random, 0, behaviours.length - 1)]!));
}

async function stopAll({ apis, workers }: Cluster): Promise<string[]> {
  const falls: string[] = [];
  for (const { node, product } of [...apis, ...workers]) {
    const code = await product.stop();
    if (code !== 0) falls.push(`asked to stop, ${node.name} ended with ${code}`);
  }
  return falls;
}

async function waitUntilEnded(db: Database): Promise<boolean> {
  const isOpen = async (table: 'deliveries' | 'webhook_deliveries'): Promise<boolean> => {
    const open = db.read.selectFrom(table).select('id').where('due_at', 'is not', null).limit(1);
    return (await open.executeTakeFirst()) !== undefined;
  };
  for (const end = performance.now() + drainMs; performance.now() < end; await pause(500)) {
    if (!(await isOpen('deliveries')) && !(await isOpen('webhook_deliveries'))) return true;
  }
  return false;
}

async function readBooks(db: Database, storageUrl: string): Promise<Books> {
  const dataDir = await mkdtemp(join(tmpdir(), 'apertur-judge-'));
  const storage = await openStorage({ url: storageUrl, dataDir, logger: silentLogger });
  try {
    // As the sweep will see it two hours from now.
    const orphanFiles = await removeOrphans({ db, storage }, { days: 2, now: Date.now() + 2 * hour });
    const after = { ...(await readStored(db)), files: await readObjects(storage), temporary: [] };
    return { after, rows: await readRows(db), visible: new Map(), orphanFiles };
  } finally {
    await storage.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** A story is over in less than a day. */
async function readObjects(storage: Storage): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const day of [Date.now(), Date.now() - 24 * hour]) {
    for await (const { key } of storage.list(toIso(day).slice(0, 10))) {
      const chunks: Buffer[] = [];
      for await (const chunk of await storage.open(key)) chunks.push(chunk as Buffer);
      files.set(key, sha256(Buffer.concat(chunks)));
    }
  }
  return files;
}

function report(
  { receiver, listener }: Cluster,
  books: Books,
  storm: ClusterStorm,
  { acknowledged, moments }: Phones,
): Omit<ClusterReport, 'broken'> {
  const first = new Map<string, number>();
  for (const { imageId, bodyAt } of receiver.arrivals) if (!first.has(imageId)) first.set(imageId, bodyAt);
  const waits = [...acknowledged.keys()]
    .map((id, index) => Math.max(0, (first.get(id) ?? Number.NaN) - moments[index]!))
    .filter((wait) => !Number.isNaN(wait))
    .sort((a, b) => a - b);
  return {
    acknowledged: acknowledged.size,
    sent: books.after.deliveries.filter(({ status }) => status === 'sent').length,
    events: books.rows.events.length,
    duplicates:
      receiver.arrivals.length -
      first.size +
      listener.heard.length -
      new Set(listener.heard.map((one) => one.eventId)).size,
    orphanFiles: books.orphanFiles,
    faults: Object.fromEntries(storm.happened),
    takeOvers: { times: storm.takeOvers.length, slowestMs: Math.max(0, ...storm.takeOvers) },
    arrivalMs: { median: waits[Math.floor(waits.length / 2)] ?? 0, slowest: waits.at(-1) ?? 0 },
  };
}
