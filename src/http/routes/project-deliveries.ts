/** Everything that a project sends, photos and events, as one list that can be searched. */
import { type Static, Type } from 'typebox';
import type { DeliveryStatus, WebhookDeliveryStatus } from '../../db/schema.ts';
import { listDeliveries } from '../../deliveries/list.ts';
import { listProjectEvents } from '../../events/list.ts';
import { toIso } from '../../lib/clock.ts';
import { callerOf, requireProject } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { nullable, PageQuery, pageOf, readPage, Timestamp } from '../schemas.ts';
import type { Services } from '../services.ts';

const states = {
  sent: ['sent'],
  failed: ['failed'],
  waiting: ['pending', 'sending', 'retrying'],
  held: ['held'],
} satisfies Record<string, WebhookDeliveryStatus[]>;

const moment = Type.Optional(Type.String({ format: 'date-time' }));

const DeliveriesQuery = Type.Object({
  ...PageQuery.properties,
  kind: Type.Optional(Type.Union([Type.Literal('image'), Type.Literal('event')])),
  status: Type.Optional(
    Type.Union([Type.Literal('sent'), Type.Literal('failed'), Type.Literal('waiting'), Type.Literal('held')]),
  ),
  target: Type.Optional(Type.String({ maxLength: 64, description: 'A destination or an event webhook.' })),
  search: Type.Optional(Type.String({ maxLength: 200 })),
  since: moment,
  until: moment,
});

const RowShape = Type.Object({
  id: Type.String(),
  kind: Type.Union([Type.Literal('image'), Type.Literal('event')]),
  title: Type.String({ description: 'The file name of the photo, or the topic of the event.' }),
  status: Type.String(),
  attempts: Type.Integer(),
  lastError: nullable(Type.String()),
  nextAttemptAt: nullable(Timestamp),
  targetId: Type.String(),
  targetName: Type.String(),
  targetType: Type.String(),
  sessionId: nullable(Type.String()),
  imageId: nullable(Type.String()),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
type Row = Static<typeof RowShape>;

/** Far enough for looking through; who wants more narrows the search. */
const mostRows = 10_000;

export function addProjectDeliveryRoutes(add: AddRoute, services: Services): void {
  add({
    method: 'GET',
    paths: ['/projects/:project/deliveries'],
    summary: 'Deliveries of photos and events, newest first',
    tag: 'Deliveries',
    access: 'key',
    bucket: 'list',
    scope: 'upload:read',
    query: DeliveriesQuery,
    response: { 200: pageOf(RowShape) },
    async handler(request) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const { page, pageSize } = readPage(request.query);
      const limit = Math.min(page * pageSize, mostRows);
      const { images, events } = await find(services, caller, request.query, limit);
      const rows = [...images.rows, ...events.rows].sort(newestFirst);
      const total = Math.min(images.total + events.total, mostRows);
      return {
        data: rows.slice((page - 1) * pageSize, page * pageSize),
        total,
        page,
        pageSize,
        totalPages: Math.ceil(total / pageSize),
      };
    },
  });
}

const newestFirst = (a: Row, b: Row): number =>
  b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id);

const iso = (ms: number | null): string | null => (ms === null ? null : toIso(ms));
const none = { rows: [], total: 0 };

async function find(
  { db }: Services,
  caller: { projectId: string; env: 'live' | 'test' },
  query: Static<typeof DeliveriesQuery>,
  limit: number,
): Promise<{ images: { rows: Row[]; total: number }; events: { rows: Row[]; total: number } }> {
  const common = {
    search: query.search?.trim() || undefined,
    since: query.since === undefined ? undefined : Date.parse(query.since),
    until: query.until === undefined ? undefined : Date.parse(query.until),
  };
  const statuses = query.status && states[query.status];
  const wantsImages = query.kind !== 'event' && query.status !== 'held';
  const images = wantsImages
    ? await listDeliveries(
        db.read,
        caller,
        { ...common, statuses: statuses as DeliveryStatus[] | undefined, destinationId: query.target },
        limit,
      )
    : none;
  const events =
    query.kind === 'image'
      ? none
      : await listProjectEvents(
          db.read,
          caller.projectId,
          { ...common, statuses, webhookId: query.target },
          limit,
        );
  return {
    images: {
      total: images.total,
      rows: images.rows.map((row) => ({
        ...row,
        kind: 'image',
        title: row.filename,
        targetId: row.destinationId,
        targetName: row.destinationName,
        targetType: row.destinationType,
        nextAttemptAt: iso(row.nextAttemptAt),
        createdAt: toIso(row.createdAt),
        updatedAt: toIso(row.updatedAt),
      })),
    },
    events: {
      total: events.total,
      rows: events.rows.map((row) => ({
        ...row,
        kind: 'event',
        title: row.topic,
        imageId: null,
        targetId: row.webhookId,
        targetName: row.webhookUrl,
        targetType: 'event_webhook',
        nextAttemptAt: iso(row.nextAttemptAt),
        createdAt: toIso(row.createdAt),
        updatedAt: toIso(row.updatedAt),
      })),
    },
  };
}
