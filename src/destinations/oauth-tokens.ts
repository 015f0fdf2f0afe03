/**
 * Keeps the access token of a destination good. Renewing is done once for all processes, under a lease in the
 * destination's row: services that give a new refresh token with each renewal would otherwise lock us out.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import { DatabaseBusyError } from '../db/database.ts';
import type { Clock } from '../lib/clock.ts';
import { randomToken } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { readRetryAfter } from '../lib/outbound/answers.ts';
import { type Outbound, OutboundError } from '../lib/outbound.ts';
import type { Sealer } from '../lib/sealed.ts';
import { DeliveryError } from './destination.ts';
import { openCredentials, sealCredentials } from './destinations.ts';
import type { Account } from './oauth.ts';
import type { OAuthApps, OAuthKind } from './oauth-apps.ts';
import { OAuthRefusal, requestTokens, type TokenAnswer } from './oauth-client.ts';
import { failureWithoutAnswer, stopped, TransferError } from './transfer.ts';

export interface TokenServices {
  db: Database;
  sealer: Sealer;
  outbound: Outbound;
  clock: Clock;
  logger: Logger;
  apps: OAuthApps;
}

/** A token is renewed so many milliseconds before its end: a photo may be long on its way. */
const marginMs = 120_000;

/** Until when a token is used that ends in `seconds`; null when nobody said. Short-lived ones get a smaller margin. */
export function goodUntil(seconds: number | undefined, now: number): number | null {
  if (seconds === undefined) return null;
  const ms = seconds * 1_000;
  return Math.floor(now + ms - Math.min(marginMs, ms / 4));
}
/** Longer than a renewal may take, so that nobody begins a second one. */
const leaseMs = 45_000;
/** Milliseconds to wait for a renewal, our own or that of another process. */
const patienceMs = 60_000;

interface Row {
  credentials: string | null;
  expiresAt: number | null;
  leasedUntil: number | null;
}

/** The account of one destination of a project. */
export function createAccount(
  services: TokenServices,
  target: { id: string; projectId: string; kind: OAuthKind },
): Account {
  let known: { token: string; expiresAt: number | null } | undefined;
  let underWay: Promise<string> | undefined;
  const isGood = (expiresAt: number | null): boolean =>
    expiresAt === null || expiresAt > services.clock.now();

  async function find(refused: string | undefined): Promise<string> {
    const keeper = new Keeper(services, target);
    const found = await keeper.find((token, expiresAt) => token !== refused && isGood(expiresAt));
    known = found;
    return found.token;
  }

  return {
    endpoints: services.apps.endpointsOf(target.kind),
    async token(signal, refused) {
      if (signal.aborted) throw stopped();
      if (known && known.token !== refused && isGood(known.expiresAt)) return known.token;
      underWay ??= find(refused).finally(() => {
        underWay = undefined;
      });
      return await orStopped(underWay, signal);
    },
  };
}

/** What is under way serves others too, so it goes on when one who waits for it stops. */
async function orStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(stopped());
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

class Keeper {
  readonly #services: TokenServices;
  readonly #target: { id: string; projectId: string; kind: OAuthKind };
  readonly #me = randomToken(12);

  constructor(services: TokenServices, target: { id: string; projectId: string; kind: OAuthKind }) {
    this.#services = services;
    this.#target = target;
  }

