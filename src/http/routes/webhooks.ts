/** Event webhooks of a project: their settings, secrets and schedules (contract §8.1, §8.2). */
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { mask } from '../../destinations/settings.ts';
import { AppError, invalid } from '../../errors.ts';
import { countHeld, decideHeld, failHeld, failWaiting, heldBatch, holdWaiting } from '../../events/held.ts';
import { type EventDelivery, listFailures } from '../../events/history.ts';
import { previewAttempts } from '../../events/schedule.ts';
import {
  createWebhook,
  limits,
  removeWebhook,
  requireWebhook,
  rotateSecret,
  searchWebhooks,
  updateWebhook,
  type Webhook,
} from '../../events/webhooks.ts';
import { toIso } from '../../lib/clock.ts';
import { callerOf, requireProject } from '../auth.ts';
import { PartQuery, partOf, rowsOf } from '../list-part.ts';
import type { AddRoute } from '../route.ts';
import { nullable, shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';

const tag = 'Webhooks';
export const stem = '/projects/:project/webhooks';

const Failure = shape('WebhookFailure', {
  deliveryId: Type.String(),
  topic: Type.String(),
  at: Timestamp,
  attempts: Type.Integer(),
  responseCode: nullable(Type.Integer()),
  error: nullable(Type.String()),
});

const WebhookShape = shape('Webhook', {
  id: Type.String(),
  projectId: Type.String(),
  url: Type.String(),
  secret: Type.String(),
  signatureMethod: Type.String(),
  topics: Type.Array(Type.String()),
  isActive: Type.Boolean(),
  maxRetries: Type.Integer(),
  retryIntervals: Type.Array(Type.Integer()),
  disableAfterFailures: Type.Integer(),
  consecutiveFailures: Type.Integer(),
  customHeaders: Type.Record(Type.String(), Type.String()),
  disabledAt: nullable(Timestamp),
  disabledReason: nullable(Type.String()),
  maxInFlight: nullable(Type.Integer()),
  rateLimit: nullable(Type.Integer()),
  ordered: Type.Boolean(),
  previousSecretUntil: nullable(Timestamp),
  heldDeliveries: Type.Integer(),
  recentFailures: Type.Optional(Type.Array(Failure)),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});

const iso = (ms: number | null): string | null => (ms === null ? null : toIso(ms));

/**
 * The published clients read the secret of a webhook from every answer (contract §8.1). A browser gets it only from the
 * answer that made it: what a person's page never holds, nobody takes from it.
 */
const isPerson = (request: FastifyRequest): boolean => callerOf(request).kind === 'person';

function show(webhook: Webhook, held: number, now: number, hidden = false): Static<typeof WebhookShape> {
  const until = webhook.previousSecretUntil;
  return {
    id: webhook.id,
    projectId: webhook.projectId,
    url: webhook.url,
    secret: hidden ? mask : webhook.secret(),
    signatureMethod: webhook.signatureMethod,
    topics: webhook.topics,
    isActive: webhook.isActive,
    maxRetries: webhook.maxRetries,
    retryIntervals: webhook.retryIntervals,
    disableAfterFailures: webhook.disableAfterFailures,
    consecutiveFailures: webhook.consecutiveFailures,
    customHeaders: webhook.customHeaders(),
    disabledAt: iso(webhook.disabledAt),
    disabledReason: webhook.disabledReason,
    maxInFlight: webhook.maxInFlight,
    rateLimit: webhook.rateLimit,
    ordered: webhook.ordered,
    previousSecretUntil: until !== null && until > now ? toIso(until) : null,
    heldDeliveries: held,
    createdAt: toIso(webhook.createdAt),
    updatedAt: toIso(webhook.updatedAt),
  };
}

const showFailure = (failed: EventDelivery): Static<typeof Failure> => ({
  deliveryId: failed.id,
  topic: failed.topic,
  at: toIso(failed.updatedAt),
  attempts: failed.attempts,
  responseCode: failed.responseCode,
  error: failed.lastError,
});

const topicList = Type.Array(Type.String({ minLength: 1, maxLength: 120 }), {
  minItems: 1,
  maxItems: limits.topics,
});

const settings = {
  url: Type.Optional(Type.String({ minLength: 1, maxLength: limits.url })),
  topics: Type.Optional(topicList),
  events: Type.Optional(topicList),
  maxRetries: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.retries })),
  retryIntervals: Type.Optional(
    Type.Array(Type.Integer({ minimum: 0, maximum: limits.retryInterval }), { maxItems: limits.retries }),
  ),
  disableAfterFailures: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.disableAfterFailures })),
  customHeaders: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 4_096 }))),
  maxInFlight: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: limits.inFlight }))),
  rateLimit: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: limits.rate }))),
  ordered: Type.Optional(Type.Boolean()),
};

