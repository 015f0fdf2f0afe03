/**
 * People: the first account, signing in, and what somebody may look at and change of their own. Signing in itself is the
 * library's, below `/api/auth`; only the paths that are listed here reach it.
 */
import { hashPassword } from '@better-auth/utils/password';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { normalEmail, type Person, passwordLength } from '../../accounts/people.ts';
import { endPersonSession, endPersonSessions, listPersonSessions } from '../../accounts/person-sessions.ts';
import { roles } from '../../accounts/roles.ts';
import { hasOwner, isSetupOpen, makeOwner } from '../../accounts/setup.ts';
import { addressHeader } from '../../accounts/sign-in.ts';
import { forgetFailures, noteFailure, requireAttempt } from '../../accounts/sign-in-attempts.ts';
import { AppError, type ErrorCode, notFound } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import { listProjects } from '../../projects/manage-projects.ts';
import { noteSignature } from '../../projects/protections.ts';
import { countRequest } from '../auth.ts';
import { countedAddress } from '../client-address.ts';
import { browserOrigin, requireSameOrigin } from '../cookies.ts';
import type { AddRoute, KnownPaths } from '../route.ts';
import { nullable, shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';
import { findSignedInPerson, signedInOf } from '../sessions-of-people.ts';

const tag = 'Accounts';

export const PersonShape = shape('Person', {
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  locale: nullable(Type.String()),
  isInstallOwner: Type.Boolean(),
  twoFactorEnabled: Type.Boolean(),
  createdAt: Timestamp,
});

export const showPerson = (person: Person) => ({ ...person, createdAt: toIso(person.createdAt) });

const Install = shape('Install', {
  needsOwner: Type.Boolean(),
  openRegistration: Type.Boolean(),
  mail: Type.Boolean(),
  signedIn: Type.Boolean(),
});

export const Name = Type.String({ minLength: 1, maxLength: 100 });
export const Email = Type.String({ format: 'email', maxLength: 254 });
export const Password = Type.String({ minLength: passwordLength.min, maxLength: passwordLength.max });
export const Locale = Type.Optional(Type.String({ maxLength: 10 }));

export function addAccountRoutes(add: AddRoute, services: Services): void {
  addInstall(add, services);
  addSetup(add, services);
  addMe(add, services);
  addOwnSessions(add, services);
}

function addInstall(add: AddRoute, services: Services): void {
  const { db, config, mailer } = services;
  add({
    method: 'GET',
    paths: ['/install'],
    id: 'getInstall',
    summary: 'What a sign-in page needs to know of this install',
    tag,
    access: 'public',
    response: { 200: Install },
    async handler(request) {
      const signedIn = await findSignedInPerson(services, request).catch(() => undefined);
      return {
        needsOwner: !(await hasOwner(db.read)),
        openRegistration: config.openRegistration,
        mail: mailer !== undefined,
        signedIn: signedIn !== undefined,
      };
    },
  });
}

/** Counted as tries of a password are: twenty a minute from an address. */
export async function countTry(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  what: string,
): Promise<void> {
  const who = `${what} ${countedAddress(request.ip)}`;
  await countRequest(request, reply, 'password', who, services.clock.now());
}

function addSetup(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'GET',
    paths: ['/setup'],
    id: 'checkSetupLink',
    summary: 'Whether the link of the first start still opens',
    tag,
    access: 'public',
    ownRate: true,
    query: Type.Object({ token: Type.String({ maxLength: 100 }) }),
    response: { 200: shape('SetupLink', { open: Type.Boolean() }) },
    async handler(request, reply) {
      await countTry(services, request, reply, 'setup');
      return { open: await isSetupOpen(db.read, request.query.token, clock.now()) };
    },
  });
  add({
    method: 'POST',
    paths: ['/setup'],
    id: 'createOwner',
    summary: "Make the owner's account with the link of the first start; sign in afterwards",
    tag,
    access: 'public',
    ownRate: true,
    errors: [403],
    body: Type.Object({
      token: Type.String({ maxLength: 100 }),
      name: Name,
      email: Email,
      password: Password,
      locale: Locale,
    }),
    response: { 201: shape('MadeAccount', { id: Type.String(), email: Type.String() }) },
    async handler(request, reply) {
      await countTry(services, request, reply, 'setup');
      const { token, name, email, password, locale } = request.body;
      const passwordHash = await hashPassword(password);
      const id = await db.write((tx) =>
        makeOwner(tx, token, { name, email, passwordHash, locale, now: clock.now() }),
      );
      reply.code(201);
      return { id, email: normalEmail(email) };
    },
  });
}

