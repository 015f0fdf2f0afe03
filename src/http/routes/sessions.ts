/** Sessions: create, read, update, close, list, password, delivery status (contract §2). */
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Database } from '../../db/database.ts';
import { AppError, invalid, notFound } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import { findProject } from '../../projects/projects.ts';
import { createSession, type NewSession } from '../../sessions/create.ts';
import { readDeliveryStatus, waitForChange } from '../../sessions/delivery-status.ts';
import { findSession, findSessionByLink, listSessions, sessionExists } from '../../sessions/find.ts';
import type { Session } from '../../sessions/session.ts';
import { closeSession, type SessionChange, updateSession } from '../../sessions/update.ts';
import { type Caller, callerOf } from '../auth.ts';
import { disconnected } from '../disconnect.ts';
import { tryPassword } from '../password-tries.ts';
import type { AddRoute } from '../route.ts';
import {
  clampInteger,
  LimitQuery,
  nullable,
  PageQuery,
  pageOf,
  readPage,
  shape,
  Timestamp,
} from '../schemas.ts';
import type { Services } from '../services.ts';
import {
  CreatedSession,
  CreateSessionBody,
  readTreatment,
  SessionRowShape,
  SessionView,
  showCreated,
  showSession,
  showSessionRow,
  UpdateSessionBody,
} from '../session-shapes.ts';

const tag = 'Sessions';

/** A session of the caller's project; throws AppError 403 for another project's, 404 for none. */
export async function requireSession(db: Database, caller: Caller, id: string): Promise<Session> {
  const session = await findSession(db.read, caller.projectId, id);
  if (session) return session;
  if (await sessionExists(db.read, id)) {
    throw new AppError(403, 'FORBIDDEN', 'This session belongs to another project.');
  }
  throw notFound('session');
}

/** The session of a link; throws AppError 404. */
export async function requireSessionByLink(db: Database, id: string): Promise<Session> {
  const session = await findSessionByLink(db.read, id);
  if (!session) throw notFound('session');
  return session;
}

export function addSessionRoutes(add: AddRoute, services: Services): void {
  addCreate(add, services);
  addLists(add, services);
  addRead(add, services);
  addDetails(add, services);
  addChange(add, services);
  addPassword(add, services);
  addDeliveryStatus(add, services);
}

function addCreate(add: AddRoute, services: Services): void {
  const { db, sealer, clock, config } = services;
  add({
    method: 'POST',
    paths: ['/upload-sessions', '/sessions'],
    id: 'createSession',
    summary: 'Create an upload session',
    errors: [403, 404],
    tag,
    access: 'key',
    scope: 'upload:create',
    bucket: 'create',
    body: CreateSessionBody,
    response: { 201: CreatedSession },
    async handler(request, reply) {
      const caller = callerOf(request);
      const project = await findProject(db.read, sealer, caller.projectId);
      if (!project) throw notFound('project');
      const now = clock.now();
      const id = await createSession(
        readNewSession(request.body),
        { projectId: project.id, env: caller.env, plan: project.plan, key: caller.key },
        { db, sealer, localRoots: config.localRoots, now },
      );
      const session = await requireSession(db, caller, id);
      reply.code(201);
      return showCreated(session, await destinationsOf(db, id), services.originOf(request));
    },
  });
}

function readNewSession(body: Static<typeof CreateSessionBody>): NewSession {
  return {
    destinationIds: body.destination_ids,
    destinationId: body.destination_id,
    deliveryMode: body.delivery_mode,
    webhookUrl: body.webhook_url,
    webhookFormat: body.webhook_format,
    longPolling: body.long_polling,
    tags: body.tags ?? null,
    label: body.label,
    metadata: boundedMetadata(body.metadata) ?? undefined,
    password: body.password,
    expiresInHours: body.expires_in_hours,
    expiresIn: body.expires_in,
    expiresAt: body.expires_at === undefined ? undefined : Date.parse(body.expires_at),
    maxImages: body.max_images,
    allowedMimeTypes: body.allowed_mime_types,
    maxImageDimension: body.max_image_dimension,
    maxImageSizeMb: body.max_image_size_mb,
    processing: readTreatment(body),
  };
}

