/** Removing the bytes of photos whose time has come. The row stays: what was received and where it went is history. */
import type { Database } from '../db/database.ts';
import type { Storage } from '../storage/storage.ts';
import { thumbnailKeys } from './thumbnails.ts';

const day = 24 * 3_600_000;
/** A store far away answers each removal after a while. */
const atOnce = 8;
const batch = 100;
/** After that, whoever began a removal is taken for dead. */
const removalMs = 600_000;

interface Rooms {
  db: Database;
  storage: Storage;
}

interface Due {
  id: string;
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
    .limit(batch)
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
      .limit(batch)
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
    .select('i.id')
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

/**
 * The rows first: a photo that is said to be kept is there; one that is said to be gone may still be, until what the same
 * transaction wrote down as to be removed has been.
 */
async function purge({ db, storage }: Rooms, due: readonly Due[], now: number): Promise<void> {
  if (due.length === 0) return;
  const keys = await db.write(async (tx) => {
    // Several processes that look find the same photos; each gets those that it marks.
    const mine = await tx.q
      .updateTable('images')
      .set({ purged_at: now })
      .where(
        'id',
        'in',
        due.map(({ id }) => id),
      )
      .where('purged_at', 'is', null)
      .returning(['id', 'storage_key', 'thumbnails'])
      .execute();
    const all = mine.flatMap((image) => [image.storage_key, ...thumbnailKeys(image)]);
    if (all.length > 0) {
      await tx.q
        .insertInto('removals')
        .values(all.map((key) => ({ storage_key: key, due_at: now + removalMs })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    return all;
  });
  await removeBytes({ db, storage }, keys);
}

/** Removes what a crash or a store that was away left to be removed; returns how many, at most 100 a call. */
export async function finishRemovals({ db, storage }: Rooms, now: number): Promise<number> {
  // Taken on and put off in one: what fails now comes again later, behind the others.
  const due = await db.write((tx) =>
    tx.q
      .updateTable('removals')
      .set({ due_at: now + removalMs })
      .where('storage_key', 'in', (eb) =>
        eb
          .selectFrom('removals')
          .select('storage_key')
          .where('due_at', '<=', now)
          .orderBy('due_at')
          .limit(batch),
      )
      .returning('storage_key')
      .execute(),
  );
  await removeBytes(
    { db, storage },
    due.map((row) => row.storage_key),
  );
  return due.length;
}

/** Throws what the first removal that failed failed with, after all have been tried. */
async function removeBytes({ db, storage }: Rooms, keys: readonly string[]): Promise<void> {
  const [gone, failures]: [string[], unknown[]] = [[], []];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let key = keys[next++]; key !== undefined; key = keys[next++]) {
      try {
        await storage.remove(key);
        gone.push(key);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (gone.length > 0) {
    await db.write((tx) => tx.q.deleteFrom('removals').where('storage_key', 'in', gone).execute());
  }
  if (failures.length > 0) throw failures[0];
}
