/** Projects: what keys, sessions and destinations belong to. */

import { randomBytes } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Database, Queries, Tx } from '../db/database.ts';
import type { ProjectTable } from '../db/schema.ts';
import { createId } from '../lib/ids.ts';
import type { Sealer } from '../lib/sealed.ts';
import type { SigningSecrets } from '../lib/signatures.ts';
import { defaultPlanId, type Plan, planOf } from './plans.ts';

export interface Project {
  id: string;
  name: string;
  plan: Plan;
  /** Moves on when a setting changes that open connections were made with. */
  updatedAt: number;
  /** Signs image deliveries that have no secret of their own. Opened only when asked for. */
  webhookSecret(): string;
  /** The same, and during a rotation the one before. */
  webhookSecrets(): SigningSecrets;
  /** Until when the secret before the last rotation signs, too; null or past: it does not. */
  previousWebhookUntil: number | null;
}

const secretContext = (projectId: string): string => `project:${projectId}:webhook`;

const previousContext = (projectId: string): string => `project:${projectId}:previous-webhook`;

/** The longest time that the old secret signs beside the new one. */
export const maxOverlapDays = 7;
const dayMs = 86_400_000;

type SealedSecrets = Pick<
  Selectable<ProjectTable>,
  'webhook_secret' | 'previous_webhook_secret' | 'previous_webhook_until'
>;

/** Opens a project's sealed webhook secrets. */
export function openWebhookSecrets(sealer: Sealer, projectId: string, row: SealedSecrets): SigningSecrets {
  const { previous_webhook_secret: sealed, previous_webhook_until: until } = row;
  return {
    current: sealer.open(row.webhook_secret, secretContext(projectId)),
    previous:
      sealed === null || until === null
        ? undefined
        : { secret: sealer.open(sealed, previousContext(projectId)), until },
  };
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

/**
 * A new webhook secret; the one before signs beside it for `overlapDays` (0: it ends at once). Returns the new one, which
 * nobody else is told, and when the old one ends. Contract appendix B.
 */
export async function rotateWebhookSecret(
  tx: Tx,
  sealer: Sealer,
  projectId: string,
  { overlapDays, now }: { overlapDays: number; now: number },
): Promise<{ secret: string; previousUntil: number | null }> {
  const secret = randomBytes(32).toString('hex');
  const previousUntil = overlapDays > 0 ? now + Math.round(overlapDays * dayMs) : null;
  // Read inside: of two rotations at once, the second has to keep the first one's secret.
  const before = await tx.q
    .selectFrom('projects')
    .select(['webhook_secret', 'previous_webhook_secret', 'previous_webhook_until'])
    .where('id', '=', projectId)
    .executeTakeFirstOrThrow();
  const { current } = openWebhookSecrets(sealer, projectId, before);
  await tx.q
    .updateTable('projects')
    .set((eb) => ({
      webhook_secret: sealer.seal(secret, secretContext(projectId)),
      previous_webhook_secret:
        previousUntil === null ? null : sealer.seal(current, previousContext(projectId)),
      previous_webhook_until: previousUntil,
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
  return { secret, previousUntil };
}

/** A secret whose overlap has ended opens nothing any more, so it need not lie about. Returns how many were forgotten. */
export async function forgetOldWebhookSecrets(db: Database, now: number): Promise<number> {
  const { numUpdatedRows } = await db.write((tx) =>
    tx.q
      .updateTable('projects')
      .set({ previous_webhook_secret: null, previous_webhook_until: null })
      .where('previous_webhook_until', '<=', now)
      .executeTakeFirst(),
  );
  return Number(numUpdatedRows);
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
    webhookSecret: () => openWebhookSecrets(sealer, row.id, row).current,
    webhookSecrets: () => openWebhookSecrets(sealer, row.id, row),
    previousWebhookUntil: row.previous_webhook_until,
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
