/** Requests to the authorisation server of a service: the address to send people to, tokens, and taking access back. */
import { createHash } from 'node:crypto';
import type { Outbound, OutboundResponse } from '../lib/outbound.ts';
import type { Endpoints, OAuthApp, OAuthService } from './oauth.ts';

/** RFC 7636 §4.2, method S256. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

/** Where a person signs in and agrees. RFC 6749 §4.1.1. */
export function authorizeUrl(
  service: OAuthService,
  endpoints: Endpoints,
  request: {
    app: OAuthApp;
    redirectUri: string;
    state: string;
    verifier: string;
    config: Record<string, unknown>;
  },
): string {
  const url = new URL(endpoints.authorize!);
  const scopes = service.scopes(request.config);
  for (const [name, value] of Object.entries({
    response_type: 'code',
    client_id: request.app.clientId,
    redirect_uri: request.redirectUri,
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
    state: request.state,
    code_challenge: challengeOf(request.verifier),
    code_challenge_method: 'S256',
    ...service.authorizeParameters,
  })) {
    url.searchParams.set(name, value);
  }
  return url.href;
}

export interface TokenAnswer {
  accessToken: string;
  /** Absent where the old one stays. */
  refreshToken: string | undefined;
  /** Seconds. */
  expiresIn: number | undefined;
  /** As granted; undefined where it is as asked for. */
  scope: string | undefined;
  /** Claims of an OpenID sign-in. It came straight from the token endpoint, so its signature need not be checked. */
  idToken: Record<string, unknown> | undefined;
}

/** The authorisation server said no, or nothing usable. */
export class OAuthRefusal extends Error {
  /** RFC 6749 §5.2, e.g. `invalid_grant`; empty when the answer held none. */
  readonly error: string;
  readonly description: string;
  readonly status: number;
  readonly answer: OutboundResponse;

  constructor(error: string, description: string, answer: OutboundResponse) {
    super(`The token endpoint answered ${answer.status} ${error}`.trim());
    this.name = 'OAuthRefusal';
    this.error = error;
    this.description = description;
    this.status = answer.status;
    this.answer = answer;
  }

  /** Whether the same request may succeed later, without anybody doing something. */
  get passes(): boolean {
    return this.status === 429 || this.status >= 500 || this.error === 'temporarily_unavailable';
  }
}

const deadlineMs = 20_000;

/** RFC 6749 §4.1.3 and §6. Throws OAuthRefusal, OutboundError. */
export async function requestTokens(
  outbound: Outbound,
  endpoints: Endpoints,
  app: OAuthApp,
  grant: Record<string, string>,
): Promise<TokenAnswer> {
  const form = new URLSearchParams({ ...grant, client_id: app.clientId });
  if (app.clientSecret !== undefined) form.set('client_secret', app.clientSecret);
  const answer = await outbound.request({
    method: 'POST',
    url: endpoints.token!,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: form.toString(),
    deadlineMs,
  });
  const body = readJson(answer);
  if (answer.status !== 200 || typeof body.access_token !== 'string' || body.access_token === '') {
    throw new OAuthRefusal(plain(body.error, 100), plain(body.error_description, 1_000), answer);
  }
  return {
    accessToken: body.access_token,
    refreshToken: text(body.refresh_token),
    expiresIn: typeof body.expires_in === 'number' && body.expires_in > 0 ? body.expires_in : undefined,
    scope: text(body.scope),
    idToken: claimsOf(text(body.id_token)),
  };
}

/** The object in an answer; an empty one when there is none. */
export function readJson(answer: Pick<OutboundResponse, 'body'>): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(answer.body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** What came from outside and may be shown: one line, without characters that are not seen. */
export function plain(value: unknown, limit: number): string {
  if (typeof value !== 'string') return '';
  return value
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, limit);
}

function claimsOf(token: string | undefined): Record<string, unknown> | undefined {
  const payload = token?.split('.')[1];
  if (payload === undefined) return undefined;
  return readJson({ body: Buffer.from(payload, 'base64url') });
}
