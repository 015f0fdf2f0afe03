/**
 * Connecting an account: a sign-in that is begun by whoever may change the project's destinations, and finished by the
 * browser that comes back from the service. The state that travels along is known to the two alone, is good once and
 * for ten minutes, and is bound to the project, and to the browser where a browser began.
 */
import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Tx } from '../db/database.ts';
import type { Env, OAuthStateTable } from '../db/schema.ts';
import { AppError, invalid } from '../errors.ts';
import { randomToken } from '../lib/ids.ts';
import { OutboundError } from '../lib/outbound.ts';
import {
  createDestination,
  type Destination,
  released,
  requireDestination,
  requireKind,
  sealCredentials,
} from './destinations.ts';
import type { AccountIdentity, OAuthApp, Tokens } from './oauth.ts';
import { isOAuthKind, type OAuthKind } from './oauth-apps.ts';
import { authorizeUrl, OAuthRefusal, plain, requestTokens, type TokenAnswer } from './oauth-client.ts';
import { goodUntil, type TokenServices } from './oauth-tokens.ts';
import { readSettings } from './settings.ts';

const lifetimeMs = 600_000;
/** States that ended are kept this long, so that a late visitor hears what happened. */
const memoryMs = 86_400_000;

export interface FlowServices extends TokenServices {
  localRoots: readonly string[];
}

export interface SignIn {
  projectId: string;
  keyId: string | null;
  env: Env;
  kind: OAuthKind;
  /** The destination to connect; undefined makes one. */
  destination: Destination | undefined;
  name: string | undefined;
  /** Settings of a new destination. */
  config: Record<string, unknown>;
  redirectUri: string;
  /** Where the browser goes in the end. */
  returnTo: string | undefined;
  /** Known to the browser that begins, by a cookie. */
  browserSecret: string | undefined;
}

/** The kind behind a provider's name. Throws AppError 400, 404. */
export function requireOAuthKind(provider: string): OAuthKind {
  const kind = requireKind(provider === 'microsoft' ? 'onedrive' : provider);
  if (isOAuthKind(kind)) return kind;
  throw invalid(`A ${kind.label} destination is not connected by signing in. Create it with its settings.`);
}

/** The app for a kind. Throws AppError 400 with what the operator has to do. */
function requireApp({ apps }: FlowServices, kind: OAuthKind): OAuthApp {
  const app = apps.appOf(kind);
  if (app) return app;
  const { provider, label } = kind.oauth;
  throw invalid(
    `This server has no app at ${label}. Its operator registers one and sets APERTUR_${provider.toUpperCase()}_CLIENT_ID (docs/destinations).`,
  );
}

