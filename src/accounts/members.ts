/** Who belongs to a project, in which role. */
import { sql } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import { type Found, holdsEveryWord, type Part, readPart } from '../db/search.ts';
import { AppError, invalid, notFound } from '../errors.ts';
import type { Person } from './people.ts';
import { mayGive, type Role } from './roles.ts';

export interface Member {
  personId: string;
  name: string;
  email: string;
  role: Role;
  twoFactorEnabled: boolean;
  since: number;
}

/** The person's role in a project that is there; undefined when none. The install's owner is owner everywhere. */
export async function findRole(
  q: Queries,
  person: Pick<Person, 'id' | 'isInstallOwner'>,
  projectId: string,
): Promise<Role | undefined> {
  const row = await q
    .selectFrom('projects')
    .leftJoin('members', (join) =>
      join.onRef('members.project_id', '=', 'projects.id').on('members.person_id', '=', person.id),
    )
    .select(['projects.id', 'members.role'])
    .where('projects.id', '=', projectId)
    .where('projects.deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  return person.isInstallOwner ? 'owner' : (row.role ?? undefined);
}

/** A part of the members of a project, owners first, then by name; found by name, e-mail or role. */
export async function searchMembers(q: Queries, projectId: string, part: Part): Promise<Found<Member>> {
  const columns = [sql.ref('people.name'), sql.ref('people.email'), sql.ref('members.role')];
  const query = q
    .selectFrom('members')
    .innerJoin('people', 'people.id', 'members.person_id')
    .select(['people.id', 'people.name', 'people.email', 'people.two_factor_enabled'])
    .select(['members.role', 'members.created_at'])
    .where('members.project_id', '=', projectId)
    .where(holdsEveryWord(columns, part.search))
    .orderBy(
      sql`case members.role when 'owner' then 0 when 'admin' then 1 when 'developer' then 2 else 3 end`,
    )
    .orderBy(sql`lower(people.name)`)
    .orderBy('people.id');
  const { rows, total } = await readPart(query, part);
  const members = rows.map((row) => ({
    personId: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    twoFactorEnabled: row.two_factor_enabled === 1,
    since: row.created_at,
  }));
  return { rows: members, total };
}

/** Adds a member, or leaves the role of one who is there. */
export async function addMember(
  tx: Tx,
  input: { projectId: string; personId: string; role: Role; now: number },
): Promise<void> {
  await tx.q
    .insertInto('members')
    .values({
      project_id: input.projectId,
      person_id: input.personId,
      role: input.role,
      created_at: input.now,
    })
    .onConflict((conflict) => conflict.columns(['project_id', 'person_id']).doNothing())
    .execute();
}

/** Throws AppError 404 for somebody who is none, 403 for an owner changed by another role, 400 for the last owner. */
export async function changeRole(
  tx: Tx,
  input: { projectId: string; personId: string; role: Role; by: Role },
): Promise<void> {
  const { projectId, personId, role, by } = input;
  await requireReach(tx, projectId, personId, by, role);
  if (role !== 'owner') await keepAnOwner(tx, projectId, personId);
  await tx.q
    .updateTable('members')
    .set({ role })
    .where('project_id', '=', projectId)
    .where('person_id', '=', personId)
    .execute();
}

/** Takes the membership away; it counts from the next request. Throws as `changeRole`. */
export async function removeMember(
  tx: Tx,
  input: { projectId: string; personId: string; by: Role },
): Promise<void> {
  const { projectId, personId, by } = input;
  await requireReach(tx, projectId, personId, by);
  await keepAnOwner(tx, projectId, personId);
  await tx.q
    .deleteFrom('members')
    .where('project_id', '=', projectId)
    .where('person_id', '=', personId)
    .execute();
}

async function requireReach(
  tx: Tx,
  projectId: string,
  personId: string,
  by: Role,
  role?: Role,
): Promise<void> {
  const row = await tx.q
    .selectFrom('members')
    .select('role')
    .where('project_id', '=', projectId)
    .where('person_id', '=', personId)
    .executeTakeFirst();
  if (!row) throw notFound('member');
  if (mayGive(by, row.role) && (role === undefined || mayGive(by, role))) return;
  throw new AppError(403, 'FORBIDDEN', 'Only an owner makes, changes or removes an owner.');
}

/** All owners are locked, so that two who leave at once do not both see the other one stay. */
async function keepAnOwner(tx: Tx, projectId: string, leaving: string): Promise<void> {
  await tx.q.updateTable('projects').set({ id: projectId }).where('id', '=', projectId).execute();
  const owners = await tx.q
    .selectFrom('members')
    .select('person_id')
    .where('project_id', '=', projectId)
    .where('role', '=', 'owner')
    .execute();
  if (owners.every(({ person_id: id }) => id === leaving) && owners.length > 0) {
    throw invalid('A project keeps at least one owner. Make somebody else an owner first.');
  }
}
