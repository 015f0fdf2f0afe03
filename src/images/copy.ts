/** Brings the stored bytes of all images from one storage to another, and proves each by its hash. */
import { createHash } from 'node:crypto';
import type { Queries } from '../db/database.ts';
import { type Storage, StorageMissingError } from '../storage/storage.ts';

export interface CopiedPhotos {
  /** Images whose bytes are kept. */
  total: number;
  /** Of those, how many were written now; the others were there already. */
  copied: number;
  bytes: number;
  /** Ids of images whose bytes the first storage does not have, or has wrong. They were not copied. */
  damaged: string[];
}

interface Kept {
  id: string;
  storage_key: string;
  size_bytes: number;
  sha256: string;
}

const pageRows = 500;
/** Photos on their way at once: enough to hide the waiting, few enough for a small machine. */
const atOnce = 4;

/**
 * Copies what `q` says is kept. What the second storage holds with the right size counts as copied, unless `verify` asks
 * for its hash as well. A photo that is gone or wrong at its source is told, and the others go on.
 */
export async function copyPhotos(
  q: Queries,
  from: Storage,
  to: Storage,
  { verify = false } = {},
): Promise<CopiedPhotos> {
  const result: CopiedPhotos = { total: 0, copied: 0, bytes: 0, damaged: [] };
  await eachKept(q, (image) => copyOne(image, from, to, verify, result));
  return result;
}

/** Reads every kept photo and compares its hash. */
export async function checkPhotos(
  q: Queries,
  storage: Storage,
): Promise<Pick<CopiedPhotos, 'total' | 'damaged'>> {
  const result = { total: 0, damaged: [] as string[] };
  await eachKept(q, async (image) => {
    result.total += 1;
    const hash = await hashOf(storage, image).catch(missingAsNothing);
    if (hash !== image.sha256) result.damaged.push(image.id);
  });
  return result;
}

async function eachKept(q: Queries, visit: (image: Kept) => Promise<void>): Promise<void> {
  for await (const page of keptImages(q)) {
    const waiting = [...page];
    const work = async (): Promise<void> => {
      for (let image = waiting.shift(); image; image = waiting.shift()) await visit(image);
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  }
}

async function* keptImages(q: Queries): AsyncGenerator<Kept[]> {
  let after = '';
  for (;;) {
    const page = await q
      .selectFrom('images')
      .select(['id', 'storage_key', 'size_bytes', 'sha256'])
      .where('purged_at', 'is', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(pageRows)
      .execute();
    if (page.length > 0) yield page;
    if (page.length < pageRows) return;
    after = page.at(-1)!.id;
  }
}

async function copyOne(
  image: Kept,
  from: Storage,
  to: Storage,
  verify: boolean,
  result: CopiedPhotos,
): Promise<void> {
  result.total += 1;
  const there = (await to.size(image.storage_key)) === image.size_bytes;
  if (there && (!verify || (await hashOf(to, image)) === image.sha256)) return;
  if (await carryBytes(image, from, to)) {
    result.copied += 1;
    result.bytes += image.size_bytes;
  } else result.damaged.push(image.id);
}

/** False when the first storage does not have the right bytes; then the second gets nothing. */
async function carryBytes(image: Kept, from: Storage, to: Storage): Promise<boolean> {
  const writer = await to.create(image.storage_key);
  const hash = createHash('sha256');
  try {
    for await (const chunk of await from.open(image.storage_key)) {
      hash.update(chunk);
      await writer.write(chunk);
    }
    const right = hash.digest('hex') === image.sha256;
    await (right ? writer.commit() : writer.abort());
    return right;
  } catch (error) {
    await writer.abort();
    missingAsNothing(error);
    return false;
  }
}

async function hashOf(storage: Storage, image: Kept): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await storage.open(image.storage_key)) hash.update(chunk);
  return hash.digest('hex');
}

function missingAsNothing(error: unknown): undefined {
  if (!(error instanceof StorageMissingError)) throw error;
}