/** Begins a sign-in: the address to open, and until when. Throws AppError 400. */
export async function beginSignIn(
  services: FlowServices,
  signIn: SignIn,
): Promise<{ authorizeUrl: string; expiresAt: number }> {
  const { kind, env } = signIn;
  const app = requireApp(services, kind);
  const context = { env, localRoots: services.localRoots };
  const settings = signIn.destination?.settings() ?? readSettings(kind, signIn.config, context);
  const now = services.clock.now();
  const state = randomToken(32);
  const verifier = randomToken(48);
  const hash = hashOf(state);
  const row: OAuthStateTable = {
    hash,
    project_id: signIn.projectId,
    key_id: signIn.keyId,
    env,
    kind: kind.kind,
    destination_id: signIn.destination?.id ?? null,
    name: signIn.name ?? null,
    config: JSON.stringify(signIn.destination ? {} : settings.config),
    verifier: services.sealer.seal(verifier, verifierContext(hash)),
    redirect_uri: signIn.redirectUri,
    return_to: signIn.returnTo ?? null,
    browser_hash: signIn.browserSecret === undefined ? null : hashOf(signIn.browserSecret),
    created_at: now,
    expires_at: now + lifetimeMs,
    used_at: null,
  };
  await services.db.write(async (tx) => {
    await tx.q
      .deleteFrom('oauth_states')
      .where('expires_at', '<', now - memoryMs)
      .execute();
    await tx.q.insertInto('oauth_states').values(row).execute();
  });
  const { redirectUri } = signIn;
  const url = authorizeUrl(kind.oauth, services.apps.endpointsOf(kind), {
    app,
    redirectUri,
    state,
    verifier,
    config: settings.config,
  });
  return { authorizeUrl: url, expiresAt: row.expires_at };
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
const verifierContext = (hash: string): string => `oauth-state:${hash}:verifier`;

/** What the browser brought back. */
export interface Return {
  kind: OAuthKind;
  state: string | undefined;
  code: string | undefined;
  error: string | undefined;
  errorDescription: string | undefined;
  browserSecret: string | undefined;
  /** Of the credential that came along, if one did. */
  projectId: string | undefined;
}

/** The sign-in that a state belongs to; from then on the state is used up. Throws AppError 400, 403, 409, 410. */
export async function claimSignIn(
  services: FlowServices,
  back: Return,
): Promise<Selectable<OAuthStateTable>> {
  const now = services.clock.now();
  const hash = hashOf(back.state ?? '');
  const row = await services.db.write(async (tx) => {
    const found = await tx.q
      .selectFrom('oauth_states')
      .selectAll()
      .where('hash', '=', hash)
      .executeTakeFirst();
    if (!found || found.kind !== back.kind.kind || !isFor(found, back)) return found;
    // Of two at the same moment, one finds it unused.
    const mine = await tx.q
      .updateTable('oauth_states')
      .set({ used_at: now })
      .where('hash', '=', hash)
      .where('used_at', 'is', null)
      .executeTakeFirst();
    return Number(mine.numUpdatedRows) > 0
      ? { ...found, used_at: null }
      : { ...found, used_at: found.used_at ?? now };
  });
  if (!row || row.kind !== back.kind.kind) throw invalid('This sign-in is not known here. Begin again.');
  if (!isFor(row, back)) {
    throw new AppError(
      403,
      'FORBIDDEN',
      'This sign-in was begun by somebody else. Begin again in this browser.',
    );
  }
  if (row.used_at !== null)
    throw new AppError(409, 'CONFLICT', 'This sign-in was used already. Begin again.');
  if (row.expires_at <= now) {
    throw new AppError(410, 'GONE', 'This sign-in took longer than ten minutes. Begin again.');
  }
  return row;
}

function isFor(row: Pick<OAuthStateTable, 'browser_hash' | 'project_id'>, back: Return): boolean {
  if (back.projectId !== undefined && back.projectId !== row.project_id) return false;
  return row.browser_hash === null || row.browser_hash === hashOf(back.browserSecret ?? '');
}

/** What other rooms have to do with it, in the same transaction. */
export interface FlowHooks {
  /** Before a destination is made; throws AppError where the plan has no room for it. */
  admit(tx: Tx): Promise<void>;
  /** Deliveries that were held may go on. */
  wake(tx: Tx, destinationId: string, projectId: string): void;
}

/**
 * Takes the code to the service and connects the account: to the destination that was named, or to a new one. Returns
 * its id. Throws AppError.
 */
export async function finishSignIn(
  services: FlowServices,
  row: Selectable<OAuthStateTable>,
  back: Return,
  hooks: FlowHooks,
): Promise<string> {
  const { kind } = back;
  if (back.error !== undefined) throw denied(kind, back);
  if (back.code === undefined) throw invalid('The service sent no code. Begin again.');
  const app = requireApp(services, kind);
  const answer = await exchange(services, kind, app, row, back.code);
  if (answer.refreshToken === undefined) {
    throw invalid(
      `${kind.oauth.label} gave no lasting access. Take Apertur's access back there, then begin again.`,
    );
  }
  const tokens = { accessToken: answer.accessToken, refreshToken: answer.refreshToken };
  const identity = await identify(services, kind, app, tokens, answer);
  return await services.db.write(async (tx) => {
    if (row.destination_id === null) await hooks.admit(tx);
    const id = row.destination_id ?? (await makeDestination(tx, services, row));
    await connect(tx, services, { id, projectId: row.project_id, tokens, identity, answer });
    hooks.wake(tx, id, row.project_id);
    return id;
  });
}

function denied(kind: OAuthKind, { error = '', errorDescription = '' }: Return): AppError {
  const [code, description] = [plain(error, 100), plain(errorDescription, 1_000)];
  const explained = kind.oauth.explain?.(code, description);
  if (explained !== undefined) return new AppError(403, 'FORBIDDEN', explained);
  if (code === 'access_denied') {
    return new AppError(
      403,
      'FORBIDDEN',
      'Access was not granted. Nothing was changed; begin again when you want to.',
    );
  }
  const said = [code, description].filter(Boolean).join(': ');
  return invalid(`${kind.oauth.label} ended the sign-in: ${said || 'it gave no reason'}`);
}

async function exchange(
  services: FlowServices,
  kind: OAuthKind,
  app: OAuthApp,
  row: Selectable<OAuthStateTable>,
  code: string,
): Promise<TokenAnswer> {
  try {
    return await requestTokens(services.outbound, services.apps.endpointsOf(kind), app, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: row.redirect_uri,
      code_verifier: services.sealer.open(row.verifier, verifierContext(row.hash)),
    });
  } catch (error) {
    if (error instanceof OutboundError) {
      throw new AppError(503, 'SERVICE_UNAVAILABLE', `${error.message} Begin again.`, {
        retryAfter: 10,
        cause: error,
      });
    }
    if (!(error instanceof OAuthRefusal)) throw error;
    if (error.passes) {
      const message = `${kind.oauth.label} has a fault just now (${error.status}). Begin again in a while.`;
      throw new AppError(503, 'SERVICE_UNAVAILABLE', message, { retryAfter: 30, cause: error });
    }
    throw invalid(sayRefusal(kind, error));
  }
}

