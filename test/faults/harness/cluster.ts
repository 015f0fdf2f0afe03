/**
 * Several processes on one PostgreSQL and one S3-compatible store, each reached over a road that can be cut and slowed;
 * any of them may be killed or frozen while phones send. Then everything is counted.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../../src/db/database.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { openDatabase } from '../../../src/db/open.ts';
import { checkPhotos } from '../../../src/images/copy.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { createFaultProxy, type FaultProxy } from '../../helpers/fault-proxy.ts';
import { startPostgres } from '../../helpers/postgres.ts';
import { createDestination, createSession, type Product, startProduct } from '../../helpers/product.ts';
import { type Receiver, startReceiver } from '../../helpers/receiver.ts';
import { startRgw } from '../../helpers/s3-rgw.ts';
import { between, seeded } from '../../helpers/seeded.ts';
import { startPhones } from './phones.ts';

export interface ClusterStory {
  seed: number;
  ms: number;
  apis: number;
  workers: number;
}

export interface ClusterReport {
  acknowledged: number;
  sent: number;
  faults: Record<string, number>;
  broken: string[];
}

type Fault = 'killApi' | 'killWorker' | 'freeze' | 'cutDatabase' | 'cutStore' | 'slowDatabase' | 'slowStore';

const faults: Fault[] = [
  'killApi',
  'killWorker',
  'killWorker',
  'freeze',
  'cutDatabase',
  'cutStore',
  'slowDatabase',
  'slowStore',
];
const secret = 'the secret of the cluster';
const retrySchedule = new Array<number>(50).fill(0.5).join(',');
const bucket = 'photos';
const drainMs = 180_000;

interface Stage {
  apis: Product[];
  workers: Product[];
  receiver: Receiver;
  roads: { database: FaultProxy; store: FaultProxy };
  /** Past the roads, for the judge. */
  databaseUrl: string;
  storageUrl: string;
  sessions: string[];
}

export async function runCluster(story: ClusterStory): Promise<ClusterReport> {
  await using closing = new AsyncDisposableStack();
  const random = seeded(story.seed);
  const stage = await setStage(story, closing);
  const origin = (): string => {
    const there = stage.apis.filter((api) => api.running && api.url !== '');
    return there[between(random, 0, there.length - 1)]?.url ?? '';
  };
  const sending = startPhones(origin, {
    sessions: stage.sessions,
    phones: 5,
    seed: story.seed,
  });
  const happened = await rage(stage, story.ms, random);
  await sending.finish();
  const db = await openDatabase({ url: stage.databaseUrl, logger: silentLogger });
  try {
    const drained = await waitUntilEnded(db);
    for (const product of [...stage.apis, ...stage.workers]) await product.stop();
    const broken = await findBroken(db, stage, sending.acknowledged);
    if (!drained) broken.push('deliveries that never ended');
    const { n } = await db.read
      .selectFrom('deliveries')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('status', '=', 'sent')
      .executeTakeFirstOrThrow();
    return {
      acknowledged: sending.acknowledged.size,
      sent: Number(n),
      faults: Object.fromEntries(happened),
      broken,
    };
  } finally {
    await db.close();
  }
}

async function setStage(story: ClusterStory, closing: AsyncDisposableStack): Promise<Stage> {
  const postgres = await startPostgres();
  closing.defer(() => postgres.stop());
  const store = await startRgw();
  closing.defer(() => store.stop());
  await store.createBucket(bucket);
  const receiver = await startReceiver({ secret });
  closing.defer(() => receiver.close());
  const roads = {
    database: await createFaultProxy({ host: '127.0.0.1', port: postgres.port }),
    store: await createFaultProxy({ host: store.host, port: store.port }),
  };
  closing.defer(() => roads.database.close());
  closing.defer(() => roads.store.close());
  const databaseUrl = postgres.url();
  const { accessKeyId, secretAccessKey } = store.owner;
  const storageAt = (host: string, port: number): string =>
    `s3://${encodeURIComponent(accessKeyId)}:${encodeURIComponent(secretAccessKey)}@${host}:${port}/${bucket}?tls=off`;
  await prepareDatabase(databaseUrl);
  const settings = {
    DATABASE_URL: databaseUrl.replace(`:${postgres.port}/`, `:${roads.database.port}/`),
    STORAGE_URL: storageAt(roads.store.host, roads.store.port),
    SECRET_KEY: 'ab'.repeat(32),
    RETRY_SCHEDULE: retrySchedule,
  };
  const start = async (command: 'api' | 'worker'): Promise<Product> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'apertur-cluster-'));
    closing.defer(() => rm(dataDir, { recursive: true, force: true }));
    const product = await startProduct({ dataDir, command, databaseUrl: settings.DATABASE_URL, settings });
    closing.defer(() => product.remove());
    return product;
  };
  const apis: Product[] = [];
  const workers: Product[] = [];
  for (let index = 0; index < story.apis; index += 1) apis.push(await start('api'));
  for (let index = 0; index < story.workers; index += 1) workers.push(await start('worker'));
  const sessions = await openSessions(apis[0]!, receiver);
  const storageUrl = storageAt(store.host, store.port);
  return { apis, workers, receiver, roads, databaseUrl, storageUrl, sessions };
}

