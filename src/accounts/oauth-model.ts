/**
 * The rows behind the token endpoint. The protocol is @node-oauth/oauth2-server's (docs/adr/0010); here is what it does not know: a code
 * and a refresh token are good once, whoever comes second, and a second use takes everything back that came of the first.
 * One model serves one request: it remembers which row it is about.
 */
import OAuth2Server from '@node-oauth/oauth2-server';
import type { Database } from '../db/database.ts';
import { randomToken } from '../lib/ids.ts';
import { findRole } from './members.ts';
import { authenticateClient, type OAuthApp } from './oauth-apps.ts';
import { redeemCode, revokeFamily } from './oauth-grants.ts';
import { hashOf } from './setup.ts';

const { InvalidClientError, InvalidGrantError } = OAuth2Server;

/** Seconds. */
export const accessLifetime = 3_600;
export const refreshLifetime = 60 * 86_400;

/** Codes are made by the consent page, and tokens are looked at by the API's own hook. */
type Model = Omit<
  OAuth2Server.AuthorizationCodeModel & OAuth2Server.RefreshTokenModel,
  'saveAuthorizationCode' | 'getAccessToken'
>;
type Client = OAuth2Server.Client;

const clientOf = (app: OAuthApp): Client => ({
  id: app.id,
  grants: ['authorization_code', 'refresh_token'],
  redirectUris: app.redirectUris,
});

/** `redirectUri`: as the request repeats it. */
export function createTokenModel(
  db: Database,
  { now, redirectUri }: { now: number; redirectUri: string | undefined },
): Model {
  let client: OAuthApp | undefined;
  let codeHash: string | undefined;
  let grantId: string | undefined;

  /** A second use: only the client itself can tell us of it, so that nobody takes away what is not theirs. */
  const takeBack = async (appId: string, family: string | null): Promise<void> => {
    if (family === null || client?.id !== appId) return;
    await db.write((tx) => revokeFamily(tx, appId, family, now));
  };

  const takeCodeBack = async (appId: string, hash: string): Promise<void> => {
    await forgetCode(db, hash);
    await takeBack(appId, await grantOfCode(db, hash));
  };

  return {
    async getClient(clientId, clientSecret) {
      client = await authenticateClient(db.read, clientId, clientSecret || undefined);
      if (!client)
        throw new InvalidClientError('Invalid client: unknown, or its secret is wrong', { code: 401 });
      return clientOf(client);
    },

    async getAuthorizationCode(code) {
      const hash = hashOf(code);
      const row = await db.read
        .selectFrom('oauth_codes')
        .selectAll()
        .where('hash', '=', hash)
        .executeTakeFirst();
      if (!row) return undefined;
      // Of another client: it stays good for the one it was made for.
      if (row.app_id !== client?.id) return undefined;
      if (row.used_at !== null) {
        await takeCodeBack(row.app_id, hash);
        return undefined;
      }
      if (row.redirect_uri !== redirectUri) {
        await useCode(db, hash, now);
        throw new InvalidGrantError('Invalid grant: redirect_uri is not the one of the authorisation');
      }
      codeHash = hash;
      return {
        authorizationCode: code,
        expiresAt: new Date(row.expires_at > now ? Date.now() + 60_000 : 0),
        redirectUri: row.redirect_uri,
        scope: row.scopes.split(' '),
        client: clientOf(client),
        user: { id: row.person_id },
        ...(row.code_challenge === null
          ? {}
          : { codeChallenge: row.code_challenge, codeChallengeMethod: 'S256' }),
      };
    },

    async revokeAuthorizationCode({ authorizationCode }) {
      const hash = hashOf(authorizationCode);
      if (await useCode(db, hash, now)) return true;
      // It was good when we looked: two came at the same moment.
      await takeCodeBack(client!.id, hash);
      return false;
    },

    async getRefreshToken(refreshToken) {
      const row = await db.read
        .selectFrom('oauth_tokens')
        .innerJoin('oauth_grants', 'oauth_grants.id', 'oauth_tokens.grant_id')
        .innerJoin('people', 'people.id', 'oauth_grants.person_id')
        .selectAll('oauth_tokens')
        .select(['oauth_grants.app_id', 'oauth_grants.person_id', 'oauth_grants.project_id'])
        .select(['oauth_grants.revoked_at', 'people.is_install_owner'])
        .where('oauth_tokens.hash', '=', hashOf(refreshToken))
        .where('oauth_tokens.kind', '=', 'refresh')
        .executeTakeFirst();
      if (!row || !client || row.app_id !== client.id) return undefined;
      if (row.used_at !== null) {
        await takeBack(row.app_id, row.grant_id);
        return undefined;
      }
      const person = { id: row.person_id, isInstallOwner: row.is_install_owner === 1 };
      const isMember = (await findRole(db.read, person, row.project_id)) !== undefined;
      if (row.revoked_at !== null || row.expires_at <= now || !isMember) return undefined;
      grantId = row.grant_id;
      return {
        refreshToken,
        scope: row.scopes.split(' '),
        client: clientOf(client),
        user: { id: row.person_id },
      };
    },

    async revokeToken({ refreshToken }) {
      const used = await db.write((tx) =>
        tx.q
          .updateTable('oauth_tokens')
          .set({ used_at: now })
          .where('hash', '=', hashOf(refreshToken))
          .where('used_at', 'is', null)
          .executeTakeFirst(),
      );
      if (used.numUpdatedRows === 1n) return true;
      // Two at the same moment: one of them is not who it says.
      await takeBack(client!.id, grantId ?? null);
      return false;
    },

    async saveToken(token, _client, user) {
      const scope = token.scope ?? [];
      await db.write(async (tx) => {
        const id = codeHash === undefined ? grantId : await redeemCode(tx, codeHash, now);
        if (id === undefined) throw new InvalidGrantError('Invalid grant: the code was used twice');
        const tokens = [
          ['access', token.accessToken, accessLifetime],
          ['refresh', token.refreshToken!, refreshLifetime],
        ] as const;
        const rows = tokens.map(([kind, value, seconds]) => ({
          hash: hashOf(value),
          kind,
          grant_id: id,
          scopes: scope.join(' '),
          created_at: now,
          expires_at: now + seconds * 1_000,
        }));
        await tx.q.insertInto('oauth_tokens').values(rows).execute();
      });
      return { ...token, client: clientOf(client!), user };
    },

    async generateAccessToken() {
      return `aptr_oauth_${randomToken(32)}`;
    },
    async generateRefreshToken() {
      return `aptr_rt_${randomToken(32)}`;
    },
  };
}

/** Whether this was the first use. */
async function useCode(db: Database, hash: string, now: number): Promise<boolean> {
  const used = await db.write((tx) =>
    tx.q
      .updateTable('oauth_codes')
      .set({ used_at: now })
      .where('hash', '=', hash)
      .where('used_at', 'is', null)
      .executeTakeFirst(),
  );
  return used.numUpdatedRows === 1n;
}

/** An exchange that is under way finds its code taken (`redeemCode`), so that it ends without tokens. */
async function forgetCode(db: Database, hash: string): Promise<void> {
  await db.write((tx) =>
    tx.q
      .updateTable('oauth_codes')
      .set({ grant_id: 'used twice' })
      .where('hash', '=', hash)
      .where('grant_id', 'is', null)
      .execute(),
  );
}

async function grantOfCode(db: Database, hash: string): Promise<string | null> {
  const row = await db.read
    .selectFrom('oauth_codes')
    .select('grant_id')
    .where('hash', '=', hash)
    .executeTakeFirst();
  return row?.grant_id ?? null;
}
