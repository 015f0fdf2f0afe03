/** Removing the bytes of photos whose time has come. The row stays: what was received and where it went is history. */
import type { Database } from '../db/database.ts';
import type { Storage } from '../storage/storage.ts';
import { removeThumbnails } from './thumbnails.ts';

const day = 24 * 3_600_000;
/** A store far away answers each removal after a while. */
const atOnce = 8;

/**
 * Purges photos older than the retention whose deliveries have all ended and which nobody still has to fetch; returns
 * how many, at most 100 a call. Zero days keep them for ever.
 */
export async function purgeImages(
  { db, storage }: { db: Database; storage: Storage },
  { retentionDays, now }: { retentionDays: number; now: number },
): Promise<number> {
  if (retentionDays === 0) return 0;
  const due = await db.read
    .selectFrom('images as i')
    .innerJoin('sessions as s', 's.id', 'i.session_id')
    .select(['i.id', 'i.storage_key', 'i.thumbnails'])
    .where('i.created_at', '<', now - retentionDays * day)
    .where('i.purged_at', 'is', null)
    .where((eb) => eb.or([eb('s.long_polling', '=', 0), eb('i.acknowledged_at', 'is not', null)]))
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('deliveries as d')
            .select('d.id')
            .whereRef('d.image_id', '=', 'i.id')
            .where('d.due_at', 'is not', null),
        ),
      ),
    )
    .orderBy('i.created_at')
    .limit(100)
    .execute();
  let next = 0;
  const purge = async (): Promise<void> => {
    for (let image = due[next++]; image !== undefined; image = due[next++]) {
      // The row first: a photo that is said to be kept is there; one that is said to be gone may still be.
      if (!(await markPurged(db, image.id, now))) continue;
      await storage.remove(image.storage_key);
      await removeThumbnails(storage, image);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, purge));
  return due.length;
}

/** False when another process has it: several that look find the same photos. */
async function markPurged(db: Database, id: string, now: number): Promise<boolean> {
  return db.write(async (tx) => {
    const mine = await tx.q
      .updateTable('images')
      .set({ purged_at: now })
      .where('id', '=', id)
      .where('purged_at', 'is', null)
      .executeTakeFirst();
    return Number(mine.numUpdatedRows) > 0;
  });
}
