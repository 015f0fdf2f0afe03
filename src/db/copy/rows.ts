/** Rows of any table, read in pages in the order of its key, and written as they are. */
import { sql } from 'kysely';
import type { Queries, Tx } from '../database.ts';
import type { Table } from './tables.ts';

/** Values in the order of the table's columns. */
export type Row = readonly unknown[];

const pageRows = 1000;
/** SQLite takes 32,766 values in a statement, PostgreSQL 65,535. */
const valuesAtOnce = 30_000;

/** All rows of a table in the order of its key; holds a page at a time. */
export async function* readRows(q: Queries, table: Table): AsyncGenerator<Row> {
  const key = sql.join(table.key.map((name) => sql.ref(name)));
  let after: Row | undefined;
  for (;;) {
    const later = after ? sql`where (${key}) > (${sql.join(after)})` : sql``;
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table.name)} ${later}
      order by ${key} limit ${sql.lit(pageRows)}`.execute(q);
    for (const row of rows) yield table.columns.map((name) => row[name]);
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageRows) return;
    after = table.key.map((name) => last[name]);
  }
}

/** The values of the key of a row. */
export function keyOf(table: Table, row: Row): Row {
  return table.key.map((name) => row[table.columns.indexOf(name)]);
}

/** Which of two keys comes first: negative, zero or positive. Text compares by bytes, as both engines do. */
export function compareKeys(a: Row, b: Row): number {
  for (const [at, left] of a.entries()) {
    const order = compareValues(left, b[at]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return Buffer.compare(Buffer.from(String(a)), Buffer.from(String(b)));
}

/** A row as text: the same values, the same text, whichever engine they came from. */
export function rowText(row: Row): string {
  return JSON.stringify(
    row.map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : (value ?? null))),
  );
}

/** Rows that fit into one statement. */
export const rowsAtOnce = (table: Table): number =>
  Math.max(1, Math.min(pageRows, Math.floor(valuesAtOnce / table.columns.length)));

/** Inserts rows, or makes those that are there the same. */
export async function putRows({ q }: Tx, table: Table, rows: readonly Row[]): Promise<void> {
  const columns = table.columns.map((name) => sql.ref(name));
  const values = rows.map((row) => sql`(${sql.join(row.map((value) => value ?? null))})`);
  const rest = table.columns.filter((name) => !table.key.includes(name));
  const changes = rest.map((name) => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`);
  const otherwise = changes.length > 0 ? sql`do update set ${sql.join(changes)}` : sql`do nothing`;
  await sql`insert into ${sql.table(table.name)} (${sql.join(columns)}) values ${sql.join(values)}
    on conflict (${sql.join(table.key.map((name) => sql.ref(name)))}) ${otherwise}`.execute(q);
}

/** Removes rows by their keys. */
export async function removeRows({ q }: Tx, table: Table, keys: readonly Row[]): Promise<void> {
  const columns = sql.join(table.key.map((name) => sql.ref(name)));
  const values = keys.map((key) => sql`(${sql.join(key)})`);
  await sql`delete from ${sql.table(table.name)} where (${columns}) in (values ${sql.join(values)})`.execute(
    q,
  );
}
