/**
 * A story of faults: the whole product, phones that send, and destinations that fail and lie; then everything is counted.
 * The same seed draws the same faults.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ApacheDav, startApacheDav } from '../../helpers/apache-dav.ts';
import {
  createDestination,
  createSession,
  type Product,
  type ProductKey,
  startProduct,
} from '../../helpers/product.ts';
import { type Behaviour, type Receiver, startReceiver } from '../../helpers/receiver.ts';
import { between, seeded } from '../../helpers/seeded.ts';
import { makeSmallDisk, type SmallDisk } from './disk.ts';
import { countWaiting, findBroken, readBooks } from './judge.ts';
import { type Liar, type Lie, startLiar } from './liar.ts';
import { startPhones } from './phones.ts';
import { createStorm } from './storm.ts';

export interface FaultStory {
  seed: number;
  /** How long the storm lasts; afterwards what waits is delivered in good weather. */
  ms: number;
  /** A migrated PostgreSQL database; absent: SQLite. */
  databaseUrl?: string;
}

export interface FaultReport {
  seed: number;
  acknowledged: number;
  delivered: number;
  failed: number;
  faults: Record<string, number>;
  lies: Record<string, number>;
  /** What must never be; empty when all is well. */
  broken: string[];
}

const secret = 'the secret of the storm';
/** The most retries that a schedule may have, so that every lie is outlived. */
const retrySchedule = [0.05, 0.1, 0.2, ...new Array<number>(47).fill(0.5)].join(',');
const diskMegabytes = 2_000;
const phones = 5;
const sessions = 24;
const imagesPerSession = 200;
const drainMs = 180_000;

interface Stage {
  disk: SmallDisk;
  dav: ApacheDav;
  liar: Liar;
  receiver: Receiver;
  product: Product;
  inbox: string;
  weatherFile: string;
}

/** Tells one story to its end. Throws when the stage itself cannot be set. */
export async function runFaults(story: FaultStory): Promise<FaultReport> {
  await using closing = new AsyncDisposableStack();
  const stage = await setStage(story, closing);
  const owner = await stage.product.createKey();
  const made = await openSessions(stage, owner);
  const sending = startPhones(() => stage.product.url, {
    sessions: made,
    phones,
    random: seeded(story.seed + 1),
  });
  misbehave(stage, story.seed);
  const storm = createStorm(stage, seeded(story.seed));
  await storm.rage(story.ms);
  stage.receiver.behave(() => 'ok');
  stage.liar.tell(() => 'none');
  await sending.finish();

  const place = { dataDir: stage.product.dataDir, databaseUrl: story.databaseUrl };
  const drained = await waitUntilEnded(place);
  const code = await stage.product.stop();
  const books = await readBooks({ place, inbox: stage.inbox, dav: stage.dav.data });
  const broken = findBroken({ books, acknowledged: sending.acknowledged, receiver: stage.receiver });
  if (!drained) broken.push('deliveries that never ended');
  if (code !== 0) broken.push(`the product ended with ${code}:\n${stage.product.output.slice(-2_000)}`);
  return {
    seed: story.seed,
    acknowledged: sending.acknowledged.size,
    delivered: books.after.deliveries.filter(({ status }) => status === 'sent').length,
    failed: books.after.deliveries.filter(({ status }) => status === 'failed').length,
    faults: Object.fromEntries(storm.happened),
    lies: { ...Object.fromEntries(stage.receiver.behaved), ...Object.fromEntries(stage.liar.told) },
    broken,
  };
}

async function setStage(story: FaultStory, closing: AsyncDisposableStack): Promise<Stage> {
  const disk = await makeSmallDisk(diskMegabytes);
  closing.defer(() => disk.remove());
  const dav = await startApacheDav();
  closing.defer(() => dav.stop());
  const liar = await startLiar({ port: dav.port, path: '/basic/' });
  closing.defer(() => liar.close());
  const receiver = await startReceiver({ secret, hangMs: 1_000 });
  closing.defer(() => receiver.close());
  const dataDir = join(disk.folder, 'data');
  const inbox = join(disk.folder, 'inbox');
  for (const folder of [dataDir, inbox]) await mkdir(folder);
  const weatherFile = join(disk.folder, 'weather.json');
  await writeFile(weatherFile, '{"clockMs":0,"syncMs":0}');
  const product = await startProduct({
    dataDir,
    databaseUrl: story.databaseUrl,
    settings: { RETRY_SCHEDULE: retrySchedule, LOCAL_ROOTS: inbox },
    nodeArgs: ['--import', join(import.meta.dirname, 'weather.ts')],
    env: { FAULT_WEATHER: weatherFile },
  });
  closing.defer(() => product.remove());
  return { disk, dav, liar, receiver, product, inbox, weatherFile };
}

/** Each session delivers to all three: a webhook, a folder, and a WebDAV server through the liar. */
async function openSessions(
  { product, receiver, liar, dav, inbox }: Stage,
  owner: ProductKey,
): Promise<string[]> {
  const path_template = '{session_id}/{image_id}.{ext}';
  const kinds = [
    { type: 'webhook', name: 'Receiver', config: { url: receiver.url, format: 'binary', secret } },
    { type: 'local', name: 'Inbox', config: { path: inbox, path_template } },
    {
      type: 'webdav',
      name: 'Liar',
      config: { url: liar.url, username: dav.user.name, password: dav.user.password, path_template },
    },
  ];
  const destination_ids: string[] = [];
  for (const kind of kinds) destination_ids.push(await createDestination(product, owner, kind));
  const made: string[] = [];
  for (let index = 0; index < sessions; index += 1) {
    made.push(
      await createSession(product, owner, {
        destination_ids,
        expires_in_hours: 24,
        max_images: imagesPerSession,
      }),
    );
  }
  return made;
}

function misbehave({ receiver, liar }: Stage, seed: number): void {
  const behaviours: Behaviour[] = ['error', 'reset', 'slow', 'lost', 'hang', 'busy'];
  const lies: Lie[] = ['page', 'truncate', 'drop', 'error', 'reset'];
  const receiving = seeded(seed + 2);
  const lying = seeded(seed + 3);
  receiver.behave(() =>
    receiving() < 0.6 ? 'ok' : behaviours[between(receiving, 0, behaviours.length - 1)]!,
  );
  liar.tell(() => (lying() < 0.7 ? 'none' : lies[between(lying, 0, lies.length - 1)]!));
}

async function waitUntilEnded(place: { dataDir: string; databaseUrl?: string }): Promise<boolean> {
  for (const end = performance.now() + drainMs; performance.now() < end; await pause(500)) {
    if ((await countWaiting(place)) === 0) return true;
  }
  return false;
}
