/**
 * One way to add a route: it serves both prefixes and every alias (contract §1.2), says who may call it, and is in the
 * OpenAPI document once, under its canonical path.
 */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Right } from '../accounts/roles.ts';
import { audited } from './audit.ts';
import { countPublic, requireCaller } from './auth.ts';
import { bodyStream } from './protections/signature.ts';
import type { Bucket } from './rate-limit.ts';
import type { Scope } from './scopes.ts';
import type { Services } from './services.ts';
import { personOf, requirePerson } from './sessions-of-people.ts';

/**
 * - `key`: a credential is needed: a key, an app's token, or the session of a person.
 * - `person`: only a person who is signed in; with `:project` in the path, a member of it.
 * - `public`: the id in the path is the permission; a credential is ignored, also an invalid one.
 */
export type Access = 'key' | 'person' | 'public';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    bucket?: Bucket;
    scope?: Scope;
    right?: Right;
    /** What the OpenAPI document says of the route. */
    operation?: Operation;
  }
}

/** What a route says of itself. */
export type Operation = Omit<RouteDefinition<TSchema, TSchema>, 'handler'>;

export interface RouteDefinition<Body extends TSchema, Query extends TSchema> {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Without prefix; the first is canonical, the others are aliases. */
  paths: readonly [string, ...string[]];
  /** The operation's name in the OpenAPI document and in clients made from it, e.g. `createSession`. Stays for ever. */
  id?: string;
  summary: string;
  /** More for the reader of the OpenAPI document, Markdown. */
  description?: string;
  /**
   * Refusals besides those that follow from the rest: 401, 403 and 429 of a credential, 400 of a body or a query, 404 of
   * an id in the path.
   */
  errors?: readonly number[];
  /** Media types of a success that is not JSON. */
  produces?: readonly string[];
  /** By media type, what a route takes that reads its body by itself. Said in the document; nothing is checked by it. */
  consumes?: Record<string, TSchema>;
  /** Request headers that mean something here. Said in the document; nothing is checked by it. */
  headers?: Record<string, TSchema>;
  tag: string;
  access: Access;
  scope?: Scope;
  /** What no scope covers: refused to apps, and to people without a role that has it. */
  right?: Right;
  bucket?: Bucket;
  /** A public route that counts its requests by itself. */
  ownRate?: boolean;
  body?: Body;
  query?: Query;
  /** By status. A schema here also serialises, so that nothing leaves that is not named. */
  response?: Record<number, TSchema | Record<string, unknown>>;
  /** The body stays a stream. */
  rawBody?: boolean;
  handler(
    request: FastifyRequest<{
      Params: Record<string, string>;
      Body: Static<Body>;
      Querystring: Static<Query>;
    }>,
    reply: FastifyReply,
  ): Promise<unknown> | unknown;
}

export type AddRoute = <Body extends TSchema = TSchema, Query extends TSchema = TSchema>(
  definition: RouteDefinition<Body, Query>,
) => void;

const prefixes = ['/api/v1', '/v1'] as const;

/** Makes the function that adds routes to `app`. `known` collects the paths, so that a wrong method can answer 405. */
export function createAddRoute(app: FastifyInstance, services: Services, known: KnownPaths): AddRoute {
  return (definition) => {
    const [canonical] = definition.paths;
    for (const path of definition.paths) {
      for (const prefix of prefixes) {
        const url = prefix + path;
        known.add(definition.method, url);
        app.route({
          method: definition.method,
          url,
          config: {
            access: definition.access,
            ...(definition.bucket ? { bucket: definition.bucket } : {}),
            ...(definition.scope ? { scope: definition.scope } : {}),
            ...(definition.right ? { right: definition.right } : {}),
            operation: definition as unknown as Operation,
          },
          schema: {
            summary: definition.summary,
            tags: [definition.tag],
            ...(path === canonical && prefix === prefixes[0] ? {} : { hide: true }),
            ...(definition.access === 'public' ? { security: [] } : {}),
            ...(definition.access === 'person' ? { security: [{ session: [] }] } : {}),
            ...(definition.body ? { body: definition.body } : {}),
            ...(definition.query ? { querystring: definition.query } : {}),
            ...(definition.response ? { response: definition.response } : {}),
          },
          ...entry(services, definition as unknown as Operation),
          handler: audited(definition as unknown as Operation, definition.handler as never),
        });
      }
    }
  };
}

/** What stands before the handler: a caller, or a count of the client's address. */
function entry(services: Services, route: Operation) {
  const preParsing = async (request: FastifyRequest, _reply: FastifyReply, payload: Readable) =>
    bodyStream(request, payload);
  if (route.access === 'key') return { onRequest: requireCaller(services, route), preParsing };
  if (route.access === 'public') return route.ownRate ? {} : { onRequest: countPublic(services) };
  if (!route.paths[0].includes('/:project')) return { onRequest: requirePerson(services) };
  const onlyPeople = async (request: FastifyRequest): Promise<void> => void personOf(request.caller!);
  return { onRequest: [requireCaller(services, route), onlyPeople], preParsing };
}

export interface KnownPaths {
  add(method: string, pattern: string): void;
  /** The methods that a path does serve; empty when the path is unknown. */
  methodsOf(path: string): string[];
}

/** Remembers every pattern, to tell "no such path" (404) from "not with this method" (405). */
export function createKnownPaths(): KnownPaths {
  const patterns: { method: string; matcher: RegExp }[] = [];
  return {
    add(method, pattern) {
      const source = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z]+/g, '[^/]+');
      patterns.push({ method, matcher: new RegExp(`^${source}/?$`) });
    },
    methodsOf(path) {
      const methods = patterns.filter(({ matcher }) => matcher.test(path)).map(({ method }) => method);
      return [...new Set(methods)];
    },
  };
}
