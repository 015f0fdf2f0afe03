/**
 * Kinds that people connect by signing in at the service (OAuth 2.0, RFC 6749, with PKCE, RFC 7636): what such a kind
 * says about its service, and the account that it is lent for its requests.
 *
 * Words: an **app** is what the operator registered with the service (client id and secret); the **account** is the
 * person's, at the service; a destination is **held** while its account waits to be connected again.
 */
import { Type } from 'typebox';
import type { Outbound } from '../lib/outbound.ts';

export interface OAuthApp {
  clientId: string;
  clientSecret: string | undefined;
}

export interface Tokens {
  accessToken: string;
  refreshToken: string | undefined;
}

/** Addresses by name, without a slash at the end: `authorize`, `token` and what the kind needs besides. */
export type Endpoints = Readonly<Record<string, string>>;

/** Who was connected, as far as the service says. */
export interface AccountIdentity {
  id: string | null;
  email: string | null;
}

/** What a kind may ask of its service outside of deliveries. */
export interface OAuthCall {
  outbound: Outbound;
  endpoints: Endpoints;
  app: OAuthApp;
  tokens: Tokens;
  signal: AbortSignal;
}

export interface OAuthService {
  /** Whose app the operator registers; one of the settings in `config.ts`. */
  provider: 'google' | 'dropbox' | 'microsoft' | 'box';
  /** The service as people know it. */
  label: string;
  endpoints: Endpoints;
  /** The least that these settings need. */
  scopes(config: Record<string, unknown>): readonly string[];
  /** Parameters of the authorisation request beside those of RFC 6749 and 7636. */
  authorizeParameters: Readonly<Record<string, string>>;
  /** Throws OutboundError; what cannot be learned is null. `idToken` holds the claims of an OpenID sign-in. */
  identify(call: OAuthCall, idToken: Record<string, unknown> | undefined): Promise<AccountIdentity>;
  /** Takes the app's access back, and says whether the service did; absent where it has no such call. */
  revoke?(call: OAuthCall): Promise<boolean>;
  /** Revoking ends every connection of this account and app, not only this one. */
  revokesAllOfAccount?: boolean;
  /** A refusal that has a better explanation than its code. */
  explain?(error: string, description: string): string | undefined;
}

/** The account of one destination, for the requests of its connection. */
export interface Account {
  /**
   * An access token that is good now; renewed when it is not, once for all processes. `refused` names one that the
   * service did not take. Throws DeliveryError: `reconnect` when somebody must sign in again, else `retry`.
   */
  token(signal: AbortSignal, refused?: string): Promise<string>;
  readonly endpoints: Endpoints;
}

/** The credentials of every such kind. They come from the sign-in; a back-end that has its own may set them. */
export const tokenCredentials = Type.Object(
  {
    access_token: Type.Optional(
      Type.String({
        title: 'Access token',
        description: 'Comes from connecting the account, and is renewed by itself.',
        examples: ['ya29.a0AfB_by…'],
        maxLength: 16_384,
      }),
    ),
    refresh_token: Type.Optional(
      Type.String({
        title: 'Refresh token',
        description: 'Comes from connecting the account; the access token is renewed with it.',
        examples: ['1//0gXq…'],
        maxLength: 16_384,
      }),
    ),
  },
  { additionalProperties: false },
);

/** A setting of every such kind: shown, so that people see whose account it is. */
export const accountEmailField = Type.Optional(
  Type.String({
    title: 'Account',
    description: 'Whose account is connected. Filled in by connecting it.',
    examples: ['photos@acme.example'],
    maxLength: 320,
  }),
);
