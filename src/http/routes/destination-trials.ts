/** Before the first photo: a destination is tried for real (contract §6.1.5), and a path is shown (contract §6.4). */
import { type Static, Type } from 'typebox';
import { checkDestination } from '../../deliveries/check.ts';
import { wakeLane } from '../../deliveries/enqueue.ts';
import { requireDestination, requireKind } from '../../destinations/destinations.ts';
import { releaseDestination } from '../../destinations/oauth-release.ts';
import { previewPath } from '../../destinations/preview.ts';
import { sampleImage, type TemplateImage, templateVariables } from '../../destinations/templates.ts';
import { callerOf, requireProject } from '../auth.ts';
import { disconnected } from '../disconnect.ts';
import type { AddRoute } from '../route.ts';
import { nullable, shape } from '../schemas.ts';
import type { Services } from '../services.ts';
import { readConfig } from './destinations.ts';

const tag = 'Destinations';
const stem = '/projects/:project/destinations';

export function addDestinationTrialRoutes(add: AddRoute, services: Services): void {
  addTest(add, services);
  addPreview(add);
  addStoredPreview(add, services);
}

const TestResult = shape('DestinationTest', {
  success: Type.Boolean(),
  status: Type.Optional(Type.Integer()),
  error: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  steps: Type.Array(
    Type.Object({
      step: Type.String(),
      outcome: Type.String(),
      durationMs: Type.Number(),
      message: Type.Optional(Type.String()),
      advice: Type.Optional(Type.String()),
    }),
  ),
});

function addTest(add: AddRoute, services: Services): void {
  const { db, sealer } = services;
  add({
    method: 'POST',
    paths: [`${stem}/:destination/test`],
    id: 'testDestination',
    summary: 'Try a destination for real',
    tag,
    access: 'key',
    scope: 'project:settings',
    response: { 200: TestResult },
    async handler(request, reply) {
      const caller = callerOf(request);
      requireProject(caller, request.params.project!);
      const destination = await requireDestination(
        db.read,
        sealer,
        caller.projectId,
        request.params.destination!,
      );
      const signal = AbortSignal.any([disconnected(reply), services.stopping]);
      const result = await checkDestination(services, destination, signal);
      if (result.success && destination.connection?.since) {
        // What stood in the way was put right at the service.
        await db.write(async (tx) => {
          await releaseDestination(tx, destination);
          wakeLane(tx, destination.id, caller.projectId);
        });
      }
      return result;
    },
  });
}

/** A photo for the preview; what is left out is that of an imagined one. The names are those of the variables. */
const SampleImage = Type.Object({
  session_id: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  image_id: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  image_index: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  filename: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024 })),
  ext: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9]{1,8}$' })),
  tags: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: 100 }),
      Type.Record(
        Type.String(),
        Type.Union([Type.String({ maxLength: 1_024 }), Type.Number(), Type.Boolean()]),
      ),
    ]),
  ),
  created_at: Type.Optional(Type.String({ format: 'date-time' })),
});

const image = Type.Optional(SampleImage);
const settings = Type.Optional(Type.Record(Type.String(), Type.Unknown()));
const PreviewBody = Type.Object(
  { type: Type.String({ maxLength: 40 }), config: settings, image },
  { additionalProperties: true },
);
const StoredPreviewBody = Type.Object({ config: settings, image }, { additionalProperties: true });

const Preview = shape('DestinationPreview', {
  path: nullable(
    Type.String({
      description:
        'Inside the bucket, container or folder; null while something is wrong, and for kinds without paths.',
      examples: ['uploads/sess_01J9Z3V7Q2M8D4K6T1R5W0XABC/0.jpg'],
    }),
  ),
  templates: Type.Array(Type.Object({ field: Type.String(), template: Type.String() })),
  errors: Type.Array(
    Type.Object({
      field: Type.String(),
      position: Type.Integer({ description: 'Characters from the start of the template.' }),
      length: Type.Integer(),
      message: Type.String({ description: 'The end of a sentence that begins with the field.' }),
    }),
  ),
  warnings: Type.Array(Type.String()),
  variables: Type.Array(Type.String(), { description: 'What a template may use.' }),
});

function readImage(given: Static<typeof SampleImage> = {}): TemplateImage {
  return {
    id: given.image_id ?? sampleImage.id,
    sessionId: given.session_id ?? sampleImage.sessionId,
    index: given.image_index ?? sampleImage.index,
    filename: given.filename ?? sampleImage.filename,
    ext: given.ext ?? sampleImage.ext,
    tags: given.tags ?? sampleImage.tags,
    createdAt: given.created_at === undefined ? sampleImage.createdAt : Date.parse(given.created_at),
  };
}

const about =
  'Settings may be incomplete: only the templates are read. What is wrong with them is answered in `errors`, with its place, and the status stays 200.';

function addPreview(add: AddRoute): void {
  add({
    method: 'POST',
    paths: [`${stem}/preview`],
    id: 'previewDestination',
    summary: 'Show where a photo would go under settings that are not saved',
    description: about,
    tag,
    access: 'key',
    scope: 'project:read',
    body: PreviewBody,
    response: { 200: Preview },
    async handler(request) {
      requireProject(callerOf(request), request.params.project!);
      const { body } = request;
      const given = readConfig(body as Record<string, unknown>) ?? {};
      const preview = previewPath(requireKind(body.type), given, readImage(body.image));
      return { ...preview, variables: templateVariables };
    },
  });
}

function addStoredPreview(add: AddRoute, { db, sealer }: Services): void {
  add({
    method: 'POST',
    paths: [`${stem}/:destination/preview`],
    id: 'previewStoredDestination',
    summary: 'Show where a photo would go, under the stored settings and what the body changes in them',
    description: about,
    tag,
    access: 'key',
    scope: 'project:read',
    body: StoredPreviewBody,
    response: { 200: Preview },
    async handler(request) {
      const caller = callerOf(request);
      const { body, params } = request;
      requireProject(caller, params.project!);
      const destination = await requireDestination(db.read, sealer, caller.projectId, params.destination!);
      const given = readConfig(body as Record<string, unknown>) ?? {};
      const stored = destination.settings().config;
      const preview = previewPath(destination.kind, given, readImage(body.image), stored);
      return { ...preview, variables: templateVariables };
    },
  });
}
