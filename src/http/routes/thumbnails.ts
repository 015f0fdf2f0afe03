/** Small pictures of received photos, by key or by signed link. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type ThumbnailFormat, type ThumbnailSize, thumbnailSizes } from '../../images/draw-thumbnail.ts';
import { createThumbnails } from '../../images/thumbnails.ts';
import type { AddRoute } from '../route.ts';
import { clampInteger } from '../schemas.ts';
import type { Services } from '../services.ts';
import { imageForReader } from './uploads.ts';

export function addThumbnailRoutes(add: AddRoute, services: Services): void {
  const thumbnails = createThumbnails(services);
  add({
    method: 'GET',
    paths: ['/uploads/:image/thumbnail', '/images/:image/thumbnail'],
    id: 'getThumbnail',
    summary: 'A small picture of an upload, upright and without its metadata, by key or by signed link',
    errors: [401, 403, 404, 410, 503],
    produces: ['image/webp', 'image/jpeg'],
    tag: 'Uploads',
    access: 'public',
    ownRate: true,
    scope: 'upload:read',
    query: Type.Object({
      size: Type.Optional(
        Type.String({
          maxLength: 10,
          description: `Pixels of the longer side; the next of ${thumbnailSizes.join(', ')}. Default 320.`,
        }),
      ),
      format: Type.Optional(
        Type.String({ maxLength: 10, description: 'webp or jpeg. Default: webp for who accepts it.' }),
      ),
      expires: Type.Optional(Type.String({ maxLength: 20 })),
      signature: Type.Optional(Type.String({ maxLength: 128 })),
    }),
    async handler(request, reply) {
      const image = await imageForReader(services, request, reply, 'thumbnail');
      const format = chooseFormat(request);
      const bytes = await thumbnails.open(image, { size: chooseSize(request.query.size), format });
      return sendPicture(reply, bytes, format);
    },
  });
}

function chooseSize(text: string | undefined): ThumbnailSize {
  const wanted = clampInteger(text, 320, 1, 1_280);
  return thumbnailSizes.find((size) => size >= wanted)!;
}

function chooseFormat(request: FastifyRequest): ThumbnailFormat {
  const { format } = request.query as { format?: string };
  if (format === 'webp') return 'webp';
  if (format === 'jpeg' || format === 'jpg') return 'jpeg';
  return /image\/webp/i.test(request.headers.accept ?? '') ? 'webp' : 'jpeg';
}

function sendPicture(reply: FastifyReply, bytes: Buffer, format: ThumbnailFormat): FastifyReply {
  return (
    reply
      .type(`image/${format}`)
      .header('Content-Security-Policy', "default-src 'none'; sandbox")
      .header('X-Content-Type-Options', 'nosniff')
      // The photo behind an id never changes.
      .header('Cache-Control', 'private, max-age=86400, no-transform')
      .header('Vary', 'Accept, Authorization')
      .send(bytes)
  );
}
