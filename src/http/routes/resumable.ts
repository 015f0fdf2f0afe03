/**
 * Resumable uploads: tus 1.0 (https://tus.io/protocols/resumable-upload) with creation, creation-with-upload,
 * termination, checksum and expiration. A photo is named by its client, so that whatever is repeated is the same photo.
 */
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError, notFound } from '../../errors.ts';
import { ByteSource } from '../../images/byte-source.ts';
import { checkBefore, checkPassword } from '../../images/checks.ts';
import { continueUpload, elsewhere } from '../../images/continue-upload.ts';
import {
  createPartial,
  findPartial,
  type NewPartial,
  type PartialUpload,
  removePartial,
} from '../../images/partial-uploads.ts';
import { findReceived, type ReceivedImage } from '../../images/record.ts';
import { readClientId, readSource, requestBytes } from '../../images/upload-form.ts';
import { createId } from '../../lib/ids.ts';
import type { Session } from '../../sessions/session.ts';
import { countedAddress } from '../client-address.ts';
import { tryPassword } from '../password-tries.ts';
import { tooMany } from '../rate-limit.ts';
import type { AddRoute, KnownPaths } from '../route.ts';
import type { Services } from '../services.ts';
import {
  abilities,
  bytesType,
  contentType,
  readChecksum,
  readLength,
  readMetadata,
  readOffset,
  readSha256,
  version,
} from '../tus-headers.ts';
import { declaredLength, finishPolitely, heardBy, showReceived, UploadResult } from './images.ts';
import { requireSessionByLink } from './sessions.ts';

/** Beside the places that a session has left, so many uploads may be unfinished at a time. */
const spareUploads = 20;

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

const tusHeaders = {
  'Tus-Resumable': Type.String({ description: 'The version of the protocol: 1.0.0.' }),
  'x-session-password': Type.String({ description: 'Of a session with a password.' }),
};
const pieceHeaders = {
  ...tusHeaders,
  'Upload-Checksum': Type.String({ description: 'Algorithm (sha256, sha1, md5) and digest as base64.' }),
  Prefer: Type.String({
    description: '`return=representation`: the last answer carries the result as JSON.',
  }),
};

export function addResumableRoutes(
  add: AddRoute,
  app: FastifyInstance,
  services: Services,
  known: KnownPaths,
): void {
  const create = guarded(services, (request, reply) => createUpload(services, request, reply));
  const patch = guarded(services, (request, reply) => patchUpload(services, request, reply));
  const remove = guarded(services, (request, reply) => deleteUpload(services, request, reply));
  const collection = '/upload/:session/resumable';
  const one = `${collection}/:upload`;
  const route = { tag: 'Uploads', access: 'public', ownRate: true } as const;
  const octets = { [bytesType]: Type.String({ format: 'binary' }) };
  add({
    ...route,
    method: 'POST',
    paths: [collection],
    id: 'createResumableUpload',
    summary: 'Begin a photo that is sent in pieces (tus 1.0)',
    description:
      'Names in `Upload-Metadata`: `filename`, `source`, `id` (the name by which the client knows the photo: sent again, it is the same image), `sha256` (of the whole, hex).',
    errors: [400, 401, 409, 410, 412, 413, 415, 422, 460],
    consumes: octets,
    headers: {
      ...pieceHeaders,
      'Upload-Length': Type.String({ description: 'Bytes of the photo.' }),
      'Upload-Metadata': Type.String({ description: 'Names and values as base64, with commas.' }),
    },
    response: { 201: UploadResult },
    handler: create,
  });
  add({
    ...route,
    method: 'PATCH',
    paths: [one],
    id: 'continueResumableUpload',
    summary: 'Send the next piece of a photo (tus 1.0)',
    errors: [400, 401, 404, 409, 410, 412, 413, 415, 422, 460],
    consumes: octets,
    headers: { ...pieceHeaders, 'Upload-Offset': Type.String({ description: 'Where the piece begins.' }) },
    response: { 200: UploadResult },
    handler: patch,
  });
  add({
    ...route,
    method: 'DELETE',
    paths: [one],
    id: 'cancelResumableUpload',
    summary: 'Forget a photo that was not sent to its end (tus 1.0)',
    errors: [401, 404, 409, 412],
    headers: tusHeaders,
    handler: remove,
  });
  for (const prefix of ['/api/v1', '/v1']) {
    const hidden = { schema: { hide: true } };
    known.add('HEAD', prefix + one);
    known.add('OPTIONS', prefix + collection);
    app.head(
      prefix + one,
      hidden,
      guarded(services, (request, reply) => headUpload(services, request, reply)),
    );
    for (const path of [collection, one]) {
      app.options(prefix + path, hidden, async (_request, reply) =>
        reply.code(204).headers(abilities()).send(),
      );
    }
    // Where a network lets only GET and POST through.
    app.post(prefix + one, hidden, async (request, reply) => {
      const method = String(request.headers['x-http-method-override'] ?? '').toUpperCase();
      if (method === 'PATCH') return patch(request, reply);
      if (method === 'DELETE') return remove(request, reply);
      throw new AppError(405, 'METHOD_NOT_ALLOWED', 'Use PATCH, HEAD or DELETE for this path.');
    });
  }
}

