/** The end of a connection, and of a hold: forgetting tokens here, and taking our access back at the service. */
import type { Tx } from '../db/database.ts';
import type { Destination } from './destinations.ts';
import { isOAuthKind } from './oauth-apps.ts';
import { createAccount, type TokenServices } from './oauth-tokens.ts';

/** Ends the holding of a destination whose connection was seen to work. */
export async function releaseDestination(
  tx: Tx,
  { id, projectId }: Pick<Destination, 'id' | 'projectId'>,
): Promise<void> {
  await tx.q
    .updateTable('destinations')
    .set({ held_at: null, held_reason: null })
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .where('credentials', 'is not', null)
    .execute();
}

/** Forgets the tokens of a destination; its deliveries are held. What the service knows is ended by `revokeAccess`. */
export async function forgetTokens(
  tx: Tx,
  { id, projectId }: Pick<Destination, 'id' | 'projectId'>,
  now: number,
): Promise<void> {
  await tx.q
    .updateTable('destinations')
    .set((eb) => ({
      credentials: null,
      token_expires_at: null,
      account_id: null,
      connection_version: eb('connection_version', '+', 1),
      held_at: now,
      held_reason: 'The account was disconnected. Connect one.',
      updated_at: now,
    }))
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .execute();
}

/**
 * Prepares to take our access back at the service: reads what is needed while it is still there. The function that it
 * returns does it, and tells whether the service agreed; it never throws.
 */
export async function prepareRevoking(
  services: TokenServices,
  destination: Destination,
): Promise<() => Promise<boolean>> {
  const { kind, id, projectId } = destination;
  if (!isOAuthKind(kind) || !kind.oauth.revoke) return async () => false;
  const app = services.apps.appOf(kind);
  const stored = destination.settings().credentials as { access_token?: string; refresh_token?: string };
  if (!app || (stored.access_token === undefined && stored.refresh_token === undefined))
    return async () => false;
  if (kind.oauth.revokesAllOfAccount && (await isShared(services, destination))) return async () => false;
  const signal = AbortSignal.timeout(10_000);
  const accessToken = await createAccount(services, { id, projectId, kind })
    .token(signal)
    .catch(() => stored.access_token ?? '');
  const tokens = { accessToken, refreshToken: stored.refresh_token };
  const { outbound, apps, logger } = services;
  return async () => {
    try {
      return await kind.oauth.revoke!({ outbound, endpoints: apps.endpointsOf(kind), app, tokens, signal });
    } catch (error) {
      logger.warn({ err: error, destination: id }, 'Could not take the access back at the service');
      return false;
    }
  };
}

/** Whether another destination works with the same account, so that revoking would end it, too. Tells only yes or no. */
async function isShared({ db }: TokenServices, { id, kind }: Destination): Promise<boolean> {
  const other = await db.read
    .selectFrom('destinations as mine')
    .innerJoin('destinations as other', 'other.account_id', 'mine.account_id')
    .select('other.id')
    .where('mine.id', '=', id)
    .where('other.id', '!=', id)
    .where('other.type', '=', kind.kind)
    .where('other.deleted_at', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}
