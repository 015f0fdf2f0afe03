/**
 * Destinations that people sign in for: begin, come back, disconnect (contract Appendix B,
 * "OAuth destinations").
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { wakeLane } from '../../deliveries/enqueue.ts';
import { type Destination, requireDestination } from '../../destinations/destinations.ts';
import {
  beginSignIn,
  claimSignIn,
  type FlowServices,
  finishSignIn,
  requireOAuthKind,
} from '../../destinations/oauth-flow.ts';
import { forgetTokens, prepareRevoking } from '../../destinations/oauth-release.ts';
import { AppError, invalid, notFound } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import { randomToken } from '../../lib/ids.ts';
import { findKeyBySecret } from '../../projects/keys.ts';
import { findProject } from '../../projects/projects.ts';
import { requireDestinationRoom } from '../../projects/usage.ts';
import { type Caller, callerOf, requireProject } from '../auth.ts';
import { browserOrigin } from '../cookies.ts';
import { renderSignInPage } from '../oauth-page.ts';
import type { AddRoute } from '../route.ts';
import { Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';

const tag = 'Destinations';
const stem = '/projects/:project/destinations';
const cookieName = 'aptr_oauth';

export function addOAuthDestinationRoutes(add: AddRoute, services: Services): void {
  addStart(add, services);
  addCallback(add, services);
  addDisconnect(add, services);
}

export function flowOf(services: Services): FlowServices {
  const { db, sealer, outbound, clock, logger, oauthApps, config } = services;
  return { db, sealer, outbound, clock, logger, apps: oauthApps, localRoots: config.localRoots };
}

const StartQuery = Type.Object(
  {
    destination: Type.Optional(Type.String({ maxLength: 100 })),
    name: Type.Optional(Type.String({ maxLength: 200 })),
    return_to: Type.Optional(Type.String({ maxLength: 2_048 })),
  },
  { additionalProperties: true },
);

/** The rest are settings of the destination; a signed-in page names its project and environment in the query. */
const ownMembers = new Set(['destination', 'name', 'return_to', 'returnTo', 'as_project', 'as_env']);

function addStart(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: [`${stem}/oauth/:provider/start`],
    id: 'beginSignIn',
    summary: 'Begin to connect an account: the address where a person signs in and agrees',
    errors: [404],
    tag,
    access: 'key',
    scope: 'project:settings',
    query: StartQuery,
    response: { 200: Type.Object({ authorizeUrl: Type.String(), expiresAt: Timestamp }) },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { query } = request;
      const kind = requireOAuthKind(request.params.provider!);
      const destination = await findTarget(services, caller, query.destination);
      if (destination && destination.kind.kind !== kind.kind) {
        throw invalid(`This destination is of another type, ${destination.type}.`);
      }
      const browserSecret = wantsPage(request) ? randomToken(24) : undefined;
      const settings = Object.entries(query).filter(([name]) => !ownMembers.has(name));
      // The cookie of this browser belongs to the origin that it asked, and it has to come back there.
      const origin = browserOrigin(request, services.config.publicUrl);
      const begun = await beginSignIn(flowOf(services), {
        projectId: caller.projectId,
        keyId: caller.key?.id ?? null,
        env: caller.env,
        kind,
        destination,
        name: query.name,
        config: Object.fromEntries(settings),
        redirectUri: `${origin}/api/v1/destinations/oauth/${kind.kind}/callback`,
        returnTo: readReturn(query.return_to, origin),
        browserSecret,
      });
      if (browserSecret === undefined) {
        return { authorizeUrl: begun.authorizeUrl, expiresAt: toIso(begun.expiresAt) };
      }
      const secure = origin.startsWith('https:') ? '; Secure' : '';
      reply.header(
        'Set-Cookie',
        `${cookieName}=${browserSecret}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax${secure}`,
      );
      return reply.redirect(begun.authorizeUrl, 302);
    },
  });
}

async function findTarget(
  { db, sealer }: Services,
  caller: Caller,
  id: string | undefined,
): Promise<Destination | undefined> {
  return id === undefined ? undefined : await requireDestination(db.read, sealer, caller.projectId, id);
}

const wantsPage = (request: FastifyRequest): boolean => /\btext\/html\b/.test(request.headers.accept ?? '');

/** Our own pages, or an https address that the caller gives: it is theirs, and they know who they send there. */
function readReturn(given: string | undefined, origin: string): string | undefined {
  if (given === undefined || given === '') return undefined;
  const url = URL.canParse(given, origin) ? new URL(given, origin) : undefined;
  const local = url?.hostname === 'localhost' || url?.hostname === '127.0.0.1';
  const good =
    url &&
    !url.username &&
    (url.origin === origin || url.protocol === 'https:' || (url.protocol === 'http:' && local));
  if (!good) throw invalid('return_to must be an https address, or a path of this server.');
  return url.href;
}

