/** What is left on the disk and in the database, read without the product: the judge of every fault test. */
import { createHash } from 'node:crypto';
import { readdir, readFile, utimes } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Database } from '../../src/db/database.ts';
import { openDatabase } from '../../src/db/open.ts';
import { removeOrphans } from '../../src/images/orphans.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { createDiskStorage } from '../../src/storage/disk.ts';

export interface StoredImage {
  id: string;
  session: string;
  position: number;
  sizeBytes: number;
  sha256: string;
  storageKey: string;
}

export interface StoredDelivery {
  id: string;
  imageId: string;
  status: string;
  attempts: number;
  leasedBy: string | null;
  dueAt: number | null;
  /** Numbers of the recorded attempts with their outcomes, in the order in which they were made. */
  history: { number: number; outcome: string }[];
}

export interface Aftermath {
  images: StoredImage[];
  deliveries: StoredDelivery[];
  /** `images_count` of each session, by its id. */
  counts: Map<string, number>;
  /** Storage key to the SHA-256 of what lies there. */
  files: Map<string, string>;
  /** Names in the folder of half-written files. */
  temporary: string[];
}

export interface Place {
  dataDir: string;
  /** PostgreSQL; absent: the SQLite file in `dataDir`. */
  databaseUrl?: string;
  /** Folder of the photos; absent: the one in `dataDir`. */
  storage?: string;
}

/**
 * Does what the product does an hour after a crash: removes bytes that lie there for so long without a row. Returns how
 * many there were.
 */
export async function removeOrphansOf(place: Place): Promise<number> {
  const folder = place.storage ?? join(place.dataDir, 'images');
  const now = Date.now();
  const longAgo = new Date(now - 2 * 3_600_000);
  for (const path of await list(folder)) await utimes(path, longAgo, longAgo);
  const db = await openPlace(place);
  const storage = createDiskStorage({ directory: folder });
  try {
    return await removeOrphans({ db, storage }, { days: 2, now });
  } finally {
    await storage.close();
    await db.close();
  }
}

/** Reads everything, also beside a running product. */
export async function readAftermath(place: Place): Promise<Aftermath> {
  const db = await openPlace(place);
  try {
    const storage = place.storage ?? join(place.dataDir, 'images');
    return {
      ...(await readStored(db)),
      files: await readFiles(storage),
      temporary: await list(join(storage, 'tmp')),
    };
  } finally {
    await db.close();
  }
}

function openPlace({ databaseUrl, dataDir }: Place): Promise<Database> {
  return openDatabase({ url: databaseUrl, file: join(dataDir, 'apertur.db'), logger: silentLogger });
}

/** The rows alone, whatever the photos lie in. */
export async function readStored(db: Database): Promise<Pick<Aftermath, 'images' | 'deliveries' | 'counts'>> {
  const images = await db.read
    .selectFrom('images')
    .selectAll()
    .orderBy('session_id')
    .orderBy('position')
    .execute();
  const deliveries = await db.read.selectFrom('deliveries').selectAll().execute();
  const attempts = await db.read
    .selectFrom('attempts')
    .selectAll()
    .orderBy('number')
    .orderBy('started_at')
    .execute();
  const byDelivery = Map.groupBy(attempts, (attempt) => attempt.delivery_id);
  const sessions = await db.read.selectFrom('sessions').select(['id', 'images_count']).execute();
  return {
    images: images.map((row) => ({
      id: row.id,
      session: row.session_id,
      position: row.position,
      sizeBytes: row.size_bytes,
      sha256: row.sha256,
      storageKey: row.storage_key,
    })),
    deliveries: deliveries.map((row) => ({
      id: row.id,
      imageId: row.image_id,
      status: row.status,
      attempts: row.attempts,
      leasedBy: row.leased_by,
      dueAt: row.due_at,
      history: (byDelivery.get(row.id) ?? []).map(({ number, outcome }) => ({ number, outcome })),
    })),
    counts: new Map(sessions.map((row) => [row.id, row.images_count])),
  };
}

async function readFiles(storage: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const path of await list(storage)) {
    const key = relative(storage, path).split(sep).join('/');
    if (!key.startsWith('tmp/')) files.set(key, sha256(await readFile(path)));
  }
  return files;
}

async function list(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What is wrong with the store itself, whatever was sent: an empty list when nothing is. */
export function findDamage({ images, counts, files, temporary }: Aftermath): string[] {
  const damage = temporary.map((path) => `half-written: ${path}`);
  const known = new Set(images.map((image) => image.storageKey));
  for (const key of files.keys()) if (!known.has(key)) damage.push(`a file without a row: ${key}`);
  for (const image of images) {
    const found = files.get(image.storageKey);
    if (found === undefined) damage.push(`a row without a file: ${image.id}`);
    else if (found !== image.sha256) damage.push(`other bytes than received: ${image.id}`);
  }
  const bySession = Map.groupBy(images, (image) => image.session);
  for (const [session, count] of counts) {
    const positions = (bySession.get(session) ?? []).map((image) => image.position);
    const expected = positions.map((_, index) => index);
    if (positions.join() !== expected.join()) damage.push(`positions of ${session}: ${positions.join()}`);
    if (count !== positions.length)
      damage.push(`${session} counts ${count} images and has ${positions.length}`);
  }
  return damage;
}
