/** Uploads: one photo a request, as a form or as an encrypted envelope (contract §3.1, §3.2). */

import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors.ts';
import { ByteSource } from '../../images/byte-source.ts';
import { receiveImage } from '../../images/receive.ts';
import { isJson } from '../../images/upload-form.ts';
import { countedAddress } from '../client-address.ts';
import { tryPassword } from '../password-tries.ts';
import { tooMany } from '../rate-limit.ts';
import type { AddRoute } from '../route.ts';
import type { Services } from '../services.ts';
import { requireSessionByLink } from './sessions.ts';

const UploadResult = Type.Object({
  id: Type.String(),
  filename: Type.String(),
  size_bytes: Type.Integer(),
  destinations: Type.Integer(),
  long_polling: Type.Boolean(),
});

/** How much of a refused upload is read on, so that the client gets to see the answer. */
const politeBytes = 64 * 1024 * 1024;

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
    summary: 'Upload one photo',
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
    const image = await receiveImage(services, session, {
      body,
      contentType: request.headers['content-type'] ?? '',
      declaredLength: declaredLength(request),
      passwordHeader: request.headers['x-session-password'],
      isPassword: (candidates) => tryPassword(request, reply, { session, candidates, clock: services.clock }),
      encryptionHeader: request.headers['x-aptr-encrypted'],
    });
    reply.code(201);
    return {
      id: image.id,
      filename: image.filename,
      size_bytes: image.sizeBytes,
      destinations: image.destinations,
      long_polling: image.longPolling,
    };
  } catch (error) {
    finishPolitely(request, reply, body, error);
    throw error;
  }
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

function declaredLength(request: FastifyRequest): number | undefined {
  const text = request.headers['content-length'];
  return text === undefined ? undefined : Number(text);
}

/**
 * A browser that is still sending does not read the answer. So what is left of a refused upload is read and forgotten,
 * within bounds, and the connection is closed where it would not end.
 */
function finishPolitely(
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
