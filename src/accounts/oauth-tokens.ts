/** Access tokens of apps: what they open (contract §1.4, §12). */
import type { Queries } from '../db/database.ts';
import type { Env } from '../db/schema.ts';
import { findRole } from './members.ts';
import { roles } from './roles.ts';
import { hashOf } from './setup.ts';

export interface FoundApp {
  projectId: string;
  env: Env;
  grantId: string;
  appId: string;
  appName: string;
  personId: string;
  scopes: string[];
}

/**
 * The app and project of an access token that is good now; undefined otherwise. An app never may more than the person who
 * let it in may today.
 */
export async function findAppCaller(q: Queries, token: string, now: number): Promise<FoundApp | undefined> {
  const row = await q
    .selectFrom('oauth_tokens')
    .innerJoin('oauth_grants', 'oauth_grants.id', 'oauth_tokens.grant_id')
    .innerJoin('oauth_apps', 'oauth_apps.id', 'oauth_grants.app_id')
    .innerJoin('people', 'people.id', 'oauth_grants.person_id')
    .select(['oauth_tokens.scopes', 'oauth_grants.id as grant_id', 'oauth_grants.project_id'])
    .select(['oauth_grants.env', 'oauth_grants.person_id', 'oauth_apps.id as app_id', 'oauth_apps.name'])
    .select('people.is_install_owner')
    .where('oauth_tokens.hash', '=', hashOf(token))
    .where('oauth_tokens.kind', '=', 'access')
    .where('oauth_tokens.expires_at', '>', now)
    .where('oauth_grants.revoked_at', 'is', null)
    .where('oauth_apps.is_active', '=', 1)
    .where('oauth_apps.deleted_at', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  const person = { id: row.person_id, isInstallOwner: row.is_install_owner === 1 };
  const role = await findRole(q, person, row.project_id);
  if (!role) return undefined;
  return {
    projectId: row.project_id,
    env: row.env,
    grantId: row.grant_id,
    appId: row.app_id,
    appName: row.name,
    personId: row.person_id,
    scopes: row.scopes.split(' ').filter((scope) => roles[role].scopes.includes(scope)),
  };
}
