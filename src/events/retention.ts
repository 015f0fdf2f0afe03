/**
 * Old events, their deliveries and the records of attempts are removed. Their ids begin with the moment of their birth, so
 * the oldest stand first in the primary key and no further index is needed.
 */
import { sql } from 'kysely';
import { encodeTime } from 'ulid';
import type { Database } from '../db/database.ts';
import type { IdPrefix } from '../lib/ids.ts';

export interface Retention {
  /** 0 keeps everything. */
  days: number;
  /** Milliseconds since 1970. */
  now: number;
}

/** Rows of each table that are removed at once. */
const batch = 1_000;
const dayMs = 86_400_000;

/** The smallest id that was made at this moment. */
const idAt = (prefix: IdPrefix, ms: number): string => `${prefix}_${encodeTime(Math.max(0, ms), 10)}`;

/**
 * Removes what is older than its retention, except what is still to be delivered and its event. Returns how many rows; more
 * than nothing means that more may be there.
 */
export async function pruneEvents(db: Database, { days, now }: Retention): Promise<number> {
  await forgetOldSecrets(db, now);
  if (days === 0) return 0;
  const before = now - days * dayMs;
  const removed = [
    sql`delete from webhook_deliveries where id in (
      select id from webhook_deliveries
      where id < ${idAt('del', before)} and due_at is null order by id limit ${batch}
    )`,
    sql`delete from attempts where id in (
      select id from attempts where id < ${idAt('att', before)} order by id limit ${batch}
    )`,
    sql`delete from events where id in (
      select e.id from events e where e.id < ${idAt('evt', before)}
        and not exists (select 1 from webhook_deliveries d where d.event_id = e.id)
      order by e.id limit ${batch}
    )`,
    sql`delete from replays where ended_at < ${before}`,
  ];
  let count = 0;
  for (const statement of removed) {
    count += await db.write(async (tx) => Number((await statement.execute(tx.q)).numAffectedRows ?? 0));
  }
  return count;
}

/** A secret whose overlap has ended opens nothing any more, so it need not lie about. */
async function forgetOldSecrets(db: Database, now: number): Promise<void> {
  const old = await db.read
    .selectFrom('webhooks')
    .select('id')
    .where('previous_until', '<=', now)
    .where('previous_secret', 'is not', null)
    .execute();
  if (old.length === 0) return;
  const ids = old.map((row) => row.id);
  await db.write((tx) =>
    tx.q
      .updateTable('webhooks')
      .set({ previous_secret: null, previous_until: null, signs_previous: 0 })
      .where('id', 'in', ids)
      .where('previous_until', '<=', now)
      .execute(),
  );
}
