/** What people allowed apps to do: codes that wait to be exchanged, grants, and taking them back (contract §12). */
import type { Database, Queries, Tx } from '../db/database.ts';
import { createId, randomToken } from '../lib/ids.ts';
import { hashOf } from './setup.ts';

/** Milliseconds. The contract says ten minutes at most; a machine needs seconds. */
const codeLifetimeMs = 5 * 60_000;

export interface Consent {
  appId: string;
  personId: string;
  projectId: string;
  scopes: readonly string[];
  redirectUri: string;
  codeChallenge: string | undefined;
  now: number;
}

/** A code for what a person agreed to, good once and for five minutes. */
export async function createCode(tx: Tx, consent: Consent): Promise<string> {
  const code = `aptr_code_${randomToken(32)}`;
  await tx.q
    .insertInto('oauth_codes')
    .values({
      hash: hashOf(code),
      app_id: consent.appId,
      person_id: consent.personId,
      project_id: consent.projectId,
      // The environment follows from the credential, and an access token is a live one (contract §1.4).
      env: 'live',
      scopes: consent.scopes.join(' '),
      redirect_uri: consent.redirectUri,
      code_challenge: consent.codeChallenge ?? null,
      created_at: consent.now,
      expires_at: consent.now + codeLifetimeMs,
    })
    .execute();
  return code;
}

export interface Grant {
  id: string;
  appId: string;
  appName: string;
  homepage: string | null;
  projectId: string;
  projectName: string;
  personId: string;
  personName: string;
  scopes: string[];
  createdAt: number;
  lastUsedAt: number | null;
}

const openGrants = (q: Queries) =>
  q
    .selectFrom('oauth_grants')
    .innerJoin('oauth_apps', 'oauth_apps.id', 'oauth_grants.app_id')
    .innerJoin('projects', 'projects.id', 'oauth_grants.project_id')
    .innerJoin('people', 'people.id', 'oauth_grants.person_id')
    .selectAll('oauth_grants')
    .select(['oauth_apps.name as app_name', 'oauth_apps.homepage'])
    .select(['projects.name as project_name', 'people.name as person_name'])
    .where('oauth_grants.revoked_at', 'is', null)
    .orderBy('oauth_grants.id', 'desc');

type GrantRow = Awaited<ReturnType<ReturnType<typeof openGrants>['execute']>>[number];

const toGrant = (row: GrantRow): Grant => ({
  id: row.id,
  appId: row.app_id,
  appName: row.app_name,
  homepage: row.homepage,
  projectId: row.project_id,
  projectName: row.project_name,
  personId: row.person_id,
  personName: row.person_name,
  scopes: row.scopes.split(' '),
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
});

/** What a person gave and did not take back, newest first. */
export async function listGrantsOfPerson(q: Queries, personId: string): Promise<Grant[]> {
  const rows = await openGrants(q).where('oauth_grants.person_id', '=', personId).limit(500).execute();
  return rows.map(toGrant);
}

/** Who may act in a project, newest first. */
export async function listGrantsOfProject(q: Queries, projectId: string): Promise<Grant[]> {
  const rows = await openGrants(q).where('oauth_grants.project_id', '=', projectId).limit(500).execute();
  return rows.map(toGrant);
}

/** Takes a grant of a person or of a project back: its tokens answer 401 at once. Whether there was one. */
export async function revokeGrant(
  tx: Tx,
  owner: { personId: string } | { projectId: string },
  id: string,
  reason: string,
  now: number,
): Promise<boolean> {
  let query = tx.q
    .updateTable('oauth_grants')
    .set({ revoked_at: now, revoked_reason: reason })
    .where('id', '=', id)
    .where('revoked_at', 'is', null);
  query =
    'personId' in owner
      ? query.where('person_id', '=', owner.personId)
      : query.where('project_id', '=', owner.projectId);
  return (await query.executeTakeFirst()).numUpdatedRows > 0n;
}

/** Takes back all that an app holds through one grant, because a code or a token of it was used twice. */
export async function revokeFamily(tx: Tx, appId: string, grantId: string, now: number): Promise<void> {
  await tx.q
    .updateTable('oauth_grants')
    .set({ revoked_at: now, revoked_reason: 'a code or refresh token was used twice' })
    .where('id', '=', grantId)
    .where('app_id', '=', appId)
    .where('revoked_at', 'is', null)
    .execute();
}

/** The grant that a code is exchanged for; undefined when the code was seen again meanwhile. */
export async function redeemCode(tx: Tx, codeHash: string, now: number): Promise<string | undefined> {
  const id = createId('grant');
  const code = await tx.q
    .updateTable('oauth_codes')
    .set({ grant_id: id })
    .where('hash', '=', codeHash)
    .where('grant_id', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (!code) return undefined;
  await tx.q
    .insertInto('oauth_grants')
    .values({
      id,
      app_id: code.app_id,
      person_id: code.person_id,
      project_id: code.project_id,
      env: code.env,
      scopes: code.scopes,
      created_at: now,
    })
    .execute();
  return id;
}

/** Notes that a grant was used; at most once a minute a grant, and never in the way of a request. */
export function createGrantUsage(db: Database): (id: string, now: number) => void {
  const noted = new Map<string, number>();
  return (id, now) => {
    if (now - (noted.get(id) ?? 0) < 60_000) return;
    if (noted.size > 10_000) noted.clear();
    noted.set(id, now);
    db.write(
      async (tx) => {
        await tx.q.updateTable('oauth_grants').set({ last_used_at: now }).where('id', '=', id).execute();
      },
      { relaxed: true },
    ).catch(() => noted.delete(id));
  };
}
