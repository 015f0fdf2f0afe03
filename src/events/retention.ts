/**
 * Old events, their deliveries and the records of attempts are removed. Their ids begin with the moment of their birth, so
 * the oldest stand first in the primary key and no further index is needed. On PostgreSQL they lie in partitions
 * (db/partitions.ts), and go with theirs: up to a week later than their retention says, up to a month where that is long.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../db/database.ts';
import {
  dropPartition,
  idAt,
  listPartitions,
  type Partition,
  type PartitionedTable,
  partitionedTables,
} from '../db/partitions.ts';

export interface Retention {
  /** 0 keeps everything. */
  days: number;
  /** Milliseconds since 1970. */
  now: number;
}

/** Rows of each table that are removed at once. */
const batch = 1_000;
const dayMs = 86_400_000;

/**
 * Removes what is older than its retention, except what is still to be delivered and its event. Returns how many rows, or
 * partitions; more than nothing means that more may be there.
 */
export async function pruneEvents(db: Database, { days, now }: Retention): Promise<number> {
  await forgetOldSecrets(db, now);
  if (days === 0) return 0;
  const before = now - days * dayMs;
  let count = await remove(db, sql`delete from replays where ended_at < ${before}`);
  count += await pruneRows(db, 'webhook_deliveries', idAt('del', before));
  for (const table of Object.keys(partitionedTables) as PartitionedTable[]) {
    const prune = db.engine === 'sqlite' ? pruneRows : prunePartitions;
    count += await prune(db, table, idAt(partitionedTables[table], before));
  }
  return count;
}

/** Partitions in which all is old; and by row what does not go with one: the start, the rest, and old ones that are still needed. */
async function prunePartitions(db: Database, table: PartitionedTable, before: string): Promise<number> {
  let count = 0;
  for (const partition of await listPartitions(db.read, table)) {
    const isOld = partition.to !== undefined && partition.to <= before;
    if (isOld && (await dropPartition(db, partition.name, needed(table, partition)))) count += 1;
    else if (isOld || partition.from === undefined)
      count += await pruneRows(db, table, before, partition.name);
  }
  return count;
}

/** What keeps a partition although all in it is old: events that are still to be delivered. */
function needed(table: PartitionedTable, { from = '', to = '' }: Partition): RawBuilder<unknown> {
  if (table === 'attempts') return sql`select 1 where false`;
  return sql`select 1 from webhook_deliveries where event_id >= ${from} and event_id < ${to}`;
}

const stays = {
  webhook_deliveries: sql`old.due_at is not null`,
  attempts: sql`1 = 0`,
  events: sql`exists (select 1 from webhook_deliveries d where d.event_id = old.id)`,
};

/** A batch of a table, or of one of its partitions. */
function pruneRows(
  db: Database,
  table: keyof typeof stays,
  before: string,
  from: string = table,
): Promise<number> {
  return remove(
    db,
    sql`delete from ${sql.table(from)} where id in (
      select old.id from ${sql.table(from)} old where old.id < ${before} and not (${stays[table]})
      order by old.id limit ${batch}
    )`,
  );
}

/** undefined_table */
const undefinedTable = '42P01';

async function remove(db: Database, statement: RawBuilder<unknown>): Promise<number> {
  try {
    return await db.write(async (tx) => Number((await statement.execute(tx.q)).numAffectedRows ?? 0));
  } catch (error) {
    // Another process dropped the partition since we saw it.
    if ((error as { code?: unknown }).code === undefinedTable) return 0;
    throw error;
  }
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
