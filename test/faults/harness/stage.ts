/** What a story of faults is played on: a small disk, a database, the product, and where it delivers. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApacheDav, startApacheDav } from '../../helpers/apache-dav.ts';
import {
  createDestination,
  createSession,
  type Product,
  type ProductKey,
  request,
  startProduct,
} from '../../helpers/product.ts';
import { type Receiver, startReceiver } from '../../helpers/receiver.ts';
import { makeSmallDisk, type SmallDisk } from './disk.ts';
import { type Liar, startLiar } from './liar.ts';
import { type Listener, startListener } from './listener.ts';

const secret = 'the secret of the storm';
/** The most retries that a schedule may have, so that every lie is outlived. */
const retrySchedule = [0.05, 0.1, 0.2, ...new Array<number>(47).fill(0.5)].join(',');
const diskMegabytes = 2_000;
/** Room for whatever a fast machine sends in three minutes. */
const sessionCount = 48;
const imagesPerSession = 200;

export interface Stage {
  disk: SmallDisk;
  dav: ApacheDav;
  liar: Liar;
  receiver: Receiver;
  listener: Listener;
  product: Product;
  inbox: string;
  once: string;
  weatherFile: string;
}

export async function setStage(
  databaseUrl: string | undefined,
  closing: AsyncDisposableStack,
): Promise<Stage> {
  const disk = await makeSmallDisk(diskMegabytes);
  closing.defer(() => disk.remove());
  const dav = await startApacheDav();
  closing.defer(() => dav.stop());
  const liar = await startLiar({ port: dav.port, path: '/basic/' });
  closing.defer(() => liar.close());
  const receiver = await startReceiver({ secret, hangMs: 1_000 });
  closing.defer(() => receiver.close());
  const listener = await startListener();
  closing.defer(() => listener.close());
  const [dataDir, inbox, once] = ['data', 'inbox', 'once'].map((name) => join(disk.folder, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [dataDir, inbox, once]) await mkdir(folder);
  const weatherFile = join(disk.folder, 'weather.json');
  await writeFile(weatherFile, '{"clockMs":0,"syncMs":0}');
  const product = await startProduct({
    dataDir,
    databaseUrl,
    settings: { RETRY_SCHEDULE: retrySchedule, LOCAL_ROOTS: `${inbox},${once}` },
    nodeArgs: ['--import', join(import.meta.dirname, 'weather.ts')],
    env: { FAULT_WEATHER: weatherFile },
  });
  closing.defer(() => product.remove());
  return { disk, dav, liar, receiver, listener, product, inbox, once, weatherFile };
}

/**
 * Every session delivers to a webhook, a folder, and a WebDAV server through the liar. One in four has a folder more, in
 * which each may leave one photo: all others fail there, and say why. Everything that happens is told to a listener.
 */
export async function openSessions(stage: Stage, owner: ProductKey): Promise<string[]> {
  const { product, receiver, listener, liar, dav, inbox, once } = stage;
  const path_template = '{session_id}/{image_id}.{ext}';
  const create = (type: string, name: string, config: Record<string, unknown>): Promise<string> =>
    createDestination(product, owner, { type, name, config });
  const everywhere = [
    await create('webhook', 'Receiver', { url: receiver.url, format: 'binary', secret }),
    await create('local', 'Inbox', { path: inbox, path_template }),
    await create('webdav', 'Liar', {
      url: liar.url,
      username: dav.user.name,
      password: dav.user.password,
      path_template,
    }),
  ];
  const onlyOne = { path: once, path_template: '{session_id}/only.{ext}', conflict: 'fail' };
  const andOnce = [...everywhere, await create('local', 'Once', onlyOne)];
  const webhook = await request(`${product.url}/api/v1/projects/${owner.projectId}/webhooks`, {
    key: owner.key,
    body: { url: listener.url, topics: ['*'], retryIntervals: [1], maxRetries: 100 },
  });
  if (webhook.status !== 201)
    throw new Error(`No webhook: ${webhook.status} ${JSON.stringify(webhook.body)}`);
  const made: string[] = [];
  for (let index = 0; index < sessionCount; index += 1) {
    const session = {
      destination_ids: index % 4 === 0 ? andOnce : everywhere,
      expires_in_hours: 24,
      max_images: imagesPerSession,
    };
    made.push(await createSession(product, owner, session));
  }
  return made;
}

/** Where the judge looks, by the names of the destinations. */
export const places = { receiver: 'Receiver', filesByImage: ['Inbox', 'Liar'], onceASession: ['Once'] };

export const foldersOf = ({ inbox, once, dav }: Stage): Record<string, string> => ({
  Inbox: inbox,
  Once: once,
  Liar: dav.data,
});
