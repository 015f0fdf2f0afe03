/**
 * An authorisation server for tests: oidc-provider (certified, written by others) under the paths that a vendor uses.
 * It insists on PKCE, on registered redirect addresses and on the client secret; its codes are good once, its access
 * tokens end, and where a vendor gives a new refresh token with each renewal, an old one kills the whole family.
 */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, {
  type Adapter,
  type AdapterPayload,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider';

export interface OAuthServerOptions {
  scopes: readonly string[];
  /** Paths of the vendor. */
  routes?: { authorization: string; token: string; revocation: string };
  /** A new refresh token with each renewal. */
  rotates?: boolean;
  /** Seconds that an access token is good. Default 3,600. */
  accessTokenSeconds?: number;
}

export interface Introspection {
  scopes: ReadonlySet<string>;
  account: string;
}

export interface OAuthTokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
}

export interface OAuthServer {
  readonly origin: string;
  readonly endpoints: { authorize: string; token: string; revoke: string };
  readonly clientId: string;
  readonly clientSecret: string;
  /** Renewals that were asked for, also those that were refused. */
  readonly refreshes: number;
  /** Registers an address that people are sent back to. */
  register(redirectUri: string): void;
  /** Whose token this is, if it is good. */
  introspect(token: string): Promise<Introspection | undefined>;
  /** What a person does in the browser: opens the address, signs in, agrees (or not). Returns where they are sent back to. */
  visit(authorizeUrl: string, person?: { account?: string; deny?: boolean }): Promise<string>;
  /** Tokens for an account, by way of the whole dance. */
  connect(scopes: readonly string[], account?: string): Promise<OAuthTokens>;
  /** The access tokens that there are end now; refresh tokens stay good. */
  endAccessTokens(): void;
  /** The person takes all access back. */
  revokeAll(): void;
  /** Ends what a token was granted; false when the token is not known. */
  revokeToken(token: string): Promise<boolean>;
  /** The next request to the token endpoint is answered with this. */
  refuseNext(answer: { status: number; body: unknown; headers?: Record<string, string> }): void;
  /** Holds answers of the token endpoint back until the function is called. */
  holdTokens(): () => void;
  close(): Promise<void>;
}

const clientId = 'apertur-test';
const clientSecret = 'a secret of the app & more';
const usual = { authorization: '/authorize', token: '/token', revocation: '/revoke' };

export async function startOAuthServer(options: OAuthServerOptions): Promise<OAuthServer> {
  const server = createServer();
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const authority = new Authority(origin, options);
  server.on('request', (request, response) => authority.handle(request, response));
  return Object.assign(authority.face(), {
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  });
}

class Authority {
  readonly #origin: string;
  readonly #routes: typeof usual;
  readonly #scopes: readonly string[];
  readonly #redirects = new Set<string>([`http://127.0.0.1:1/back`]);
  readonly #rows = new Map<string, Map<string, AdapterPayload>>();
  readonly #provider: Provider;
  readonly #callback: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  #refusals: { status: number; body: unknown; headers?: Record<string, string> }[] = [];
  #held: Promise<void> | undefined;
  #refreshes = 0;

  constructor(origin: string, options: OAuthServerOptions) {
    this.#origin = origin;
    this.#routes = options.routes ?? usual;
    this.#scopes = options.scopes;
    this.#provider = new Provider(origin, this.#configuration(options));
    this.#callback = this.#provider.callback() as never;
    const count = (context: KoaContextWithOIDC): void => {
      if (context.oidc.params?.grant_type === 'refresh_token') this.#refreshes += 1;
    };
    this.#provider.on('grant.success', count);
    this.#provider.on('grant.error', count);
  }

