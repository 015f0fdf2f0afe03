/** Counts what is left after a storm, and names what must never be. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Database } from '../../../src/db/database.ts';
import { openDatabase } from '../../../src/db/open.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import type { Receiver } from '../../helpers/receiver.ts';
import {
  type Aftermath,
  findDamage,
  type Place,
  readAftermath,
  removeOrphansOf,
  sha256,
} from '../aftermath.ts';

export interface Books {
  after: Aftermath;
  /** Kind of destination, by the id of a delivery. */
  kinds: Map<string, string>;
  /** Visible files: the image that its name says, and the hash of what is in it. */
  inbox: VisibleFile[];
  dav: VisibleFile[];
}

interface VisibleFile {
  imageId: string;
  sha256: string;
}

/** Deliveries that have not ended, of images and of events. */
export async function countWaiting(place: Place): Promise<number> {
  return withDatabase(place, async (db) => {
    const { n } = await db.read
      .selectFrom('deliveries')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('due_at', 'is not', null)
      .executeTakeFirstOrThrow();
    return Number(n);
  });
}

/** Reads everything that is left; removes what the hourly sweep would remove. */
export async function readBooks(from: { place: Place; inbox: string; dav: string }): Promise<Books> {
  await removeOrphansOf(from.place);
  const kinds = await withDatabase(from.place, async (db) => {
    const rows = await db.read
      .selectFrom('deliveries as d')
      .innerJoin('destinations as t', 't.id', 'd.destination_id')
      .select(['d.id', 't.type as kind'])
      .execute();
    return new Map(rows.map((row) => [row.id, row.kind]));
  });
  return {
    after: await readAftermath(from.place),
    kinds,
    inbox: await visibleFiles(from.inbox),
    dav: await visibleFiles(from.dav),
  };
}

export interface Evidence {
  books: Books;
  acknowledged: ReadonlyMap<string, string>;
  receiver: Receiver;
}

/** Sentences, one for each thing that is wrong. */
export function findBroken({ books, acknowledged, receiver }: Evidence): string[] {
  const { after, kinds, inbox, dav } = books;
  return [
    ...findDamage(after),
    ...findLost(acknowledged, after),
    ...findOpen(after),
    ...findMiscounted(after),
    ...findUnequalFiles('local', after, kinds, inbox),
    ...findUnequalFiles('webdav', after, kinds, dav),
    ...findUnheard(after, kinds, receiver),
  ];
}

function findLost(acknowledged: ReadonlyMap<string, string>, { images }: Aftermath): string[] {
  const stored = new Map(images.map((image) => [image.id, image.sha256]));
  return [...acknowledged]
    .filter(([id, hash]) => stored.get(id) !== hash)
    .map(([id]) => `acknowledged and lost: ${id}`);
}

/** Three deliveries for each image, each ended and in nobody's hands. */
function findOpen({ images, deliveries }: Aftermath): string[] {
  const byImage = Map.groupBy(deliveries, (delivery) => delivery.imageId);
  const missing = images.filter((image) => byImage.get(image.id)?.length !== 3);
  const open = deliveries.filter(
    ({ status, leasedBy, dueAt }) =>
      !['sent', 'failed'].includes(status) || leasedBy !== null || dueAt !== null,
  );
  return [
    ...missing.map((image) => `not three deliveries: ${image.id}`),
    ...open.map((delivery) => `not ended: ${delivery.id} ${delivery.status}`),
  ];
}

function findMiscounted({ deliveries }: Aftermath): string[] {
  return deliveries
    .filter(({ status, attempts, history }) => {
      const counted = history.filter((attempt) => attempt.outcome !== 'cancelled');
      return counted.length !== attempts || (status === 'sent' && counted.at(-1)?.outcome !== 'sent');
    })
    .map(({ id, attempts, history }) => `${id} counts ${attempts} attempts and has ${history.length} rows`);
}

/** What was told as delivered lies there once with the same bytes, and nothing else is to be seen. */
function findUnequalFiles(
  kind: string,
  { images, deliveries }: Aftermath,
  kinds: Map<string, string>,
  files: VisibleFile[],
): string[] {
  const hashes = new Map(images.map((image) => [image.id, image.sha256]));
  const byImage = Map.groupBy(files, (file) => file.imageId);
  const broken: string[] = [];
  for (const { id, imageId, status } of deliveries) {
    if (kinds.get(id) !== kind || status !== 'sent') continue;
    const [file, ...more] = byImage.get(imageId) ?? [];
    if (file === undefined) broken.push(`${kind}: told as delivered and not there: ${imageId}`);
    else if (file.sha256 !== hashes.get(imageId)) broken.push(`${kind}: other bytes: ${imageId}`);
    if (more.length > 0) broken.push(`${kind}: more than one file: ${imageId}`);
  }
  for (const { imageId } of files) {
    if (!hashes.has(imageId)) broken.push(`${kind}: a file that nobody sent: ${imageId}`);
  }
  return broken;
}

function findUnheard(
  { images, deliveries }: Aftermath,
  kinds: Map<string, string>,
  receiver: Receiver,
): string[] {
  const arrived = Map.groupBy(receiver.arrivals, (arrival) => arrival.imageId);
  const hashes = new Map(images.map((image) => [image.id, image.sha256]));
  const broken: string[] = [];
  for (const { id, imageId, status } of deliveries) {
    if (kinds.get(id) !== 'webhook') continue;
    const arrivals = arrived.get(imageId) ?? [];
    if (status === 'sent' && arrivals.length === 0)
      broken.push(`webhook: told as delivered and not there: ${imageId}`);
    if (arrivals.some(({ sha256: hash, signatureValid }) => hash !== hashes.get(imageId) || !signatureValid))
      broken.push(`webhook: other bytes or no signature: ${imageId}`);
    if (arrivals.some(({ deliveryId }) => deliveryId !== id))
      broken.push(`webhook: two delivery ids: ${imageId}`);
  }
  return broken;
}

async function visibleFiles(folder: string): Promise<VisibleFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const visible = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  return Promise.all(
    visible.map(async (entry) => ({
      imageId: basename(entry.name).split('.')[0]!,
      sha256: sha256(await readFile(join(entry.parentPath, entry.name))),
    })),
  );
}

async function withDatabase<T>(
  { databaseUrl, dataDir }: Place,
  use: (db: Database) => Promise<T>,
): Promise<T> {
  const db = await openDatabase({
    url: databaseUrl,
    file: join(dataDir, 'apertur.db'),
    logger: silentLogger,
  });
  try {
    return await use(db);
  } finally {
    await db.close();
  }
}
