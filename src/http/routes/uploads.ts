/** Received images: lists, one, its bytes (contract §3.3 to §3.5). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError, notFound } from '../../errors.ts';
import type { Linked } from '../../images/download-link.ts';
import {
  findImage,
  findImageByLink,
  imageExists,
  listUploads,
  listUploadsByIds,
  type StoredImage,
  type Upload,
} from '../../images/find.ts';
import { hasThumbnail } from '../../images/thumbnails.ts';
import { toIso } from '../../lib/clock.ts';
import { StorageMissingError } from '../../storage/storage.ts';
import { type Caller, callerOf, countPublic, requireCaller } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import {
  clampInteger,
  imageTypes,
  LimitQuery,
  nullable,
  PageQuery,
  pageOf,
  readPage,
  shape,
  Timestamp,
} from '../schemas.ts';
import type { Services } from '../services.ts';

const tag = 'Uploads';

const UploadRow = shape('Upload', {
  id: Type.String(),
  filename: Type.String(),
  sizeBytes: Type.Integer(),
  mimeType: Type.String(),
  source: Type.String(),
  isEncrypted: Type.Boolean(),
  env: Type.String(),
  createdAt: Timestamp,
  sessionId: Type.String(),
  projectId: Type.String(),
  projectName: Type.String(),
  destinationsTotal: Type.Integer(),
  destinationsDelivered: Type.Integer(),
  destinationsFailed: Type.Integer(),
  destinationsBreakdown: Type.Array(Type.Object({ type: Type.String(), count: Type.Integer() })),
  status: Type.String(),
  hasThumbnail: Type.Boolean({ description: 'false as soon as it is known that none can be drawn.' }),
  thumbnailUrl: nullable(Type.String({ description: 'Opens without a credential for an hour or two.' })),
});

/** A link holds for one to two hours, and stays the same within an hour, so that a browser may keep the picture. */
const hourMs = 3_600_000;

function show(
  { links, clock, originOf }: Services,
  request: FastifyRequest,
  { image, ...upload }: Upload,
): Static<typeof UploadRow> {
  const linkUntil = (Math.floor(clock.now() / hourMs) + 2) * hourMs;
  const shown = hasThumbnail(image);
  return {
    id: image.id,
    filename: image.filename,
    sizeBytes: image.size_bytes,
    mimeType: image.mime_type,
    source: image.source,
    isEncrypted: image.is_encrypted === 1,
    env: image.env,
    createdAt: toIso(image.created_at),
    sessionId: image.session_id,
    projectId: image.project_id,
    projectName: upload.projectName,
    destinationsTotal: upload.total,
    destinationsDelivered: upload.delivered,
    destinationsFailed: upload.failed,
    destinationsBreakdown: upload.breakdown,
    status: upload.status,
    hasThumbnail: shown,
    thumbnailUrl: shown ? originOf(request) + links.path(image.id, linkUntil, 'thumbnail') : null,
  };
}

/** An image of the caller's project; throws AppError 403 for another project's, 404 for none. */
export async function requireImage(services: Services, caller: Caller, id: string): Promise<StoredImage> {
  const image = await findImage(services.db.read, caller.projectId, id);
  if (image) return image;
  if (await imageExists(services.db.read, id)) {
    throw new AppError(403, 'FORBIDDEN', 'This image belongs to another project.');
  }
  throw notFound('image');
}

/**
 * Sends the stored bytes as they are: never compressed, whatever the client says it accepts (contract §17.33). Answers
 * 410 once retention has removed them.
 */
