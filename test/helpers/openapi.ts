/** Walks what the server serves, and its OpenAPI document. */
import type { FastifyInstance } from 'fastify';

export interface ServedRoute {
  method: string;
  /** As the document writes it: `/api/v1/sessions/{session}`. */
  path: string;
}

/** Every route of the server, without the HEAD that comes along with each GET. */
export function readRoutes(server: FastifyInstance): ServedRoute[] {
  const stack: string[] = [];
  const routes: ServedRoute[] = [];
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^([│ ]*)[├└]── (\S*) ?(?:\(([A-Z, ]+)\))?$/.exec(line);
    if (!match) continue;
    const depth = match[1]!.length / 4;
    stack.length = depth;
    stack[depth] = match[2]!;
    const path = stack.join('').replace(/:([A-Za-z]+)/g, '{$1}');
    for (const method of match[3]?.split(', ') ?? []) if (method !== 'HEAD') routes.push({ method, path });
  }
  return routes;
}

/** A route that the OpenAPI document leaves out. */
export interface NotDescribed {
  path: string;
  reason: string;
  /** Not served in every install. */
  optional?: boolean;
  /** Everything below that path, too. */
  below?: boolean;
}

export const isNotDescribed = (path: string): boolean =>
  notDescribed.some((one) => one.path === path || (one.below && path.startsWith(`${one.path}/`)));

export const notDescribed: NotDescribed[] = [
  { path: '/health', reason: 'asked by the operator’s own tools; documented in docs/' },
  { path: '/ready', reason: 'asked by the operator’s own tools; documented in docs/' },
  { path: '/openapi.json', reason: 'the document itself' },
  { path: '/metrics', reason: 'asked by the operator’s own tools; documented in docs/', optional: true },
  { path: '/api/auth', reason: 'spoken by the sign-in library and its own client', below: true },
  { path: '/docs', reason: 'the document to read and to try', below: true },
  { path: '/u/{id}', reason: 'a page for people' },
  { path: '/s/{code}', reason: 'a page for people' },
  { path: '/u/assets/{file}', reason: 'part of a page' },
  { path: '/api/v1/billing/stripe/webhook', reason: 'spoken by the payment provider in its own format' },
  { path: '/v1/billing/stripe/webhook', reason: 'spoken by the payment provider in its own format' },
];
