/** Removing the bytes of photos whose time has come. The row stays: what was received and where it went is history. */
import type { Database } from '../db/database.ts';
import type { Storage } from '../storage/storage.ts';
import { removeThumbnails } from './thumbnails.ts';

const day = 24 * 3_600_000;
/** A store far away answers each removal after a while. */
const atOnce = 8;

interface Rooms {
  db: Database;
  storage: Storage;
}

interface Due {
  id: string;
  storage_key: string;
  thumbnails: string;
}

/**
 * Purges photos older than the retention whose deliveries have all ended and which nobody still has to fetch; returns
 * how many, at most 100 a call. Zero days keep them for ever.
 */
export async function purgeImages(
  { db, storage }: Rooms,
  { retentionDays, now }: { retentionDays: number; now: number },
): Promise<number> {
  if (retentionDays === 0) return 0;
  const due = await selectDue(db)
    .where('i.created_at', '<', now - retentionDays * day)
    .orderBy('i.created_at')
    .limit(100)
    .execute();
  await purge({ db, storage }, due, now);
  return due.length;
}

/**
 * The same for projects that keep their photos for a shorter time than the install, which is `retentionDays`. Looks at what came
 * between the two alone: everything older is gone already.
 */
export async function purgeProjectImages(
  { db, storage }: Rooms,
  { retentionDays, now }: { retentionDays: number; now: number },
): Promise<number> {
  const projects = await db.read
    .selectFrom('projects')
    .select(['id', 'retention_days'])
    .where('retention_days', 'is not', null)
    .execute();
  let count = 0;
  for (const { id, retention_days: days } of projects) {
    const due = await selectDue(db)
      .where('i.project_id', '=', id)
      .where('i.env', 'in', ['live', 'test'])
      .where('i.created_at', '>=', retentionDays === 0 ? 0 : now - (retentionDays + 1) * day)
      .where('i.created_at', '<', now - days! * day)
      .limit(100)
      .execute();
    await purge({ db, storage }, due, now);
    count += due.length;
  }
  return count;
}

/** Photos whose deliveries have all ended and which nobody still has to fetch. */
const selectDue = (db: Database) =>
  db.read
    .selectFrom('images as i')
    .innerJoin('sessions as s', 's.id', 'i.session_id')
    .select(['i.id', 'i.storage_key', 'i.thumbnails'])
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
    );

async function purge({ db, storage }: Rooms, due: readonly Due[], now: number): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let image = due[next++]; image !== undefined; image = due[next++]) {
      // The row first: a photo that is said to be kept is there; one that is said to be gone may still be.
      if (!(await markPurged(db, image.id, now))) continue;
      await storage.remove(image.storage_key);
      await removeThumbnails(storage, image);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
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
