/** Where the photos of a phone are: what its page shows when the live events of that time are no longer kept. */
import { Type } from 'typebox';
import { readWhereabouts } from '../../deliveries/whereabouts.ts';
import { invalid } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import type { AddRoute } from '../route.ts';
import { nullable, shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';
import { requireSessionByLink } from './sessions.ts';

/** Images in one question: their ids are in the URL. */
const most = 50;

const WhereaboutsShape = shape('Whereabouts', {
  images: Type.Array(
    Type.Object({
      imageId: Type.String(),
      places: Type.Array(
        Type.Object({
          destinationId: Type.String(),
          destinationName: nullable(Type.String()),
          state: Type.String({ description: '`delivering`, `delivered` or `failed`.' }),
          verifiedBy: nullable(
            Type.String({ description: '`hash`, `size` or `none`; null until it is delivered.' }),
          ),
          nextAttemptAt: nullable(Timestamp),
          held: Type.Boolean({
            description:
              'This destination is paused, or its account must be connected again; then the image goes there by itself.',
          }),
        }),
      ),
    }),
  ),
});

export function addWhereaboutsRoutes(add: AddRoute, services: Services): void {
  const { db } = services;
  add({
    method: 'GET',
    paths: ['/upload/:session/deliveries'],
    id: 'getWhereabouts',
    summary: 'Where images of a session are, for the phone that sent them',
    description: `Only of images that are named, and at most ${most} at once. Says the names of their destinations, and nothing else of them.`,
    errors: [400],
    tag: 'Uploads',
    access: 'public',
    query: Type.Object({
      images: Type.Optional(
        Type.String({ maxLength: most * 66, description: 'Ids of images, between commas.' }),
      ),
    }),
    response: { 200: WhereaboutsShape },
    async handler(request) {
      const session = await requireSessionByLink(db, request.params.session!);
      const ids = (request.query.images ?? '').split(',').filter((id) => id !== '');
      if (ids.length > most) throw invalid(`images may name at most ${most} images.`);
      const images = await readWhereabouts(db, session.id, ids);
      return {
        images: images.map(({ imageId, places }) => ({
          imageId,
          places: places.map(({ isHeld, nextAttemptAt, ...place }) => ({
            ...place,
            nextAttemptAt: nextAttemptAt === null ? null : toIso(nextAttemptAt),
            held: isHeld,
          })),
        })),
      };
    },
  });
}