async function prepareDatabase(url: string): Promise<void> {
  const db = await openDatabase({ url, logger: silentLogger });
  await migrate(db);
  await db.close();
}

async function openSessions(api: Product, receiver: Receiver): Promise<string[]> {
  const owner = await api.createKey();
  const config = { url: receiver.url, format: 'binary', secret };
  const destination = await createDestination(api, owner, { type: 'webhook', name: 'Receiver', config });
  const sessions: string[] = [];
  for (let index = 0; index < 24; index += 1) {
    sessions.push(
      await createSession(api, owner, {
        destination_ids: [destination],
        expires_in_hours: 24,
        max_images: 200,
      }),
    );
  }
  return sessions;
}

/** Leaves every process running and every road well. */
async function rage(
  { apis, workers, roads }: Stage,
  ms: number,
  random: () => number,
): Promise<Map<Fault, number>> {
  const happened = new Map<Fault, number>();
  const one = (products: Product[]): Product => products[between(random, 0, products.length - 1)]!;
  const killOne = async (product: Product): Promise<void> => {
    await product.kill9();
    await pause(between(random, 0, 2_000));
    await product.start();
  };
  const during = async (road: FaultProxy, what: Parameters<FaultProxy['set']>[0]): Promise<void> => {
    road.set(what);
    if (what?.refuse) road.cut();
    await pause(between(random, 300, 3_000));
    road.set();
  };
  const acts: Record<Fault, () => Promise<void>> = {
    killApi: () => killOne(one(apis)),
    killWorker: () => killOne(one(workers)),
    async freeze() {
      const product = one([...apis, ...workers]);
      product.signal('SIGSTOP');
      await pause(between(random, 500, 5_000));
      product.signal('SIGCONT');
    },
    cutDatabase: () => during(roads.database, { refuse: true }),
    cutStore: () => during(roads.store, { refuse: true }),
    slowDatabase: () => during(roads.database, { latencyMs: between(random, 5, 40) }),
    slowStore: () => during(roads.store, { latencyMs: between(random, 20, 200) }),
  };
  for (const end = performance.now() + ms; performance.now() < end; ) {
    await pause(between(random, 200, 2_000));
    const fault = faults[between(random, 0, faults.length - 1)]!;
    happened.set(fault, (happened.get(fault) ?? 0) + 1);
    await acts[fault]();
  }
  for (const product of [...apis, ...workers]) if (!product.running) await product.start();
  return happened;
}

async function waitUntilEnded(db: Database): Promise<boolean> {
  for (const end = performance.now() + drainMs; performance.now() < end; await pause(500)) {
    const open = await db.read
      .selectFrom('deliveries')
      .select('id')
      .where('due_at', 'is not', null)
      .limit(1)
      .execute();
    if (open.length === 0) return true;
  }
  return false;
}

async function findBroken(
  db: Database,
  { receiver, storageUrl }: Stage,
  acknowledged: ReadonlyMap<string, string>,
): Promise<string[]> {
  const images = await db.read.selectFrom('images').select(['id', 'sha256']).execute();
  const stored = new Map(images.map((image) => [image.id, image.sha256]));
  const broken = [...acknowledged]
    .filter(([id, hash]) => stored.get(id) !== hash)
    .map(([id]) => `acknowledged and lost: ${id}`);
  const dataDir = await mkdtemp(join(tmpdir(), 'apertur-judge-'));
  const storage = await openStorage({ url: storageUrl, dataDir, logger: silentLogger });
  const { damaged } = await checkPhotos(db.read, storage);
  broken.push(...damaged.map((id) => `stored bytes missing or wrong: ${id}`));
  await storage.close();
  await rm(dataDir, { recursive: true, force: true });

  const deliveries = await db.read.selectFrom('deliveries').select(['id', 'image_id', 'status']).execute();
  const arrived = Map.groupBy(receiver.arrivals, (arrival) => arrival.imageId);
  for (const { id, image_id, status } of deliveries) {
    const arrivals = arrived.get(image_id) ?? [];
    if (status !== 'sent') broken.push(`not delivered: ${image_id} ${status}`);
    else if (arrivals.length === 0) broken.push(`told as delivered and not there: ${image_id}`);
    if (arrivals.some((arrival) => arrival.sha256 !== stored.get(image_id) || arrival.deliveryId !== id))
      broken.push(`other bytes or another delivery id: ${image_id}`);
  }
  const counts = await db.read.selectFrom('sessions').select(['id', 'images_count']).execute();
  const bySession = await db.read
    .selectFrom('images')
    .select(['session_id', (eb) => eb.fn.countAll<number>().as('n')])
    .groupBy('session_id')
    .execute();
  const real = new Map(bySession.map((row) => [row.session_id, Number(row.n)]));
  for (const { id, images_count } of counts)
    if (images_count !== (real.get(id) ?? 0))
      broken.push(`${id} counts ${images_count} and has ${real.get(id) ?? 0}`);
  return broken;
}
