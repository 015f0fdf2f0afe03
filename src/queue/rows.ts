/**
 * Rows as a queue: what is due, taking it under a lease, keeping the lease. Each question is served by one index that
 * holds only rows with work left, so a claim costs the same beside millions of finished rows.
 */
import { type RawBuilder, sql } from 'kysely';
import { compileOnce } from '../db/compiled.ts';
import type { Database, Engine, Tx } from '../db/database.ts';
import { isOneOf, isOneOfList, listOf } from '../db/lists.ts';
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
  const context = { ...options, queries: queriesOf(db.engine, table) };
  return {
    findDueLanes: (now) => findDueLanes(db, table, now),
    claim: (wanted, now, leaseUntil) =>
      db.write((tx) => claim(tx, context, { wanted, now, leaseUntil }), { relaxed: true }),
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

/** What every claim asks, compiled once. */
function queriesOf<T extends QueueTable>(engine: Engine, queue: T) {
  const { table, lane } = namesOf(queue);
  type Row = Schema[T['name']];
  return {
    /**
     * Takes what is due in one lane, oldest first. `+ 0`: SQLite plans a statement anew whenever a parameter that stands alone as
     * its limit is bound.
     */
    take: compileOnce(
      (q, of: { lane: string; worker: string; leaseUntil: number; now: number; limit: number }) => ({
        compile: () =>
          sql<Row>`
            update ${table} set
              status = 'sending', leased_by = ${of.worker}, due_at = ${of.leaseUntil}, updated_at = ${of.now}
            where id in (
              select id from ${table} where ${lane} = ${of.lane} and due_at is not null and due_at <= ${of.now}
              order by due_at limit ${of.limit} + 0
            )
            returning *`.compile(q),
      }),
    ),
    /** `+`: not through the index of what is due later, where all waits that failed, but of what is leased. */
    countElsewhere: compileOnce((q, of: { lanes: unknown; worker: string; now: number }) => ({
      compile: () =>
        sql<{ lane: string; count: number }>`
          select ${lane} as lane, count(*) as count from ${table}
          where ${isOneOfList(engine, lane, of.lanes)} and leased_by is not null and leased_by <> ${of.worker}
            and +due_at > ${of.now}
          group by ${lane}`.compile(q),
    })),
  };
}

type Context<T extends QueueTable, J extends Job> = RowSourceOptions<T, J> & {
  queries: ReturnType<typeof queriesOf<T>>;
};

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
  options: Context<T, J>,
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
    const take = { lane, limit: allowed, now, leaseUntil, only: admission.only };
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
async function countElsewhere<T extends QueueTable>(
  tx: Tx,
  { db, worker, queries }: Context<T, Job>,
  lanes: string[],
  now: number,
): Promise<Map<string, number>> {
  if (lanes.length === 0) return new Map();
  const rows = await queries.countElsewhere(tx.q, { lanes: listOf(db.engine, lanes), worker, now });
  return new Map(rows.map((row) => [row.lane, Number(row.count)]));
}

const nothing: Taken<QueueTable> = { rows: [], more: false };

function takeFrom<T extends QueueTable>(
  tx: Tx,
  context: Context<T, Job>,
  take: Take,
  ordered = false,
): Promise<Taken<T>> {
  return ordered ? takeInOrder(tx, context, take) : takeDue(tx, context, take);
}

/** What is due in one lane, oldest first. */
async function takeDue<T extends QueueTable>(
  tx: Tx,
  { table, worker, queries }: Context<T, Job>,
  { lane, limit, now, leaseUntil, only }: Take,
): Promise<Taken<T>> {
  if (only === undefined) {
    const rows = await queries.take(tx.q, { lane, worker, leaseUntil, now, limit });
    return { rows, more: rows.length === limit };
  }
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
