/**
 * Bytes without a row: what a crash left between the storage's commit and the transaction's. Nobody was told that such a
 * photo was received, so nobody misses it; it only takes room.
 */
import type { Database } from '../db/database.ts';
import { toIso } from '../lib/clock.ts';
import type { Storage, StoredObject } from '../storage/storage.ts';

const day = 24 * 3_600_000;

/** Younger bytes may still get their row. */
const graceMs = 3_600_000;

const batchSize = 500;

/** Removes orphans among the photos of the last `days` days; returns how many. */
export async function removeOrphans(
  { db, storage }: { db: Database; storage: Storage },
  { days, now }: { days: number; now: number },
): Promise<number> {
  let removed = 0;
  for (let age = 0; age < days; age++) {
    const folder = toIso(now - age * day).slice(0, 10);
    let batch: string[] = [];
    for await (const object of storage.list(folder)) {
      if (!isOld(object, now)) continue;
      batch.push(object.key);
      if (batch.length < batchSize) continue;
      removed += await removeUnknown({ db, storage }, batch);
      batch = [];
    }
    removed += await removeUnknown({ db, storage }, batch);
  }
  return removed;
}

const isOld = (object: StoredObject, now: number): boolean => object.modifiedAt < now - graceMs;

/** The image's id is in its key, so the row is found by its primary key. */
async function removeUnknown(
  { db, storage }: { db: Database; storage: Storage },
  keys: string[],
): Promise<number> {
  if (keys.length === 0) return 0;
  const ids = keys.map((key) => /img_[0-9A-Z]+/.exec(key)?.[0] ?? '');
  const rows = await db.read.selectFrom('images').select('storage_key').where('id', 'in', ids).execute();
  const known = new Set(rows.map((row) => row.storage_key));
  const orphans = keys.filter((key) => !known.has(key));
  for (const key of orphans) await storage.remove(key);
  return orphans.length;
}
