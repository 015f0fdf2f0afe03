/**
 * API keys: made, found by their secret, never readable again. Contract §1.4, §7. Only a hash is stored; a key has 32
 * random bytes, so a plain SHA-256 is enough.
 */
import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Database, Queries, Tx } from '../db/database.ts';
import type { Env, KeyTable } from '../db/schema.ts';
import { createId, randomToken } from '../lib/ids.ts';
import { type KeyProtections, protectionsOf } from './protections.ts';

export interface ApiKey {
  id: string;
  projectId: string;
  env: Env;
  label: string;
  prefix: string;
  maxImages: number | null;
  allowedMimeTypes: string[];
  maxImageDimension: number | null;
  longPolling: boolean;
  defaultDestinations: string[];
  protections: KeyProtections;
}

const hashOf = (clearKey: string): string => createHash('sha256').update(clearKey).digest('hex');

/** Makes a key and returns its clear form, which exists only here. */
export async function createKey(
  tx: Tx,
  input: { projectId: string; env: Env; label: string; defaultDestinations?: string[]; now: number },
): Promise<{ id: string; clearKey: string }> {
  const id = createId('key');
  const clearKey = `aptr_${input.env}_${randomToken(24)}`;
  await tx.q
    .insertInto('keys')
    .values({
      id,
      project_id: input.projectId,
      env: input.env,
      label: input.label,
      prefix: clearKey.slice(0, 14),
      hash: hashOf(clearKey),
      is_active: 1,
      last_used_at: null,
      max_images: null,
      allowed_mime_types: '[]',
      max_image_dimension: null,
      long_polling: 0,
      default_destinations: JSON.stringify(input.defaultDestinations ?? []),
      allowed_ips: '[]',
      allowed_domains: '[]',
      created_at: input.now,
    })
    .execute();
  return { id, clearKey };
}

/** The active key that this secret is, or undefined. This is the finder that says who the owner is. */
export async function findKeyBySecret(q: Queries, clearKey: string): Promise<ApiKey | undefined> {
  const row = await q
    .selectFrom('keys')
    .selectAll()
    .where('hash', '=', hashOf(clearKey))
    .where('is_active', '=', 1)
    .executeTakeFirst();
  return row && toKey(row);
}

/** A key of a project by its id, active or not. */
export async function findKey(q: Queries, projectId: string, id: string): Promise<ApiKey | undefined> {
  const row = await q
    .selectFrom('keys')
    .selectAll()
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
  return row && toKey(row);
}

function toKey(row: Selectable<KeyTable>): ApiKey {
  return {
    id: row.id,
    projectId: row.project_id,
    env: row.env,
    label: row.label,
    prefix: row.prefix,
    maxImages: row.max_images,
    allowedMimeTypes: JSON.parse(row.allowed_mime_types),
    maxImageDimension: row.max_image_dimension,
    longPolling: row.long_polling === 1,
    defaultDestinations: JSON.parse(row.default_destinations),
    protections: protectionsOf(row),
  };
}

/** Notes that a key was used; at most once a minute a key, and never in the way of a request. */
export function createKeyUsage(db: Database): (id: string, now: number) => void {
  const noted = new Map<string, number>();
  return (id, now) => {
    if (now - (noted.get(id) ?? 0) < 60_000) return;
    if (noted.size > 10_000) noted.clear();
    noted.set(id, now);
    db.write(
      async (tx) => {
        await tx.q.updateTable('keys').set({ last_used_at: now }).where('id', '=', id).execute();
      },
      { relaxed: true },
    ).catch(() => noted.delete(id));
  };
}
