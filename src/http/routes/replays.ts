/** Delivering again what failed, what was sent, or what a webhook never got: a job with a dry run, progress and an end. */
import { type Static, Type } from 'typebox';
import { requireDestination } from '../../destinations/destinations.ts';
import { AppError, invalid } from '../../errors.ts';
import { topicsOf, unknownPatterns } from '../../events/topics.ts';
import { listWebhooks, requireWebhook } from '../../events/webhooks.ts';
import { toIso } from '../../lib/clock.ts';
import { progressOf } from '../../queue/replay-rows.ts';
import {
  cancelReplay,
  countReplay,
  createReplay,
  listReplays,
  type Replay,
  requireReplay,
  type Selection,
} from '../../queue/replays.ts';
import { eventDeliveries, imageDeliveries } from '../../queue/tables.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { clampInteger, LimitQuery, nullable, shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';

const tag = 'Replays';
const stem = '/projects/:project/replays';

const pattern = Type.String({ minLength: 1, maxLength: 120 });

const NewReplay = shape('NewReplay', {
  webhookId: Type.Optional(Type.String({ maxLength: 100 })),
  destinationId: Type.Optional(Type.String({ maxLength: 100 })),
  topics: Type.Optional(Type.Array(pattern, { minItems: 1, maxItems: 50 })),
  since: Type.Optional(Type.String({ format: 'date-time' })),
  until: Type.Optional(Type.String({ format: 'date-time' })),
  only: Type.Optional(
    Type.Union([Type.Literal('failed'), Type.Literal('all'), Type.Literal('missing')], {
      description:
        'failed: what failed for good; all: what was delivered, too; missing: events that the webhook never got.',
      default: 'failed',
    }),
  ),
  ratePerSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
  dryRun: Type.Optional(Type.Boolean({ default: false })),
});

const ReplayShape = shape('Replay', {
  id: Type.String(),
  projectId: Type.String(),
  status: Type.Union([Type.Literal('running'), Type.Literal('completed'), Type.Literal('cancelled')]),
  webhookIds: Type.Array(Type.String()),
  destinationIds: Type.Array(Type.String()),
  topics: nullable(Type.Array(Type.String())),
  since: nullable(Timestamp),
  until: Timestamp,
  only: Type.String(),
  ratePerSecond: Type.Integer(),
  total: Type.Integer({ description: 'How many matched when it was made.' }),
  queued: Type.Integer({ description: 'How many it has made due so far.' }),
  skipped: Type.Integer({
    description: 'How many it had to leave out: under way already, or past retention.',
  }),
  sent: Type.Integer(),
  failed: Type.Integer(),
  waiting: Type.Integer(),
  createdAt: Timestamp,
  endedAt: nullable(Timestamp),
});

const DryRun = shape('ReplayDryRun', {
  dryRun: Type.Literal(true),
  total: Type.Integer(),
  seconds: Type.Integer({ description: 'How long it would take at this rate.' }),
});

async function show({ db }: Services, replay: Replay): Promise<Static<typeof ReplayShape>> {
  const { selection } = replay;
  const ofEvents = selection.kind === 'events';
  const progress = await progressOf(db.read, ofEvents ? eventDeliveries : imageDeliveries, replay.id);
  return {
    id: replay.id,
    projectId: replay.projectId,
    status: replay.status,
    webhookIds: ofEvents ? selection.targets : [],
    destinationIds: ofEvents ? [] : selection.targets,
    topics: selection.topics,
    since: selection.since === 0 ? null : toIso(selection.since),
    until: toIso(selection.until),
    only: selection.only,
    ratePerSecond: replay.rate,
    total: replay.total,
    queued: replay.queued,
    skipped: replay.skipped,
    ...progress,
    createdAt: toIso(replay.createdAt),
    endedAt: replay.endedAt === null ? null : toIso(replay.endedAt),
  };
}

export function addReplayRoutes(add: AddRoute, services: Services): void {
  addCreate(add, services);
  addReads(add, services);
  addCancel(add, services);
}

