/**
 * Many values as one parameter. A list of parameters would make another statement for every length of the list, and
 * each has to be parsed and planned.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Engine } from './database.ts';

type Value = string | number | null;

/** `column` is one of `values`. */
export function isOneOf(
  engine: Engine,
  column: RawBuilder<unknown>,
  values: readonly Value[],
): RawBuilder<boolean> {
  return isOneOfList(engine, column, listOf(engine, values));
}

/** Many values as the one parameter of `isOneOfList`. */
export const listOf = (engine: Engine, values: readonly Value[]): unknown =>
  engine === 'postgres' ? values : JSON.stringify(values);

/** `isOneOf` for a query that is compiled once: `list` is the place where `listOf` will be. */
export function isOneOfList(engine: Engine, column: RawBuilder<unknown>, list: unknown): RawBuilder<boolean> {
  if (engine === 'postgres') return sql`${column} = any(${list})`;
  return sql`${column} in (select value from json_each(${list}))`;
}

export type ColumnType = 'text' | 'bigint' | 'double precision';

/**
 * Rows as a table expression with the given columns, for one insert or update of them all:
 * ``sql`insert into t select * from ${rowsOf(engine, { id: 'text' }, [['a'], ['b']])} as v` ``.
 */
export function rowsOf(
  engine: Engine,
  columns: Record<string, ColumnType>,
  rows: readonly (readonly Value[])[],
): RawBuilder<unknown> {
  const names = Object.entries(columns);
  if (engine === 'postgres') {
    const arrays = names.map(([, type], at) => sql`${rows.map((row) => row[at])}::${sql.raw(type)}[]`);
    const list = names.map(([name]) => sql.ref(name));
    return sql`(select * from unnest(${sql.join(arrays)}) as rows (${sql.join(list)}))`;
  }
  const picks = names.map(([name], at) => sql`value ->> ${sql.raw(String(at))} as ${sql.ref(name)}`);
  return sql`(select ${sql.join(picks)} from json_each(${JSON.stringify(rows)}))`;
}