const NewWebhook = shape('NewWebhook', {
  ...settings,
  signatureMethod: Type.Optional(Type.Union([Type.Literal('hmac_sha256'), Type.Literal('svix')])),
});

/** Which signature it has does not change; the member is ignored (contract §8.2). */
const ChangedWebhook = shape('WebhookChange', { ...settings, isActive: Type.Optional(Type.Boolean()) });

export function addWebhookRoutes(add: AddRoute, services: Services): void {
  addReads(add, services);
  addCreate(add, services);
  addChange(add, services);
  addRemove(add, services);
  addSecret(add, services);
  addPreview(add, services);
  addHeld(add, services);
}

/** The webhook that a path names, for a caller of its project. */
export async function findWebhook(
  services: Services,
  request: Parameters<typeof callerOf>[0] & { params: unknown },
): Promise<Webhook> {
  const { db, sealer } = services;
  const params = request.params as Record<string, string>;
  const caller = callerOf(request);
  requireProject(caller, params.project!);
  return requireWebhook(db.read, sealer, caller.projectId, params.webhook!);
}

async function showOne({ db, sealer, clock }: Services, projectId: string, id: string, hidden = false) {
  const webhook = await requireWebhook(db.read, sealer, projectId, id);
  const held = await countHeld(db.read, [id]);
  const failures = await listFailures(db, webhook, 5);
  return {
    ...show(webhook, held.get(id) ?? 0, clock.now(), hidden),
    recentFailures: failures.map(showFailure),
  };
}

function addReads(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  add({
    method: 'GET',
    paths: [stem],
    id: 'listWebhooks',
    summary: 'List event webhooks',
    tag,
    access: 'key',
    bucket: 'list',
    scope: 'project:read',
    query: PartQuery,
    response: { 200: Type.Array(WebhookShape) },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const found = await searchWebhooks(db.read, sealer, caller.projectId, partOf(request.query));
      const webhooks = rowsOf(found, reply);
      const held = await countHeld(
        db.read,
        webhooks.map((webhook) => webhook.id),
      );
      return webhooks.map((webhook) =>
        show(webhook, held.get(webhook.id) ?? 0, clock.now(), isPerson(request)),
      );
    },
  });
  add({
    method: 'GET',
    paths: [`${stem}/:webhook`],
    id: 'getWebhook',
    summary: 'Read an event webhook',
    tag,
    access: 'key',
    bucket: 'list',
    scope: 'project:read',
    response: { 200: WebhookShape },
    async handler(request) {
      const webhook = await findWebhook(services, request);
      return showOne(services, webhook.projectId, webhook.id, isPerson(request));
    },
  });
}

function addCreate(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  add({
    method: 'POST',
    paths: [stem],
    id: 'createWebhook',
    summary: 'Create an event webhook',
    tag,
    access: 'key',
    scope: 'project:settings',
    body: NewWebhook,
    response: { 201: WebhookShape },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { events, topics = events, url, ...rest } = request.body;
      if (url === undefined) throw invalid('url is required.');
      if (topics === undefined) throw invalid('topics is required.');
      const input = { ...rest, url, topics, projectId: caller.projectId };
      const id = await db.write((tx) => createWebhook(tx, input, { sealer, now: clock.now() }));
      reply.code(201);
      return showOne(services, caller.projectId, id);
    },
  });
}

function addChange(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  add({
    method: 'PATCH',
    paths: [`${stem}/:webhook`],
    id: 'updateWebhook',
    summary: 'Change an event webhook',
    tag,
    access: 'key',
    scope: 'project:settings',
    body: ChangedWebhook,
    response: { 200: WebhookShape },
    async handler(request) {
      const webhook = await findWebhook(services, request);
      const { events, topics = events, ...change } = request.body;
      const now = clock.now();
      await db.write(async (tx) => {
        await updateWebhook(tx, webhook, { ...change, topics }, { sealer, now });
        if (change.isActive === false) await holdWaiting(tx, webhook.id, now);
      });
      return showOne(services, webhook.projectId, webhook.id, isPerson(request));
    },
  });
}