export async function sendImage(
  services: Services,
  reply: FastifyReply,
  image: StoredImage,
): Promise<FastifyReply> {
  const gone = new AppError(410, 'GONE', 'The photo is past its retention: its bytes are no longer here.');
  if (image.purged_at !== null) throw gone;
  const bytes = await services.storage.open(image.storage_key).catch((error: unknown) => {
    throw error instanceof StorageMissingError ? gone : error;
  });
  const ascii = image.filename.replace(/[^\x20-\x7e]|["\\]/g, '_');
  const utf8 = encodeURIComponent(image.filename).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  return reply
    .type(image.mime_type)
    .header('Content-Length', image.size_bytes)
    .header('Content-Disposition', `inline; filename="${ascii}"; filename*=UTF-8''${utf8}`)
    .header('Content-Security-Policy', "default-src 'none'; sandbox")
    .header('X-Content-Type-Options', 'nosniff')
    .header('Cache-Control', 'private, no-transform')
    .send(bytes);
}

export function addUploadRoutes(add: AddRoute, services: Services): void {
  addLists(add, services);
  addDownload(add, services);
}

function addLists(add: AddRoute, services: Services): void {
  const { db } = services;
  add({
    method: 'GET',
    paths: ['/uploads'],
    id: 'listUploads',
    summary: 'List uploads, newest first',
    tag,
    access: 'key',
    scope: 'upload:read',
    query: PageQuery,
    response: { 200: pageOf(UploadRow) },
    async handler(request) {
      const { page, pageSize } = readPage(request.query);
      const { rows, total } = await listUploads(db.read, callerOf(request), {
        offset: (page - 1) * pageSize,
        limit: pageSize,
      });
      return {
        data: rows.map((row) => show(services, request, row)),
        total,
        page,
        pageSize,
        totalPages: Math.ceil(total / pageSize),
      };
    },
  });
  add({
    method: 'GET',
    paths: ['/uploads/recent'],
    id: 'listRecentUploads',
    summary: 'The newest uploads',
    tag,
    access: 'key',
    scope: 'upload:read',
    query: LimitQuery,
    response: { 200: Type.Array(UploadRow) },
    async handler(request) {
      const limit = clampInteger(request.query.limit, 10, 1, 50);
      const { rows } = await listUploads(db.read, callerOf(request), { offset: 0, limit });
      return rows.map((row) => show(services, request, row));
    },
  });
  add({
    method: 'GET',
    paths: ['/uploads/:image'],
    id: 'getUpload',
    summary: 'One upload',
    tag,
    access: 'key',
    scope: 'upload:read',
    response: { 200: UploadRow },
    async handler(request) {
      const image = await requireImage(services, callerOf(request), request.params.image!);
      const [upload] = await listUploadsByIds(db.read, image.project_id, [image.id]);
      return show(services, request, upload!);
    },
  });
}

function addDownload(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: ['/uploads/:image/download'],
    id: 'downloadUpload',
    produces: imageTypes,
    summary: 'The bytes of an upload, by key or by signed link',
    errors: [410],
    tag,
    access: 'public',
    ownRate: true,
    scope: 'upload:read',
    query: Type.Object({
      expires: Type.Optional(Type.String({ maxLength: 20 })),
      signature: Type.Optional(Type.String({ maxLength: 128 })),
    }),
    async handler(request, reply) {
      return sendImage(services, reply, await imageForReader(services, request, reply, 'download'));
    },
  });
}

/** The image of a request by key or by signed link. Throws AppError 401, 403, 404. */
export async function imageForReader(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  what: Linked,
): Promise<StoredImage> {
  const { image: id } = request.params as { image: string };
  const { expires, signature } = request.query as { expires?: string; signature?: string };
  if (signature === undefined) {
    await requireCaller(services, { scope: 'upload:read' })(request, reply);
    return requireImage(services, callerOf(request), id);
  }
  await countPublic(services)(request, reply);
  if (!services.links.verify(id, expires ?? '', signature, services.clock.now(), what)) {
    throw new AppError(403, 'FORBIDDEN', 'This link is not valid or has expired. Ask for a new one.');
  }
  const image = await findImageByLink(services.db.read, id);
  if (!image) throw notFound('image');
  return image;
}
