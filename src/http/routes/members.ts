/** Who belongs to a project: members with roles, and invitations. */
import { hashPassword } from '@better-auth/utils/password';
import { Type } from 'typebox';
import {
  acceptInvitation,
  createInvitation,
  type Invitation,
  listInvitations,
  requireInvitation,
  revokeInvitation,
} from '../../accounts/invitations.ts';
import { inviteMail } from '../../accounts/mails.ts';
import { changeRole, removeMember, searchMembers } from '../../accounts/members.ts';
import { createPerson, findPersonByEmail } from '../../accounts/people.ts';
import type { Role } from '../../accounts/roles.ts';
import { AppError, notFound } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import { findProject } from '../../projects/projects.ts';
import { noteAudit } from '../audit.ts';
import { callerOf, requireProject } from '../auth.ts';
import { PartQuery, partOf, rowsOf } from '../list-part.ts';
import type { AddRoute } from '../route.ts';
import { shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';
import { findSignedInPerson, personOf } from '../sessions-of-people.ts';
import { countTry, Email, Locale, Name, Password } from './accounts.ts';

const tag = 'Members';
const stem = '/projects/:project/members';

const RoleName = Type.Union([
  Type.Literal('owner'),
  Type.Literal('admin'),
  Type.Literal('developer'),
  Type.Literal('viewer'),
]);

const MemberShape = shape('Member', {
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  role: RoleName,
  twoFactorEnabled: Type.Boolean(),
  since: Timestamp,
});

const invitationMembers = {
  id: Type.String(),
  projectId: Type.String(),
  projectName: Type.String(),
  email: Type.String(),
  role: RoleName,
  createdAt: Timestamp,
  expiresAt: Timestamp,
};

const InvitationShape = shape('Invitation', invitationMembers);
const MadeInvitation = shape('MadeInvitation', {
  ...invitationMembers,
  link: Type.String(),
  mailed: Type.Boolean(),
});

const showInvitation = (invitation: Invitation) => ({
  ...invitation,
  createdAt: toIso(invitation.createdAt),
  expiresAt: toIso(invitation.expiresAt),
});

export function addMemberRoutes(add: AddRoute, services: Services): void {
  addMembers(add, services);
  addInvitations(add, services);
  addAccepting(add, services);
}

function addMembers(add: AddRoute, { db }: Services): void {
  add({
    method: 'GET',
    paths: [stem],
    id: 'listMembers',
    summary: 'List the members of a project',
    tag,
    access: 'person',
    query: PartQuery,
    response: { 200: Type.Array(MemberShape) },
    async handler(request, reply) {
      const caller = personOf(callerOf(request));
      const found = await searchMembers(db.read, caller.projectId, partOf(request.query));
      return rowsOf(found, reply).map(({ personId, since, ...member }) => ({
        id: personId,
        ...member,
        since: toIso(since),
      }));
    },
  });
  add({
    method: 'PATCH',
    paths: [`${stem}/:person`],
    id: 'updateMember',
    summary: 'Give a member another role',
    tag,
    access: 'person',
    right: 'members',
    body: Type.Object({ role: RoleName }),
    response: { 200: shape('MemberRole', { id: Type.String(), role: RoleName }) },
    async handler(request) {
      const { projectId, role: by } = personOf(callerOf(request));
      const personId = request.params.person!;
      const { role } = request.body;
      noteAudit({ detail: { role } });
      await db.write((tx) => changeRole(tx, { projectId, personId, role, by }));
      return { id: personId, role };
    },
  });
  add({
    method: 'DELETE',
    paths: [`${stem}/:person`],
    id: 'removeMember',
    summary: 'Take somebody out of a project; members may leave by themselves',
    tag,
    access: 'person',
    async handler(request, reply) {
      const caller = personOf(callerOf(request));
      const personId = request.params.person!;
      const leaves = personId === caller.person.id;
      if (!leaves && !caller.rights.has('members')) {
        throw new AppError(403, 'FORBIDDEN', 'Your role in this project does not allow this.');
      }
      const by: Role = leaves ? 'owner' : caller.role;
      await db.write((tx) => removeMember(tx, { projectId: caller.projectId, personId, by }));
      return reply.code(204).send();
    },
  });
}

function addInvitations(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  const path = '/projects/:project/invitations';
  add({
    method: 'GET',
    paths: [path],
    id: 'listInvitations',
    summary: 'List the open invitations of a project',
    tag,
    access: 'person',
    right: 'members',
    response: { 200: Type.Array(InvitationShape) },
    async handler(request) {
      const { projectId } = personOf(callerOf(request));
      return (await listInvitations(db.read, projectId, clock.now())).map(showInvitation);
    },
  });
  add({
    method: 'POST',
    paths: [path],
    id: 'createInvitation',
    summary: 'Invite somebody: by mail where the install sends any, else with the link of the answer',
    tag,
    access: 'person',
    right: 'members',
    body: Type.Object({ email: Email, role: RoleName, locale: Locale }),
    response: { 201: MadeInvitation },
    async handler(request, reply) {
      reply.code(201);
      return invite(services, personOf(callerOf(request)), request.body, services.originOf(request));
    },
  });
  add({
    method: 'DELETE',
    paths: [`${path}/:invitation`],
    id: 'revokeInvitation',
    summary: 'Take an invitation back',
    tag,
    access: 'person',
    right: 'members',
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const id = request.params.invitation!;
      await db.write((tx) => revokeInvitation(tx, caller.projectId, id, clock.now()));
      return reply.code(204).send();
    },
  });
}

