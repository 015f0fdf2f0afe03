/** Destinations of a project: create, list, read, update, delete (contract §6.1). */
import { type Static, Type } from 'typebox';
import { failPending } from '../../deliveries/end.ts';
import { wakeLane } from '../../deliveries/enqueue.ts';
import type { Destination } from '../../destinations/destinations.ts';
import {
  createDestination,
  removeDestination,
  requireDestination,
  searchDestinations,
  updateDestination,
} from '../../destinations/destinations.ts';
import { prepareRevoking } from '../../destinations/oauth-release.ts';
import { showSettings } from '../../destinations/settings.ts';
import { invalid, notFound } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import type { Plan } from '../../projects/plans.ts';
import { findProject } from '../../projects/projects.ts';
import { requireDestinationRoom } from '../../projects/usage.ts';
import { type Caller, callerOf, requireProject } from '../auth.ts';
import { PartQuery, partOf, rowsOf } from '../list-part.ts';
import type { AddRoute } from '../route.ts';
import { nullable, shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';
import { flowOf } from './oauth-destinations.ts';

const tag = 'Destinations';

const DestinationShape = shape('Destination', {
  id: Type.String(),
  type: Type.String(),
  name: Type.String(),
  config: Type.Record(Type.String(), Type.Unknown()),
  isActive: Type.Boolean(),
  /** Of kinds that people sign in for. */
  connection: Type.Optional(
    Type.Object({
      status: Type.String({ examples: ['connected', 'reconnect_needed', 'not_connected'] }),
      accountEmail: nullable(Type.String()),
      reason: nullable(Type.String()),
      since: nullable(Timestamp),
    }),
  ),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});

function show(destination: Destination): Static<typeof DestinationShape> {
  const { connection } = destination;
  return {
    id: destination.id,
    type: destination.type,
    name: destination.name,
    config: showSettings(destination.kind, destination.settings()),
    isActive: destination.isActive,
    ...(connection
      ? { connection: { ...connection, since: connection.since === null ? null : toIso(connection.since) } }
      : {}),
    createdAt: toIso(destination.createdAt),
    updatedAt: toIso(destination.updatedAt),
  };
}

/** Settings may stand in `config` or beside `type` (contract §6.1): whatever is not a member of its own is a setting. */
const outer = new Set(['type', 'name', 'label', 'config', 'isActive', 'is_active', 'image']);

export function readConfig(body: Record<string, unknown>): Record<string, unknown> | undefined {
  const flat = Object.entries(body).filter(([name]) => !outer.has(name));
  const nested = (body.config ?? undefined) as Record<string, unknown> | undefined;
  if (nested === undefined && flat.length === 0) return undefined;
  return { ...Object.fromEntries(flat), ...nested };
}

function readName(body: { name?: string; label?: string }): string | undefined {
  return body.name ?? body.label;
}

const NewBody = Type.Object(
  {
    type: Type.String({ maxLength: 40 }),
    name: Type.Optional(Type.String({ maxLength: 200 })),
    label: Type.Optional(Type.String({ maxLength: 200 })),
    config: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { additionalProperties: true },
);

const ChangeBody = Type.Object(
  {
    type: Type.Optional(Type.String({ maxLength: 40 })),
    name: Type.Optional(Type.String({ maxLength: 200 })),
    label: Type.Optional(Type.String({ maxLength: 200 })),
    config: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    isActive: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: true },
);

const stem = '/projects/:project/destinations';

export function addDestinationRoutes(add: AddRoute, services: Services): void {
  addReads(add, services);
  addWrites(add, services);
}

function contextOf(services: Services, caller: Caller) {
  const { sealer, clock, config } = services;
  return { sealer, env: caller.env, localRoots: config.localRoots, now: clock.now() };
}

async function planOf({ db, sealer }: Services, caller: Caller): Promise<Plan> {
  const project = await findProject(db.read, sealer, caller.projectId);
  if (!project) throw notFound('project');
  return project.plan;
}

function addReads(add: AddRoute, services: Services): void {
  const { db, sealer } = services;
  add({
    method: 'GET',
    paths: [stem],
    id: 'listDestinations',
    summary: 'List destinations',
    tag,
    access: 'key',
    scope: 'project:read',
    query: PartQuery,
    response: { 200: Type.Array(DestinationShape) },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const found = await searchDestinations(db.read, sealer, caller.projectId, partOf(request.query));
      return rowsOf(found, reply).map(show);
    },
  });
  add({
    method: 'GET',
    paths: [`${stem}/:destination`],
    id: 'getDestination',
    summary: 'Read a destination',
    tag,
    access: 'key',
    scope: 'project:read',
    response: { 200: DestinationShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      return show(await requireDestination(db.read, sealer, caller.projectId, request.params.destination!));
    },
  });
}

function addWrites(add: AddRoute, services: Services): void {
  const { db, sealer } = services;
  add({
    method: 'POST',
    paths: [stem],
    id: 'createDestination',
    summary: 'Create a destination',
    tag,
    access: 'key',
    scope: 'project:settings',
    body: NewBody,
    response: { 201: DestinationShape },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { body } = request;
      const input = {
        projectId: caller.projectId,
        type: body.type,
        name: readName(body),
        config: readConfig(body as Record<string, unknown>) ?? {},
      };
      const plan = await planOf(services, caller);
      const id = await db.write(async (tx) => {
        await requireDestinationRoom(tx, caller.projectId, plan);
        return createDestination(tx, input, contextOf(services, caller));
      });
      reply.code(201);
      return show(await requireDestination(db.read, sealer, caller.projectId, id));
    },
  });
  add({
    method: 'PATCH',
    paths: [`${stem}/:destination`],
    id: 'updateDestination',
    summary: 'Update a destination; settings merge',
    tag,
    access: 'key',
    scope: 'project:settings',
    body: ChangeBody,
    response: { 200: DestinationShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { body } = request;
      const destination = await requireDestination(
        db.read,
        sealer,
        caller.projectId,
        request.params.destination!,
      );
      if (
        body.type !== undefined &&
        body.type !== destination.type &&
        !destination.kind.aliases.includes(body.type)
      ) {
        throw invalid('The type of a destination cannot change. Create another destination.');
      }
      const change = {
        name: readName(body),
        config: readConfig(body as Record<string, unknown>),
        isActive: body.isActive,
      };
      const plan = await planOf(services, caller);
      await db.write(async (tx) => {
        if (change.isActive && !destination.isActive)
          await requireDestinationRoom(tx, caller.projectId, plan);
        await updateDestination(tx, destination, change, contextOf(services, caller));
        // What was held goes on: new credentials were given, or somebody ended the pause.
        if (destination.connection || change.isActive) wakeLane(tx, destination.id, caller.projectId);
      });
      return show(await requireDestination(db.read, sealer, caller.projectId, destination.id));
    },
  });
  add({
    method: 'DELETE',
    paths: [`${stem}/:destination`],
    id: 'deleteDestination',
    summary: 'Delete a destination; what waits for it fails',
    tag,
    access: 'key',
    scope: 'project:settings',
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const destination = await requireDestination(
        db.read,
        sealer,
        caller.projectId,
        request.params.destination!,
      );
      const now = services.clock.now();
      const revoke = await prepareRevoking(flowOf(services), destination);
      await db.write(async (tx) => {
        await removeDestination(tx, caller.projectId, destination.id, now);
        await failPending(tx, caller.projectId, destination.id, 'destination deleted', now);
      });
      await revoke();
      return reply.code(204).send();
    },
  });
}