async function readSelection(
  { db, sealer, clock }: Services,
  projectId: string,
  body: Static<typeof NewReplay>,
): Promise<Selection> {
  const now = clock.now();
  const window = {
    since: body.since === undefined ? 0 : Date.parse(body.since),
    // What happens after this moment is no part of it: otherwise it would chase its own tail.
    until: Math.min(now + 1, body.until === undefined ? now + 1 : Date.parse(body.until)),
    only: body.only ?? 'failed',
  };
  if (body.webhookId !== undefined && body.destinationId !== undefined) {
    throw invalid('Give webhookId or destinationId, not both.');
  }
  if (body.destinationId !== undefined) {
    if (body.topics) throw invalid('topics are of events. Leave them out for a destination.');
    if (window.only === 'missing') throw invalid('only "missing" is for webhooks. Say "failed" or "all".');
    const destination = await requireDestination(db.read, sealer, projectId, body.destinationId);
    return { kind: 'images', targets: [destination.id], topics: null, ...window };
  }
  const [unknown] = unknownPatterns(body.topics ?? []);
  if (unknown !== undefined) throw invalid(`The topic "${unknown.slice(0, 80)}" is unknown.`);
  const topics = body.topics ? [...new Set(body.topics.flatMap(topicsOf))] : null;
  if (body.webhookId === undefined) {
    const webhooks = await listWebhooks(db.read, sealer, projectId);
    const targets = webhooks.filter((webhook) => webhook.isActive).map((webhook) => webhook.id);
    return { kind: 'events', targets, topics, ...window };
  }
  const webhook = await requireWebhook(db.read, sealer, projectId, body.webhookId);
  if (!webhook.isActive) {
    throw new AppError(409, 'CONFLICT', 'The webhook is off: everything would be held. Switch it on first.');
  }
  return { kind: 'events', targets: [webhook.id], topics, ...window };
}

function addCreate(add: AddRoute, services: Services): void {
  const { db, clock, replays } = services;
  add({
    method: 'POST',
    paths: [stem],
    id: 'createReplay',
    summary: 'Deliver again; a dry run only counts',
    errors: [404, 409],
    tag,
    access: 'key',
    scope: 'project:settings',
    body: NewReplay,
    response: { 200: DryRun, 201: ReplayShape },
    async handler(request, reply) {
      const { projectId } = callerOf(request);
      requireProject(callerOf(request), request.params.project!);
      const { body } = request;
      const rate = body.ratePerSecond ?? 100;
      const selection = await readSelection(services, projectId, body);
      const total = await countReplay(db.read, replays, selection);
      if (body.dryRun) return { dryRun: true, total, seconds: Math.ceil(total / rate) };
      const id = await db.write((tx) => createReplay(tx, { projectId, selection, rate, total }, clock.now()));
      reply.code(201);
      return show(services, await requireReplay(db.read, projectId, id));
    },
  });
}

function addReads(add: AddRoute, services: Services): void {
  const { db } = services;
  add({
    method: 'GET',
    paths: [stem],
    id: 'listReplays',
    summary: 'List replays, newest first',
    tag,
    access: 'key',
    bucket: 'list',
    scope: 'project:read',
    query: LimitQuery,
    response: { 200: Type.Array(ReplayShape) },
    async handler(request) {
      const { projectId } = callerOf(request);
      requireProject(callerOf(request), request.params.project!);
      const limit = clampInteger(request.query.limit, 20, 1, 100);
      const found = await listReplays(db.read, projectId, limit);
      return Promise.all(found.map((replay) => show(services, replay)));
    },
  });
  add({
    method: 'GET',
    paths: [`${stem}/:replay`],
    id: 'getReplay',
    summary: 'How a replay goes',
    tag,
    access: 'key',
    bucket: 'list',
    scope: 'project:read',
    response: { 200: ReplayShape },
    async handler(request) {
      const { projectId } = callerOf(request);
      requireProject(callerOf(request), request.params.project!);
      return show(services, await requireReplay(db.read, projectId, request.params.replay!));
    },
  });
}

function addCancel(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'POST',
    paths: [`${stem}/:replay/cancel`],
    id: 'cancelReplay',
    summary: 'Stop a replay; what it has made due goes on',
    errors: [409],
    tag,
    access: 'key',
    scope: 'project:settings',
    response: { 200: ReplayShape },
    async handler(request) {
      const { projectId } = callerOf(request);
      requireProject(callerOf(request), request.params.project!);
      const replay = await requireReplay(db.read, projectId, request.params.replay!);
      await db.write((tx) => cancelReplay(tx, replay, clock.now()));
      return show(services, await requireReplay(db.read, projectId, replay.id));
    },
  });
}
