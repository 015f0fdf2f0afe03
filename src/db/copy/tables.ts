/** What tables there are, as the database itself tells it, so that a new table is copied without being listed. */
import { sql } from 'kysely';
import type { Engine, Queries } from '../database.ts';

export interface Table {
  name: string;
  /** In the order of their names, the same on both engines. */
  columns: readonly string[];
  /** The columns of the primary key, in its order. */
  key: readonly string[];
  /** Tables that rows of this one refer to. */
  refersTo: readonly string[];
}

/** What belongs to one database and to the moment: its schema, the processes at it, and their counts of a minute. */
const notData = ['schema_migrations', 'workers', 'rate_windows'];

/** All tables with data, every one after those that it refers to. Throws when one has no primary key. */
export async function listTables(q: Queries, engine: Engine): Promise<Table[]> {
  const names = await tableNames(q, engine);
  const describe = engine === 'sqlite' ? describeSqlite : describePostgres;
  const tables: Table[] = [];
  for (const name of names.sort()) {
    const table = await describe(q, name);
    if (table.key.length === 0) throw new Error(`The table ${name} has no primary key and cannot be copied.`);
    tables.push(table);
  }
  return referredFirst(tables);
}

async function tableNames(q: Queries, engine: Engine): Promise<string[]> {
  const query =
    engine === 'sqlite'
      ? sql<{
          name: string;
        }>`select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'`
      : sql<{ name: string }>`select relname as name from pg_class
          where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition`;
  const { rows } = await query.execute(q);
  return rows.map((row) => row.name).filter((name) => !notData.includes(name));
}

async function describeSqlite(q: Queries, name: string): Promise<Table> {
  const columns = await sql<{
    name: string;
    pk: number;
  }>`select name, pk from pragma_table_info(${name})`.execute(q);
  const foreign = await sql<{
    name: string;
  }>`select "table" as name from pragma_foreign_key_list(${name})`.execute(q);
  const key = columns.rows.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  return {
    name,
    columns: columns.rows.map((column) => column.name).sort(),
    key: key.map((column) => column.name),
    refersTo: others(name, foreign.rows),
  };
}

async function describePostgres(q: Queries, name: string): Promise<Table> {
  const columns = await sql<{ name: string }>`select column_name as name from information_schema.columns
    where table_schema = current_schema() and table_name = ${name}`.execute(q);
  const key = await sql<{ name: string }>`select a.attname as name
    from pg_constraint c
    cross join lateral unnest(c.conkey) with ordinality as k (number, place)
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.number
    where c.conrelid = ${name}::regclass and c.contype = 'p' order by k.place`.execute(q);
  const foreign = await sql<{ name: string }>`select r.relname as name
    from pg_constraint c join pg_class r on r.oid = c.confrelid
    where c.conrelid = ${name}::regclass and c.contype = 'f'`.execute(q);
  return {
    name,
    columns: columns.rows.map((column) => column.name).sort(),
    key: key.rows.map((column) => column.name),
    refersTo: others(name, foreign.rows),
  };
}

const others = (name: string, rows: { name: string }[]): string[] =>
  [...new Set(rows.map((row) => row.name))].filter((other) => other !== name);

/** Throws when tables refer to each other in a circle: then no order works. */
function referredFirst(tables: Table[]): Table[] {
  const sorted: Table[] = [];
  const done = new Set<string>();
  while (sorted.length < tables.length) {
    const next = tables.find(
      ({ name, refersTo }) => !done.has(name) && refersTo.every((other) => done.has(other)),
    );
    if (next === undefined) throw new Error('The tables refer to each other in a circle.');
    sorted.push(next);
    done.add(next.name);
  }
  return sorted;
}