async function invite(
  { db, sealer, clock, mailer, logger }: Services,
  caller: ReturnType<typeof personOf>,
  { email, role, locale }: { email: string; role: Role; locale?: string },
  origin: string,
) {
  const { projectId, person } = caller;
  const project = await findProject(db.read, sealer, projectId);
  if (!project) throw notFound('project');
  const now = clock.now();
  noteAudit({ detail: { email, role } });
  const input = { projectId, email, role, by: caller.role, invitedBy: person.id, now };
  const { id, token, expiresAt } = await db.write((tx) => createInvitation(tx, input));
  const link = `${origin}/invitation?token=${encodeURIComponent(token)}`;
  const names = { person: person.name, project: project.name };
  const language = locale ?? person.locale;
  const mailed = await mailer?.send({ to: email, ...inviteMail(language, link, names) }).then(
    () => true,
    (error: unknown) => {
      // The link is in the answer all the same.
      logger.warn({ err: error, invitation: id }, 'An invitation was not mailed');
      return false;
    },
  );
  return {
    ...showInvitation({ id, projectId, projectName: project.name, email, role, createdAt: now, expiresAt }),
    link,
    mailed: mailed ?? false,
  };
}

const Token = Type.String({ maxLength: 100 });

function addAccepting(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'GET',
    paths: ['/invitation'],
    id: 'readInvitation',
    summary: 'What an invitation is for, by the token of its link',
    tag,
    access: 'public',
    ownRate: true,
    errors: [404],
    query: Type.Object({ token: Token }),
    response: {
      200: shape('OpenInvitation', {
        projectName: Type.String(),
        email: Type.String(),
        role: RoleName,
        hasAccount: Type.Boolean(),
        expiresAt: Timestamp,
      }),
    },
    async handler(request, reply) {
      await countTry(services, request, reply, 'invitation');
      const found = await requireInvitation(db.read, request.query.token, clock.now());
      const person = await findPersonByEmail(db.read, found.email);
      const { projectName, email, role, expiresAt } = found;
      return { projectName, email, role, hasAccount: person !== undefined, expiresAt: toIso(expiresAt) };
    },
  });
  add({
    method: 'POST',
    paths: ['/invitation/accept'],
    id: 'acceptInvitation',
    summary: 'Join: as who is signed in, or with a new account for the invited address',
    tag,
    access: 'public',
    ownRate: true,
    errors: [401, 403, 404],
    body: Type.Object({
      token: Token,
      name: Type.Optional(Name),
      password: Type.Optional(Password),
      locale: Locale,
    }),
    response: {
      200: shape('JoinedProject', {
        projectId: Type.String(),
        email: Type.String(),
        madeAccount: Type.Boolean(),
      }),
    },
    async handler(request, reply) {
      await countTry(services, request, reply, 'invitation');
      const { token, name, password, locale } = request.body;
      const now = clock.now();
      const found = await requireInvitation(db.read, token, now);
      const signedIn = await findSignedInPerson(services, request);
      if (signedIn) {
        requireSameAddress(signedIn.person.email, found.email);
        await db.write((tx) => acceptInvitation(tx, token, signedIn.person.id, now));
        return { projectId: found.projectId, email: found.email, madeAccount: false };
      }
      if (await findPersonByEmail(db.read, found.email)) {
        throw new AppError(
          401,
          'AUTHENTICATION_FAILED',
          'There is an account for this address. Sign in, then join.',
        );
      }
      if (!name || !password) {
        throw new AppError(400, 'VALIDATION_ERROR', 'name and password are required for a new account.');
      }
      const passwordHash = await hashPassword(password);
      await db.write(async (tx) => {
        const personId = await createPerson(tx, { name, email: found.email, passwordHash, locale, now });
        await acceptInvitation(tx, token, personId, now);
      });
      return { projectId: found.projectId, email: found.email, madeAccount: true };
    },
  });
}

/** A link that was forwarded lets nobody else in. */
function requireSameAddress(own: string, invited: string): void {
  if (own === invited) return;
  throw new AppError(403, 'FORBIDDEN', `This invitation is for ${invited}. Sign in with that address.`);
}
