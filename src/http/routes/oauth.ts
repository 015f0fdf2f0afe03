/** The machine's side of OAuth for apps of others: token, revoke, and what this server offers (contract §12). */
import OAuth2Server from '@node-oauth/oauth2-server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { authenticateClient } from '../../accounts/oauth-apps.ts';
import { revokeFamily } from '../../accounts/oauth-grants.ts';
import { accessLifetime, createTokenModel, refreshLifetime } from '../../accounts/oauth-model.ts';
import { hashOf } from '../../accounts/setup.ts';
import { AppError, type ErrorCode, invalid } from '../../errors.ts';
import { countRequest } from '../auth.ts';
import { countedAddress } from '../client-address.ts';
import { tooMany } from '../rate-limit.ts';
import type { AddRoute, KnownPaths } from '../route.ts';
import { shape } from '../schemas.ts';
import { readScopes, scopes } from '../scopes.ts';
import type { Services } from '../services.ts';

const tag = 'OAuth';

/** Forms, as RFC 6749 wants them; the app takes JSON everywhere. A member that comes twice is refused. */
export function takeForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 64 * 1024 },
    (_request, body, done) => {
      if (/%00/.test(body as string)) return done(invalid('The form holds the character U+0000.'), undefined);
      const form = new URLSearchParams(body as string);
      const members = Object.fromEntries(form);
      if (Object.keys(members).length === form.size) return done(null, members);
      done(new AppError(400, 'VALIDATION_ERROR', 'A member of the form comes twice.'), undefined);
    },
  );
}

const TokenBody = Type.Object({
  grant_type: Type.String({ examples: ['authorization_code'] }),
  client_id: Type.Optional(Type.String()),
  client_secret: Type.Optional(Type.String()),
  code: Type.Optional(Type.String()),
  redirect_uri: Type.Optional(Type.String()),
  code_verifier: Type.Optional(Type.String()),
  refresh_token: Type.Optional(Type.String()),
  scope: Type.Optional(Type.String()),
});

const TokenAnswer = shape('OAuthToken', {
  access_token: Type.String(),
  token_type: Type.String(),
  expires_in: Type.Integer(),
  refresh_token: Type.String(),
  scope: Type.String(),
});

const RevokeBody = Type.Object({
  token: Type.String(),
  token_type_hint: Type.Optional(Type.String()),
  client_id: Type.Optional(Type.String()),
  client_secret: Type.Optional(Type.String()),
});

const both = (schema: typeof TokenBody | typeof RevokeBody) => ({
  'application/json': schema,
  'application/x-www-form-urlencoded': schema,
});

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** `app` takes forms. The routes stand below the API's prefixes and, as the contract has them, below none. */
export function addOAuthRoutes(
  add: AddRoute,
  app: FastifyInstance,
  services: Services,
  known: KnownPaths,
): void {
  const token: Handler = (request, reply) => answerOAuth(reply, () => issue(services, request, reply));
  const revoke: Handler = (request, reply) => answerOAuth(reply, () => takeBack(services, request, reply));
  add({
    method: 'POST',
    paths: ['/oauth/token'],
    id: 'createOAuthToken',
    summary: 'Exchange a code or a refresh token for an access token',
    description:
      'Also at `/oauth/token`. A client proves itself with its secret, in the body or by HTTP Basic; a public one with PKCE. ' +
      'Codes and refresh tokens are good once. Using one twice ends the whole grant.',
    errors: [400, 401],
    tag,
    access: 'public',
    ownRate: true,
    consumes: both(TokenBody),
    response: { 200: TokenAnswer },
    handler: token as never,
  });
  add({
    method: 'POST',
    paths: ['/oauth/revoke'],
    id: 'revokeOAuthToken',
    summary: 'Give a token back (RFC 7009)',
    description:
      'Also at `/oauth/revoke`. A refresh token ends the whole grant, an access token only itself. An unknown token is no error.',
    errors: [400, 401],
    tag,
    access: 'public',
    ownRate: true,
    consumes: both(RevokeBody),
    response: { 200: shape('RevokedToken', { revoked: Type.Boolean() }) },
    handler: revoke as never,
  });
  for (const [url, handler] of [
    ['/oauth/token', token],
    ['/oauth/revoke', revoke],
  ] as const) {
    known.add('POST', url);
    app.route({ method: 'POST', url, schema: { hide: true }, handler });
  }
  addMetadata(app, services, known);
}

/** What this server offers, for clients that find out by themselves (RFC 8414). */
function addMetadata(app: FastifyInstance, services: Services, known: KnownPaths): void {
  const url = '/.well-known/oauth-authorization-server';
  known.add('GET', url);
  app.get(url, { schema: { hide: true } }, async (request) => {
    const origin = services.originOf(request);
    return {
      issuer: origin,
      authorization_endpoint: `${origin}/oauth/authorize`,
      token_endpoint: `${origin}/oauth/token`,
      revocation_endpoint: `${origin}/oauth/revoke`,
      scopes_supported: scopes,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      code_challenge_methods_supported: ['S256'],
      service_documentation: `${origin}/docs`,
    };
  });
}

type Members = Record<string, string>;