  face(): Omit<OAuthServer, 'close'> {
    const authority = this;
    const { authorization, token, revocation } = this.#routes;
    return {
      origin: this.#origin,
      endpoints: {
        authorize: this.#origin + authorization,
        token: this.#origin + token,
        revoke: this.#origin + revocation,
      },
      clientId,
      clientSecret,
      get refreshes() {
        return authority.#refreshes;
      },
      register: (uri) => void this.#redirects.add(uri),
      introspect: (value) => this.#introspect(value),
      visit: (url, person) => this.#visit(url, person ?? {}),
      connect: (scopes, account) => this.#connect(scopes, account),
      endAccessTokens: () => this.#rows.get('AccessToken')?.clear(),
      revokeAll: () => {
        for (const model of ['AccessToken', 'RefreshToken', 'Grant']) this.#rows.get(model)?.clear();
      },
      revokeToken: (value) => this.#revokeToken(value),
      refuseNext: (answer) => void this.#refusals.push(answer),
      holdTokens: () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#held = promise;
        return () => {
          this.#held = undefined;
          resolve();
        };
      },
    };
  }

  #configuration(options: OAuthServerOptions): Configuration {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const seconds = options.accessTokenSeconds ?? 3_600;
    return {
      adapter: adapterOn(this.#rows, (id) => (id === clientId ? this.#client() : undefined)),
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig' } as never] },
      cookies: { keys: ['of this test alone'] },
      routes: this.#routes,
      scopes: ['openid', 'offline_access', ...options.scopes],
      claims: { openid: ['sub'], email: ['email'], profile: ['preferred_username'] },
      conformIdTokenClaims: false,
      features: {
        devInteractions: { enabled: false },
      },
      interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
      pkce: { required: () => true },
      rotateRefreshToken: options.rotates ?? false,
      issueRefreshToken: async () => true,
      ttl: { AccessToken: seconds, AuthorizationCode: 60, RefreshToken: 86_400, Grant: 86_400, Session: 86_400, IdToken: 3_600, Interaction: 600 },
      findAccount: async (_ctx, id) => ({
        accountId: id,
        claims: async () => ({ sub: id, email: id, preferred_username: id }),
      }),
    }; // biome-ignore format: one line a topic
  }

  #client(): AdapterPayload {
    return {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [...this.#redirects],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
      application_type: 'web',
      scope: ['openid', 'offline_access', ...this.#scopes].join(' '),
    };
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', this.#origin);
    const work = pathname.startsWith('/interaction/')
      ? this.#interact(request, response, pathname)
      : pathname === this.#routes.token
        ? this.#token(request, response)
        : pathname === this.#routes.revocation
          ? this.#revoke(request, response)
          : this.#callback(request, response);
    work.catch((error: Error) => {
      response.statusCode = 500;
      response.end(error.stack);
    });
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Secrets in an address end up in logs.
    if (request.url?.includes('?')) return end(response, 400, { error: 'invalid_request' });
    await this.#held;
    const refusal = this.#refusals.shift();
    if (refusal) {
      request.resume();
      this.#refreshes += 1;
      return end(response, refusal.status, refusal.body, refusal.headers);
    }
    await this.#callback(request, response);
  }

  /** As Google does it: whoever holds a token may end it, and with it all that was granted. */
  async #revoke(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = new URLSearchParams(Buffer.concat(chunks).toString()).get('token') ?? '';
    const known = await this.#revokeToken(token);
    return known ? end(response, 200, {}) : end(response, 400, { error: 'invalid_token' });
  }

  /** The page where a person signs in and agrees; what they press is the last part of the path. */
  async #interact(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    const { prompt, params, session } = await this.#provider.interactionDetails(request, response);
    const [, , , pressed, account] = pathname.split('/');
    if (pressed === undefined) return end(response, 200, { prompt: prompt.name });
    const finish = (result: Parameters<Provider['interactionFinished']>[2]) =>
      this.#provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    if (pressed === 'deny') {
      return await finish({ error: 'access_denied', error_description: 'The person said no' });
    }
    if (prompt.name === 'login') return await finish({ login: { accountId: decodeURIComponent(account!) } });
    const grant = new this.#provider.Grant({ accountId: session!.accountId, clientId });
    grant.addOIDCScope(String(params.scope));
    await finish({ consent: { grantId: await grant.save() } });
  }

  async #visit(
    authorizeUrl: string,
    { account = 'photos@acme.example', deny = false }: { account?: string; deny?: boolean },
  ): Promise<string> {
    const cookies = new Map<string, string>();
    let url = authorizeUrl;
    for (let step = 0; step < 20; step++) {
      const answer = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      });
      for (const cookie of answer.headers.getSetCookie()) {
        const [pair] = cookie.split(';');
        cookies.set(pair!.slice(0, pair!.indexOf('=')), pair!.slice(pair!.indexOf('=') + 1));
      }
      const location = answer.headers.get('location');
      const text = await answer.text();
      if (location) {
        url = new URL(location, url).href;
        if (!url.startsWith(this.#origin)) return url;
      } else if (new URL(url).pathname.startsWith('/interaction/') && answer.ok) {
        url += deny ? '/deny' : `/agree/${encodeURIComponent(account)}`;
      } else {
        throw new Error(`The authorisation server answered ${answer.status}: ${text.slice(0, 500)}`);
      }
    }
    throw new Error('The sign-in never ended');
  }

  async #connect(scopes: readonly string[], account?: string): Promise<OAuthTokens> {
    const verifier = 'v'.repeat(43);
    const redirect = 'http://127.0.0.1:1/back';
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirect,
      scope: scopes.join(' '),
      code_challenge: Buffer.from(digest).toString('base64url'),
      code_challenge_method: 'S256',
    });
    const back = await this.#visit(
      `${this.#origin}${this.#routes.authorization}?${query}`,
      account ? { account } : {},
    );
    const answer = await fetch(this.#origin + this.#routes.token, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: new URL(back).searchParams.get('code')!,
        redirect_uri: redirect,
        client_id: clientId,
        client_secret: clientSecret,
        code_verifier: verifier,
      }),
    });
    if (!answer.ok) throw new Error(`No tokens: ${await answer.text()}`);
    return (await answer.json()) as OAuthTokens;
  }

  async #introspect(value: string): Promise<Introspection | undefined> {
    const token = await this.#provider.AccessToken.find(value);
    if (!token?.isValid || (token.grantId && !(await this.#provider.Grant.find(token.grantId))))
      return undefined;
    return { scopes: new Set((token.scope ?? '').split(' ')), account: token.accountId };
  }

  async #revokeToken(value: string): Promise<boolean> {
    const { AccessToken, RefreshToken } = this.#provider;
    const token = (await AccessToken.find(value)) ?? (await RefreshToken.find(value));
    if (!token) return false;
    for (const model of ['AccessToken', 'RefreshToken', 'Grant']) {
      const rows = this.#rows.get(model);
      for (const [id, row] of rows ?? []) {
        if (row.grantId === token.grantId || id === token.grantId) rows?.delete(id);
      }
    }
    return true;
  }
}