/** Good pieces are bounded by their session; what is counted here is what was refused. */
function guarded({ clock }: Services, handler: Handler): Handler {
  return async (request, reply) => {
    reply.headers({ 'Tus-Resumable': version, 'Cache-Control': 'no-store' });
    const client = countedAddress(request.ip);
    const { rates } = request.server;
    const spent = rates.spent('refused', client);
    if (spent) throw tooMany(spent, clock.now());
    try {
      if (request.headers['tus-resumable'] !== version) {
        reply.header('Tus-Version', version);
        throw new AppError(412, 'PRECONDITION_FAILED', `Send the header Tus-Resumable: ${version}.`);
      }
      return await handler(request, reply);
    } catch (error) {
      if (error instanceof AppError && error.status < 500) rates.take('refused', client).catch(() => {});
      throw error;
    }
  };
}

async function createUpload(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const session = await requireSessionByLink(services.db, params(request).session);
  const metadata = readMetadata(request);
  const id = readClientId(metadata.id) ?? createId('pce');
  const password = passwordOf(services, request, reply, session);
  const where = `/api/v1/upload/${session.id}/resumable/${id}`;
  const received = await findReceived(services.db.read, session, id);
  if (received) {
    await checkPassword(session, password);
    reply.headers({ Location: where, 'Upload-Offset': readLength(request) });
    return answerWithImage(request, reply.code(201), received);
  }
  const length = readLength(request);
  const encryption = await checkBefore(services.clock, session, {
    ...password,
    contentType: '',
    declaredLength: length,
    encryptionHeader: request.headers['x-aptr-encrypted'],
  });
  if (length > requestBytes(session.limits.imageBytes, encryption !== 'none')) throw tooLarge(session);
  const upload = await begin(services, session, {
    sessionId: session.id,
    id,
    length,
    filename: (metadata.filename ?? metadata.name ?? '').slice(0, 1_000),
    source: readSource(metadata.source ?? ''),
    encryption,
    sha256: readSha256(metadata.sha256),
  });
  reply.code(201).headers({ Location: where, 'Upload-Expires': new Date(upload.expiresAt).toUTCString() });
  const withBytes = contentType(request) === bytesType && upload.received === 0;
  const image = withBytes ? await takeBytes(services, request, reply, { session, upload }) : undefined;
  reply.header('Upload-Offset', image ? upload.length : upload.received);
  return image ? answerWithImage(request, reply, image) : reply.send();
}

async function begin(services: Services, session: Session, wanted: NewPartial): Promise<PartialUpload> {
  const most = session.limits.maxImages - session.imagesCount + spareUploads;
  const upload = await createPartial(services.db, wanted, { most, now: services.clock.now() });
  if (!upload) {
    throw new AppError(
      422,
      'SESSION_FULL',
      'Too many photos of this session were begun and not sent to their end.',
    );
  }
  if (upload.length !== wanted.length) {
    throw new AppError(
      409,
      'CONFLICT',
      'Another photo was begun under this id. Give every photo an id of its own.',
    );
  }
  return upload;
}

