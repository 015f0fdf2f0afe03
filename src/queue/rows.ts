/**
 * Rows as a queue: what is due, taking it under a lease, keeping the lease. Each question is served by one index that
 * holds only rows with work left, so a claim costs the same beside millions of finished rows.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database, Tx } from '../db/database.ts';
import { isOneOf } from '../db/lists.ts';
import type { Schema } from '../db/schema.ts';
import type { Claimed, Job, Lane, LaneReport, QueueSource, WantedLane } from './loop.ts';
import { type Take, type Taken, takeInOrder } from './ordered.ts';
import { namesOf, type QueueTable } from './tables.ts';

/** What a lane may do at this moment. */
export interface Admission {
  /** Jobs in flight at most, over all processes. */
  inFlight: number;
  /** Jobs that may begin now, when there is a rate to keep to. */
  now?: number;
  /** When more may begin, if `now` holds it back (milliseconds since 1970). */
  notBefore?: number;
  /** One job an `order_key` at a time, in the order in which they were made (ordered.ts). */
  ordered?: boolean;
  /** What a row must be besides due. */
  only?: RawBuilder<boolean>;
  /** There is more to look at, whatever is taken now. */
  more?: boolean;
}

export interface RowSourceOptions<T extends QueueTable, J extends Job> {
  db: Database;
  table: T;
  /** Who holds the leases that this source takes. */
  worker: string;
  /** Says what each of the locked lanes may do; a lane that is left out gets nothing. */
  admit(tx: Tx, lanes: string[], now: number): Promise<Map<string, Admission>>;
  /** Takes note of how many jobs began in each lane, in the transaction of the claim. */
  began?(tx: Tx, begun: ReadonlyMap<string, number>, now: number): Promise<void>;
  /** Makes jobs of the claimed rows, in the transaction of the claim. */
  toJobs(tx: Tx, rows: Schema[T['name']][], now: number): Promise<J[]>;
}

/** A lane that another process is claiming from is looked at again after so many milliseconds. */
const lockedAgainMs = 20;

export function createRowSource<T extends QueueTable, J extends Job>(
  options: RowSourceOptions<T, J>,
): QueueSource<J> {
  const { db, table, worker } = options;
  const names = namesOf(table);
  return {
    findDueLanes: (now) => findDueLanes(db, table, now),
    claim: (wanted, now, leaseUntil) =>
      db.write((tx) => claim(tx, options, { wanted, now, leaseUntil }), { relaxed: true }),
    async extend(ids, leaseUntil) {
      await db.write(
        async (tx) => {
          await sql`
            update ${names.table} set due_at = ${leaseUntil}
            where ${isOneOf(db.engine, sql.ref('id'), ids)} and leased_by = ${worker}`.execute(tx.q);
        },
        { relaxed: true },
      );
    },
  };
}

/**
 * Walks the lanes that have work left from one to the next through the index (a "skip scan"), reading one entry of
 * each: what is due first there.
 */
async function findDueLanes(
  db: Database,
  queue: QueueTable,
  now: number,
): Promise<{ lanes: Lane[]; nextDueAt: number | null }> {
  const { table, lane } = namesOf(queue);
  const { rows } = await sql<{ lane: string; due_at: number; owner: string }>`
    with recursive lanes (id) as (
      select (select ${lane} from ${table} where due_at is not null order by ${lane} limit 1)
      union all
      select (
        select d.${lane} from ${table} d
        where d.due_at is not null and d.${lane} > lanes.id order by d.${lane} limit 1
      ) from lanes where lanes.id is not null
    )
    select lanes.id as lane, first.due_at, first.project_id as owner
    from lanes join ${table} first on first.id = (
      select d.id from ${table} d
      where d.${lane} = lanes.id and d.due_at is not null order by d.due_at limit 1
    )`.execute(db.read);
  const due = rows.filter((row) => row.due_at <= now).map(({ lane, owner }) => ({ lane, owner }));
  const later = rows.filter((row) => row.due_at > now).map((row) => row.due_at);
  return { lanes: due, nextDueAt: later.length === 0 ? null : later.reduce((a, b) => Math.min(a, b)) };
}

