/** Invitations into a project: a link for one address, used once within a week. */
import type { Queries, Tx } from '../db/database.ts';
import { AppError, invalid, notFound } from '../errors.ts';
import { createId, randomToken } from '../lib/ids.ts';
import { addMember } from './members.ts';
import { normalEmail } from './people.ts';
import { mayGive, type Role } from './roles.ts';
import { hashOf } from './setup.ts';

const lifetimeMs = 7 * 86_400_000;
/** Open ones of a project at once. */
const mostOpen = 100;

export interface Invitation {
  id: string;
  projectId: string;
  projectName: string;
  email: string;
  role: Role;
  createdAt: number;
  expiresAt: number;
}

/** Makes an invitation; an earlier one of the same address is void. The token exists only here. */
export async function createInvitation(
  tx: Tx,
  input: { projectId: string; email: string; role: Role; by: Role; invitedBy: string; now: number },
): Promise<{ id: string; token: string; expiresAt: number }> {
  const { projectId, role, by, now } = input;
  const email = normalEmail(input.email);
  if (!mayGive(by, role)) throw new AppError(403, 'FORBIDDEN', 'Only an owner invites an owner.');
  const known = await tx.q
    .selectFrom('members')
    .innerJoin('people', 'people.id', 'members.person_id')
    .select('people.id')
    .where('members.project_id', '=', projectId)
    .where('people.email', '=', email)
    .executeTakeFirst();
  if (known) throw invalid('This person is a member already.');
  await tx.q
    .updateTable('invitations')
    .set({ revoked_at: now })
    .where('project_id', '=', projectId)
    .where('email', '=', email)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .execute();
  if ((await listInvitations(tx.q, projectId, now)).length >= mostOpen) {
    throw invalid(`A project has at most ${mostOpen} open invitations. Take some back first.`);
  }
  const id = createId('inv');
  const token = randomToken(24);
  const expiresAt = now + lifetimeMs;
  await tx.q
    .insertInto('invitations')
    .values({
      id,
      project_id: projectId,
      email,
      role,
      hash: hashOf(token),
      invited_by: input.invitedBy,
      created_at: now,
      expires_at: expiresAt,
    })
    .execute();
  return { id, token, expiresAt };
}

const openInvitations = (q: Queries, now: number) =>
  q
    .selectFrom('invitations')
    .innerJoin('projects', 'projects.id', 'invitations.project_id')
    .select(['invitations.id', 'invitations.project_id', 'projects.name', 'invitations.email'])
    .select(['invitations.role', 'invitations.created_at', 'invitations.expires_at'])
    .where('projects.deleted_at', 'is', null)
    .where('invitations.accepted_at', 'is', null)
    .where('invitations.revoked_at', 'is', null)
    .where('invitations.expires_at', '>', now);

type OpenRow = Awaited<ReturnType<ReturnType<typeof openInvitations>['execute']>>[number];

const toInvitation = (row: OpenRow): Invitation => ({
  id: row.id,
  projectId: row.project_id,
  projectName: row.name,
  email: row.email,
  role: row.role,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
});

/** Those that still open, newest first. */
export async function listInvitations(q: Queries, projectId: string, now: number): Promise<Invitation[]> {
  const rows = await openInvitations(q, now)
    .where('invitations.project_id', '=', projectId)
    .orderBy('invitations.id', 'desc')
    .execute();
  return rows.map(toInvitation);
}

/** The invitation that a link opens; throws AppError 404 when it was used, taken back or is too old. */
export async function requireInvitation(q: Queries, token: string, now: number): Promise<Invitation> {
  const row = await openInvitations(q, now).where('invitations.hash', '=', hashOf(token)).executeTakeFirst();
  if (row) return toInvitation(row);
  throw new AppError(
    404,
    'NOT_FOUND',
    'This invitation was used, taken back, or is too old. Ask for a new one.',
  );
}

/** Uses the invitation up and makes the person a member with its role. Throws as `requireInvitation`. */
export async function acceptInvitation(
  tx: Tx,
  token: string,
  personId: string,
  now: number,
): Promise<Invitation> {
  const invitation = await requireInvitation(tx.q, token, now);
  const used = await tx.q
    .updateTable('invitations')
    .set({ accepted_at: now })
    .where('id', '=', invitation.id)
    .where('accepted_at', 'is', null)
    .executeTakeFirst();
  if (used.numUpdatedRows !== 1n) throw new AppError(404, 'NOT_FOUND', 'This invitation was used.');
  const { projectId, role } = invitation;
  await addMember(tx, { projectId, personId, role, now });
  return invitation;
}

/** Takes an open invitation back. Throws AppError 404. */
export async function revokeInvitation(tx: Tx, projectId: string, id: string, now: number): Promise<void> {
  const result = await tx.q
    .updateTable('invitations')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) throw notFound('invitation');
}
