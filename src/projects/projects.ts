/** Projects: what keys, sessions and destinations belong to. */

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import { createId } from '../lib/ids.ts';
import type { Sealer } from '../lib/sealed.ts';
import { defaultPlanId, type Plan, planOf } from './plans.ts';

export interface Project {
  id: string;
  name: string;
  plan: Plan;
  /** Moves on when a setting changes that open connections were made with. */
  updatedAt: number;
  /** Signs image deliveries that have no secret of their own. Opened only when asked for. */
  webhookSecret(): string;
}

const secretContext = (projectId: string): string => `project:${projectId}:webhook`;

/** Opens a project's sealed webhook secret. */
export function openWebhookSecret(sealer: Sealer, projectId: string, sealed: string): string {
  return sealer.open(sealed, secretContext(projectId));
}

/** Makes a project with a fresh webhook secret (64 hex characters). Returns its id. */
export async function createProject(tx: Tx, sealer: Sealer, name: string, now: number): Promise<string> {
  const id = createId('proj');
  const secret = randomBytes(32).toString('hex');
  await tx.q
    .insertInto('projects')
    .values({
      id,
      name,
      webhook_secret: sealer.seal(secret, secretContext(id)),
      plan: defaultPlanId,
      created_at: now,
      updated_at: now,
    })
    .execute();
  return id;
}

/** A new webhook secret; the one before signs no more. Returns it: nobody else is told. Contract appendix B. */
export async function rotateWebhookSecret(
  tx: Tx,
  sealer: Sealer,
  projectId: string,
  now: number,
): Promise<string> {
  const secret = randomBytes(32).toString('hex');
  await tx.q
    .updateTable('projects')
    .set((eb) => ({
      webhook_secret: sealer.seal(secret, secretContext(projectId)),
      // Open connections are kept by it, and the clock may stand still.
      updated_at: eb
        .case()
        .when('updated_at', '<', now)
        .then(sql<number>`${now}`)
        .else(eb('updated_at', '+', 1))
        .end(),
    }))
    .where('id', '=', projectId)
    .execute();
  return secret;
}

/** A project by its id, unless it was deleted. The caller has already shown that it may see it. */
export async function findProject(q: Queries, sealer: Sealer, id: string): Promise<Project | undefined> {
  const row = await q
    .selectFrom('projects')
    .leftJoin('plans', 'plans.id', 'projects.plan')
    .selectAll('projects')
    .select('plans.definition')
    .where('projects.id', '=', id)
    .where('projects.deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    id: row.id,
    name: row.name,
    plan: planOf(row.definition),
    updatedAt: row.updated_at,
    webhookSecret: () => openWebhookSecret(sealer, row.id, row.webhook_secret),
  };
}

/** The oldest project's id: what `key create` uses when no project is named. */
export async function findFirstProjectId(q: Queries): Promise<string | undefined> {
  const row = await q
    .selectFrom('projects')
    .select('id')
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirst();
  return row?.id;
}
