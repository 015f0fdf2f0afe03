/**
 * Access tokens of a service account: a claim that it signs itself is exchanged for a token of an hour.
 * developers.google.com/identity/protocols/oauth2/service-account
 */
import { sign } from 'node:crypto';
import type { ConnectionServices } from '../destination.ts';
import { stopped, transfer } from '../transfer.ts';
import { failureFromTokenAnswer, readJson } from './answers.ts';
import type { ServiceAccount } from './settings.ts';

/** The least that writes objects. */
const scope = 'https://www.googleapis.com/auth/devstorage.read_write';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const lifetimeSeconds = 3_600;
/** A token that ends this soon is not used any more: an upload may begin late and last. */
const marginMs = 300_000;

export interface Tokens {
  /** A token that is good for five minutes at least. Throws TransferError. */
  take(signal: AbortSignal): Promise<string>;
  /** The service refused this one: the next taker gets another. */
  drop(token: string): void;
}

export function createTokens(
  account: ServiceAccount,
  services: Pick<ConnectionServices, 'outbound' | 'now'>,
  answerMs = 30_000,
): Tokens {
  let current: { token: string; ends: number } | undefined;
  let fetching: Promise<string> | undefined;

  async function fetchToken(): Promise<string> {
    const now = services.now();
    const body = new URLSearchParams({
      grant_type: grantType,
      assertion: createAssertion(account, now),
    }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const request = { method: 'POST', url: account.tokenUri, headers, body };
    // Many deliveries wait for this one: it is not stopped with any of them.
    const { signal } = new AbortController();
    const answer = await transfer(services.outbound, request, signal, { answerMs });
    const { access_token: token, expires_in: seconds } = readJson(answer);
    if (answer.status !== 200 || typeof token !== 'string') {
      throw failureFromTokenAnswer(answer, account.email, services.now());
    }
    current = { token, ends: now + (typeof seconds === 'number' ? seconds : lifetimeSeconds) * 1_000 };
    return token;
  }

  return {
    async take(signal) {
      if (current && current.ends - marginMs > services.now()) return current.token;
      if (signal.aborted) throw stopped();
      fetching ??= fetchToken().finally(() => {
        fetching = undefined;
      });
      return await untilStopped(fetching, signal);
    },
    drop(token) {
      if (current?.token === token) current = undefined;
    },
  };
}

function createAssertion({ email, keyId, privateKey, tokenUri }: ServiceAccount, now: number): string {
  const issued = Math.floor(now / 1_000);
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId ? { kid: keyId } : {}) };
  const claims = { iss: email, scope, aud: tokenUri, iat: issued, exp: issued + lifetimeSeconds };
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
}

async function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stop = Promise.withResolvers<never>();
  const onAbort = (): void => stop.reject(stopped());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, stop.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
