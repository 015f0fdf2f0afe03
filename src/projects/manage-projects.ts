/** Listing, renaming and removing projects. */
import type { Queries, Tx } from '../db/database.ts';
import type { Role } from '../db/schema.ts';
import { AppError } from '../errors.ts';

export interface ProjectSummary {
  id: string;
  name: string;
  plan: string;
  createdAt: number;
  role: Role;
}

/** The projects of a person, oldest first: those of their memberships, or all for the owner of the install. */
export async function listProjects(
  q: Queries,
  person: { id: string; isInstallOwner: boolean },
): Promise<ProjectSummary[]> {
  let query = q
    .selectFrom('projects')
    .leftJoin('members', (join) =>
      join.onRef('members.project_id', '=', 'projects.id').on('members.person_id', '=', person.id),
    )
    .select(['projects.id', 'projects.name', 'projects.plan', 'projects.created_at', 'members.role'])
    .where('projects.deleted_at', 'is', null)
    .orderBy('projects.created_at')
    .orderBy('projects.id');
  if (!person.isInstallOwner) query = query.where('members.role', 'is not', null);
  return (await query.execute()).map((row) => ({
    id: row.id,
    name: row.name,
    plan: row.plan,
    createdAt: row.created_at,
    role: person.isInstallOwner ? 'owner' : row.role!,
  }));
}

export async function renameProject(tx: Tx, id: string, name: string, now: number): Promise<void> {
  await tx.q.updateTable('projects').set({ name, updated_at: now }).where('id', '=', id).execute();
}

/** Throws AppError 409 while somebody pays for it: nobody would end that afterwards. */
async function requireUnpaid(tx: Tx, id: string): Promise<void> {
  const row = await tx.q
    .selectFrom('projects')
    .select('billing_subscription')
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row?.billing_subscription) return;
  throw new AppError(
    409,
    'CONFLICT',
    'This project has a paid subscription. End it first, then delete the project.',
  );
}

/**
 * Takes a project out of the world: keys and apps answer 401 at once, sessions take no more photos, nothing is delivered
 * any more. Its photos go the way of all photos, by retention. Throws AppError 409 while somebody pays for it.
 */
export async function removeProject(tx: Tx, id: string, now: number): Promise<void> {
  await requireUnpaid(tx, id);
  const { q } = tx;
  await q.updateTable('projects').set({ deleted_at: now }).where('id', '=', id).execute();
  await q.deleteFrom('keys').where('project_id', '=', id).execute();
  await q.deleteFrom('members').where('project_id', '=', id).execute();
  await q.deleteFrom('invitations').where('project_id', '=', id).execute();
  await q
    .updateTable('oauth_grants')
    .set({ revoked_at: now, revoked_reason: 'the project was deleted' })
    .where('project_id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
  await q
    .updateTable('oauth_apps')
    .set({ deleted_at: now, is_active: 0 })
    .where('project_id', '=', id)
    .where('deleted_at', 'is', null)
    .execute();
  await q
    .updateTable('sessions')
    .set({ completed_at: now })
    .where('project_id', '=', id)
    .where('completed_at', 'is', null)
    .execute();
  await q
    .updateTable('deliveries')
    .set({ status: 'failed', due_at: null, last_error: 'project deleted', updated_at: now })
    .where('project_id', '=', id)
    .where('status', 'in', ['pending', 'retrying'])
    .execute();
  await q
    .updateTable('webhook_deliveries')
    .set({ status: 'failed', due_at: null, last_error: 'project deleted', updated_at: now })
    .where('project_id', '=', id)
    .where('status', 'in', ['pending', 'retrying', 'held'])
    .execute();
  await q
    .updateTable('destinations')
    .set({ is_active: 0, credentials: null, deleted_at: now, updated_at: now })
    .where('project_id', '=', id)
    .where('deleted_at', 'is', null)
    .execute();
  await q
    .updateTable('webhooks')
    .set({ is_active: 0, deleted_at: now })
    .where('project_id', '=', id)
    .where('deleted_at', 'is', null)
    .execute();
}
