/** Pull delivery: the immediate list, the waiting form, the bytes, the acknowledgement (contract §4). */
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError, notFound } from '../../errors.ts';
import type { StoredImage } from '../../images/find.ts';
import { acknowledge, listWaiting, pollNext } from '../../images/polling.ts';
import { toIso } from '../../lib/clock.ts';
import { flattenTags, type Session } from '../../sessions/session.ts';
import { callerOf } from '../auth.ts';
import { disconnected } from '../disconnect.ts';
import type { AddRoute } from '../route.ts';
import { clampInteger, imageTypes, nullable, shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';
import { requireSession } from './sessions.ts';
import { requireImage, sendImage } from './uploads.ts';

const tag = 'Polling';

const PollImage = shape('WaitingImage', {
  id: Type.String(),
  filename: Type.String(),
  size_bytes: Type.Integer(),
  mime_type: Type.String(),
  source: Type.String(),
  created_at: Timestamp,
});

const PolledImage = shape('PolledImage', {
  image_id: Type.String(),
  id: Type.String(),
  image_index: Type.Integer(),
  session_id: Type.String(),
  filename: Type.String(),
  mime_type: Type.String(),
  size_bytes: Type.Integer(),
  source: Type.String(),
  tags: nullable(Type.Array(Type.String())),
  created_at: Timestamp,
  download_url: Type.String(),
  ack_url: Type.String(),
});

export function addPollingRoutes(add: AddRoute, services: Services): void {
  addList(add, services);
  addWaiting(add, services);
  addBytes(add, services);
  addAcknowledge(add, services);
}

/** Never waits and never ends: client loops call it for ever and die on the first answer that is not 2xx (§17.40). */
function addList(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: ['/upload-sessions/:session/poll'],
    id: 'pollImages',
    summary: 'All images that wait to be fetched, at once',
    tag,
    access: 'key',
    scope: 'upload:read',
    response: { 200: Type.Object({ images: Type.Array(PollImage) }) },
    async handler(request) {
      const session = await requireSession(services.db, callerOf(request), request.params.session!);
      const images = await listWaiting(services.db.read, session);
      return {
        images: images.map((image) => ({
          id: image.id,
          filename: image.filename,
          size_bytes: image.size_bytes,
          mime_type: image.mime_type,
          source: image.source,
          created_at: toIso(image.created_at),
        })),
      };
    },
  });
}

function addWaiting(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'GET',
    paths: ['/sessions/:session/poll'],
    id: 'pollNextImage',
    summary: 'Wait for the next image; it is yours for five minutes',
    errors: [409, 410],
    tag,
    access: 'key',
    scope: 'upload:read',
    query: Type.Object({ timeout: Type.Optional(Type.String({ maxLength: 10 })) }),
    response: { 200: PolledImage, 204: Type.Null({ description: 'Nothing came within the time.' }) },
    async handler(request, reply) {
      const caller = callerOf(request);
      const session = await requireSession(db, caller, request.params.session!);
      if (!session.longPolling) {
        throw new AppError(
          409,
          'CONFLICT',
          'This session has no long polling. Create it with long_polling: true.',
        );
      }
      const waitMs = clampInteger(request.query.timeout, 30, 0, 30) * 1000;
      const signal = AbortSignal.any([disconnected(reply), services.stopping]);
      const reload = () => requireSession(db, caller, session.id);
      const polled = await pollNext(db, session, { clock, waitMs, signal, reload });
      if (polled === 'nothing yet') return reply.code(204).send();
      if (polled === 'complete') {
        throw new AppError(
          410,
          'POLLING_COMPLETE',
          'The session has ended and every image was acknowledged.',
        );
      }
      return showPolled(services, request, session, polled.image);
    },
  });
}

function showPolled(
  services: Services,
  request: FastifyRequest,
  session: Session,
  image: StoredImage,
): Static<typeof PolledImage> {
  const stem = `${services.originOf(request)}/api/v1/images/${image.id}`;
  return {
    image_id: image.id,
    id: image.id,
    image_index: image.position,
    session_id: session.id,
    filename: image.filename,
    mime_type: image.mime_type,
    size_bytes: image.size_bytes,
    source: image.source,
    tags: flattenTags(session.tags),
    created_at: toIso(image.created_at),
    download_url: `${stem}/download`,
    ack_url: `${stem}/ack`,
  };
}

/** The image of a path: with a session in it, the image must be in that session. */
async function imageOf(
  services: Services,
  request: FastifyRequest,
): Promise<{ image: StoredImage; session: Session }> {
  const { session: sessionId, image: imageId } = request.params as { session?: string; image: string };
  const caller = callerOf(request);
  const named = sessionId === undefined ? undefined : await requireSession(services.db, caller, sessionId);
  const image = await requireImage(services, caller, imageId);
  if (named && image.session_id !== named.id) throw notFound('image in this session');
  return { image, session: named ?? (await requireSession(services.db, caller, image.session_id)) };
}

function addBytes(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: [
      '/upload-sessions/:session/images/:image',
      '/sessions/:session/images/:image',
      '/images/:image/download',
    ],
    id: 'downloadImage',
    produces: imageTypes,
    summary: 'The bytes of an image; does not acknowledge it',
    errors: [410],
    tag,
    access: 'key',
    scope: 'upload:read',
    async handler(request, reply) {
      return sendImage(services, reply, (await imageOf(services, request)).image);
    },
  });
}

function addAcknowledge(add: AddRoute, services: Services): void {
  add({
    method: 'POST',
    paths: [
      '/upload-sessions/:session/images/:image/ack',
      '/sessions/:session/images/:image/ack',
      '/images/:image/ack',
    ],
    id: 'acknowledgeImage',
    summary: 'Acknowledge an image: it is not offered again',
    errors: [409],
    tag,
    access: 'key',
    scope: 'upload:read',
    response: { 200: Type.Object({ status: Type.String() }) },
    async handler(request) {
      const { image, session } = await imageOf(services, request);
      await acknowledge(services.db, session, image, services.clock.now());
      return { status: 'acknowledged' };
    },
  });
}