function end(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Keeps everything in maps that the test can look into. */
function adapterOn(
  rows: Map<string, Map<string, AdapterPayload>>,
  findClient: (id: string) => AdapterPayload | undefined,
) {
  return class Rows implements Adapter {
    readonly #model: string;
    constructor(model: string) {
      this.#model = model;
      if (!rows.has(model)) rows.set(model, new Map());
    }
    get #own(): Map<string, AdapterPayload> {
      return rows.get(this.#model)!;
    }
    async upsert(id: string, payload: AdapterPayload): Promise<void> {
      this.#own.set(id, structuredClone(payload));
    }
    async find(id: string): Promise<AdapterPayload | undefined> {
      if (this.#model === 'Client') return findClient(id);
      const row = this.#own.get(id);
      return row && structuredClone(row);
    }
    async findByUid(uid: string): Promise<AdapterPayload | undefined> {
      return [...this.#own.values()].find((row) => row.uid === uid);
    }
    async findByUserCode(): Promise<undefined> {}
    async consume(id: string): Promise<void> {
      const row = this.#own.get(id);
      if (row) row.consumed = Math.floor(Date.now() / 1_000);
    }
    async destroy(id: string): Promise<void> {
      this.#own.delete(id);
    }
    async revokeByGrantId(grantId: string): Promise<void> {
      for (const [id, row] of this.#own) if (row.grantId === grantId) this.#own.delete(id);
    }
  };
}
