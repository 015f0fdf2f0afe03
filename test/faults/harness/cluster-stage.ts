/** A cluster as several machines make it: API processes, workers, PostgreSQL and an S3 store, each on a node of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '../../helpers/postgres.ts';
import {
  createDestination,
  createSession,
  type Product,
  type ProductKey,
  request,
  startProduct,
} from '../../helpers/product.ts';
import { type Receiver, startReceiver } from '../../helpers/receiver.ts';
import { type RgwServer, startRgw } from '../../helpers/s3-rgw.ts';
import { migrateDatabase } from '../fresh-database.ts';
import { type Listener, startListener } from './listener.ts';
import { type Node, openNetwork } from './network.ts';

export interface Member {
  node: Node;
  product: Product;
}

export interface Cluster {
  apis: Member[];
  workers: Member[];
  database: PostgresServer & { node: Node };
  store: RgwServer & { node: Node };
  receiver: Receiver;
  listener: Listener;
  databaseUrl: string;
  storageUrl: string;
  sessions: string[];
}

export interface ClusterSize {
  apis: number;
  workers: number;
  /** Photos that find a place. */
  room: number;
}

const secret = 'the secret of the cluster';
const retrySchedule = new Array<number>(50).fill(0.5).join(',');
const bucket = 'photos';
const imagesPerSession = 200;
/** A key may make a hundred a minute. */
const sessionsPerKey = 80;

export async function setCluster(size: ClusterSize, closing: AsyncDisposableStack): Promise<Cluster> {
  const network = openNetwork();
  closing.defer(() => network.close());
  const host = network.address;
  const receiver = await startReceiver({ secret, host, hangMs: 1_000 });
  closing.defer(() => receiver.close());
  const listener = await startListener(host);
  closing.defer(() => listener.close());
  const database = await startDatabase(network.addNode('database'), closing);
  const store = await startStore(network.addNode('store'), closing);
  const { accessKeyId, secretAccessKey } = store.owner;
  const keys = [accessKeyId, secretAccessKey].map(encodeURIComponent).join(':');
  const settings = {
    STORAGE_URL: `s3://${keys}@${store.host}:${store.port}/${bucket}?tls=off`,
    SECRET_KEY: 'ab'.repeat(32),
    RETRY_SCHEDULE: retrySchedule,
    ALLOW_PRIVATE_NETWORKS: `${host}/24`,
  };
  const databaseUrl = database.url();
  const start = async (command: 'api' | 'worker', name: string): Promise<Member> => {
    const node = network.addNode(name);
    const dataDir = await mkdtemp(join(tmpdir(), 'apertur-cluster-'));
    closing.defer(() => rm(dataDir, { recursive: true, force: true }));
    const product = await startProduct({
      dataDir,
      command,
      databaseUrl,
      settings: { ...settings, HOST: node.address },
      within: node.within,
    });
    closing.defer(() => product.remove());
    return { node, product };
  };
  const startAll = (command: 'api' | 'worker', count: number): Promise<Member[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => start(command, `${command}${index + 1}`)));
  const [apis, workers] = await Promise.all([startAll('api', size.apis), startAll('worker', size.workers)]);
  const sessions = await openSessions(apis[0]!.product, { receiver, listener }, size.room);
  const { STORAGE_URL: storageUrl } = settings;
  return { apis, workers, database, store, receiver, listener, databaseUrl, storageUrl, sessions };
}

async function startDatabase(node: Node, closing: AsyncDisposableStack): Promise<Cluster['database']> {
  const server = await startPostgres({ host: node.address, within: node.within });
  closing.defer(() => server.stop());
  await migrateDatabase(server.url());
  return { ...server, node };
}

async function startStore(node: Node, closing: AsyncDisposableStack): Promise<Cluster['store']> {
  const server = await startRgw({ host: node.address, within: node.within });
  closing.defer(() => server.stop());
  await server.createBucket(bucket);
  return { ...server, node };
}

/** One project (each key of this install is of the same), with a receiver of its photos and a listener to what happens. */
async function openSessions(
  api: Product,
  to: Pick<Cluster, 'receiver' | 'listener'>,
  room: number,
): Promise<string[]> {
  const count = Math.ceil(room / imagesPerSession);
  const sessions: string[] = [];
  let destination_ids: string[] | undefined;
  while (sessions.length < count) {
    const owner = await api.createKey();
    destination_ids ??= [await openProject(api, owner, to)];
    const mine = Math.min(sessionsPerKey, count - sessions.length);
    for (let index = 0; index < mine; index += 1) {
      const session = { destination_ids, expires_in_hours: 24, max_images: imagesPerSession };
      sessions.push(await createSession(api, owner, session));
    }
  }
  return sessions;
}

async function openProject(
  api: Product,
  owner: ProductKey,
  { receiver, listener }: Pick<Cluster, 'receiver' | 'listener'>,
): Promise<string> {
  const { status, body } = await request(`${api.url}/api/v1/projects/${owner.projectId}/webhooks`, {
    key: owner.key,
    body: { url: listener.url, topics: ['*'], retryIntervals: [1], maxRetries: 100 },
  });
  if (status !== 201) throw new Error(`No webhook: ${status} ${JSON.stringify(body)}`);
  const config = { url: receiver.url, format: 'binary', secret };
  return createDestination(api, owner, { type: 'webhook', name: 'Receiver', config });
}
