/**
 * The person's side of OAuth: what an app asks for, put before a person who is signed in (contract §12.1).
 *
 * Who asks is not to be trusted before client and redirect address are known to belong together: until then every refusal
 * is a page, and no redirect.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { recordAudit } from '../../accounts/audit.ts';
import { findRole } from '../../accounts/members.ts';
import { findClient, isSafeAddress, type OAuthApp } from '../../accounts/oauth-apps.ts';
import { createCode } from '../../accounts/oauth-grants.ts';
import type { SignedIn } from '../../accounts/person-sessions.ts';
import { roles } from '../../accounts/roles.ts';
import { listProjects } from '../../projects/manage-projects.ts';
import { countRequest } from '../auth.ts';
import { countedAddress } from '../client-address.ts';
import { consentPolicy, renderAnswer, renderConsent, renderRefusal } from '../consent-page.ts';
import { chooseLanguage } from '../consent-words.ts';
import { requireSameOrigin } from '../cookies.ts';
import { isAllowed } from '../protections/origins.ts';
import type { KnownPaths } from '../route.ts';
import { readScopes, type Scope } from '../scopes.ts';
import type { Services } from '../services.ts';
import { findVisitor } from '../sessions-of-people.ts';

const paths = ['/oauth/authorize', '/api/v1/oauth/authorize', '/v1/oauth/authorize'];
/** How long a person may think about it. */
const thinkingMs = 30 * 60_000;

/** A request that was found right. */
interface Asked {
  appId: string;
  redirectUri: string;
  scopes: Scope[];
  state: string | undefined;
  codeChallenge: string | undefined;
  /** The page that opened the window, for the answer; undefined: by redirect. */
  opener: string | undefined;
}

/** Found wrong before it is known whom it is from: shown, and leads nowhere. */
class Untrusted extends Error {}

/** Found wrong afterwards: told to the app, at its own address. */
class Refused extends Error {
  readonly asked: Pick<Asked, 'redirectUri' | 'state' | 'opener'>;
  readonly error: string;

  constructor(asked: Refused['asked'], error: string, description: string) {
    super(description);
    this.asked = asked;
    this.error = error;
  }
}

export function addAuthorizeRoutes(app: FastifyInstance, services: Services, known: KnownPaths): void {
  for (const url of paths) {
    known.add('GET', url);
    known.add('POST', url);
    const count = (request: FastifyRequest, reply: FastifyReply) =>
      countRequest(request, reply, 'public', countedAddress(request.ip), services.clock.now());
    app.get(url, { schema: { hide: true }, onRequest: count }, (request, reply) =>
      answering(services, request, reply, () => ask(services, request, reply)),
    );
    app.post(url, { schema: { hide: true }, onRequest: count }, (request, reply) =>
      answering(services, request, reply, () => decide(services, request, reply)),
    );
  }
  addFiles(app, known);
}

const builtDir = path.resolve(import.meta.dirname, '../../../dist/connect');

/** Our own few files. They are small, and read once. */
function addFiles(app: FastifyInstance, known: KnownPaths): void {
  const script = 'text/javascript; charset=utf-8';
  const files = [
    { url: '/sdk/aptr-connect.js', name: 'aptr-connect.js', type: script, cache: 'public, max-age=3600' },
    { url: '/aptr-connect.js', name: 'aptr-connect.js', type: script, cache: 'public, max-age=3600' },
    { url: '/oauth/answer.js', name: 'answer.js', type: script, cache: 'no-cache' },
    { url: '/oauth/consent.css', name: 'consent.css', type: 'text/css; charset=utf-8', cache: 'no-cache' },
  ];
  for (const { url, name, type, cache } of files) {
    let bytes: Buffer | undefined;
    known.add('GET', url);
    app.get(url, { schema: { hide: true } }, async (_request, reply) => {
      bytes ??= readFileSync(path.join(builtDir, name));
      reply.header('Cache-Control', cache).header('X-Content-Type-Options', 'nosniff');
      // Made to be loaded by other sites.
      reply.header('Cross-Origin-Resource-Policy', 'cross-origin');
      return reply.type(type).send(bytes);
    });
  }
}

