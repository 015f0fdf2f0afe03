/**
 * Lists whose answer is an array and stays one, because clients read it so: what people set up in a project. A page of it, or
 * what a search finds, is asked for in the query; how many there are stands in a header.
 */
import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Found, Part } from '../db/search.ts';
import { PageQuery, readPage } from './schemas.ts';

export const PartQuery = Type.Object({
  ...PageQuery.properties,
  search: Type.Optional(Type.String({ maxLength: 200 })),
});

/** What the query asks for: the rows that hold every word of the search, in any letter case; of those a page, all without one. */
export function partOf(query: Static<typeof PartQuery>): Part {
  if (query.page === undefined && query.pageSize === undefined) return { search: query.search };
  const { page, pageSize } = readPage(query);
  return { search: query.search, page: { offset: (page - 1) * pageSize, limit: pageSize } };
}

/** The rows that were found; `X-Total-Count` says how many there are in all. */
export function rowsOf<Row>({ rows, total }: Found<Row>, reply: FastifyReply): Row[] {
  reply.header('X-Total-Count', total);
  return rows;
}
