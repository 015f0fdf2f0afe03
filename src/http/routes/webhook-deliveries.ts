/** What became of the events of a webhook: list, one with its attempts, retry, test (contract §8.6); and the catalogue. */
import { type Static, Type } from 'typebox';
import { listAttempts } from '../../deliveries/history.ts';
import { eventTypes } from '../../events/catalogue.ts';
import {
  deliveryStates,
  type EventDelivery,
  findEventData,
  listEventDeliveries,
  requireEventDelivery,
  retryEventDelivery,
  sendTest,
} from '../../events/history.ts';
import { toIso } from '../../lib/clock.ts';
import type { AddRoute } from '../route.ts';
import { AttemptShape, clampInteger, nullable, shape, showAttempt, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';
import { findWebhook, stem } from './webhooks.ts';

const tag = 'Webhooks';

const delivery = {
  id: Type.String(),
  eventLogId: Type.String(),
  topic: Type.String(),
  status: Type.Union([Type.Literal('sent'), Type.Literal('failed'), Type.Literal('retrying')]),
  held: Type.Boolean(),
  attempts: Type.Integer(),
  responseCode: nullable(Type.Integer()),
  responseBody: nullable(Type.String()),
  durationMs: Type.Integer(),
  lastError: nullable(Type.String()),
  nextRetryAt: nullable(Timestamp),
  createdAt: Timestamp,
  updatedAt: Timestamp,
};

const DeliveryShape = shape('WebhookDelivery', delivery);

function show(item: EventDelivery): Static<typeof DeliveryShape> {
  return {
    id: item.id,
    eventLogId: item.eventId,
    topic: item.topic,
    status: item.status,
    held: item.isHeld,
    attempts: item.attempts,
    responseCode: item.responseCode,
    responseBody: item.responseBody,
    durationMs: item.durationMs,
    lastError: item.lastError,
    nextRetryAt: item.nextRetryAt === null ? null : toIso(item.nextRetryAt),
    createdAt: toIso(item.createdAt),
    updatedAt: toIso(item.updatedAt),
  };
}

const Message = shape('QueuedDelivery', { message: Type.String(), deliveryId: Type.String() });

export function addWebhookDeliveryRoutes(add: AddRoute, services: Services): void {
  addList(add, services);
  addOne(add, services);
  addRetry(add, services);
  addTest(add, services);
  addCatalogue(add);
}

const moment = Type.Optional(Type.String({ format: 'date-time' }));

const ListQuery = Type.Object({
  page: Type.Optional(Type.String()),
  limit: Type.Optional(Type.String()),
  status: Type.Optional(Type.Union(deliveryStates.map((state) => Type.Literal(state)))),
  topic: Type.Optional(Type.String({ maxLength: 120 })),
  since: moment,
  until: moment,
});

const parse = (time: string | undefined): number | undefined =>
  time === undefined ? undefined : Date.parse(time);

function addList(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: [`${stem}/:webhook/deliveries`],
    id: 'listWebhookDeliveries',
    summary: 'List the deliveries of a webhook, newest first',
    tag,
    access: 'key',
    bucket: 'list',
    scope: 'project:read',
    query: ListQuery,
    response: {
      200: Type.Object({
        deliveries: Type.Array(DeliveryShape),
        data: Type.Array(DeliveryShape),
        total: Type.Integer(),
        page: Type.Integer(),
        limit: Type.Integer(),
      }),
    },
    async handler(request) {
      const webhook = await findWebhook(services, request);
      const { query } = request;
      const page = clampInteger(query.page, 1, 1, 1_000_000);
      const limit = clampInteger(query.limit, 20, 1, 100);
      const { status, topic } = query;
      const filter = { status, topic, since: parse(query.since), until: parse(query.until) };
      const found = await listEventDeliveries(services.db, webhook, filter, { page, limit });
      const deliveries = found.deliveries.map(show);
      return { deliveries, data: deliveries, total: found.total, page, limit };
    },
  });
}

function addOne(add: AddRoute, services: Services): void {
  const { db } = services;
  add({
    method: 'GET',
    paths: [`${stem}/:webhook/deliveries/:delivery`],
    id: 'getWebhookDelivery',
    summary: 'One delivery of an event, with every attempt',
    tag,
    access: 'key',
    bucket: 'list',
    scope: 'project:read',
    response: {
      200: Type.Object({
        ...delivery,
        data: nullable(Type.Record(Type.String(), Type.Unknown())),
        history: Type.Array(AttemptShape),
      }),
    },
    async handler(request) {
      const webhook = await findWebhook(services, request);
      const found = await requireEventDelivery(db, webhook, request.params.delivery!);
      const data = await findEventData(db.read, found.eventId);
      const attempts = await listAttempts(db.read, found);
      return {
        ...show(found),
        data: data === undefined ? null : JSON.parse(data),
        history: attempts.map(showAttempt),
      };
    },
  });
}

function addRetry(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'POST',
    paths: [`${stem}/:webhook/deliveries/:delivery/retry`],
    id: 'retryWebhookDelivery',
    summary: 'Deliver an event again, now',
    errors: [409],
    tag,
    access: 'key',
    scope: 'project:settings',
    response: { 200: Message },
    async handler(request) {
      const webhook = await findWebhook(services, request);
      const found = await requireEventDelivery(db, webhook, request.params.delivery!);
      await db.write((tx) => retryEventDelivery(tx, webhook, found, clock.now()));
      return { message: 'Delivery queued for retry', deliveryId: found.id };
    },
  });
}

function addTest(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'POST',
    paths: [`${stem}/:webhook/test`],
    id: 'testWebhook',
    summary: 'Send a test event to a webhook',
    tag,
    access: 'key',
    scope: 'project:settings',
    response: { 200: Message },
    async handler(request) {
      const webhook = await findWebhook(services, request);
      const deliveryId = await db.write((tx) => sendTest(tx, webhook, clock.now()));
      return { message: 'Test event sent', deliveryId };
    },
  });
}

const EventTypeShape = shape('EventType', {
  topic: Type.String(),
  description: Type.String(),
  subscribable: Type.Boolean(),
  schema: Type.Unknown(),
  example: Type.Unknown(),
});

function addCatalogue(add: AddRoute): void {
  add({
    method: 'GET',
    paths: ['/event-types'],
    id: 'listEventTypes',
    summary: 'Every event, with the JSON Schema of its body and an example',
    tag,
    access: 'public',
    response: { 200: Type.Array(EventTypeShape) },
    handler: () => eventTypes,
  });
}
