/** Apps of others that may act for people (contract §12): registered by a project, known by a client id. */
import { timingSafeEqual } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import type { OAuthAppTable } from '../db/schema.ts';
import { type Found, holdsEveryWord, type Part, readPart } from '../db/search.ts';
import { invalid, notFound } from '../errors.ts';
import { createId, randomToken } from '../lib/ids.ts';
import { hashOf } from './setup.ts';

export interface OAuthApp {
  id: string;
  projectId: string;
  name: string;
  clientId: string;
  /** The beginning of the secret, to tell it by; null for a public client. */
  secretPrefix: string | null;
  /** A public client cannot keep a secret: an app on a phone or in a browser. It has to use PKCE. */
  isPublic: boolean;
  publicKey: string;
  redirectUris: string[];
  allowedDomains: string[];
  homepage: string | null;
  isActive: boolean;
  createdAt: number;
}

/** Of one project. */
const mostApps = 50;

function toApp(row: Selectable<OAuthAppTable>): OAuthApp {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    clientId: row.client_id,
    secretPrefix: row.secret_prefix,
    isPublic: row.secret_hash === null,
    publicKey: row.public_key,
    redirectUris: JSON.parse(row.redirect_uris),
    allowedDomains: JSON.parse(row.allowed_domains),
    homepage: row.homepage,
    isActive: row.is_active === 1,
    createdAt: row.created_at,
  };
}

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** Https, or http on this machine while developing. */
export const isSafeAddress = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && loopback.test(url.hostname));

/** Throws AppError 400 unless codes may be sent there: absolute, https or loopback, without fragment or credentials. */
export function checkRedirectUri(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain =
    /^[\x21-\x7e]+$/.test(text) && !text.includes('#') && !text.includes('*') && !text.includes('\\');
  if (url && plain && isSafeAddress(url) && !url.username && !url.password) return text;
  throw invalid(
    `redirectUris: "${text.slice(0, 200)}" is not an https address without a fragment (http only for localhost, 127.0.0.1 and [::1]).`,
  );
}

export function checkHost(text: string): string {
  const domain = text.trim().toLowerCase();
  if (/^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(domain)) return domain;
  throw invalid(
    `allowedDomains: "${domain.slice(0, 200)}" is not a host such as crm.example or *.crm.example.`,
  );
}

export interface AppSettings {
  name?: string | undefined;
  redirectUris?: string[] | undefined;
  allowedDomains?: string[] | undefined;
  homepage?: string | null | undefined;
  isActive?: boolean | undefined;
}

const newSecret = () => {
  const secret = `aptr_secret_${randomToken(32)}`;
  return { secret, row: { secret_hash: hashOf(secret), secret_prefix: secret.slice(0, 18) } };
};

/** Makes an app; its secret exists only here, and a public client has none. */
export async function createOAuthApp(
  tx: Tx,
  input: AppSettings & { projectId: string; name: string; isPublic: boolean; now: number },
): Promise<{ id: string; clientSecret: string | null }> {
  if ((await listOAuthApps(tx.q, input.projectId)).length >= mostApps) {
    throw invalid(`A project has at most ${mostApps} OAuth apps.`);
  }
  const id = createId('app');
  const made = input.isPublic ? undefined : newSecret();
  await tx.q
    .insertInto('oauth_apps')
    .values({
      id,
      project_id: input.projectId,
      name: input.name,
      client_id: id,
      ...(made?.row ?? { secret_hash: null, secret_prefix: null }),
      public_key: `aptr_pk_${randomToken(24)}`,
      redirect_uris: JSON.stringify((input.redirectUris ?? []).map(checkRedirectUri)),
      allowed_domains: JSON.stringify((input.allowedDomains ?? []).map(checkHost)),
      homepage: input.homepage ?? null,
      is_active: 1,
      created_at: input.now,
      updated_at: input.now,
    })
    .execute();
  return { id, clientSecret: made?.secret ?? null };
}

const appsOf = (q: Queries, projectId: string) =>
  q.selectFrom('oauth_apps').selectAll().where('project_id', '=', projectId).where('deleted_at', 'is', null);