function boundedMetadata<T extends Record<string, unknown> | null | undefined>(metadata: T): T {
  if (metadata && Buffer.byteLength(JSON.stringify(metadata)) > 16 * 1024) {
    throw invalid('metadata may be at most 16 KB as JSON.');
  }
  return metadata;
}

const SessionsQuery = Type.Object({
  ...PageQuery.properties,
  status: Type.Optional(
    Type.Union([
      Type.Literal('pending'),
      Type.Literal('active'),
      Type.Literal('completed'),
      Type.Literal('expired'),
    ]),
  ),
  search: Type.Optional(Type.String({ maxLength: 200, description: 'In the label or the tags; or an id.' })),
});

function addLists(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'GET',
    paths: ['/sessions', '/upload-sessions'],
    id: 'listSessions',
    summary: 'List sessions, newest first',
    tag,
    access: 'key',
    scope: 'upload:read',
    bucket: 'list',
    query: SessionsQuery,
    response: { 200: pageOf(SessionRowShape) },
    async handler(request) {
      const { page, pageSize } = readPage(request.query);
      const { status, search } = request.query;
      const now = clock.now();
      const { rows, total } = await listSessions(
        db.read,
        callerOf(request),
        { offset: (page - 1) * pageSize, limit: pageSize },
        { status, search: search?.trim(), now },
      );
      return {
        data: rows.map((row) => showSessionRow(row, now)),
        total,
        page,
        pageSize,
        totalPages: Math.ceil(total / pageSize),
      };
    },
  });
  add({
    method: 'GET',
    paths: ['/sessions/recent', '/upload-sessions/recent'],
    id: 'listRecentSessions',
    summary: 'The newest sessions',
    tag,
    access: 'key',
    scope: 'upload:read',
    query: LimitQuery,
    response: { 200: Type.Array(SessionRowShape) },
    async handler(request) {
      const limit = clampInteger(request.query.limit, 10, 1, 50);
      const { rows } = await listSessions(db.read, callerOf(request), { offset: 0, limit });
      const now = clock.now();
      return rows.map((row) => showSessionRow(row, now));
    },
  });
}

function addRead(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'GET',
    paths: ['/upload/:session/session', '/upload-sessions/:session', '/sessions/:session'],
    id: 'getSession',
    summary: 'Read a session, as the phone sees it',
    tag,
    access: 'public',
    response: { 200: SessionView },
    async handler(request) {
      const session = await requireSessionByLink(db, request.params.session!);
      return showSession(session, services.serverPublicKey(), clock.now());
    },
  });
}

const SessionDetails = Type.Object({
  ...SessionView.properties,
  label: nullable(Type.String()),
  metadata: nullable(Type.Record(Type.String(), Type.Unknown())),
  createdAt: Timestamp,
  completedAt: nullable(Timestamp),
  longPolling: Type.Boolean(),
  uploadUrl: Type.String(),
  shortUrl: Type.String(),
  destinations: Type.Array(Type.Object({ id: Type.String(), type: Type.String(), name: Type.String() })),
});

/** What only the project sees: the phone's view says nothing of labels, metadata and destinations. */
function addDetails(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'GET',
    paths: ['/upload-sessions/:session/details', '/sessions/:session/details'],
    summary: 'Read a session, as its project sees it',
    tag,
    access: 'key',
    scope: 'upload:read',
    response: { 200: SessionDetails },
    async handler(request) {
      const session = await requireSession(db, callerOf(request), request.params.session!);
      const origin = services.originOf(request);
      return {
        ...showSession(session, services.serverPublicKey(), clock.now()),
        label: session.label,
        metadata: session.metadata,
        createdAt: toIso(session.createdAt),
        completedAt: session.completedAt === null ? null : toIso(session.completedAt),
        longPolling: session.longPolling,
        uploadUrl: `${origin}/u/${session.id}`,
        shortUrl: `${origin}/s/${session.shortCode}`,
        destinations: await destinationsOf(db, session.id),
      };
    },
  });
}

const destinationsOf = (db: Database, sessionId: string) =>
  db.read
    .selectFrom('session_destinations as s')
    .innerJoin('destinations as d', 'd.id', 's.destination_id')
    .select(['d.id', 'd.type', 'd.name'])
    .where('s.session_id', '=', sessionId)
    .orderBy('s.position')
    .execute();

