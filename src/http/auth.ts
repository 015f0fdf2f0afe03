/** Who calls: the credential of a request, and what it may do (contract §1.4). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findAppCaller } from '../accounts/oauth-tokens.ts';
import type { Right } from '../accounts/roles.ts';
import type { Env } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { type ApiKey, findKeyBySecret } from '../projects/keys.ts';
import { countedAddress } from './client-address.ts';
import { checkProtections } from './protections/check.ts';
import { type Bucket, type RateLimiter, tooMany } from './rate-limit.ts';
import { type Scope, scopes } from './scopes.ts';
import type { Services } from './services.ts';
import { findPersonCaller, hasSessionCookie, type PersonActor } from './sessions-of-people.ts';

interface AnyCaller {
  projectId: string;
  env: Env;
  scopes: ReadonlySet<string>;
}

/** A back-end with a key of the project. */
export interface KeyCaller extends AnyCaller {
  kind: 'key';
  key: ApiKey;
}

/** A person who is signed in, in one of their projects. */
export interface PersonCaller extends AnyCaller, PersonActor {
  kind: 'person';
  key?: undefined;
}

/** An app of somebody else that a person let in (contract §12). */
export interface AppCaller extends AnyCaller {
  kind: 'app';
  grantId: string;
  appId: string;
  appName: string;
  personId: string;
  key?: undefined;
}

export type Caller = KeyCaller | PersonCaller | AppCaller;

/** What a route asks of its caller. */
export interface Demand {
  bucket?: Bucket;
  scope?: Scope;
  /** What no scope covers: refused to apps, and to people without a role that has it. */
  right?: Right;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined;
  }
  interface FastifyInstance {
    rates: RateLimiter;
    noteKeyUse(id: string, now: number): void;
    noteGrantUse(id: string, now: number): void;
  }
}

export const unauthorised = (message: string): AppError =>
  new AppError(401, 'AUTHENTICATION_FAILED', message);

const allScopes: ReadonlySet<string> = new Set(scopes);

/** The credential of the Authorization header; throws AppError 401. */
function bearerOf(request: FastifyRequest): string {
  const header = request.headers.authorization;
  if (!header) throw unauthorised('An API key is needed. Send it as "Authorization: Bearer aptr_live_…".');
  const match = /^bearer +(\S+)$/i.exec(header.trim());
  if (!match) throw unauthorised('The Authorization header is not of the form "Bearer aptr_live_…".');
  return match[1]!;
}

/** The hook of every route that needs a credential: finds the caller, counts the request, then looks at what it may. */
export function requireCaller(services: Services, route: Demand) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    // A header that is there is meant; only without one does a browser's cookie speak.
    const byCookie = !request.headers.authorization && hasSessionCookie(services, request);
    const caller = byCookie
      ? await asPerson(services, request, reply)
      : await asBearer(services, request, reply, route.bucket ?? 'rest');
    requirePermission(caller, route);
    request.caller = caller;
  };
}

async function asPerson(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<PersonCaller> {
  const caller = await findPersonCaller(services, request);
  await countRequest(request, reply, 'public', caller.person.id, services.clock.now());
  return caller;
}

async function asBearer(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  bucket: Bucket,
): Promise<KeyCaller | AppCaller> {
  const credential = bearerOf(request);
  const now = services.clock.now();
  if (credential.startsWith('aptr_oauth_')) {
    const found = await findAppCaller(services.db.read, credential, now);
    if (!found) throw unauthorised('This access token is unknown, expired or was taken back.');
    await countRequest(request, reply, bucket, found.grantId, now);
    request.server.noteGrantUse(found.grantId, now);
    return { kind: 'app', ...found, scopes: new Set(found.scopes) };
  }
  const key = await findKeyBySecret(services.db.read, credential);
  if (!key) throw unauthorised('This API key is unknown, deleted or switched off.');
  // Counted before it is let in, so that guessing what protects a key has an end.
  await countRequest(request, reply, bucket, key.id, now);
  await checkProtections(services, request, key);
  request.server.noteKeyUse(key.id, now);
  return { kind: 'key', projectId: key.projectId, env: key.env, key, scopes: allScopes };
}

/** Throws AppError 403. */
export function requirePermission(caller: Caller, { scope, right }: Demand): void {
  if (scope !== undefined && !caller.scopes.has(scope)) {
    if (caller.kind === 'app') {
      throw new AppError(403, 'INSUFFICIENT_SCOPE', `This access token lacks the scope ${scope}.`);
    }
    throw new AppError(403, 'FORBIDDEN', 'Your role in this project does not allow this.');
  }
  if (right === undefined || caller.kind === 'key') return;
  if (caller.kind === 'app') {
    throw new AppError(403, 'INSUFFICIENT_SCOPE', 'No scope of an app allows this; a person has to do it.');
  }
  if (!caller.rights.has(right)) {
    throw new AppError(403, 'FORBIDDEN', 'Your role in this project does not allow this.');
  }
}

/** The hook of routes without a credential: counts the client's address. */
export function countPublic(services: Services) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    await countRequest(request, reply, 'public', countedAddress(request.ip), services.clock.now());
  };
}

/** Counts a request against a bucket; adds the headers of §1.8 and throws AppError 429 over the limit. */
export async function countRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  bucket: Bucket,
  who: string,
  now: number,
): Promise<void> {
  const state = await request.server.rates.take(bucket, who);
  reply.header('X-RateLimit-Limit', state.limit);
  reply.header('X-RateLimit-Remaining', state.remaining);
  reply.header('X-RateLimit-Reset', Math.ceil(state.resetAt / 1000));
  if (!state.allowed) throw tooMany(state, now);
}

/** The caller of a route that needs one. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw unauthorised('An API key is needed.');
  return request.caller;
}

/** Refuses a caller of another project: 403, whether or not that project exists. */
export function requireProject(caller: Caller, projectId: string): void {
  if (caller.projectId === projectId) return;
  throw new AppError(
    403,
    'FORBIDDEN',
    caller.kind === 'app'
      ? 'This access token is for another project.'
      : 'This API key belongs to another project.',
  );
}