function addRemove(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'DELETE',
    paths: [`${stem}/:webhook`],
    id: 'deleteWebhook',
    summary: 'Delete an event webhook; what waits for it fails',
    tag,
    access: 'key',
    scope: 'project:settings',
    async handler(request, reply) {
      const webhook = await findWebhook(services, request);
      const now = clock.now();
      await db.write(async (tx) => {
        await removeWebhook(tx, webhook, now);
        await failWaiting(tx, webhook.id, 'webhook deleted', now);
      });
      for (let some = heldBatch; some === heldBatch && !services.stopping.aborted; ) {
        some = await db.write((tx) => failHeld(tx, webhook.id, 'webhook deleted', now));
      }
      return reply.code(204).send();
    },
  });
}

function addSecret(add: AddRoute, services: Services): void {
  const { db, sealer, clock } = services;
  add({
    method: 'POST',
    paths: [`${stem}/:webhook/rotate-secret`],
    id: 'rotateWebhookSecret',
    summary: 'Give an event webhook a new secret; the old one may go on signing beside it',
    tag,
    access: 'key',
    scope: 'project:settings',
    body: Type.Object({
      overlapDays: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.overlapDays, default: 1 })),
    }),
    response: { 200: WebhookShape },
    async handler(request) {
      const { projectId, id } = await findWebhook(services, request);
      await db.write(async (tx) => {
        // Read again inside: of two rotations at once, the second has to keep the first one's secret.
        const webhook = await requireWebhook(tx.q, sealer, projectId, id);
        await rotateSecret(tx, webhook, request.body.overlapDays ?? 1, { sealer, now: clock.now() });
      });
      return showOne(services, projectId, id);
    },
  });
}

function addPreview(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: [`${stem}/:webhook/retry-preview`],
    id: 'previewRetries',
    summary: 'When an event would be tried again, to the second',
    tag,
    access: 'key',
    bucket: 'list',
    scope: 'project:read',
    query: Type.Object({
      from: Type.Optional(Type.String({ format: 'date-time' })),
      maxRetries: Type.Optional(Type.Integer({ minimum: 0, maximum: limits.retries })),
      /** With commas: to see a list before it is saved. */
      retryIntervals: Type.Optional(Type.String({ pattern: '^\\d{1,6}(,\\d{1,6})*$', maxLength: 700 })),
    }),
    response: {
      200: Type.Object({
        attempts: Type.Array(
          Type.Object({ number: Type.Integer(), afterSeconds: Type.Integer(), at: Timestamp }),
        ),
      }),
    },
    async handler(request) {
      const webhook = await findWebhook(services, request);
      const { from, maxRetries = webhook.maxRetries, retryIntervals } = request.query;
      const intervals = retryIntervals?.split(',').map(Number) ?? webhook.retryIntervals;
      const start = from === undefined ? services.clock.now() : Date.parse(from);
      const planned = previewAttempts({ maxRetries, retryIntervals: intervals }, start);
      return { attempts: planned.map((attempt) => ({ ...attempt, at: toIso(attempt.at) })) };
    },
  });
}

function addHeld(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'POST',
    paths: [`${stem}/:webhook/held`],
    id: 'decideHeldEvents',
    summary: 'Deliver or drop the events that were held while the webhook was off',
    errors: [409],
    tag,
    access: 'key',
    scope: 'project:settings',
    body: Type.Object({ action: Type.Union([Type.Literal('deliver'), Type.Literal('drop')]) }),
    response: { 200: Type.Object({ message: Type.String(), count: Type.Integer() }) },
    async handler(request) {
      const webhook = await findWebhook(services, request);
      const { action } = request.body;
      if (action === 'deliver' && !webhook.isActive) {
        throw new AppError(409, 'CONFLICT', 'The webhook is off. Switch it on, then deliver what was held.');
      }
      const now = clock.now();
      let count = 0;
      for (let some = heldBatch; some === heldBatch && !services.stopping.aborted; count += some) {
        some = await db.write((tx) => decideHeld(tx, webhook, action, now));
      }
      return { message: action === 'deliver' ? 'Held events queued' : 'Held events dropped', count };
    },
  });
}