const CallbackQuery = Type.Object(
  {
    state: Type.Optional(Type.String({ maxLength: 200 })),
    code: Type.Optional(Type.String({ maxLength: 8_192 })),
    error: Type.Optional(Type.String({ maxLength: 1_000 })),
    error_description: Type.Optional(Type.String({ maxLength: 8_192 })),
  },
  { additionalProperties: true },
);

function addCallback(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: ['/destinations/oauth/:provider/callback'],
    id: 'finishSignIn',
    summary: 'Where the service sends the browser back to',
    tag,
    access: 'public',
    query: CallbackQuery,
    response: {
      200: Type.Object({ destinationId: Type.String(), projectId: Type.String(), status: Type.String() }),
    },
    async handler(request, reply) {
      const kind = requireOAuthKind(request.params.provider!);
      const { state, code, error, error_description: errorDescription } = request.query;
      const browserSecret = readCookie(request);
      const projectId = await projectOf(services, request);
      const back = { kind, state, code, error, errorDescription, browserSecret, projectId };
      const flow = flowOf(services);
      let returnTo: string | null = null;
      try {
        const row = await claimSignIn(flow, back);
        returnTo = row.return_to;
        const project = await findProject(services.db.read, services.sealer, row.project_id);
        if (!project) throw notFound('project');
        const id = await finishSignIn(flow, row, back, {
          wake: wakeLane,
          admit: (tx) => requireDestinationRoom(tx, project.id, project.plan),
        });
        return answer(request, reply, {
          returnTo,
          destinationId: id,
          projectId: row.project_id,
          label: kind.label,
        });
      } catch (reason) {
        if (reason instanceof AppError && (wantsPage(request) || returnTo !== null)) {
          return refuse(reply, returnTo, reason, kind.label);
        }
        throw reason;
      }
    },
  });
}

function readCookie(request: FastifyRequest): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name]) => name === cookieName)?.[1];
}

/** A browser brings no credential. Where one comes along, it must be of the project that began. */
async function projectOf({ db }: Services, request: FastifyRequest): Promise<string | undefined> {
  const secret = /^bearer +(\S+)$/i.exec(request.headers.authorization?.trim() ?? '')?.[1];
  return secret === undefined ? undefined : (await findKeyBySecret(db.read, secret))?.projectId;
}

interface Connected {
  returnTo: string | null;
  destinationId: string;
  projectId: string;
  label: string;
}

function answer(request: FastifyRequest, reply: FastifyReply, connected: Connected): unknown {
  const { returnTo, destinationId, projectId, label } = connected;
  reply.header('Cache-Control', 'no-store');
  if (returnTo !== null)
    return redirectTo(reply, returnTo, { status: 'connected', destination: destinationId });
  if (!wantsPage(request)) return { destinationId, projectId, status: 'connected' };
  return sendPage(
    reply,
    200,
    `${label} is connected`,
    'Photos are delivered there from now on. You can close this page.',
  );
}

function refuse(reply: FastifyReply, returnTo: string | null, reason: AppError, label: string): FastifyReply {
  reply.header('Cache-Control', 'no-store');
  if (returnTo !== null) {
    return redirectTo(reply, returnTo, { status: 'failed', error: reason.code, message: reason.message });
  }
  return sendPage(reply, reason.status, `${label} is not connected`, reason.message);
}

function redirectTo(reply: FastifyReply, to: string, parameters: Record<string, string>): FastifyReply {
  const url = new URL(to);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return reply.redirect(url.href, 302);
}

function sendPage(reply: FastifyReply, status: number, title: string, text: string): FastifyReply {
  return reply
    .code(status)
    .header(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    )
    .type('text/html; charset=utf-8')
    .serializer((page: unknown) => page as string)
    .send(renderSignInPage(title, text));
}

function addDisconnect(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  add({
    method: 'POST',
    paths: [`${stem}/:destination/disconnect`],
    id: 'disconnectDestination',
    summary: 'Forget the account of a destination and take the access back; its deliveries wait',
    tag,
    access: 'key',
    scope: 'project:settings',
    response: { 200: Type.Object({ status: Type.String(), revoked: Type.Boolean() }) },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const destination = await requireDestination(
        db.read,
        sealer,
        caller.projectId,
        request.params.destination!,
      );
      requireOAuthKind(destination.type);
      const revoke = await prepareRevoking(flowOf(services), destination);
      await db.write((tx) => forgetTokens(tx, destination, clock.now()));
      return { status: 'not_connected', revoked: await revoke() };
    },
  });
}
