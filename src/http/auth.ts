/** Who calls: the credential of a request, and what it may do (contract §1.4). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Env } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { type ApiKey, findKeyBySecret } from '../projects/keys.ts';
import { countedAddress } from './client-address.ts';
import { checkProtections } from './protections/check.ts';
import { type Bucket, type RateLimiter, tooMany } from './rate-limit.ts';
import type { Scope } from './scopes.ts';
import type { Services } from './services.ts';

export interface Caller {
  projectId: string;
  env: Env;
  key: ApiKey;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | undefined;
  }
  interface FastifyInstance {
    rates: RateLimiter;
    noteKeyUse(id: string, now: number): void;
  }
}

const unauthorised = (message: string): AppError => new AppError(401, 'AUTHENTICATION_FAILED', message);

/** The credential of the Authorization header; throws AppError 401. */
function bearerOf(request: FastifyRequest): string {
  const header = request.headers.authorization;
  if (!header) throw unauthorised('An API key is needed. Send it as "Authorization: Bearer aptr_live_…".');
  const match = /^bearer +(\S+)$/i.exec(header.trim());
  if (!match) throw unauthorised('The Authorization header is not of the form "Bearer aptr_live_…".');
  return match[1]!;
}

/** The hook of every route that needs a credential: finds the caller, then counts the request. */
export function requireCaller(services: Services, route: { bucket?: Bucket; scope?: Scope }) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const credential = bearerOf(request);
    const key = await findKeyBySecret(services.db.read, credential);
    if (!key) throw unauthorised('This API key is unknown, deleted or switched off.');
    // Counted before it is let in, so that guessing what protects a key has an end.
    await countRequest(request, reply, route.bucket ?? 'rest', key.id, services.clock.now());
    await checkProtections(services, request, key);
    request.caller = { projectId: key.projectId, env: key.env, key };
    request.server.noteKeyUse(key.id, services.clock.now());
  };
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
  throw new AppError(403, 'FORBIDDEN', 'This API key belongs to another project.');
}
