/** Looking for text in rows, in any letter case of any script, with the same result on both engines. */
import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';

/** One of `columns` holds `text` somewhere; its wildcards are taken literally. */
export function anyHolds(columns: readonly RawBuilder<unknown>[], text: string): RawBuilder<SqlBool> {
  const wanted = text.toLowerCase();
  const pattern = `%${wanted.replace(/[\\%_]/g, '\\$&')}%`;
  const parts = columns.map((column) => sql`${lowered(column, wanted)} like ${pattern} escape '\\'`);
  return sql<SqlBool>`(${sql.join(parts, sql` or `)})`;
}

/**
 * A column in lower case, as far as `wanted` can tell. SQLite knows the case of ASCII letters alone, and so does PostgreSQL
 * where text compares by bytes; of the other letters only those that are looked for matter.
 */
function lowered(column: RawBuilder<unknown>, wanted: string): RawBuilder<unknown> {
  let expression = sql`lower(${column})`;
  for (const letter of new Set(wanted)) {
    const capital = letter.toUpperCase();
    if (letter <= '\x7f' || capital === letter) continue;
    expression = sql`replace(${expression}, ${capital}, ${letter})`;
  }
  return expression;
}

/** The words of a search; each has to be found. */
export const wordsOf = (search: string | undefined): string[] => (search ?? '').split(/\s+/).filter(Boolean);

/** Every word of `search` stands in one of `columns`; true of all rows without a word. */
export function holdsEveryWord(
  columns: readonly RawBuilder<unknown>[],
  search: string | undefined,
): RawBuilder<SqlBool> {
  const words = wordsOf(search).map((word) => anyHolds(columns, word));
  return words.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(words, sql` and `)}`;
}

/** What is wanted of a list: what a search finds, and of that one page. Without `limit`, all. */
export interface Part {
  search?: string | undefined;
  page?: { offset: number; limit: number } | undefined;
}

/** The rows of a part, and how many the search finds in all. */
export interface Found<Row> {
  rows: Row[];
  total: number;
}

/** Reads a part of the list that `query` is, in its order. */
export async function readPart<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  { page }: Part,
): Promise<Found<Row>> {
  if (!page) {
    const rows = await query.execute();
    return { rows, total: rows.length };
  }
  const counted = query.clearSelect().clearOrderBy().select(sql<number>`count(*)`.as('total'));
  const { total } = (await counted.executeTakeFirstOrThrow()) as { total: number };
  return { rows: await query.limit(page.limit).offset(page.offset).execute(), total: Number(total) };
}
