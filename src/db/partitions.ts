/**
 * PostgreSQL only: the tables whose rows are history lie in partitions, so that what is past its retention goes by dropping a
 * table instead of deleting rows one by one (docs/adr/0012). Ids begin with the moment of their birth, so the primary key is
 * the partition key: it stays unique over all partitions, and a lookup by id touches one of them.
 *
 * A row that no partition covers (nobody made one in time, a clock was wrong) lies in the **rest**, and moves when its
 * partition is made. The rows from before the tables were partitioned are the first partition, the **start**.
 */
import { type RawBuilder, sql } from 'kysely';
import { decodeTime, encodeTime } from 'ulid';
import type { IdPrefix } from '../lib/ids.ts';
import type { Database, Queries, Tx } from './database.ts';

/** Tables that are partitioned, each with the prefix of its ids. Not the queues: a claim would look into every partition. */
export const partitionedTables = { attempts: 'att', events: 'evt' } as const;

export type PartitionedTable = keyof typeof partitionedTables;

export interface Partition {
  name: string;
  /** Ids from here on; undefined: from the first. */
  from: string | undefined;
  /** Ids before this one; undefined for the rest. */
  to: string | undefined;
}

/** The smallest id that can be made at this moment (milliseconds since 1970). */
export const idAt = (prefix: IdPrefix, ms: number): string => `${prefix}_${encodeTime(Math.max(0, ms), 10)}`;

/** The moment of a bound made by `idAt`. */
const momentOf = (id: string): number => decodeTime(`${id.slice(id.indexOf('_') + 1)}${'0'.repeat(16)}`);

export type Width = 'week' | 'month';

/** Long partitions for long retention: rows wait for the end of theirs, and each costs every query that is not by id. */
export const widthFor = (retentionDays: number): Width =>
  retentionDays === 0 || retentionDays >= 90 ? 'month' : 'week';

const dayMs = 86_400_000;
/** 1970 began on a Thursday. */
const firstMonday = 4 * dayMs;

/** The week (from Monday) or the calendar month around a moment, in UTC: `from` inclusive, `to` exclusive. */
export function periodAround(ms: number, width: Width): { from: number; to: number } {
  if (width === 'month') {
    const date = new Date(ms);
    const month = (ahead: number): number => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead);
    return { from: month(0), to: month(1) };
  }
  const from = ms - ((((ms - firstMonday) % (7 * dayMs)) + 7 * dayMs) % (7 * dayMs));
  return { from, to: from + 7 * dayMs };
}

/** The partitions of a table from old to new, the rest last. */
export async function listPartitions(q: Queries, table: PartitionedTable): Promise<Partition[]> {
  const { rows } = await sql<{ name: string; bound: string }>`
    select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${table}::regclass`.execute(q);
  const partitions = rows.map(({ name, bound }) => ({
    name,
    from: /FROM \('([^']+)'\)/.exec(bound)?.[1],
    to: /TO \('([^']+)'\)/.exec(bound)?.[1],
  }));
  const place = ({ from, to }: Partition): string => from ?? (to === undefined ? '~' : '');
  return partitions.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** Any number, the same in every version of this program. */
const advisoryLock = 4_715_273_012;
/** lock_not_available */
const lockNotAvailable = '55P03';

/**
 * Runs `fn` in one process at a time, with locks that wait for half a second at most: whoever waits for the lock of a whole table makes all
 * others wait behind it. Undefined when another process is at it or the lock was not to be had; it comes round again.
 */
async function tend<T>(db: Database, fn: (tx: Tx) => Promise<T>): Promise<T | undefined> {
  try {
    return await db.write(
      async (tx) => {
        const { rows } = await sql<{ ours: boolean }>`
          select pg_try_advisory_xact_lock(${advisoryLock}) as ours`.execute(tx.q);
        if (!rows[0]?.ours) return undefined;
        await sql`set local lock_timeout = '500ms'`.execute(tx.q);
        return fn(tx);
      },
      { patient: true },
    );
  } catch (error) {
    if ((error as { code?: unknown }).code === lockNotAvailable) return undefined;
    throw error;
  }
}

/**
 * Makes the partitions of this period and of the next, where they are missing. Returns how many. One process does it, however many
 * ask; on SQLite there is nothing to do.
 */
export async function makePartitions(
  db: Database,
  { now, width }: { now: number; width: Width },
): Promise<number> {
  if (db.engine === 'sqlite') return 0;
  let made = 0;
  for (const table of Object.keys(partitionedTables) as PartitionedTable[]) {
    for (const moment of [now, periodAround(now, width).to]) {
      // One a transaction: the locks of one are let go before those of the next are taken.
      if (await tend(db, (tx) => makePartition(tx, table, moment, width))) made += 1;
    }
  }
  return made;
}

/** The part of a period around a moment that no partition covers; undefined when one covers the moment. */
function missingAt(
  partitions: readonly Partition[],
  table: PartitionedTable,
  moment: number,
  width: Width,
): (Partition & { from: string; to: string }) | undefined {
  const prefix = partitionedTables[table];
  const id = idAt(prefix, moment);
  const period = periodAround(moment, width);
  let [from, to] = [idAt(prefix, period.from), idAt(prefix, period.to)];
  for (const other of partitions) {
    if (other.to === undefined) continue;
    if (other.to > id && (other.from === undefined || other.from <= id)) return undefined;
    if (other.to <= id && other.to > from) from = other.to;
    if (other.from !== undefined && other.from > id && other.from < to) to = other.from;
  }
  const day = new Date(momentOf(from)).toISOString().slice(0, 10).replaceAll('-', '');
  return { name: `${table}_${day}`, from, to };
}

/** Made apart and attached whole: that locks readers and writers out of the rest only, not of the table. False when it is there. */
async function makePartition(
  { q }: Tx,
  table: PartitionedTable,
  moment: number,
  width: Width,
): Promise<boolean> {
  const missing = missingAt(await listPartitions(q, table), table, moment, width);
  if (missing === undefined) return false;
  const { name, from, to } = missing;
  const [made, rest] = [sql.table(name), sql.table(`${table}_rest`)];
  const inside = sql`id >= ${from} and id < ${to}`;
  await sql`create table ${made} (like ${sql.table(table)} including defaults including constraints)`.execute(
    q,
  );
  const { rows } = await sql`select 1 from ${rest} where ${inside} limit 1`.execute(q);
  if (rows.length > 0) {
    await sql`lock table ${rest} in access exclusive mode`.execute(q);
    await sql`
      with moved as (delete from ${rest} where ${inside} returning *)
      insert into ${made} select * from moved`.execute(q);
  }
  await sql`
    alter table ${sql.table(table)} attach partition ${made}
    for values from (${sql.lit(from)}) to (${sql.lit(to)})`.execute(q);
  return true;
}

/** Drops a partition, unless `needed` finds a row in the same moment. False when it is not dropped now. */
export async function dropPartition(
  db: Database,
  name: string,
  needed: RawBuilder<unknown>,
): Promise<boolean> {
  const dropped = await tend(db, async ({ q }) => {
    const { rows } = await sql`select 1 from pg_class where relname = ${name} and relispartition
      and relnamespace = current_schema()::regnamespace`.execute(q);
    if (rows.length === 0) return false;
    // Nobody writes to it from here on, so what was not found is not there.
    await sql`lock table ${sql.table(name)} in share mode`.execute(q);
    if ((await sql`${needed} limit 1`.execute(q)).rows.length > 0) return false;
    await sql`drop table ${sql.table(name)}`.execute(q);
    return true;
  });
  return dropped === true;
}