function addChange(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  const show = async (request: FastifyRequest, id: string) =>
    showSession(await requireSession(db, callerOf(request), id), services.serverPublicKey(), clock.now());
  add({
    method: 'PATCH',
    paths: ['/upload-sessions/:session', '/sessions/:session'],
    id: 'updateSession',
    summary: 'Update an open session',
    errors: [409, 410],
    tag,
    access: 'key',
    scope: 'upload:create',
    body: UpdateSessionBody,
    response: { 200: SessionView },
    async handler(request) {
      const session = await requireSession(db, callerOf(request), request.params.session!);
      await updateSession(db, session, readChange(request.body), clock.now());
      return show(request, session.id);
    },
  });
  add({
    method: 'POST',
    paths: ['/upload-sessions/:session/close', '/sessions/:session/close'],
    id: 'closeSession',
    summary: 'Close a session: it takes no more images',
    errors: [409, 410],
    tag,
    access: 'key',
    scope: 'upload:create',
    response: { 200: SessionView },
    async handler(request) {
      const session = await requireSession(db, callerOf(request), request.params.session!);
      await closeSession(db, session, clock.now());
      return show(request, session.id);
    },
  });
}

function readChange(body: Static<typeof UpdateSessionBody>): SessionChange {
  return {
    processing: readTreatment(body),
    expiresAt: body.expires_at === undefined ? undefined : Date.parse(body.expires_at),
    maxImages: body.max_images,
    allowedMimeTypes: body.allowed_mime_types,
    maxImageDimension: body.max_image_dimension,
    maxImageSizeMb: body.max_image_size_mb,
    password: body.password,
    tags: body.tags,
    label: body.label,
    metadata: boundedMetadata(body.metadata),
  };
}

function addPassword(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'POST',
    paths: ['/upload/:session/verify-password', '/upload-sessions/:session/verify-password'],
    id: 'verifySessionPassword',
    summary: 'Try a session password; a wrong one is not an error',
    tag,
    access: 'public',
    body: Type.Object({ password: Type.String({ maxLength: 1_000 }) }),
    response: { 200: Type.Object({ valid: Type.Boolean() }) },
    async handler(request, reply) {
      const session = await requireSessionByLink(db, request.params.session!);
      const candidates = [request.body.password];
      return { valid: await tryPassword(request, reply, { session, candidates, clock }) };
    },
  });
}

const DeliveryStatusShape = shape('DeliveryStatus', {
  status: Type.String(),
  files: Type.Array(
    Type.Object({
      record_id: Type.String(),
      filename: Type.String(),
      size_bytes: Type.Integer(),
      has_thumbnail: Type.Boolean(),
      destinations: Type.Array(
        Type.Object({
          destination_id: Type.String(),
          type: Type.String(),
          name: Type.String(),
          status: Type.String(),
          attempts: Type.Integer(),
          last_error: nullable(Type.String()),
        }),
      ),
    }),
  ),
  lastChanged: Timestamp,
});

function addDeliveryStatus(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'GET',
    paths: ['/upload-sessions/:session/delivery-status', '/sessions/:session/delivery-status'],
    id: 'getDeliveryStatus',
    summary: 'Where each image is; with pollFrom, wait for a change',
    tag,
    access: 'key',
    scope: 'upload:read',
    query: Type.Object({ pollFrom: Type.Optional(Type.String({ maxLength: 64 })) }),
    response: { 200: DeliveryStatusShape },
    async handler(request, reply) {
      const session = await requireSession(db, callerOf(request), request.params.session!);
      const { pollFrom } = request.query;
      const signal = AbortSignal.any([disconnected(reply), services.stopping]);
      const snapshot =
        pollFrom === undefined
          ? await readDeliveryStatus(db.read, session, clock.now())
          : await waitForChange(db, session, readPollFrom(pollFrom), { clock, signal });
      return { ...snapshot, lastChanged: toIso(snapshot.lastChanged) };
    },
  });
}

function readPollFrom(text: string): number {
  // A "+" of an offset that was not URL-encoded arrives as a space.
  const ms = Date.parse(text.trim().replace(' ', text.includes('T') ? '+' : ' '));
  if (Number.isNaN(ms)) throw invalid('pollFrom is not a date. Send back lastChanged as it came.');
  return ms;
}