function sayRefusal(kind: OAuthKind, { error, description, status }: OAuthRefusal): string {
  const { label, provider, explain } = kind.oauth;
  const explained = explain?.(error, description);
  if (explained !== undefined) return explained;
  if (/^(invalid|unauthorized)_client$/.test(error)) {
    return `${label} does not know the app of this server, or its secret is wrong. The operator checks APERTUR_${provider.toUpperCase()}_CLIENT_ID and _SECRET.`;
  }
  return `${label} did not accept the sign-in (${error || status}). Begin again.`;
}

/** Whose account it is, is good to know; not knowing it is no reason to stop. */
async function identify(
  services: FlowServices,
  kind: OAuthKind,
  app: OAuthApp,
  tokens: Tokens,
  answer: TokenAnswer,
): Promise<AccountIdentity> {
  const { outbound, apps, logger } = services;
  const endpoints = apps.endpointsOf(kind);
  const signal = AbortSignal.timeout(10_000);
  try {
    return await kind.oauth.identify({ outbound, endpoints, app, tokens, signal }, answer.idToken);
  } catch (error) {
    logger.warn({ err: error, kind: kind.kind }, 'Could not learn whose account was connected');
    return { id: null, email: null };
  }
}

async function makeDestination(
  tx: Tx,
  { sealer, clock, localRoots }: FlowServices,
  row: Selectable<OAuthStateTable>,
): Promise<string> {
  const input = {
    projectId: row.project_id,
    type: row.kind,
    name: row.name ?? undefined,
    config: JSON.parse(row.config),
  };
  return await createDestination(tx, input, { sealer, env: row.env, localRoots, now: clock.now() });
}

interface Connected {
  id: string;
  projectId: string;
  tokens: Tokens;
  identity: AccountIdentity;
  answer: TokenAnswer;
}

async function connect(
  tx: Tx,
  { sealer, clock }: FlowServices,
  { id, projectId, tokens, identity, answer }: Connected,
): Promise<void> {
  const now = clock.now();
  const { config: before } = await requireDestination(tx.q, sealer, projectId, id).then((found) =>
    found.settings(),
  );
  const { account_email: _former, ...config } = before;
  if (identity.email !== null) config.account_email = plain(identity.email, 320);
  const credentials = { access_token: tokens.accessToken, refresh_token: tokens.refreshToken };
  await tx.q
    .updateTable('destinations')
    .set((eb) => ({
      ...released,
      config: JSON.stringify(config),
      credentials: sealCredentials(sealer, id, credentials),
      token_expires_at: goodUntil(answer.expiresIn, now),
      connection_version: eb('connection_version', '+', 1),
      account_id: identity.id,
      updated_at: now,
    }))
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .execute();
}
