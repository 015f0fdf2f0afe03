/** Uploads: one photo a request, as a form or as an encrypted envelope (contract §3.1, §3.2). */

import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors.ts';
import { ByteSource } from '../../images/byte-source.ts';
import { type ReceiveServices, receiveImage } from '../../images/receive.ts';
import type { ReceivedImage } from '../../images/record.ts';
import { isJson, readClientId } from '../../images/upload-form.ts';
import { countedAddress } from '../client-address.ts';
import { tryPassword } from '../password-tries.ts';
import { politeBytes } from '../polite-close.ts';
import { tooMany } from '../rate-limit.ts';
import type { AddRoute } from '../route.ts';
import { shape } from '../schemas.ts';
import type { Services } from '../services.ts';
import { requireSessionByLink } from './sessions.ts';

export const UploadResult = shape('UploadResult', {
  id: Type.String(),
  filename: Type.String(),
  size_bytes: Type.Integer(),
  destinations: Type.Integer(),
  long_polling: Type.Boolean(),
});

const UploadForm = Type.Object({
  file: Type.String({
    format: 'binary',
    description: 'The photo. Its type is read from its bytes, whatever the part says.',
  }),
  source: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Where it comes from; `camera` without. Before or after the file.',
    }),
  ),
});

const SealedImage = shape('EncryptedImage', {
  encryptedKey: Type.String({ description: 'The AES key, wrapped with RSA-OAEP, base64.' }),
  iv: Type.String({ description: '12 bytes, base64.' }),
  encryptedData: Type.String({ description: 'AES-256-GCM: ciphertext, then the tag of 16 bytes; base64.' }),
  algorithm: Type.Optional(Type.String({ description: 'RSA-OAEP+AES-256-GCM.' })),
  filename: Type.Optional(Type.String()),
  mimeType: Type.Optional(Type.String()),
  source: Type.Optional(Type.String()),
  keyId: Type.Optional(Type.String({ description: 'End to end only: which key of the project.' })),
});

const uploadHeaders = {
  'x-session-password': Type.String({
    description: 'Of a session with a password; percent-encoded UTF-8 is taken.',
  }),
  'Idempotency-Key': Type.String({
    description:
      "The client's own name for the photo, 8 to 128 characters, such as a UUID: sent again under the same name, it is the same image and not a second one. Also as the form's field `upload_id`.",
  }),
  'X-Aptr-Encrypted': Type.String({
    enum: ['default', 'e2e'],
    description: 'The photo is encrypted: with the key of the server (`default`) or of the project (`e2e`).',
  }),
};

/** The answer to a received photo. One that was received before says so in a header, and is otherwise the same. */
export function showReceived(reply: FastifyReply, image: ReceivedImage): Static<typeof UploadResult> {
  if (image.replayed) reply.header('Idempotency-Replayed', 'true');
  return {
    id: image.id,
    filename: image.filename,
    size_bytes: image.sizeBytes,
    destinations: image.destinations,
    long_polling: image.longPolling,
  };
}

/** Nothing is parsed beforehand: what a photo travels in is read as it arrives, whatever its type and its size. */
export function takeStreams(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

export function addImageRoutes(add: AddRoute, services: Services): void {
  const { clock } = services;
  add({
    method: 'POST',
    paths: ['/upload/:session/images', '/sessions/:session/upload'],
    id: 'uploadImage',
    consumes: { 'multipart/form-data': UploadForm, 'application/json': SealedImage },
    headers: uploadHeaders,
    summary: 'Upload one photo',
    errors: [400, 401, 408, 409, 410, 413, 415, 422],
    tag: 'Uploads',
    access: 'public',
    ownRate: true,
    response: { 201: UploadResult },
    async handler(request, reply) {
      // Good photos are bounded by their session; what is counted here is uploads that were refused.
      const client = countedAddress(request.ip);
      const { rates } = request.server;
      const spent = rates.spent('refused', client);
      if (spent) throw tooMany(spent, clock.now());
      try {
        return await upload(services, request, reply);
      } catch (error) {
        if (error instanceof AppError && error.status < 500) rates.take('refused', client).catch(() => {});
        throw error;
      }
    },
  });
}

async function upload(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Static<typeof UploadResult>> {
  const session = await requireSessionByLink(services.db, (request.params as { session: string }).session);
  const body = new ByteSource(uploadStream(request), { idleMs: services.uploadIdleMs, freeChunks: true });
  try {
    const image = await receiveImage(heardBy(services, request), session, {
      body,
      contentType: request.headers['content-type'] ?? '',
      declaredLength: declaredLength(request),
      passwordHeader: request.headers['x-session-password'],
      isPassword: (candidates) => tryPassword(request, reply, { session, candidates, clock: services.clock }),
      encryptionHeader: request.headers['x-aptr-encrypted'],
      clientId: readClientId([request.headers['idempotency-key'] ?? ''].flat()[0]),
    });
    // What is known already is answered at once; the client may still be sending it.
    if (image.replayed) void body.discard(politeBytes);
    return showReceived(reply.code(201), image);
  } catch (error) {
    finishPolitely(request, reply, body, error);
    throw error;
  }
}

/** The services, with an ear for the photo that this request brings. */
export function heardBy(services: Services, request: FastifyRequest): Services & ReceiveServices {
  const { clock, observer } = services;
  const startedAt = clock.now();
  const { traceparent } = request.headers;
  return {
    ...services,
    heard: (photo) =>
      observer.received({
        ...photo,
        startedAt,
        durationMs: Math.max(0, clock.now() - startedAt),
        traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      }),
  };
}

function uploadStream(request: FastifyRequest): Readable {
  const type = request.headers['content-type'] ?? '';
  if (/^multipart\/form-data/i.test(type) || isJson(type)) return request.body as Readable;
  throw new AppError(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    'Send the photo as multipart/form-data with a part named "file".',
  );
}

export function declaredLength(request: FastifyRequest): number | undefined {
  const text = request.headers['content-length'];
  return text === undefined ? undefined : Number(text);
}

/**
 * A browser that is still sending does not read the answer. So what is left of a refused upload is read and forgotten,
 * within bounds, and the connection is closed where it would not end.
 */
export function finishPolitely(
  request: FastifyRequest,
  reply: FastifyReply,
  body: ByteSource,
  error: unknown,
): void {
  if (error instanceof AppError && error.status === 408) {
    reply.header('Connection', 'close');
    reply.raw.once('finish', () => request.raw.destroy());
    return;
  }
  void body.discard(politeBytes).then((ended) => {
    if (!ended && !request.raw.destroyed) request.raw.destroy();
  });
}
