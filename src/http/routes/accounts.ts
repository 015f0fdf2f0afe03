/** People: the first account, and what somebody may look at and change of their own. Signing in stands in `sign-in.ts`. */
import { hashPassword } from '@better-auth/utils/password';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { normalEmail, type Person, passwordLength } from '../../accounts/people.ts';
import { endPersonSession, endPersonSessions, listPersonSessions } from '../../accounts/person-sessions.ts';
import { roles } from '../../accounts/roles.ts';
import { hasOwner, isSetupOpen, makeOwner } from '../../accounts/setup.ts';
import { notFound } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import { listProjects } from '../../projects/manage-projects.ts';
import { countRequest } from '../auth.ts';
import { countedAddress } from '../client-address.ts';
import type { AddRoute } from '../route.ts';
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
