/** A session on the wire, in and out (contract §2.2 to §2.6). */
import { type Static, Type } from 'typebox';
import type { GpsPolicy } from '../images/place.ts';
import { toIso } from '../lib/clock.ts';
import type { SessionSummary } from '../sessions/find.ts';
import type { Processing } from '../sessions/processing.ts';
import { flattenTags, type Session, statusOf } from '../sessions/session.ts';
import { nullable, shape, Timestamp } from './schemas.ts';

const TagsInput = Type.Union([
  Type.Array(Type.String({ maxLength: 256 }), { maxItems: 50 }),
  Type.Record(
    Type.String({ minLength: 1, maxLength: 64 }),
    Type.Union([Type.String({ maxLength: 256 }), Type.Number(), Type.Boolean()]),
    { maxProperties: 50 },
  ),
]);

const limits = {
  expires_at: Type.Optional(Type.String({ format: 'date-time' })),
  max_images: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  allowed_mime_types: Type.Optional(Type.Array(Type.String({ maxLength: 60 }), { maxItems: 20 })),
};

/** What is done with the photos; each absent one as the project says. */
const treatment = {
  gps: Type.Optional(
    Type.Union([Type.Literal('keep'), Type.Literal('strip'), Type.Literal('coarse')], {
      description: 'The place where a photo was taken: kept, removed, or rounded to about a kilometre.',
    }),
  ),
  image_format: Type.Optional(
    Type.Union([Type.Literal('original'), Type.Literal('jpeg')], {
      description: 'jpeg: HEIC photos become JPEG.',
    }),
  ),
  downscale: Type.Optional(
    Type.Boolean({
      description: 'Photos beyond max_image_dimension become smaller instead of being refused.',
    }),
  ),
};

export const CreateSessionBody = shape('NewSession', {
  ...limits,
  ...treatment,
  destination_ids: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 200 })),
  long_polling: Type.Optional(Type.Boolean()),
  tags: Type.Optional(TagsInput),
  expires_in_hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 168 })),
  expires_in: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
  max_image_dimension: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  max_image_size_mb: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
  password: Type.Optional(Type.String({ minLength: 4, maxLength: 128 })),
  label: Type.Optional(Type.String({ maxLength: 200 })),
  metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  delivery_mode: Type.Optional(Type.String({ maxLength: 40 })),
  webhook_url: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
  webhook_format: Type.Optional(Type.String({ maxLength: 40 })),
  destination_id: Type.Optional(Type.String({ maxLength: 64 })),
});

export const UpdateSessionBody = shape('SessionChange', {
  ...limits,
  ...treatment,
  max_image_dimension: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
  max_image_size_mb: Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: 100_000 }))),
  password: Type.Optional(
    Type.Union([Type.Null(), Type.Literal(''), Type.String({ minLength: 4, maxLength: 128 })]),
  ),
  tags: Type.Optional(Type.Union([TagsInput, Type.Null()])),
  label: Type.Optional(nullable(Type.String({ maxLength: 200 }))),
  metadata: Type.Optional(nullable(Type.Record(Type.String(), Type.Unknown()))),
});

export const CreatedSession = shape('CreatedSession', {
  id: Type.String(),
  uuid: Type.String(),
  upload_url: Type.String(),
  short_url: Type.String(),
  qr_url: Type.String(),
  qr_specs: Type.Object({
    endpoint: Type.String(),
    formats: Type.Array(Type.String()),
    params: Type.Record(Type.String(), Type.String()),
  }),
  destinations: Type.Array(Type.Object({ id: Type.String(), type: Type.String(), name: Type.String() })),
  long_polling: Type.Boolean(),
  expires_at: Timestamp,
  password_protected: Type.Boolean(),
  env: Type.Union([Type.Literal('live'), Type.Literal('test')]),
});

function showBrand({ id, brand }: Session): Static<typeof SessionView>['branding'] {
  if (brand === null || Object.keys(brand).length === 0) return null;
  return {
    name: brand.name ?? null,
    color: brand.color ?? null,
    logoUrl: brand.logo === undefined ? null : `/api/v1/upload/${id}/logo`,
    thankYou: brand.thankYou ?? null,
    redirectUrl: brand.redirectUrl ?? null,
  };
}

/** The treatment that a body asks for; undefined when it asks for none. */
export function readTreatment(body: {
  gps?: GpsPolicy;
  image_format?: 'original' | 'jpeg';
  downscale?: boolean;
}): Partial<Processing> | undefined {
  const { gps, image_format: format, downscale } = body;
  if (gps === undefined && format === undefined && downscale === undefined) return undefined;
  return {
    ...(gps === undefined ? {} : { gps }),
    ...(format === undefined ? {} : { format }),
    ...(downscale === undefined ? {} : { downscale }),
  };
}

