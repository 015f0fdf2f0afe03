/**
 * Signing in: the library's own routes below `/api/auth`. Only the paths that are listed here reach it, with the address
 * that we believe, and nothing of its answers that opens a session leaves but the cookie.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addressHeader } from '../../accounts/sign-in.ts';
import { forgetFailures, noteFailure, requireAttempt } from '../../accounts/sign-in-attempts.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import { noteSignature } from '../../projects/protections.ts';
import { countRequest } from '../auth.ts';
import { countedAddress } from '../client-address.ts';
import { browserOrigin, requireSameOrigin } from '../cookies.ts';
import type { KnownPaths } from '../route.ts';
import type { Services } from '../services.ts';
import { countTry } from './accounts.ts';

/** What of the library is open; everything else is 404. `try`: counted as a try of a secret. */
const open: Record<string, 'try' | 'plain'> = {
  'POST /sign-in/email': 'try',
  'POST /sign-up/email': 'try',
  'POST /sign-out': 'plain',
  'GET /get-session': 'plain',
  'POST /request-password-reset': 'try',
  'POST /reset-password': 'try',
  'GET /verify-email': 'try',
  'POST /change-password': 'try',
  'POST /update-user': 'plain',
  'POST /two-factor/enable': 'try',
  'POST /two-factor/disable': 'try',
  'POST /two-factor/verify-totp': 'try',
  'POST /two-factor/verify-backup-code': 'try',
  'POST /two-factor/generate-backup-codes': 'try',
  'GET /passkey/generate-register-options': 'plain',
  'POST /passkey/verify-registration': 'plain',
  'GET /passkey/generate-authenticate-options': 'plain',
  'POST /passkey/verify-authentication': 'try',
  'GET /passkey/list-user-passkeys': 'plain',
  'POST /passkey/delete-passkey': 'plain',
  'POST /passkey/update-passkey': 'plain',
};

/** Signing in, as the library's own routes: they are not of the public API, and answer under this one path. */
export function addSignInRoutes(app: FastifyInstance, services: Services, known: KnownPaths): void {
  for (const [route, kind] of Object.entries(open)) {
    const [method, path] = route.split(' ') as [string, string];
    known.add(method, `/api/auth${path}`);
    app.route({
      method,
      url: `/api/auth${path}`,
      schema: { hide: true },
      async onRequest(request, reply) {
        requireSameOriginHere(services, request);
        if (kind === 'try') await countTry(services, request, reply, 'sign-in');
        else await countRequest(request, reply, 'public', countedAddress(request.ip), services.clock.now());
      },
      async handler(request, reply) {
        if (path === '/sign-in/email') return signIn(services, request, reply);
        if (path === '/two-factor/verify-totp') return verifyCode(services, request, reply);
        return relay(await ask(services, request), reply);
      },
    });
  }
}

/** Also without a cookie: another site's page must not sign somebody in as somebody else. */
function requireSameOriginHere({ config }: Services, request: FastifyRequest): void {
  const { origin, cookie, 'sec-fetch-site': site } = request.headers;
  // A tool that is no browser sends neither, and has no cookie of somebody to misuse.
  if (request.method === 'POST' && origin === undefined && site === undefined && cookie === undefined) return;
  if (request.method === 'GET' && request.url.includes('/verify-email')) return;
  requireSameOrigin(request, config.publicUrl);
}

async function signIn(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { db, clock } = services;
  const { email } = (request.body ?? {}) as { email?: unknown };
  if (typeof email !== 'string' || email.length > 254) {
    throw new AppError(400, 'VALIDATION_ERROR', 'email is required.');
  }
  await requireAttempt(db, email, clock.now());
  const response = await ask(services, request);
  if (response.status === 401) await noteFailure(db, email, clock.now());
  else if (response.ok) await forgetFailures(db, email);
  return relay(response, reply);
}

/** Whoever reads a code over a shoulder has half a minute, but not a second use of it (RFC 6238 §5.2). */
async function verifyCode(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { db, clock } = services;
  const response = await ask(services, request);
  if (!response.ok) return relay(response, reply);
  const { token, user } = (await response.clone().json()) as { token: string; user: { id: string } };
  const { code } = request.body as { code: string };
  const isFirst = await noteSignature(db, user.id, `totp ${code}`, clock.now() + codeLifeMs);
  if (isFirst) return relay(response, reply);
  await db.write((tx) => tx.q.deleteFrom('person_sessions').where('token', '=', token).execute());
  throw new AppError(401, 'TOTP_INVALID', 'This code was used already. Wait for the next one.');
}

/** Longer than any code is taken: three steps of 30 s. */
const codeLifeMs = 120_000;

/** Hands the request to the library as the browser sent it, but for the address, which is the one that we believe. */
async function ask({ signIn, config }: Services, request: FastifyRequest): Promise<Response> {
  const origin = browserOrigin(request, config.publicUrl);
  const headers = new Headers();
  for (const name of ['cookie', 'origin', 'referer', 'user-agent', 'accept-language'] as const) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  // Checked already, with the name that the request came to; the library knows one name only.
  if (headers.has('origin') || headers.has('cookie')) headers.set('origin', origin);
  headers.delete('referer');
  headers.set(addressHeader, request.ip);
  const body = request.method === 'GET' ? undefined : JSON.stringify(request.body ?? {});
  if (body !== undefined) headers.set('content-type', 'application/json');
  const init: RequestInit = { method: request.method, headers, ...(body === undefined ? {} : { body }) };
  return signIn.handle(origin, new Request(new URL(request.url, origin), init));
}

/** The library's answer: cookies as they are, refusals in our form (contract §1.11), and never a token in the body. */
async function relay(response: Response, reply: FastifyReply): Promise<unknown> {
  for (const cookie of response.headers.getSetCookie()) reply.header('Set-Cookie', cookie);
  reply.header('Cache-Control', 'no-store');
  const location = response.headers.get('location');
  if (response.status >= 300 && response.status < 400 && location) return reply.redirect(location, 302);
  const text = await response.text();
  const body: unknown = text === '' ? null : JSON.parse(text);
  if (response.status >= 400) throw refusal(response.status, body);
  reply.code(response.status).type('application/json; charset=utf-8').serializer(JSON.stringify);
  return reply.send(withoutTokens(body));
}

function refusal(status: number, body: unknown): AppError {
  const { code, message } = (body ?? {}) as { code?: string; message?: string };
  if (status >= 500) return new AppError(500, 'INTERNAL_ERROR', 'Signing in failed on our side. Try again.');
  const said = message ? `${message.replace(/\.$/, '')}.` : 'This cannot be done.';
  return new AppError(status, (code ?? 'AUTHENTICATION_FAILED') as ErrorCode, said);
}

/** The cookie is the only thing that opens a session, and no script can read it. */
function withoutTokens(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { token: _token, session, ...rest } = body as { token?: unknown; session?: unknown };
  if (session === undefined) return rest;
  return { ...rest, session: withoutTokens(session) };
}
