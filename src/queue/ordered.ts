/**
 * Taking jobs in order: of the rows with one `order_key` only the first may run, until it is final.
 *
 * A row behind another is parked until the one before it is looked at again, so that a long row of them is not read at
 * every claim. Whoever settles the first one makes the next one due (`releaseNext`); if that is lost in a race, the
 * parking ends by itself.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database, Tx } from '../db/database.ts';
import { isOneOf, rowsOf } from '../db/lists.ts';
import type { Schema } from '../db/schema.ts';
import { laneMessage, namesOf, type QueueTable } from './tables.ts';

export interface Take {
  lane: string;
  limit: number;
  now: number;
  leaseUntil: number;
  /** What a row must be besides due. */
  only: RawBuilder<boolean> | undefined;
}

export interface Taken<T extends QueueTable> {
  rows: Schema[T['name']][];
  more: boolean;
}

interface Context<T extends QueueTable> {
  db: Database;
  table: T;
  worker: string;
}

/** Rows that are read at a time. */
const windowSize = 256;

export async function takeInOrder<T extends QueueTable>(
  tx: Tx,
  { db, table, worker }: Context<T>,
  { lane, limit, now, leaseUntil, only = sql<boolean>`1 = 1` }: Take,
): Promise<Taken<T>> {
  const names = namesOf(table);
  const { rows: due } = await sql<{ id: string; order_key: string | null }>`
    select id, order_key from ${names.table}
    where ${names.lane} = ${lane} and due_at is not null and due_at <= ${now} and ${only}
    order by due_at, id limit ${windowSize}`.execute(tx.q);
  const heads = await findHeads(tx, db, table, lane, due);
  const isFirst = (row: { id: string; order_key: string | null }): boolean =>
    row.order_key === null || heads.get(row.order_key)?.id === row.id;
  const ids = due
    .filter(isFirst)
    .slice(0, limit)
    .map((row) => row.id);
  await park(
    tx,
    db,
    table,
    due.filter((row) => !isFirst(row)),
    heads,
    { now, leaseUntil },
  );
  const more = due.length === windowSize || ids.length === limit;
  if (ids.length === 0) return { rows: [], more };
  const { rows } = await sql<Schema[T['name']]>`
    update ${names.table} set status = 'sending', leased_by = ${worker}, due_at = ${leaseUntil}, updated_at = ${now}
    where ${isOneOf(db.engine, sql.ref('id'), ids)}
    returning *`.execute(tx.q);
  return { rows, more };
}

interface Head {
  id: string;
  due_at: number;
}

/** The first unfinished row of each order key. Ids ascend in the order in which the rows were made. */
async function findHeads(
  tx: Tx,
  db: Database,
  table: QueueTable,
  lane: string,
  due: { order_key: string | null }[],
): Promise<Map<string, Head>> {
  const keys = [...new Set(due.map((row) => row.order_key).filter((key) => key !== null))];
  if (keys.length === 0) return new Map();
  const names = namesOf(table);
  const { rows } = await sql<Head & { order_key: string }>`
    select id, order_key, due_at from ${names.table} where id in (
      select min(id) from ${names.table}
      where ${names.lane} = ${lane} and order_key is not null and due_at is not null
        and ${isOneOf(db.engine, sql.ref('order_key'), keys)}
      group by order_key
    )`.execute(tx.q);
  return new Map(rows.map((row) => [row.order_key, row]));
}

async function park(
  tx: Tx,
  db: Database,
  table: QueueTable,
  rows: { id: string; order_key: string | null }[],
  heads: Map<string, Head>,
  { now, leaseUntil }: { now: number; leaseUntil: number },
): Promise<void> {
  if (rows.length === 0) return;
  const until = (row: { order_key: string | null }): number => {
    const head = heads.get(row.order_key ?? '');
    return head !== undefined && head.due_at > now ? head.due_at : leaseUntil;
  };
  const values = rowsOf(
    db.engine,
    { id: 'text', due_at: 'bigint' },
    rows.map((row) => [row.id, until(row)]),
  );
  await sql`
    update ${sql.table(table.name)} set due_at = parked.due_at from ${values} as parked
    where ${sql.table(table.name)}.id = parked.id`.execute(tx.q);
}

/** Makes the first unfinished row of these lanes and keys due now: the one before it is final. */
export async function releaseNext(
  tx: Tx,
  db: Database,
  table: QueueTable,
  settled: readonly { lane: string; orderKey: string }[],
  now: number,
): Promise<void> {
  if (settled.length === 0) return;
  const names = namesOf(table);
  const pairs = rowsOf(
    db.engine,
    { lane: 'text', order_key: 'text' },
    settled.map(({ lane, orderKey }) => [lane, orderKey]),
  );
  const { rows } = await sql<{ lane: string; owner: string }>`
    update ${names.table} set due_at = ${now}
    where leased_by is null and attempts = 0 and due_at > ${now} and id in (
      select (
        select min(next.id) from ${names.table} next
        where next.${names.lane} = done.lane and next.order_key = done.order_key
          and next.order_key is not null and next.due_at is not null
      ) from ${pairs} as done
    )
    returning ${names.lane} as lane, project_id as owner`.execute(tx.q);
  for (const { lane, owner } of rows) tx.notify(table.channel, laneMessage(lane, owner));
}
