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

/** Pages and their files stand outside of the prefixes, and are only read. */
export const isPage = ({ method, path }: ServedRoute): boolean =>
  method === 'GET' && !/^(\/api)?\/v1(\/|$)/.test(path);

export const isNotDescribed = (path: string): boolean =>
  notDescribed.some((one) => one.path === path || (one.below && path.startsWith(`${one.path}/`)));

export const notDescribed: NotDescribed[] = [
  { path: '/api/auth', reason: 'spoken by the sign-in library and its own client', below: true },
  {
    path: '/oauth',
    reason: 'the consent page, its files, and the bare paths of token and revoke',
    below: true,
  },
  { path: '/api/v1/oauth/authorize', reason: 'a page for people' },
  { path: '/v1/oauth/authorize', reason: 'a page for people' },
  { path: '/api/v1/billing/stripe/webhook', reason: 'spoken by the payment provider in its own format' },
  { path: '/v1/billing/stripe/webhook', reason: 'spoken by the payment provider in its own format' },
];

export interface DocumentedOperation {
  id: string;
  method: string;
  /** Canonical, then the aliases; without a prefix. */
  paths: string[];
  /** The ids in the canonical path. */
  ids: string[];
  /** Only what the address holds is asked for: no credential is. */
  isPublic: boolean;
  /** Only a person who is signed in. */
  forPeople: boolean;
  /** What an app's token needs; undefined when no token will do. */
  scope: string | undefined;
  parameters: { name: string; in: string; schema: Schema }[];
  /** Bodies by media type, each with its examples. */
  bodies: { type: string; schema: Schema; examples: unknown[] }[];
  answers: number[];
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON Schema is walked as it comes
export type Schema = any;

export interface ApiDocument {
  paths: Record<string, Record<string, Schema>>;
  components: { schemas: Record<string, Schema> };
}

export async function readDocument(origin: string): Promise<ApiDocument> {
  return (await (await fetch(`${origin}/openapi.json`)).json()) as ApiDocument;
}

export function listOperations(document: ApiDocument): DocumentedOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => describe(path, method, operation)),
  );
}

function describe(path: string, method: string, operation: Schema): DocumentedOperation {
  const bare = path.replace('/api/v1', '');
  const [, also = ''] = /Also at (.*)\.$/.exec(operation.description ?? '') ?? [];
  const security = operation.security as Record<string, string[]>[];
  const content = Object.entries((operation.requestBody?.content ?? {}) as Record<string, Schema>);
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    paths: [bare, ...[...also.matchAll(/`([^`]+)`/g)].map(([, alias]) => alias!)],
    ids: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
    isPublic: security.length === 0,
    forPeople: security.length === 1 && 'session' in security[0]!,
    scope: security.find((one) => one.oauth)?.oauth?.[0],
    parameters: operation.parameters ?? [],
    bodies: content.map(([type, media]) => ({
      type,
      schema: media.schema,
      examples: Object.values((media.examples ?? {}) as Record<string, { value: unknown }>).map(
        (one) => one.value,
      ),
    })),
    answers: Object.keys(operation.responses).map(Number),
  };
}

/** The smallest value that a schema allows. */
export function sampleOf(schema: Schema, document: ApiDocument): unknown {
  if (schema.$ref) return sampleOf(document.components.schemas[schema.$ref.split('/').at(-1)], document);
  if (schema.examples?.length) return schema.examples[0];
  if ('default' in schema) return schema.default;
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sampleOf(schema.anyOf[0], document);
  switch (schema.type) {
    case 'object': {
      const required = (schema.required ?? []) as string[];
      return Object.fromEntries(required.map((name) => [name, sampleOf(schema.properties[name], document)]));
    }
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items, document));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'string':
      return schema.format === 'date-time'
        ? '2026-03-02T08:15:30.250Z'
        : 'text'.padEnd(schema.minLength ?? 0, 'x');
    default:
      return null;
  }
}

/** The address of an operation; an id that is not given becomes `none`. */
export const fillPath = (path: string, ids: Record<string, string>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'none');
