/**
 * The rows of settled attempts. On PostgreSQL one statement for all of them, for each statement is a journey there; on
 * SQLite a small statement for each, for there is no journey, and unpacking a list costs more than it saves.
 */
import { sql } from 'kysely';
import { compileOnce } from '../db/compiled.ts';
import type { Database, Tx } from '../db/database.ts';
import { type ColumnType, rowsOf } from '../db/lists.ts';
import type { AttemptTable, WebhookDeliveryStatus } from '../db/schema.ts';

/** What becomes of a delivery after an attempt. */
export interface DeliveryChange {
  id: string;
  /** Who holds the lease: the row is changed only as long as that is true. */
  leased_by: string;
  status: WebhookDeliveryStatus;
  attempts: number;
  due_at: number | null;
  last_error: string | null;
  /** 1: the attempt does not count, what was asked for and the last error stay. */
  keeps_force: 0 | 1;
  /** 1: its failure counts towards the disable rule from now on. */
  counted: 0 | 1;
  updated_at: number;
}

const changeOne = compileOnce((q, to: DeliveryChange) =>
  q
    .updateTable('webhook_deliveries')
    .set({
      status: to.status,
      attempts: to.attempts,
      due_at: to.due_at,
      leased_by: null,
      last_error: sql`case when ${to.keeps_force} = 1 then last_error else ${to.last_error} end`,
      is_forced: sql`case when ${to.keeps_force} = 1 then is_forced else 0 end`,
      was_counted: sql`case when ${to.counted} = 1 then 1 else was_counted end`,
      updated_at: to.updated_at,
    })
    .where('id', '=', to.id)
    .where('leased_by', '=', to.leased_by)
    .returning('id'),
);

const changeColumns: Record<keyof DeliveryChange, ColumnType> = {
  id: 'text',
  leased_by: 'text',
  status: 'text',
  attempts: 'bigint',
  due_at: 'bigint',
  last_error: 'text',
  keeps_force: 'bigint',
  counted: 'bigint',
  updated_at: 'bigint',
};

/** Changes the rows that are still held by who settles them. Returns their ids. */
export async function changeDeliveries(
  db: Database,
  tx: Tx,
  changes: readonly DeliveryChange[],
): Promise<Set<string>> {
  const changed = new Set<string>();
  if (db.engine === 'sqlite') {
    for (const change of changes) for (const { id } of await changeOne(tx.q, change)) changed.add(id);
    return changed;
  }
  const names = Object.keys(changeColumns) as (keyof DeliveryChange)[];
  const rows = changes.map((change) => names.map((name) => change[name]));
  const { rows: written } = await sql<{ id: string }>`
    update webhook_deliveries set
      status = v.status, attempts = v.attempts, due_at = v.due_at, leased_by = null,
      last_error = case when v.keeps_force = 1 then webhook_deliveries.last_error else v.last_error end,
      is_forced = case when v.keeps_force = 1 then webhook_deliveries.is_forced else 0 end,
      was_counted = case when v.counted = 1 then 1 else webhook_deliveries.was_counted end,
      updated_at = v.updated_at
    from ${rowsOf(db.engine, changeColumns, rows)} as v
    where webhook_deliveries.id = v.id and webhook_deliveries.leased_by = v.leased_by
    returning webhook_deliveries.id`.execute(tx.q);
  for (const { id } of written) changed.add(id);
  return changed;
}

const attemptColumns: Record<keyof AttemptTable, ColumnType> = {
  id: 'text',
  delivery_id: 'text',
  number: 'bigint',
  started_at: 'bigint',
  duration_ms: 'double precision',
  phases: 'text',
  address: 'text',
  outcome: 'text',
  status_code: 'bigint',
  response_excerpt: 'text',
  error: 'text',
  next_at: 'bigint',
  next_reason: 'text',
};

const attemptNames = Object.keys(attemptColumns) as (keyof AttemptTable)[];

const insertOne = compileOnce((q, attempt: AttemptTable) =>
  q
    .insertInto('attempts')
    .values(Object.fromEntries(attemptNames.map((name) => [name, attempt[name]])) as unknown as AttemptTable),
);

/** Adds the records of attempts. */
export async function insertAttempts(db: Database, tx: Tx, attempts: readonly AttemptTable[]): Promise<void> {
  if (db.engine === 'sqlite') {
    for (const attempt of attempts) await insertOne(tx.q, attempt);
    return;
  }
  const rows = attempts.map((attempt) => attemptNames.map((name) => attempt[name]));
  const names = sql.join(attemptNames.map((name) => sql.ref(name)));
  await sql`
    insert into attempts (${names}) select ${names} from ${rowsOf(db.engine, attemptColumns, rows)} as v`.execute(
    tx.q,
  );
}