async function patchUpload(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { session, upload, received } = await find(services, request, reply);
  const offset = readOffset(request);
  if (received) {
    // The last piece again, because its answer got lost.
    reply.header('Upload-Offset', upload?.length ?? offset + (declaredLength(request) ?? 0));
    return answerWithImage(request, reply.code(204), received);
  }
  if (!upload) throw notFound('upload');
  if (contentType(request) !== bytesType) {
    throw new AppError(415, 'UNSUPPORTED_MEDIA_TYPE', `Send the bytes as ${bytesType}.`);
  }
  if (offset !== upload.received) throw elsewhere();
  const password = passwordOf(services, request, reply, session);
  await checkBefore(services.clock, session, {
    ...password,
    contentType: '',
    declaredLength: undefined,
    encryptionHeader: headerOf(upload),
  });
  const image = await takeBytes(services, request, reply, { session, upload });
  reply.code(204).headers({
    'Upload-Offset': image ? upload.length : upload.received,
    'Upload-Expires': new Date(upload.expiresAt).toUTCString(),
  });
  return image ? answerWithImage(request, reply, image) : reply.send();
}

async function takeBytes(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  { session, upload }: { session: Session; upload: PartialUpload },
): Promise<ReceivedImage | undefined> {
  const body = new ByteSource(request.body as Readable, { idleMs: services.uploadIdleMs, freeChunks: true });
  try {
    const bytes = declaredLength(request);
    if (bytes === undefined || !Number.isSafeInteger(bytes)) {
      throw new AppError(411, 'VALIDATION_ERROR', 'Say how many bytes come: Content-Length is missing.');
    }
    if (upload.received + bytes > upload.length) {
      throw new AppError(413, 'FILE_TOO_LARGE', 'These are more bytes than the photo was said to have.');
    }
    return await continueUpload(heardBy(services, request), session, upload, {
      body,
      bytes,
      checksum: readChecksum(request),
    });
  } catch (error) {
    finishPolitely(request, reply, body, error);
    throw error;
  }
}

async function headUpload(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { upload, received } = await find(services, request, reply);
  if (received) reply.header('Aptr-Image-Id', received.id);
  const length = upload?.length ?? received!.sizeBytes;
  return reply
    .headers({
      'Upload-Length': length,
      'Upload-Offset': received ? length : upload!.received,
      ...(upload && !received ? { 'Upload-Expires': new Date(upload.expiresAt).toUTCString() } : {}),
    })
    .send();
}

async function deleteUpload(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { upload, received } = await find(services, request, reply);
  if (received)
    throw new AppError(409, 'CONFLICT', 'This photo has been received: it cannot be taken back here.');
  await removePartial(services, upload!);
  return reply.code(204).send();
}

/** The upload of a path, and the image when it has become one. Throws AppError 401, 404. */
async function find(services: Services, request: FastifyRequest, reply: FastifyReply) {
  const { db } = services;
  const { session: link, upload: id } = params(request);
  const session = await requireSessionByLink(db, link);
  await checkPassword(session, passwordOf(services, request, reply, session));
  const begun = await findPartial(db.read, session.id, id);
  const upload = begun && begun.expiresAt > services.clock.now() ? begun : undefined;
  const received = upload && !upload.imageId ? undefined : await findReceived(db.read, session, id);
  if (!upload && !received) throw notFound('upload');
  return { session, upload, received };
}

function passwordOf(services: Services, request: FastifyRequest, reply: FastifyReply, session: Session) {
  const { clock } = services;
  return {
    passwordHeader: request.headers['x-session-password'],
    isPassword: (candidates: readonly string[]) =>
      tryPassword(request, reply, { session, candidates, clock }),
  };
}

/** 204 as the protocol has it; for who prefers it, the result of the photo. */
function answerWithImage(request: FastifyRequest, reply: FastifyReply, image: ReceivedImage): unknown {
  reply.header('Aptr-Image-Id', image.id);
  const body = showReceived(reply, image);
  if (!/return=representation/i.test(String(request.headers.prefer ?? ''))) return reply.send();
  if (reply.statusCode === 204) reply.code(200);
  return reply.header('Preference-Applied', 'return=representation').send(body);
}

const params = (request: FastifyRequest) => request.params as { session: string; upload: string };
const headerOf = ({ encryption }: PartialUpload): string | undefined =>
  ({ none: undefined, server: 'default', 'end-to-end': 'e2e' })[encryption];

function tooLarge(session: Session): AppError {
  const megabytes = Math.floor(session.limits.imageBytes / 1_048_576);
  return new AppError(
    413,
    'FILE_TOO_LARGE',
    `The photo is too large: at most ${megabytes} MB are taken here.`,
  );
}
