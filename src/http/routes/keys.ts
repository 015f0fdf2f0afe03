/** API keys of a project: list, create, change, delete, default destinations (contract §7). */
import ipaddr from 'ipaddr.js';
import { type Static, Type } from 'typebox';
import { requireDestination } from '../../destinations/destinations.ts';
import { invalid } from '../../errors.ts';
import { toIso } from '../../lib/clock.ts';
import { createKey } from '../../projects/keys.ts';
import { type KeyRow, removeKey, requireKey, searchKeys, updateKey } from '../../projects/manage-keys.ts';
import { chooseTypes } from '../../sessions/limits.ts';
import { callerOf, requireProject } from '../auth.ts';
import { PartQuery, partOf, rowsOf } from '../list-part.ts';
import type { AddRoute } from '../route.ts';
import { nullable, shape, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';

const tag = 'Keys';
const stem = '/projects/:project/keys';

export const KeyShape = shape('ApiKey', {
  id: Type.String(),
  prefix: Type.String(),
  label: Type.String(),
  env: Type.String(),
  isActive: Type.Boolean(),
  lastUsedAt: nullable(Timestamp),
  maxImages: nullable(Type.Integer()),
  allowedMimeTypes: Type.Array(Type.String()),
  maxImageDimension: nullable(Type.Integer()),
  longPollingEnabled: Type.Boolean(),
  defaultDestinations: Type.Array(Type.String()),
  allowedIps: Type.Array(Type.String()),
  allowedDomains: Type.Array(Type.String()),
  totpEnabled: Type.Boolean(),
  clientCertEnabled: Type.Boolean(),
  clientCertFingerprint: nullable(Type.String()),
  signingEnabled: Type.Boolean(),
  signatureRequired: Type.Boolean(),
  createdAt: Timestamp,
});

export function showKey(key: KeyRow): Static<typeof KeyShape> {
  return {
    id: key.id,
    prefix: key.prefix,
    label: key.label,
    env: key.env,
    isActive: key.is_active === 1,
    lastUsedAt: key.last_used_at === null ? null : toIso(key.last_used_at),
    maxImages: key.max_images,
    allowedMimeTypes: JSON.parse(key.allowed_mime_types),
    maxImageDimension: key.max_image_dimension,
    longPollingEnabled: key.long_polling === 1,
    defaultDestinations: JSON.parse(key.default_destinations),
    allowedIps: JSON.parse(key.allowed_ips),
    allowedDomains: JSON.parse(key.allowed_domains),
    totpEnabled: key.totp_enabled === 1,
    clientCertEnabled: key.client_cert_fingerprint !== null,
    clientCertFingerprint: key.client_cert_fingerprint,
    signingEnabled: key.signing_secret !== null,
    signatureRequired: key.signature_required === 1,
    createdAt: toIso(key.created_at),
  };
}

const limits = {
  maxImages: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
  allowedMimeTypes: Type.Optional(Type.Array(Type.String({ maxLength: 60 }), { maxItems: 20 })),
  maxImageDimension: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
};

const label = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));

const NewKey = shape('NewKey', {
  ...limits,
  label,
  name: label,
  env: Type.Optional(Type.Union([Type.Literal('live'), Type.Literal('test')])),
});

const ChangedKey = shape('KeyChange', {
  ...limits,
  label,
  name: label,
  isActive: Type.Optional(Type.Boolean()),
  allowedIps: Type.Optional(Type.Array(Type.String({ maxLength: 60 }), { maxItems: 200 })),
  allowedDomains: Type.Optional(Type.Array(Type.String({ maxLength: 253 }), { maxItems: 200 })),
  signatureRequired: Type.Optional(Type.Boolean()),
});

const CreatedKey = shape('CreatedKey', {
  key: KeyShape,
  plainTextKey: Type.String(),
  id: Type.String(),
  plain_text_key: Type.String(),
});

export function addKeyRoutes(add: AddRoute, services: Services): void {
  addReads(add, services);
  addCreate(add, services);
  addChanges(add, services);
  addDefaults(add, services);
}

function addReads(add: AddRoute, { db }: Services): void {
  add({
    method: 'GET',
    paths: [stem],
    id: 'listKeys',
    summary: 'List keys',
    tag,
    access: 'key',
    scope: 'project:read',
    query: Type.Object({ ...PartQuery.properties, env: Type.Optional(Type.String({ maxLength: 10 })) }),
    response: { 200: Type.Array(KeyShape) },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const found = await searchKeys(db.read, caller.projectId, partOf(request.query), request.query.env);
      return rowsOf(found, reply).map(showKey);
    },
  });
  add({
    method: 'GET',
    paths: [`${stem}/:key`],
    id: 'getKey',
    summary: 'Read a key',
    tag,
    access: 'key',
    scope: 'project:read',
    response: { 200: KeyShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      return showKey(await requireKey(db.read, caller.projectId, request.params.key!));
    },
  });
}