const Me = shape('Me', {
  person: PersonShape,
  projects: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      role: Type.String(),
      plan: Type.String(),
      rights: Type.Array(Type.String()),
      scopes: Type.Array(Type.String()),
    }),
  ),
  mayCreateProjects: Type.Boolean(),
});

function addMe(add: AddRoute, services: Services): void {
  const { db, config } = services;
  add({
    method: 'GET',
    paths: ['/me'],
    id: 'getMe',
    summary: 'Who is signed in, and their projects',
    tag,
    access: 'person',
    response: { 200: Me },
    async handler(request) {
      const { person } = signedInOf(request);
      const projects = await listProjects(db.read, person);
      return {
        person: showPerson(person),
        projects: projects.map(({ id, name, role, plan }) => ({ id, name, role, plan, ...roles[role] })),
        mayCreateProjects: person.isInstallOwner || config.openRegistration,
      };
    },
  });
}

const OwnSession = shape('PersonSession', {
  id: Type.String(),
  current: Type.Boolean(),
  address: nullable(Type.String()),
  userAgent: nullable(Type.String()),
  createdAt: Timestamp,
  usedAt: Timestamp,
  expiresAt: Timestamp,
});

function addOwnSessions(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'GET',
    paths: ['/me/sessions'],
    id: 'listMySessions',
    summary: 'Where I am signed in',
    tag,
    access: 'person',
    response: { 200: Type.Array(OwnSession) },
    async handler(request) {
      const { person, sessionId } = signedInOf(request);
      const rows = await listPersonSessions(db.read, person.id, clock.now());
      return rows.map((row) => ({
        ...row,
        current: row.id === sessionId,
        createdAt: toIso(row.createdAt),
        usedAt: toIso(row.usedAt),
        expiresAt: toIso(row.expiresAt),
      }));
    },
  });
  add({
    method: 'DELETE',
    paths: ['/me/sessions/:signIn'],
    id: 'endMySession',
    summary: 'Sign out somewhere else; it counts at once',
    tag,
    access: 'person',
    async handler(request, reply) {
      const { person } = signedInOf(request);
      const ended = await db.write((tx) => endPersonSession(tx, person.id, request.params.signIn!));
      if (!ended) throw notFound('sign-in');
      return reply.code(204).send();
    },
  });
  add({
    method: 'DELETE',
    paths: ['/me/sessions'],
    id: 'endMySessions',
    summary: 'Sign out everywhere else, or with `all=true` here too',
    tag,
    access: 'person',
    query: Type.Object({ all: Type.Optional(Type.Boolean()) }),
    response: { 200: shape('EndedSessions', { ended: Type.Integer() }) },
    async handler(request) {
      const { person, sessionId } = signedInOf(request);
      const but = request.query.all ? undefined : sessionId;
      return { ended: await db.write((tx) => endPersonSessions(tx, person.id, but)) };
    },
  });
}

/** What of the library is open; everything else is 404. `try`: counted as a try of a secret. */
const open: Record<string, 'try' | 'plain'> = {
  'POST /sign-in/email': 'try',
  'POST /sign-up/email': 'try',
  'POST /sign-out': 'plain',
  'GET /get-session': 'plain',
  'POST /request-password-reset': 'try',
  'POST /reset-password': 'try',
  'GET /verify-email': 'try',
  'POST /change-password': 'try',
  'POST /update-user': 'plain',
  'POST /two-factor/enable': 'try',
  'POST /two-factor/disable': 'try',
  'POST /two-factor/verify-totp': 'try',
  'POST /two-factor/verify-backup-code': 'try',
  'POST /two-factor/generate-backup-codes': 'try',
  'GET /passkey/generate-register-options': 'plain',
  'POST /passkey/verify-registration': 'plain',
  'GET /passkey/generate-authenticate-options': 'plain',
  'POST /passkey/verify-authentication': 'try',
  'GET /passkey/list-user-passkeys': 'plain',
  'POST /passkey/delete-passkey': 'plain',
  'POST /passkey/update-passkey': 'plain',
};

/** Signing in, as the library's own routes: they are not of the public API, and answer under this one path. */
export function addSignInRoutes(app: FastifyInstance, services: Services, known: KnownPaths): void {
  for (const [route, kind] of Object.entries(open)) {
    const [method, path] = route.split(' ') as [string, string];
    known.add(method, `/api/auth${path}`);
    app.route({
      method,
      url: `/api/auth${path}`,
      schema: { hide: true },
      async onRequest(request, reply) {
        requireSameOriginHere(services, request);
        if (kind === 'try') await countTry(services, request, reply, 'sign-in');
        else await countRequest(request, reply, 'public', countedAddress(request.ip), services.clock.now());
      },
      async handler(request, reply) {
        if (path === '/sign-in/email') return signIn(services, request, reply);
        if (path === '/two-factor/verify-totp') return verifyCode(services, request, reply);
        return relay(await ask(services, request), reply);
      },
    });
  }
}

