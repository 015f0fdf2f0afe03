/** Service accounts and their tokens (developers.google.com/identity/protocols/oauth2/service-account). */
import { createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { parse, Refused, readBody, refused } from './gcs-wire.ts';

export type Permission = 'create' | 'delete' | 'get' | 'list';

const scopes = ['devstorage.read_write', 'devstorage.full_control', 'cloud-platform'].map(
  (name) => `https://www.googleapis.com/auth/${name}`,
);

export interface Account {
  email: string;
  publicKey: string;
  permissions: readonly Permission[];
}

export class Accounts {
  /** Tokens that were given. */
  given = 0;
  readonly #accounts = new Map<string, Account>();
  readonly #live = new Map<string, { account: Account; ends: number }>();

  /** The key file of a new account, whose tokens come from `port`. */
  create(name: string, permissions: readonly Permission[], port: number): string {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const email = `${name}@acme.iam.gserviceaccount.com`;
    this.#accounts.set(email, { email, publicKey, permissions });
    return JSON.stringify({
      type: 'service_account',
      project_id: 'acme',
      private_key_id: randomBytes(20).toString('hex'),
      private_key: privateKey,
      client_email: email,
      client_id: '100000000000000000001',
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: `http://127.0.0.1:${port}/token`,
      universe_domain: 'googleapis.com',
    });
  }

  revokeTokens(): void {
    this.#live.clear();
  }

  async giveToken(request: IncomingMessage) {
    const form = new URLSearchParams((await readBody(request)).toString('utf8'));
    const wrong = (error: string, error_description: string) =>
      new Refused(400, { error, error_description });
    if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') {
      throw wrong('unsupported_grant_type', 'Invalid grant_type');
    }
    const [head = '', body = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    const [header, claims] = [head, body].map((part) => parse(Buffer.from(part, 'base64url')));
    const account = this.#accounts.get(String(claims?.iss));
    if (!account) throw wrong('invalid_grant', 'Invalid grant: account not found');
    const signed = createVerify('RSA-SHA256').update(`${head}.${body}`);
    if (header?.alg !== 'RS256' || !signed.verify(account.publicKey, signature, 'base64url')) {
      throw wrong('invalid_grant', 'Invalid JWT Signature.');
    }
    const now = Date.now() / 1_000;
    const [iat, exp] = [Number(claims?.iat), Number(claims?.exp)];
    if (!(iat <= now + 300 && exp > now && exp - iat <= 3_600)) {
      const description =
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.';
      throw wrong('invalid_grant', description);
    }
    // Ours, under whatever port it was reached: tests put a proxy before it.
    if (claims?.aud !== `http://${request.headers.host}/token`)
      throw wrong('invalid_grant', 'Invalid JWT: aud');
    const wanted = String(claims?.scope ?? '').split(' ');
    if (!wanted.some((scope) => scopes.includes(scope))) throw wrong('invalid_scope', 'Invalid OAuth scope.');
    const token = `ya29.${randomBytes(24).toString('base64url')}`;
    this.#live.set(token, { account, ends: Date.now() + 3_600_000 });
    this.given += 1;
    return { access_token: token, expires_in: 3_599, token_type: 'Bearer' };
  }

  authenticate(request: IncomingMessage): Account {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw refused(401, 'required', 'Login Required');
    const live = this.#live.get(token);
    if (!live || live.ends < Date.now()) throw refused(401, 'authError', 'Invalid Credentials');
    return live.account;
  }
}

export function demand(account: Account, permission: Permission): void {
  if (account.permissions.includes(permission)) return;
  const message = `${account.email} does not have storage.objects.${permission} access to the Google Cloud Storage object.`;
  throw refused(403, 'forbidden', message);
}