  /** A token that `isGood`; renews it, or waits for whoever renews it. */
  async find(
    isGood: (token: string, expiresAt: number | null) => boolean,
  ): Promise<{ token: string; expiresAt: number | null }> {
    const deadline = performance.now() + patienceMs;
    for (let pause = 20; performance.now() < deadline; pause = Math.min(pause * 2, 250)) {
      const row = await this.#read();
      const tokens = this.#open(row);
      if (tokens.access_token !== undefined && isGood(tokens.access_token, row.expiresAt)) {
        return { token: tokens.access_token, expiresAt: row.expiresAt };
      }
      if (tokens.refresh_token === undefined) throw this.#signInAgain('there is no refresh token');
      if (await this.#lease(row)) await this.#renew(row, tokens.refresh_token);
      else await sleep(pause);
    }
    throw new DeliveryError('Renewing the access token took too long; it will be tried again.', {
      fate: 'retry',
    });
  }

  async #read(): Promise<Row> {
    const row = await this.#services.db.read
      .selectFrom('destinations')
      .select(['credentials', 'token_expires_at', 'token_leased_until'])
      .where('id', '=', this.#target.id)
      .where('project_id', '=', this.#target.projectId)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!row) throw new DeliveryError('destination deleted', { fate: 'give-up' });
    return {
      credentials: row.credentials,
      expiresAt: row.token_expires_at,
      leasedUntil: row.token_leased_until,
    };
  }

  #open({ credentials }: Row): { access_token?: string; refresh_token?: string } {
    return openCredentials(this.#services.sealer, this.#target.id, credentials);
  }

  /** Takes the renewal, unless another process has it or the tokens are no longer those of `row`. */
  async #lease(row: Row): Promise<boolean> {
    const now = this.#services.clock.now();
    if (row.leasedUntil !== null && row.leasedUntil > now) return false;
    const taken = await this.#services.db.write((tx) =>
      tx.q
        .updateTable('destinations')
        .set({ token_leased_by: this.#me, token_leased_until: now + leaseMs })
        .where('id', '=', this.#target.id)
        .where('credentials', '=', row.credentials)
        .where((eb) => eb.or([eb('token_leased_until', 'is', null), eb('token_leased_until', '<=', now)]))
        .executeTakeFirst(),
    );
    return Number(taken.numUpdatedRows) > 0;
  }

  async #renew(row: Row, refreshToken: string): Promise<void> {
    const { outbound, apps } = this.#services;
    const { kind } = this.#target;
    const app = apps.appOf(kind);
    let answer: TokenAnswer;
    try {
      if (!app) throw this.#noApp();
      answer = await requestTokens(outbound, apps.endpointsOf(kind), app, {
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      });
    } catch (error) {
      await this.#store({ token_leased_by: null, token_leased_until: null });
      // Somebody may have connected the account again meanwhile; then this refusal is of no consequence.
      if (error instanceof OAuthRefusal && (await this.#read()).credentials !== row.credentials) return;
      throw this.#failure(error);
    }
    await this.#keep(refreshToken, answer);
  }

  /** Losing a new refresh token would mean signing in again, so this does not give up easily. */
  async #keep(refreshToken: string, answer: TokenAnswer): Promise<void> {
    const { sealer, clock, logger } = this.#services;
    const credentials = {
      access_token: answer.accessToken,
      refresh_token: answer.refreshToken ?? refreshToken,
    };
    await this.#store({
      credentials: sealCredentials(sealer, this.#target.id, credentials),
      token_expires_at: goodUntil(answer.expiresIn, clock.now()),
      token_leased_by: null,
      token_leased_until: null,
    });
    logger.info({ destination: this.#target.id, project: this.#target.projectId }, 'Renewed an access token');
  }

  async #store(values: {
    credentials?: string | null;
    token_expires_at?: number | null;
    token_leased_by: null;
    token_leased_until: null;
  }): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#services.db.write((tx) =>
          tx.q
            .updateTable('destinations')
            .set(values)
            .where('id', '=', this.#target.id)
            .where('token_leased_by', '=', this.#me)
            .execute(),
        );
        return;
      } catch (error) {
        if (!(error instanceof DatabaseBusyError) || attempt === 10) throw error;
        await sleep(200 * attempt);
      }
    }
  }

  #failure(error: unknown): Error {
    if (error instanceof OutboundError) return failureWithoutAnswer(error);
    if (!(error instanceof OAuthRefusal)) return error as Error;
    const { label, explain } = this.#target.kind.oauth;
    if (error.passes) {
      const retryAfter = readRetryAfter(error.answer.headers['retry-after'], this.#services.clock.now());
      return new DeliveryError(`${label} could not renew the access just now (${error.status}).`, {
        fate: 'retry',
        status: error.status,
        retryAfter,
      });
    }
    if (/^(invalid|unauthorized)_client$/.test(error.error)) return this.#badApp(error);
    return this.#signInAgain(explain?.(error.error, error.description) ?? sayRefusal(error), error);
  }

  #signInAgain(why: string, cause?: OAuthRefusal): TransferError {
    const says = `${this.#target.kind.oauth.label} no longer lets us in: ${why.replace(/\.$/, '')}.`;
    const details = { fate: 'reconnect', status: cause?.status ?? null, cause } as const;
    return new TransferError(
      'sign in',
      says,
      'Connect the account again; what waits is then delivered.',
      details,
    );
  }

  #noApp(): TransferError {
    const { label, provider } = this.#target.kind.oauth;
    const says = `This server has no app at ${label} any more.`;
    const advice = `Its operator sets APERTUR_${provider.toUpperCase()}_CLIENT_ID.`;
    return new TransferError('sign in', says, advice, { fate: 'reconnect' });
  }

  #badApp(cause: OAuthRefusal): TransferError {
    const { label, provider } = this.#target.kind.oauth;
    const says = `${label} does not know the app of this server, or its secret is wrong (${cause.error}).`;
    const advice = `The operator checks APERTUR_${provider.toUpperCase()}_CLIENT_ID and _SECRET; then test the destination.`;
    return new TransferError('sign in', says, advice, { fate: 'reconnect', status: cause.status, cause });
  }
}

function sayRefusal({ error, status }: OAuthRefusal): string {
  if (error === 'invalid_grant') return 'the access was taken back, or has ended (invalid_grant)';
  return `it refused to renew the access (${error || status})`;
}