/** All members are texts, each of a bounded length. Throws OAuthError. */
function readMembers(request: FastifyRequest): Members {
  const members: Members = {};
  for (const [name, value] of Object.entries((request.body ?? {}) as Record<string, unknown>)) {
    if (value === null || value === undefined) continue;
    if (typeof value !== 'string' || value.length > 4_096) {
      throw new OAuth2Server.InvalidRequestError(`Invalid parameter: ${name.slice(0, 50)}`);
    }
    members[name] = value;
  }
  // Both spellings, as everywhere (contract §1.10).
  for (const [name, twin] of [
    ['grant_type', 'grantType'],
    ['client_id', 'clientId'],
    ['client_secret', 'clientSecret'],
    ['redirect_uri', 'redirectUri'],
    ['code_verifier', 'codeVerifier'],
    ['refresh_token', 'refreshToken'],
  ] as const) {
    if (members[name] === undefined && members[twin] !== undefined) members[name] = members[twin];
  }
  return members;
}

/** A wrong secret costs a try: guessing one has an end, for each client and address. */
async function countClient(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  run: () => Promise<unknown>,
): Promise<unknown> {
  const { clock } = services;
  const address = countedAddress(request.ip);
  const who = `oauth ${clientIdOf(request).slice(0, 64)} ${address}`;
  const spent = request.server.rates.spent('password', who);
  if (spent) throw tooMany(spent, clock.now());
  await countRequest(request, reply, 'public', address, clock.now());
  try {
    return await run();
  } catch (error) {
    if (error instanceof OAuth2Server.InvalidClientError) await request.server.rates.take('password', who);
    throw error;
  }
}

function clientIdOf(request: FastifyRequest): string {
  const body = (request.body ?? {}) as { client_id?: unknown };
  return readBasic(request)?.id ?? (typeof body.client_id === 'string' ? body.client_id : '');
}

function readBasic(request: FastifyRequest): { id: string; secret: string } | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(request.headers.authorization?.trim() ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  // Form-encoded before it was encoded (RFC 6749 §2.3.1); ours hold nothing that differs.
  return { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

async function issue(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  return countClient(services, request, reply, async () => {
    const members = readMembers(request);
    const basic = readBasic(request);
    if (basic && members.client_secret !== undefined) {
      throw new OAuth2Server.InvalidRequestError('A client proves itself in one way, not in two');
    }
    if (members.scope !== undefined) members.scope = canonicalScope(members.scope);
    const model = createTokenModel(services.db, {
      now: services.clock.now(),
      redirectUri: members.redirect_uri,
    });
    const server = new OAuth2Server({ model: model as unknown as OAuth2Server.AuthorizationCodeModel });
    const asked = new OAuth2Server.Request({
      method: 'POST',
      query: {},
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': '1',
        ...(basic ? { authorization: request.headers.authorization! } : {}),
      },
      body: members,
    });
    const answer = new OAuth2Server.Response({});
    await server.token(asked, answer, {
      accessTokenLifetime: accessLifetime,
      refreshTokenLifetime: refreshLifetime,
      // The model asks for the secret of whoever has one.
      requireClientAuthentication: { authorization_code: false, refresh_token: false },
    });
    const { access_token, token_type, refresh_token, scope } = answer.body as Members;
    return { access_token, token_type, expires_in: accessLifetime, refresh_token, scope };
  });
}

function canonicalScope(text: string): string {
  const known = readScopes(text);
  if (!known) throw new OAuth2Server.InvalidScopeError('Invalid scope: one is unknown');
  return known.join(' ');
}

async function takeBack(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  return countClient(services, request, reply, async () => {
    const { db, clock } = services;
    const members = readMembers(request);
    const basic = readBasic(request);
    const clientId = basic?.id ?? members.client_id;
    if (!clientId) throw new OAuth2Server.InvalidRequestError('Missing parameter: client_id');
    const client = await authenticateClient(db.read, clientId, basic?.secret ?? members.client_secret);
    if (!client) throw new OAuth2Server.InvalidClientError('Invalid client', { code: 401 });
    if (!members.token) throw new OAuth2Server.InvalidRequestError('Missing parameter: token');
    const hash = hashOf(members.token);
    const row = await db.read
      .selectFrom('oauth_tokens')
      .innerJoin('oauth_grants', 'oauth_grants.id', 'oauth_tokens.grant_id')
      .select(['oauth_tokens.kind', 'oauth_tokens.grant_id', 'oauth_grants.app_id'])
      .where('oauth_tokens.hash', '=', hash)
      .executeTakeFirst();
    if (!row) return { revoked: true };
    if (row.app_id !== client.id) {
      throw new OAuth2Server.UnauthorizedClientError('This token is of another client');
    }
    await db.write(async (tx) => {
      if (row.kind === 'refresh') await revokeFamily(tx, client.id, row.grant_id, clock.now());
      else await tx.q.deleteFrom('oauth_tokens').where('hash', '=', hash).execute();
    });
    return { revoked: true };
  });
}

/** Refusals carry the members of both worlds: `error` and `error_description`, and ours beside (contract §12.2). */
async function answerOAuth(reply: FastifyReply, run: () => Promise<unknown>): Promise<unknown> {
  reply.header('Cache-Control', 'no-store').header('Pragma', 'no-cache');
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof OAuth2Server.OAuthError) || error.name === 'server_error') throw error;
    if (error.code === 401) reply.header('WWW-Authenticate', 'Basic realm="Apertur"');
    const code = error.name.toUpperCase() as ErrorCode;
    const body = new AppError(error.code ?? 400, code, error.message).toBody();
    return reply
      .code(body.statusCode)
      .type('application/json; charset=utf-8')
      .serializer(JSON.stringify)
      .send({ ...body, error: error.name, error_description: error.message });
  }
}
