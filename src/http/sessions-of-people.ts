/** People who call with the cookie of their session, and the project and environment that they mean. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findRole } from '../accounts/members.ts';
import type { Person } from '../accounts/people.ts';
import {
  findSignedIn,
  openSessionCookie,
  type SignedIn,
  sessionCookieName,
} from '../accounts/person-sessions.ts';
import { type Right, type Role, roles } from '../accounts/roles.ts';
import type { Env } from '../db/schema.ts';
import { AppError, invalid } from '../errors.ts';
import { countRequest, type PersonCaller, unauthorised } from './auth.ts';
import { browserOrigin, readCookie, requireSameOrigin } from './cookies.ts';
import type { Services } from './services.ts';

export interface PersonActor {
  person: Person;
  role: Role;
  rights: ReadonlySet<Right>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on routes for people, with and without a project. */
    signedIn: SignedIn | undefined;
  }
}

function cookieOf({ config }: Services, request: FastifyRequest): string | undefined {
  const secure = browserOrigin(request, config.publicUrl).startsWith('https:');
  return readCookie(request, sessionCookieName(secure));
}

export const hasSessionCookie = (services: Services, request: FastifyRequest): boolean =>
  cookieOf(services, request) !== undefined;

/** Who is signed in at the browser that shows a page: people come to pages from other sites, and may. */
export async function findVisitor(
  services: Services,
  request: FastifyRequest,
): Promise<SignedIn | undefined> {
  const cookie = cookieOf(services, request);
  const token = cookie === undefined ? undefined : openSessionCookie(cookie, services.accountSecret);
  return token === undefined ? undefined : findSignedIn(services.db.read, token, services.clock.now());
}

/** Who is signed in; undefined when nobody. Throws AppError 403 when another site's page sent the request. */
export async function findSignedInPerson(
  services: Services,
  request: FastifyRequest,
): Promise<SignedIn | undefined> {
  if (!hasSessionCookie(services, request)) return undefined;
  requireSameOrigin(request, services.config.publicUrl);
  return findVisitor(services, request);
}

async function requireSignedIn(services: Services, request: FastifyRequest): Promise<SignedIn> {
  const signedIn = await findSignedInPerson(services, request);
  if (!signedIn) throw unauthorised('You are signed out. Sign in again.');
  request.signedIn = signedIn;
  return signedIn;
}

/**
 * A person in the project of the path, or of the header `X-Apertur-Project`; reads may name it in the query, because
 * pictures and event streams have no headers. Throws AppError 400, 401, 403.
 */
export async function findPersonCaller(services: Services, request: FastifyRequest): Promise<PersonCaller> {
  const { person } = await requireSignedIn(services, request);
  const projectId = projectOf(request);
  const role = await findRole(services.db.read, person, projectId);
  if (!role) throw new AppError(403, 'FORBIDDEN', 'You are not a member of this project.');
  return {
    kind: 'person',
    projectId,
    env: envOf(request),
    person,
    role,
    scopes: new Set(roles[role].scopes),
    rights: new Set(roles[role].rights),
  };
}

function given(request: FastifyRequest, header: string, query: string): string | undefined {
  const value = request.headers[header];
  if (typeof value === 'string' && value !== '') return value;
  if (request.method !== 'GET') return undefined;
  const asked = (request.query as Record<string, unknown>)[query];
  return typeof asked === 'string' && asked !== '' ? asked : undefined;
}

function projectOf(request: FastifyRequest): string {
  const { project } = request.params as { project?: string };
  const id = project ?? given(request, 'x-apertur-project', 'as_project');
  if (id === undefined) throw invalid('Say which project you mean in the header X-Apertur-Project.');
  return id;
}

function envOf(request: FastifyRequest): Env {
  const env = given(request, 'x-apertur-env', 'as_env') ?? 'live';
  if (env !== 'live' && env !== 'test') throw invalid('X-Apertur-Env is live or test.');
  return env;
}

/** The hook of routes for people only, without a project. */
export function requirePerson(services: Services) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { person } = await requireSignedIn(services, request);
    await countRequest(request, reply, 'public', person.id, services.clock.now());
  };
}

/** The person of a route for people. */
export function signedInOf(request: FastifyRequest): SignedIn {
  if (!request.signedIn) throw unauthorised('You are signed out. Sign in again.');
  return request.signedIn;
}

/** The person who calls within a project; throws AppError 403 for keys and apps. */
export function personOf(caller: { kind: string }): PersonCaller {
  if (caller.kind === 'person') return caller as PersonCaller;
  throw new AppError(403, 'FORBIDDEN', 'Only a person who is signed in can do this.');
}