interface Claim {
  wanted: WantedLane[];
  now: number;
  leaseUntil: number;
}

/**
 * Locks the lanes first and counts after: one statement that did both would count before it locked, and two processes
 * could each find room for the same last place.
 */
async function claim<T extends QueueTable, J extends Job>(
  tx: Tx,
  options: RowSourceOptions<T, J>,
  { wanted, now, leaseUntil }: Claim,
): Promise<Claimed<J>> {
  const { db, table } = options;
  const locked = await db.lockRows(
    tx,
    table.lanes,
    wanted.map(({ lane }) => lane),
  );
  const admissions = await options.admit(tx, locked, now);
  const elsewhere = await countElsewhere(tx, options, [...admissions.keys()], now);
  const rows: Schema[T['name']][] = [];
  const begun = new Map<string, number>();
  const reports: LaneReport[] = [];
  for (const { lane, limit, running } of wanted) {
    const admission = admissions.get(lane);
    if (!admission) {
      if (!locked.includes(lane)) reports.push({ lane, more: true, notBefore: now + lockedAgainMs });
      continue;
    }
    const room = Math.min(limit, admission.inFlight - running - (elsewhere.get(lane) ?? 0));
    const allowed = Math.max(0, Math.min(room, admission.now ?? room));
    const take = { lane, limit: allowed, now, leaseUntil, only: admission.only ?? sql<boolean>`1 = 1` };
    const taken = allowed === 0 ? nothing : await takeFrom(tx, options, take, admission.ordered);
    rows.push(...(taken.rows as Schema[T['name']][]));
    if (taken.rows.length > 0) begun.set(lane, taken.rows.length);
    const throttled = taken.rows.length === allowed && allowed < room;
    reports.push({
      lane,
      inFlight: admission.inFlight,
      more: throttled || taken.more || admission.more === true,
      ...(throttled ? { notBefore: admission.notBefore } : {}),
    });
  }
  await options.began?.(tx, begun, now);
  return { jobs: rows.length === 0 ? [] : await options.toJobs(tx, rows, now), lanes: reports };
}

/** Jobs in flight in other processes. Of our own the loop knows better: some rows only wait to be settled. */
async function countElsewhere(
  tx: Tx,
  { db, table, worker }: { db: Database; table: QueueTable; worker: string },
  lanes: string[],
  now: number,
): Promise<Map<string, number>> {
  if (lanes.length === 0) return new Map();
  const names = namesOf(table);
  const { rows } = await sql<{ lane: string; count: number }>`
    select ${names.lane} as lane, count(*) as count from ${names.table}
    where ${isOneOf(db.engine, names.lane, lanes)} and leased_by is not null and leased_by <> ${worker}
      and due_at > ${now}
    group by ${names.lane}`.execute(tx.q);
  return new Map(rows.map((row) => [row.lane, Number(row.count)]));
}

const nothing: Taken<QueueTable> = { rows: [], more: false };

function takeFrom<T extends QueueTable>(
  tx: Tx,
  { db, table, worker }: RowSourceOptions<T, Job>,
  take: Take,
  ordered = false,
): Promise<Taken<T>> {
  return ordered ? takeInOrder(tx, { db, table, worker }, take) : takeDue(tx, { table, worker }, take);
}

/** What is due in one lane, oldest first. */
async function takeDue<T extends QueueTable>(
  tx: Tx,
  { table, worker }: { table: T; worker: string },
  { lane, limit, now, leaseUntil, only }: Take,
): Promise<Taken<T>> {
  const names = namesOf(table);
  const { rows } = await sql<Schema[T['name']]>`
    update ${names.table} set status = 'sending', leased_by = ${worker}, due_at = ${leaseUntil}, updated_at = ${now}
    where id in (
      select id from ${names.table}
      where ${names.lane} = ${lane} and due_at is not null and due_at <= ${now} and ${only}
      order by due_at limit ${limit}
    )
    returning *`.execute(tx.q);
  return { rows, more: rows.length === limit };
}