async function answering(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  run: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await run();
  } catch (error) {
    const language = chooseLanguage(undefined, request.headers['accept-language']);
    if (error instanceof Untrusted) return sendPage(reply, 400, renderRefusal(language, error.message));
    if (!(error instanceof Refused)) throw error;
    const { asked } = error;
    return sendAnswer(services, request, reply, asked, {
      error: error.error,
      error_description: error.message,
    });
  }
}

function sendPage(
  reply: FastifyReply,
  status: number,
  page: string,
  formTargets: string[] = [],
): FastifyReply {
  return (
    reply
      .code(status)
      .header('Content-Security-Policy', consentPolicy(formTargets))
      .header('Cache-Control', 'no-store')
      .header('X-Content-Type-Options', 'nosniff')
      .header('X-Frame-Options', 'DENY')
      // Codes and states stand in addresses; our own form needs to say where it is from.
      .header('Referrer-Policy', 'same-origin')
      .type('text/html; charset=utf-8')
      .serializer((text: unknown) => text as string)
      .send(page)
  );
}

/** By redirect, or by a page that tells the window which opened it. */
function sendAnswer(
  _services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Refused['asked'],
  answer: Record<string, string>,
): FastifyReply {
  const message = { ...answer, ...(asked.state === undefined ? {} : { state: asked.state }) };
  const next = new URL(asked.redirectUri);
  for (const [name, value] of Object.entries(message)) next.searchParams.set(name, value);
  reply.header('Referrer-Policy', 'no-referrer').header('Cache-Control', 'no-store');
  if (asked.opener === undefined) return reply.redirect(next.href, 302);
  const language = chooseLanguage(undefined, request.headers['accept-language']);
  const page = renderAnswer(language, { origin: asked.opener, message, next: next.href });
  return sendPage(reply, 200, page);
}

const single = (query: Record<string, unknown>, name: string, most: number): string | undefined => {
  const value = query[name];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new Untrusted(`${name} comes more than once.`);
  if (value.length > most) throw new Untrusted(`${name} is too long.`);
  return value;
};

/** Throws Untrusted or Refused. */
async function readRequest(services: Services, query: Record<string, unknown>): Promise<[OAuthApp, Asked]> {
  const clientId = single(query, 'client_id', 100) ?? single(query, 'public_key', 100);
  if (clientId === undefined) throw new Untrusted('client_id is missing.');
  const app = await findClient(services.db.read, clientId);
  if (!app) throw new Untrusted('client_id is unknown, or the app is switched off.');
  const redirectUri = single(query, 'redirect_uri', 2_048);
  if (redirectUri === undefined) throw new Untrusted('redirect_uri is missing.');
  if (!app.redirectUris.includes(redirectUri)) {
    throw new Untrusted('redirect_uri is none of the addresses that the app registered, letter by letter.');
  }
  const opener = readOpener(app, clientId, query);
  const state = single(query, 'state', 2_048);
  const asked = { redirectUri, state, opener };
  const refuse = (error: string, description: string): never => {
    throw new Refused(asked, error, description);
  };
  if (single(query, 'response_type', 100) !== 'code') {
    refuse('unsupported_response_type', 'response_type must be code.');
  }
  const scopes = readScopes(single(query, 'scope', 1_000) ?? '');
  if (!scopes) return refuse('invalid_scope', 'A scope is unknown.');
  const codeChallenge = single(query, 'code_challenge', 200);
  const method = single(query, 'code_challenge_method', 20);
  if (codeChallenge !== undefined && (method !== 'S256' || !/^[A-Za-z0-9_-]{43}$/.test(codeChallenge))) {
    refuse('invalid_request', 'code_challenge must be the S256 of a verifier: code_challenge_method=S256.');
  }
  if (codeChallenge === undefined && app.isPublic) {
    refuse('invalid_request', 'This app has no secret, so it must send a code_challenge (PKCE, S256).');
  }
  return [app, { appId: app.id, scopes, codeChallenge, ...asked }];
}

