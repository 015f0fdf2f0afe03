/**
 * PostgreSQL: the tables of history become partitioned (docs/adr/0012). No row is copied: the table that was there becomes the first
 * partition, up to the next Monday, with its indexes; only rows that claim to be of later move. SQLite stays as it is.
 */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';
import { idAt, type PartitionedTable, partitionedTables, periodAround } from '../partitions.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  if (engine === 'sqlite') return;
  const { rows } = await sql<{ now: number }>`
    select floor(extract(epoch from now()) * 1000)::bigint as now`.execute(db);
  const boundary = periodAround(rows[0]!.now, 'week').to;
  for (const table of Object.keys(partitionedTables) as PartitionedTable[]) {
    await partition(db, table, idAt(partitionedTables[table], boundary));
  }
}

async function partition(db: Kysely<unknown>, table: PartitionedTable, boundary: string): Promise<void> {
  const [parent, start, rest] = [sql.table(table), sql.table(`${table}_start`), sql.table(`${table}_rest`)];
  const { rows: indexes } = await sql<{ name: string; definition: string }>`
    select indexname as name, indexdef as definition from pg_indexes
    where schemaname = current_schema() and tablename = ${table}`.execute(db);
  await sql`alter table ${parent} rename to ${sql.raw(`${table}_start`)}`.execute(db);
  for (const { name } of indexes) {
    await sql`alter index ${sql.ref(name)} rename to ${sql.raw(`${name}_start`)}`.execute(db);
  }
  await sql`create table ${parent} (like ${start} including defaults including constraints)
    partition by range (id)`.execute(db);
  await sql`alter table ${parent} add constraint ${sql.raw(`${table}_pkey`)} primary key (id)`.execute(db);
  // The definitions name the table that has the name now.
  for (const { name, definition } of indexes) {
    if (name !== `${table}_pkey`) await sql.raw(definition).execute(db);
  }
  await sql`create table ${rest} partition of ${parent} default`.execute(db);
  await sql`with late as (delete from ${start} where id >= ${boundary} returning *)
    insert into ${rest} select * from late`.execute(db);
  await sql`alter table ${parent} attach partition ${start}
    for values from (minvalue) to (${sql.lit(boundary)})`.execute(db);
}