/** Also without a cookie: another site's page must not sign somebody in as somebody else. */
function requireSameOriginHere({ config }: Services, request: FastifyRequest): void {
  const { origin, cookie, 'sec-fetch-site': site } = request.headers;
  // A tool that is no browser sends neither, and has no cookie of somebody to misuse.
  if (request.method === 'POST' && origin === undefined && site === undefined && cookie === undefined) return;
  if (request.method === 'GET' && request.url.includes('/verify-email')) return;
  requireSameOrigin(request, config.publicUrl);
}

async function signIn(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { db, clock } = services;
  const { email } = (request.body ?? {}) as { email?: unknown };
  if (typeof email !== 'string' || email.length > 254) {
    throw new AppError(400, 'VALIDATION_ERROR', 'email is required.');
  }
  await requireAttempt(db, email, clock.now());
  const response = await ask(services, request);
  if (response.status === 401) await noteFailure(db, email, clock.now());
  else if (response.ok) await forgetFailures(db, email);
  return relay(response, reply);
}

/** Whoever reads a code over a shoulder has half a minute, but not a second use of it (RFC 6238 §5.2). */
async function verifyCode(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { db, clock } = services;
  const response = await ask(services, request);
  if (!response.ok) return relay(response, reply);
  const { token, user } = (await response.clone().json()) as { token: string; user: { id: string } };
  const { code } = request.body as { code: string };
  const isFirst = await noteSignature(db, user.id, `totp ${code}`, clock.now() + codeLifeMs);
  if (isFirst) return relay(response, reply);
  await db.write((tx) => tx.q.deleteFrom('person_sessions').where('token', '=', token).execute());
  throw new AppError(401, 'TOTP_INVALID', 'This code was used already. Wait for the next one.');
}

/** Longer than any code is taken: three steps of 30 s. */
const codeLifeMs = 120_000;

/** Hands the request to the library as the browser sent it, but for the address, which is the one that we believe. */
async function ask({ signIn, config }: Services, request: FastifyRequest): Promise<Response> {
  const origin = browserOrigin(request, config.publicUrl);
  const headers = new Headers();
  for (const name of ['cookie', 'origin', 'referer', 'user-agent', 'accept-language'] as const) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  // Checked already, with the name that the request came to; the library knows one name only.
  if (headers.has('origin') || headers.has('cookie')) headers.set('origin', origin);
  headers.delete('referer');
  headers.set(addressHeader, request.ip);
  const body = request.method === 'GET' ? undefined : JSON.stringify(request.body ?? {});
  if (body !== undefined) headers.set('content-type', 'application/json');
  const init: RequestInit = { method: request.method, headers, ...(body === undefined ? {} : { body }) };
  return signIn.handle(origin, new Request(new URL(request.url, origin), init));
}

/** The library's answer: cookies as they are, refusals in our form (contract §1.11), and never a token in the body. */
async function relay(response: Response, reply: FastifyReply): Promise<unknown> {
  for (const cookie of response.headers.getSetCookie()) reply.header('Set-Cookie', cookie);
  reply.header('Cache-Control', 'no-store');
  const location = response.headers.get('location');
  if (response.status >= 300 && response.status < 400 && location) return reply.redirect(location, 302);
  const text = await response.text();
  const body: unknown = text === '' ? null : JSON.parse(text);
  if (response.status >= 400) throw refusal(response.status, body);
  reply.code(response.status).type('application/json; charset=utf-8').serializer(JSON.stringify);
  return reply.send(withoutTokens(body));
}

function refusal(status: number, body: unknown): AppError {
  const { code, message } = (body ?? {}) as { code?: string; message?: string };
  if (status >= 500) return new AppError(500, 'INTERNAL_ERROR', 'Signing in failed on our side. Try again.');
  const said = message ? `${message.replace(/\.$/, '')}.` : 'This cannot be done.';
  return new AppError(status, (code ?? 'AUTHENTICATION_FAILED') as ErrorCode, said);
}

/** The cookie is the only thing that opens a session, and no script can read it. */
function withoutTokens(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { token: _token, session, ...rest } = body as { token?: unknown; session?: unknown };
  if (session === undefined) return rest;
  return { ...rest, session: withoutTokens(session) };
}
