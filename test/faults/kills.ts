/**
 * One story of kills, told by its seed: the product is killed again and again while photos come in and a flaky receiver takes
 * them; then everything is counted. The test tells a short one, `npm run faults:kills` as many as one likes.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { makeJpeg } from '../helpers/pictures.ts';
import {
  createDestination,
  createSession,
  type Product,
  patience,
  request,
  startProduct,
  upload,
  waitUntil,
} from '../helpers/product.ts';
import { type Behaviour, type Receiver, startReceiver } from '../helpers/receiver.ts';
import { between, seeded } from '../helpers/seeded.ts';
import { type Aftermath, findDamage, readAftermath, removeOrphansOf, sha256 } from './aftermath.ts';

export interface Story {
  seed: number;
  uploads: number;
  kills: number;
  databaseUrl?: string;
}

export interface Ending {
  /** Sentences and ids of what is not as it was promised; empty when nothing is broken. */
  broken: string[];
  /** One line for people. */
  summary: string;
}

const secret = 'the secret of the flaky receiver';
/** Fifty retries, the most that a schedule may have: a receiver that fails half of the time is outlived. */
const retrySchedule = [0.05, 0.1, 0.2, ...new Array<number>(47).fill(0.3)].join(',');

/** Tells a story to its end and cleans up. Rejects when the product does not come to rest. */
export async function survive(story: Story): Promise<Ending> {
  const random = seeded(story.seed);
  const receiver = await startReceiver({ secret, behave: flaky(seeded(story.seed + 1)), hangMs: 1_000 });
  let product: Product | undefined;
  try {
    product = await startProduct({
      databaseUrl: story.databaseUrl,
      settings: { RETRY_SCHEDULE: retrySchedule },
    });
    return await tellStory(story, random, product, receiver);
  } finally {
    await product?.remove();
    await receiver.close();
  }
}

async function tellStory(
  story: Story,
  random: () => number,
  product: Product,
  receiver: Receiver,
): Promise<Ending> {
  const { key, sessions } = await prepare(product, receiver);
  const photos = await makePhotos(story.uploads, random);
  const acknowledged = new Map<string, string>();
  const sending = sendAll(product, { photos, sessions, acknowledged });
  await Promise.all([killAgainAndAgain(product, story, random, () => acknowledged.size), sending]);
  await waitUntil('every delivery has ended well', () => allSent(product, key, sessions), {
    withinMs: 90_000 * patience,
    everyMs: 100,
  });
  const exitCode = await product.stop();
  const place = { dataDir: product.dataDir, databaseUrl: story.databaseUrl };
  const orphans = await removeOrphansOf(place);
  const after = await readAftermath(place);
  const broken = [
    ...(exitCode === 0 ? [] : [`it ended with ${exitCode}`]),
    ...(acknowledged.size === story.uploads ? [] : [`${acknowledged.size} of ${story.uploads} acknowledged`]),
    ...findDamage(after),
    ...findLost(acknowledged, after).map((id) => `${id} is lost`),
    ...findUndelivered(after, receiver).map((id) => `${id} did not arrive whole`),
    ...findForeignDuplicates(receiver).map((id) => `${id} came under two names`),
    ...after.deliveries.filter((one) => !countsRight(one)).map(({ id }) => `${id} counts its attempts wrong`),
  ];
  return { broken, summary: describe(story, after, receiver, orphans) };
}

/** Half of the requests go wrong, each way in which a receiver can go wrong. */
function flaky(random: () => number): () => Behaviour {
  const ways: Behaviour[] = ['error', 'reset', 'slow', 'lost', 'error', 'hang', 'busy'];
  return () => (random() < 0.5 ? 'ok' : ways[between(random, 0, ways.length - 1)]!);
}

/** A destination of each format, and eight sessions with room for what is sent twice. */
async function prepare(product: Product, receiver: Receiver) {
  const owner = await product.createKey();
  const destinations: string[] = [];
  for (const format of ['json_base64', 'multipart', 'binary']) {
    const config = { url: receiver.url, format, secret };
    destinations.push(await createDestination(product, owner, { type: 'webhook', name: format, config }));
  }
  const sessions: string[] = [];
  for (let index = 0; index < 8; index++) {
    const destination_ids = [destinations[index % destinations.length]];
    sessions.push(await createSession(product, owner, { destination_ids, max_images: 100 }));
  }
  return { key: owner.key, sessions };
}

async function makePhotos(count: number, random: () => number): Promise<Buffer[]> {
  const photos: Buffer[] = [];
  for (let index = 0; index < count; index++) {
    photos.push(await makeJpeg({ seed: index + 1, bytes: between(random, 12_000, 400_000) }));
  }
  return photos;
}

interface Sending {
  photos: readonly Buffer[];
  sessions: readonly string[];
  /** Image id to the hash of the photo. */
  acknowledged: Map<string, string>;
}