/** A public key starts an authorisation only for pages of the app's own domains, and only they hear the answer. */
function readOpener(app: OAuthApp, clientId: string, query: Record<string, unknown>): string | undefined {
  const given = single(query, 'origin', 300);
  if (!clientId.startsWith('aptr_pk_')) return undefined;
  const url = given !== undefined && URL.canParse(given) ? new URL(given) : undefined;
  if (!url || url.origin !== given || !isSafeAddress(url)) {
    throw new Untrusted('A public key needs the origin of the page that uses it, an https one.');
  }
  if (app.allowedDomains.some((domain) => isAllowed(url.hostname, domain))) return url.origin;
  throw new Untrusted(`${url.hostname} is none of the domains that the app allowed its public key for.`);
}

async function ask(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const [app, asked] = await readRequest(services, request.query as Record<string, unknown>);
  const visitor = await findVisitor(services, request);
  if (!visitor) {
    const next = `/oauth/authorize?${new URLSearchParams(request.query as Record<string, string>)}`;
    reply.header('Cache-Control', 'no-store');
    return reply.redirect(`/sign-in?${new URLSearchParams({ next })}`, 302);
  }
  const { person } = visitor;
  const projects = await listProjects(services.db.read, person);
  const page = renderConsent({
    language: chooseLanguage(person.locale, request.headers['accept-language']),
    app,
    email: person.email,
    projects,
    scopes: asked.scopes,
    lacking: projects.some(({ role }) => asked.scopes.some((scope) => !roles[role].scopes.includes(scope))),
    host: new URL(asked.redirectUri).host,
    request: sealRequest(services, visitor, asked),
  });
  return sendPage(reply, 200, page, [new URL(asked.redirectUri).origin]);
}

const signatureOf = (services: Services, visitor: SignedIn, payload: string): Buffer =>
  createHmac('sha256', services.accountSecret).update(`consent ${visitor.sessionId} ${payload}`).digest();

/** What was found right, signed for the one session that it was shown to. */
function sealRequest(services: Services, visitor: SignedIn, asked: Asked): string {
  const until = services.clock.now() + thinkingMs;
  const payload = Buffer.from(JSON.stringify({ ...asked, until })).toString('base64url');
  return `${payload}.${signatureOf(services, visitor, payload).toString('base64url')}`;
}

function openRequest(services: Services, visitor: SignedIn, sealed: string): Asked {
  const [payload = '', signature = ''] = sealed.split('.');
  const [given, right] = [Buffer.from(signature, 'base64url'), signatureOf(services, visitor, payload)];
  if (given.length !== right.length || !timingSafeEqual(given, right)) {
    throw new Untrusted('The form was not made for you. Begin again in the app.');
  }
  const asked = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Asked & { until: number };
  if (asked.until < services.clock.now()) throw new Untrusted('The form is too old. Begin again in the app.');
  return asked;
}

async function decide(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  requireSameOrigin(request, services.config.publicUrl);
  const visitor = await findVisitor(services, request);
  if (!visitor) throw new Untrusted('You were signed out meanwhile. Begin again in the app.');
  const body = (request.body ?? {}) as Record<string, string | undefined>;
  const asked = openRequest(services, visitor, body.request ?? '');
  const { db, clock } = services;
  // It may have changed while the person was thinking.
  const app = await findClient(db.read, asked.appId);
  if (!app?.redirectUris.includes(asked.redirectUri)) throw new Untrusted('The app was changed meanwhile.');
  if (body.decision !== 'allow') throw new Refused(asked, 'access_denied', 'The person did not agree.');
  const { person } = visitor;
  const projectId = body.project ?? '';
  if (!(await findRole(db.read, person, projectId))) {
    throw new Untrusted('You are not a member of this project.');
  }
  const now = clock.now();
  const code = await db.write(async (tx) => {
    await recordAudit(tx, {
      projectId,
      env: 'live',
      actor: { kind: 'person', id: person.id, name: person.name },
      action: 'oauth-apps.allow',
      targetId: app.id,
      detail: { name: app.name, scopes: asked.scopes },
      address: request.ip,
      now,
    });
    return createCode(tx, { ...asked, personId: person.id, projectId, now });
  });
  return sendAnswer(services, request, reply, asked, { code });
}