function readLimits(body: { allowedMimeTypes?: string[] | undefined }) {
  const types = body.allowedMimeTypes;
  // An empty list means no restriction, so it is stored as it is.
  return types === undefined || types.length === 0 ? types : chooseTypes(types, []);
}

function addCreate(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'POST',
    paths: [stem],
    id: 'createKey',
    summary: 'Create a key; its clear form is shown only here',
    tag,
    access: 'key',
    scope: 'project:settings',
    body: NewKey,
    response: { 201: CreatedKey },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { body } = request;
      const name = body.label ?? body.name;
      if (name === undefined) throw invalid('label is required.');
      const allowedMimeTypes = readLimits(body);
      const made = await db.write(async (tx) => {
        const { id, clearKey } = await createKey(tx, {
          projectId: caller.projectId,
          env: body.env ?? caller.env,
          label: name,
          now: clock.now(),
        });
        const key = await requireKey(tx.q, caller.projectId, id);
        const { maxImages, maxImageDimension } = body;
        await updateKey(tx, key, { maxImages, maxImageDimension, allowedMimeTypes });
        return { id, clearKey };
      });
      reply.code(201);
      const key = showKey(await requireKey(db.read, caller.projectId, made.id));
      return { key, plainTextKey: made.clearKey, id: made.id, plain_text_key: made.clearKey };
    },
  });
}

function addChanges(add: AddRoute, services: Services): void {
  const { db } = services;
  add({
    method: 'PATCH',
    paths: [`${stem}/:key`],
    id: 'updateKey',
    summary: 'Change a key',
    tag,
    access: 'key',
    scope: 'project:settings',
    body: ChangedKey,
    response: { 200: KeyShape },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const key = await requireKey(db.read, caller.projectId, request.params.key!);
      const { name, ...body } = request.body;
      const change = {
        ...body,
        label: body.label ?? name,
        allowedMimeTypes: readLimits(body),
        allowedIps: body.allowedIps?.map(checkNetwork),
        allowedDomains: body.allowedDomains?.map(checkDomain),
      };
      await db.write((tx) => updateKey(tx, key, change));
      return showKey(await requireKey(db.read, caller.projectId, key.id));
    },
  });
  add({
    method: 'DELETE',
    paths: [`${stem}/:key`],
    id: 'deleteKey',
    summary: 'Delete a key; it answers 401 at once',
    tag,
    access: 'key',
    scope: 'project:settings',
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const key = await requireKey(db.read, caller.projectId, request.params.key!);
      await db.write((tx) => removeKey(tx, key));
      return reply.code(204).send();
    },
  });
}

function checkNetwork(text: string): string {
  const network = text.trim();
  if (ipaddr.isValid(network) || ipaddr.isValidCIDR(network)) return network;
  throw invalid(`allowedIps: "${network}" is neither an address nor a network such as 203.0.113.0/24.`);
}

function checkDomain(text: string): string {
  const domain = text.trim().toLowerCase();
  if (/^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(domain)) return domain;
  throw invalid(`allowedDomains: "${domain}" is not a host such as shop.example or *.shop.example.`);
}

const DefaultsBody = shape('KeyDestinationsChange', {
  destination_ids: Type.Optional(nullable(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 50 }))),
  long_polling_enabled: Type.Optional(Type.Boolean()),
  long_polling: Type.Optional(Type.Boolean()),
});

const Defaults = shape('KeyDestinations', {
  destinations: Type.Array(
    Type.Object({ id: Type.String(), type: Type.String(), name: Type.String(), isActive: Type.Boolean() }),
  ),
  longPollingEnabled: Type.Boolean(),
});

function addDefaults(add: AddRoute, services: Services): void {
  const { db, sealer } = services;
  add({
    method: 'PUT',
    paths: ['/keys/:key/destinations'],
    id: 'setKeyDestinations',
    summary: "Set a key's default destinations",
    tag,
    access: 'key',
    scope: 'project:settings',
    body: DefaultsBody,
    response: { 200: Defaults },
    async handler(request) {
      const caller = callerOf(request);
      const key = await requireKey(db.read, caller.projectId, request.params.key!);
      const { body } = request;
      // Go sends null for an empty list: the same as [].
      const ids = body.destination_ids === undefined ? undefined : [...new Set(body.destination_ids ?? [])];
      for (const id of ids ?? []) await requireDestination(db.read, sealer, caller.projectId, id);
      const longPolling = body.long_polling_enabled ?? body.long_polling;
      await db.write((tx) => updateKey(tx, key, { defaultDestinations: ids, longPolling }));
      const changed = await requireKey(db.read, caller.projectId, key.id);
      const shown = [];
      for (const id of JSON.parse(changed.default_destinations) as string[]) {
        const { type, name, isActive } = await requireDestination(db.read, sealer, caller.projectId, id);
        shown.push({ id, type, name, isActive });
      }
      return { destinations: shown, longPollingEnabled: changed.long_polling === 1 };
    },
  });
}