/** Six phones: each sends a photo until it is answered 201, as the upload page does. */
async function sendAll(product: Product, { photos, sessions, acknowledged }: Sending): Promise<void> {
  let next = 0;
  async function phone(): Promise<void> {
    for (let mine = next++; mine < photos.length; mine = next++) {
      const photo = photos[mine]!;
      const session = sessions[mine % sessions.length]!;
      const id = await sendUntilTaken(product, session, photo);
      acknowledged.set(id, sha256(photo));
    }
  }
  await Promise.all(Array.from({ length: 6 }, phone));
}

async function sendUntilTaken(product: Product, session: string, photo: Buffer): Promise<string> {
  for (const end = performance.now() + 120_000 * patience; performance.now() < end; await pause(20)) {
    const answer = await upload(product.url, session, photo).catch(() => undefined);
    if (answer?.status === 201) return answer.body.id;
    if (answer !== undefined && answer.status < 500) throw new Error(JSON.stringify(answer.body));
  }
  throw new Error('A photo was not taken for two minutes');
}

/**
 * Each kill comes at a drawn number of acknowledged photos and a drawn moment after it, so that it falls into uploads
 * and deliveries; one in five comes while the product is starting.
 */
async function killAgainAndAgain(
  product: Product,
  { kills, uploads }: Story,
  random: () => number,
  acknowledged: () => number,
): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    const mark = Math.floor(((kill - random()) / kills) * uploads);
    const moment = between(random, 0, 60);
    const startsUp = random() < 0.2;
    const startMoment = between(random, 30, 900);
    if (!product.running && startsUp) {
      product.spawn();
      await pause(startMoment);
    } else {
      if (!product.running) await product.start();
      await waitUntil(`${mark} photos are acknowledged`, () => acknowledged() >= mark, {
        withinMs: 60_000 * patience,
        everyMs: 2,
      });
      await pause(moment);
    }
    await product.kill9();
  }
  await product.start();
}

interface StatusBody {
  files: { destinations: { status: string }[] }[];
}

async function allSent(product: Product, key: string, sessions: string[]): Promise<boolean> {
  for (const session of sessions) {
    const url = `${product.url}/api/v1/upload-sessions/${session}/delivery-status`;
    const { status, body } = await request<StatusBody>(url, { key });
    if (status === 429) return pause(1_000, false);
    if (status !== 200) throw new Error(`The delivery status answered ${status}`);
    if (body.files.some((file) => file.destinations.some((item) => item.status !== 'sent'))) return false;
  }
  return true;
}

function findLost(acknowledged: Map<string, string>, { images }: Aftermath): string[] {
  const stored = new Map(images.map((image) => [image.id, image.sha256]));
  return [...acknowledged].filter(([id, hash]) => stored.get(id) !== hash).map(([id]) => id);
}

/** Images whose every byte did not arrive, signed, at the receiver; and rows that say otherwise than `sent`. */
function findUndelivered({ images, deliveries }: Aftermath, receiver: Receiver): string[] {
  const arrived = Map.groupBy(receiver.arrivals, (arrival) => arrival.imageId);
  const missing = images.filter(
    (image) =>
      !arrived
        .get(image.id)
        ?.every(
          ({ sha256: hash, signatureValid, index }) =>
            hash === image.sha256 && signatureValid && index === image.position,
        ),
  );
  const open = deliveries.filter(
    (delivery) => delivery.status !== 'sent' || delivery.leasedBy !== null || delivery.dueAt !== null,
  );
  return [
    ...missing.map((image) => image.id),
    ...open.map((delivery) => `${delivery.id} ${delivery.status}`),
  ];
}

/** A photo may come twice, but then under the same delivery id, so that the receiver can tell. */
function findForeignDuplicates(receiver: Receiver): string[] {
  const byImage = Map.groupBy(receiver.arrivals, (arrival) => arrival.imageId);
  return [...byImage]
    .filter(([, arrivals]) => new Set(arrivals.map((arrival) => arrival.deliveryId)).size !== 1)
    .map(([imageId]) => imageId);
}

/** What was settled was recorded: as many attempts as rows, the last of them the one that was sent. */
function countsRight({ attempts, history }: Aftermath['deliveries'][number]): boolean {
  const counted = history.filter((attempt) => attempt.outcome !== 'cancelled');
  return counted.length === attempts && counted.at(-1)?.outcome === 'sent';
}

function describe(
  story: Story,
  { images, deliveries }: Aftermath,
  receiver: Receiver,
  orphans: number,
): string {
  const behaved = [...receiver.behaved].map(([name, times]) => `${name} ${times}`).join(', ');
  const attempts = deliveries.reduce((sum, delivery) => sum + delivery.attempts, 0);
  return (
    `seed ${story.seed}: ${story.kills} kills, ${story.uploads} photos acknowledged, ${images.length} stored, ` +
    `${orphans} files without a row removed, ` +
    `${receiver.arrivals.length} arrivals in ${attempts} settled attempts (${behaved})`
  );
}
