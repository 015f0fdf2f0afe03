/** Listing and changing the keys of a project (contract §7). */
import { type Selectable, sql } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import type { Env, KeyTable } from '../db/schema.ts';
import { type Found, holdsEveryWord, type Part, readPart } from '../db/search.ts';
import { AppError, invalid, notFound } from '../errors.ts';

export type KeyRow = Selectable<KeyTable>;

/** A part of the keys of a project, oldest first; found by label, first characters or id. `env`: of that one alone. */
export async function searchKeys(
  q: Queries,
  projectId: string,
  part: Part,
  env?: string | undefined,
): Promise<Found<KeyRow>> {
  const columns = [sql.ref('label'), sql.ref('prefix'), sql.ref('id')];
  const query = q
    .selectFrom('keys')
    .selectAll()
    .where('project_id', '=', projectId)
    .$if(!!env, (keys) => keys.where('env', '=', env as Env))
    .where(holdsEveryWord(columns, part.search))
    .orderBy('created_at')
    .orderBy('id');
  return readPart(query, part);
}

/** A key of a project; throws AppError 403 for another project's, 404 for none. */
export async function requireKey(q: Queries, projectId: string, id: string): Promise<KeyRow> {
  const row = await q.selectFrom('keys').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw notFound('key');
  if (row.project_id !== projectId)
    throw new AppError(403, 'FORBIDDEN', 'This key belongs to another project.');
  return row;
}

export interface KeyChange {
  label?: string | undefined;
  isActive?: boolean | undefined;
  /** null clears. */
  maxImages?: number | null | undefined;
  allowedMimeTypes?: string[] | undefined;
  maxImageDimension?: number | null | undefined;
  allowedIps?: string[] | undefined;
  allowedDomains?: string[] | undefined;
  defaultDestinations?: string[] | undefined;
  longPolling?: boolean | undefined;
  /** Throws AppError 400 without a signing secret. */
  signatureRequired?: boolean | undefined;
}

/** Changes what is given and keeps the rest. */
export async function updateKey(tx: Tx, key: KeyRow, change: KeyChange): Promise<void> {
  if (change.signatureRequired && key.signing_secret === null) {
    throw invalid('signatureRequired: this key has no signing secret yet. POST …/signing-secret makes one.');
  }
  const values = {
    ...(change.label === undefined ? {} : { label: change.label }),
    ...(change.isActive === undefined ? {} : { is_active: change.isActive ? (1 as const) : (0 as const) }),
    ...(change.maxImages === undefined ? {} : { max_images: change.maxImages }),
    ...(change.maxImageDimension === undefined ? {} : { max_image_dimension: change.maxImageDimension }),
    ...(change.longPolling === undefined
      ? {}
      : { long_polling: change.longPolling ? (1 as const) : (0 as const) }),
    ...(change.signatureRequired === undefined
      ? {}
      : { signature_required: change.signatureRequired ? (1 as const) : (0 as const) }),
    ...json('allowed_mime_types', change.allowedMimeTypes),
    ...json('allowed_ips', change.allowedIps),
    ...json('allowed_domains', change.allowedDomains),
    ...json('default_destinations', change.defaultDestinations),
  };
  if (Object.keys(values).length === 0) return;
  await tx.q
    .updateTable('keys')
    .set(values)
    .where('id', '=', key.id)
    .where('project_id', '=', key.project_id)
    .execute();
}

function json<Name extends string>(name: Name, list: string[] | undefined): Partial<Record<Name, string>> {
  return list === undefined ? {} : ({ [name]: JSON.stringify(list) } as Record<Name, string>);
}

/** Removes a key: it answers 401 at once. Its sessions go on under their own limits. */
export async function removeKey(tx: Tx, key: KeyRow): Promise<void> {
  await tx.q.deleteFrom('keys').where('id', '=', key.id).where('project_id', '=', key.project_id).execute();
}