/** Oldest first. */
export async function listOAuthApps(q: Queries, projectId: string): Promise<OAuthApp[]> {
  return (await appsOf(q, projectId).orderBy('id').execute()).map(toApp);
}

/** A part of them; found by name or client id. */
export async function searchOAuthApps(q: Queries, projectId: string, part: Part): Promise<Found<OAuthApp>> {
  const columns = [sql.ref('name'), sql.ref('client_id')];
  const query = appsOf(q, projectId).where(holdsEveryWord(columns, part.search)).orderBy('id');
  const { rows, total } = await readPart(query, part);
  return { rows: rows.map(toApp), total };
}

/** An app of a project; throws AppError 404. */
export async function requireOAuthApp(q: Queries, projectId: string, id: string): Promise<OAuthApp> {
  const row = await appsOf(q, projectId).where('id', '=', id).executeTakeFirst();
  if (!row) throw notFound('OAuth app');
  return toApp(row);
}

/** Changes what is given and keeps the rest. */
export async function updateOAuthApp(tx: Tx, app: OAuthApp, change: AppSettings, now: number): Promise<void> {
  const { name, redirectUris, allowedDomains, homepage, isActive } = change;
  await tx.q
    .updateTable('oauth_apps')
    .set({
      updated_at: now,
      ...(name === undefined ? {} : { name }),
      ...(homepage === undefined ? {} : { homepage }),
      ...(isActive === undefined ? {} : { is_active: isActive ? 1 : 0 }),
      ...(redirectUris && { redirect_uris: JSON.stringify(redirectUris.map(checkRedirectUri)) }),
      ...(allowedDomains && { allowed_domains: JSON.stringify(allowedDomains.map(checkHost)) }),
    })
    .where('id', '=', app.id)
    .where('project_id', '=', app.projectId)
    .execute();
}

/** A new secret; the old one is refused at once. Throws AppError 400 for a public client. */
export async function rotateSecret(tx: Tx, app: OAuthApp, now: number): Promise<string> {
  if (app.isPublic) throw invalid('A public client has no secret. It proves itself with PKCE.');
  const { secret, row } = newSecret();
  await tx.q
    .updateTable('oauth_apps')
    .set({ ...row, updated_at: now })
    .where('id', '=', app.id)
    .where('project_id', '=', app.projectId)
    .execute();
  return secret;
}

/** Removes an app: its tokens answer 401 at once. */
export async function removeOAuthApp(tx: Tx, app: OAuthApp, now: number): Promise<void> {
  await tx.q
    .updateTable('oauth_apps')
    .set({ deleted_at: now, is_active: 0, updated_at: now })
    .where('id', '=', app.id)
    .where('project_id', '=', app.projectId)
    .execute();
  await tx.q
    .updateTable('oauth_grants')
    .set({ revoked_at: now, revoked_reason: 'the app was deleted' })
    .where('app_id', '=', app.id)
    .where('revoked_at', 'is', null)
    .execute();
}

/** The active app of a client id or a public key. Whoever asks has shown nothing yet. */
export async function findClient(q: Queries, clientIdOrPublicKey: string): Promise<OAuthApp | undefined> {
  const column = clientIdOrPublicKey.startsWith('aptr_pk_') ? 'public_key' : 'client_id';
  const row = await q
    .selectFrom('oauth_apps')
    .selectAll()
    .where(column, '=', clientIdOrPublicKey)
    .where('is_active', '=', 1)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row && toApp(row);
}

/** The client that proves itself: with its secret, or as a public one without. Undefined when it does not. */
export async function authenticateClient(
  q: Queries,
  clientId: string,
  secret: string | undefined,
): Promise<OAuthApp | undefined> {
  const row = await q
    .selectFrom('oauth_apps')
    .selectAll()
    .where('client_id', '=', clientId)
    .where('is_active', '=', 1)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  if (row.secret_hash === null) return secret ? undefined : toApp(row);
  const [given, right] = [hashOf(secret ?? ''), row.secret_hash].map((hex) => Buffer.from(hex, 'hex'));
  return secret && timingSafeEqual(given!, right!) ? toApp(row) : undefined;
}