const qrParams = {
  format: 'png | svg | jpeg',
  size: '64-2048',
  style: 'square | rounded',
  fg: 'hex without #',
  bg: 'hex without #',
  borderSize: 'pixels',
  borderColor: 'hex without #',
};

export function showCreated(
  session: Session,
  destinations: { id: string; type: string; name: string }[],
  origin: string,
): Static<typeof CreatedSession> {
  const qr = `${origin}/api/v1/upload-sessions/${session.id}/qr`;
  return {
    id: session.id,
    uuid: session.id,
    upload_url: `${origin}/u/${session.id}`,
    short_url: `${origin}/s/${session.shortCode}`,
    qr_url: qr,
    qr_specs: { endpoint: qr, formats: ['png', 'svg', 'jpeg'], params: qrParams },
    destinations,
    long_polling: session.longPolling,
    expires_at: toIso(session.expiresAt),
    password_protected: session.passwordHash !== null,
    env: session.env,
  };
}

export const SessionView = shape('Session', {
  id: Type.String(),
  uuid: Type.String(),
  status: Type.String(),
  expiresAt: Timestamp,
  tags: nullable(Type.Array(Type.String())),
  imagesPerSession: Type.Integer(),
  effectiveMaxImages: Type.Integer(),
  effectiveAllowedMimeTypes: Type.Array(Type.String()),
  effectiveMaxImageDimension: nullable(Type.Integer()),
  password_protected: Type.Boolean(),
  serverPublicKey: Type.String(),
  e2eEnabled: Type.Boolean(),
  e2ePublicKey: nullable(Type.String()),
  e2eDowngraded: Type.Boolean(),
  e2eRequired: Type.Boolean(),
  imagesUploaded: Type.Integer(),
  maxImageSizeBytes: Type.Integer(),
  branding: nullable(
    Type.Object({
      name: nullable(Type.String()),
      color: nullable(Type.String()),
      logoUrl: nullable(Type.String()),
      thankYou: nullable(Type.String()),
      redirectUrl: nullable(Type.String()),
    }),
  ),
  photos: Type.Object(
    { gps: Type.String(), imageFormat: Type.String(), downscale: Type.Boolean() },
    { description: 'What is done with the photos before they are stored.' },
  ),
  projectName: Type.String(),
  env: Type.String(),
});

export function showSession(
  session: Session,
  serverPublicKey: string,
  now: number,
): Static<typeof SessionView> {
  return {
    id: session.id,
    uuid: session.id,
    status: statusOf(session, now),
    expiresAt: toIso(session.expiresAt),
    tags: flattenTags(session.tags),
    imagesPerSession: session.plan.imagesPerSession,
    effectiveMaxImages: session.limits.maxImages,
    effectiveAllowedMimeTypes: session.limits.mimeTypes,
    effectiveMaxImageDimension: session.limits.dimension,
    password_protected: session.passwordHash !== null,
    serverPublicKey,
    e2eEnabled: session.e2e.enabled,
    e2ePublicKey: session.e2e.enabled ? session.e2e.publicKey : null,
    e2eDowngraded: session.e2e.downgraded,
    e2eRequired: session.e2e.required,
    imagesUploaded: session.imagesCount,
    maxImageSizeBytes: session.limits.imageBytes,
    branding: showBrand(session),
    photos: {
      gps: session.processing.gps,
      imageFormat: session.processing.format,
      downscale: session.processing.downscale,
    },
    projectName: session.projectName,
    env: session.env,
  };
}

export const SessionRowShape = shape('SessionRow', {
  id: Type.String(),
  createdAt: Timestamp,
  expiresAt: Timestamp,
  status: Type.String(),
  projectId: Type.String(),
  projectName: Type.String(),
  imagesCount: Type.Integer(),
  imagesDelivered: Type.Integer(),
  imagesFailed: Type.Integer(),
  destinationsCount: Type.Integer(),
  tags: nullable(Type.Array(Type.String())),
  longPollingEnabled: Type.Boolean(),
  label: nullable(Type.String()),
  env: Type.String(),
});

export function showSessionRow(summary: SessionSummary, now: number): Static<typeof SessionRowShape> {
  const { session } = summary;
  const status = statusOf(session, now);
  const ended = status === 'completed' || status === 'expired';
  // Only a list says "failed": ended, and no image reached any destination (contract §2.1).
  const failed = ended && summary.imagesFailed > 0 && summary.imagesDelivered === 0;
  return {
    id: session.id,
    createdAt: toIso(session.createdAt),
    expiresAt: toIso(session.expiresAt),
    status: failed ? 'failed' : status,
    projectId: session.projectId,
    projectName: session.projectName,
    imagesCount: summary.imagesCount,
    imagesDelivered: summary.imagesDelivered,
    imagesFailed: summary.imagesFailed,
    destinationsCount: summary.destinationsCount,
    tags: flattenTags(session.tags),
    longPollingEnabled: session.longPolling,
    label: session.label,
    env: session.env,
  };
}
