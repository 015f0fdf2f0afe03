/**
 * Lists whose answer is an array and stays one, because clients read it so: what people set up in a project. A page of it, or
 * what a search finds, is asked for in the query; how many there are stands in a header.
 */
import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import { PageQuery, readPage } from './schemas.ts';

export const PartQuery = Type.Object({
  ...PageQuery.properties,
  search: Type.Optional(Type.String({ maxLength: 200 })),
});

/**
 * The rows that hold every word of the search, in any letter case, in one of their texts; of those the page that is asked for, all
 * without one. Sets `X-Total-Count` to how many were found.
 */
export function partOf<Row>(
  rows: readonly Row[],
  query: Static<typeof PartQuery>,
  textsOf: (row: Row) => readonly (string | null)[],
  reply: FastifyReply,
): Row[] {
  const words = (query.search ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => {
    const text = textsOf(row).join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  reply.header('X-Total-Count', found.length);
  if (query.page === undefined && query.pageSize === undefined) return found;
  const { page, pageSize } = readPage(query);
  return found.slice((page - 1) * pageSize, page * pageSize);
}
