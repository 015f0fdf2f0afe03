/** The history of a delivery, and a retry by hand (contract appendix B). */
import { Type } from 'typebox';
import { listAttempts, requireDelivery, retryDelivery } from '../../deliveries/history.ts';
import { toIso } from '../../lib/clock.ts';
import { callerOf } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { AttemptShape, nullable, shape, showAttempt, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';

const stem = '/uploads/:image/destinations/:destination';

const DeliveryShape = shape('Delivery', {
  id: Type.String(),
  imageId: Type.String(),
  destinationId: Type.String(),
  status: Type.String(),
  attempts: Type.Integer(),
  nextAttemptAt: nullable(Timestamp),
  lastError: nullable(Type.String()),
  receipt: nullable(Type.Record(Type.String(), Type.Unknown())),
  history: Type.Array(AttemptShape),
});

export function addDeliveryRoutes(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  const find = (projectId: string, params: Record<string, string>) =>
    requireDelivery(db.read, projectId, params.image!, params.destination!);
  const iso = (ms: number | null): string | null => (ms === null ? null : toIso(ms));
  add({
    method: 'GET',
    paths: [stem],
    id: 'getDelivery',
    summary: 'One delivery with every attempt',
    tag: 'Deliveries',
    access: 'key',
    scope: 'upload:read',
    response: { 200: DeliveryShape },
    async handler(request) {
      const delivery = await find(callerOf(request).projectId, request.params);
      const attempts = await listAttempts(db.read, delivery);
      return {
        ...delivery,
        nextAttemptAt: iso(delivery.nextAttemptAt),
        history: attempts.map(showAttempt),
      };
    },
  });
  add({
    method: 'POST',
    paths: [`${stem}/retry`],
    id: 'retryDelivery',
    summary: 'Deliver again, now',
    errors: [409, 410],
    tag: 'Deliveries',
    access: 'key',
    scope: 'upload:create',
    response: { 200: Type.Object({ message: Type.String() }) },
    async handler(request) {
      const delivery = await find(callerOf(request).projectId, request.params);
      await retryDelivery(db, delivery, clock.now());
      return { message: 'Delivery queued for retry' };
    },
  });
}
