/** Everything that one attempt needs, read in one query. */
import { compileOnce } from '../db/compiled.ts';
import type { Database } from '../db/database.ts';
import { openCredentials } from '../destinations/destinations.ts';
import type { Settings } from '../destinations/settings.ts';
import { extensionOf, type ImageMime } from '../images/sniff.ts';
import type { Clock } from '../lib/clock.ts';
import type { Sealer } from '../lib/sealed.ts';
import { openWebhookSecrets } from '../projects/projects.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredImage } from './carrier-words.ts';
import type { Target } from './connections.ts';
import type { DeliveryJob } from './source.ts';

export interface Assignment {
  image: StoredImage;
  /** Undefined when the destination was deleted meanwhile. */
  target: Target | undefined;
  destination: { type: string; name: string };
  /** Tells whether its account was connected again meanwhile. */
  connectionVersion: number;
  /** The rotation of the project's webhook secret that goes on, and whether this destination was seen to follow it. */
  rotation: Rotation | undefined;
  /** Seconds before each retry, when the destination has its own. */
  retrySchedule: number[] | undefined;
  /** For log lines and events. */
  filename: string;
  sizeBytes: number;
}

export interface Rotation {
  /** When the old secret stops to sign: this is what a rotation is known by. */
  until: number;
  followed: boolean;
}

/**
 * The secret that the receiver was last seen to accept signs; the old one at first. After a refusal the next attempt bears
 * the other one, so that a receiver may move at any moment of the overlap.
 */
const signWith = ({ followed }: Rotation, attempts: number): 'current' | 'previous' =>
  followed !== (attempts % 2 === 1) ? 'current' : 'previous';

const selectAssignment = compileOnce((q, of: { delivery: string }) =>
  q
    .selectFrom('deliveries as d')
    .innerJoin('images as i', 'i.id', 'd.image_id')
    .innerJoin('sessions as s', 's.id', 'd.session_id')
    .innerJoin('projects as p', 'p.id', 'd.project_id')
    .innerJoin('destinations as t', 't.id', 'd.destination_id')
    .select([
      'i.id', 'i.position', 'i.filename', 'i.mime_type', 'i.size_bytes', 'i.sha256', 'i.source', 'i.storage_key', 'i.env',
      'i.created_at', 's.tags', 's.metadata', 'p.updated_at as project_updated_at',
      'p.webhook_secret', 'p.previous_webhook_secret', 'p.previous_webhook_until', 't.follows_until',
      't.type', 't.name', 't.config', 't.credentials', 't.deleted_at', 't.updated_at', 't.connection_version',
    ]) // biome-ignore format: one line a table
    .where('d.id', '=', of.delivery),
);

/** Loads the image, its session's tags and the destination of a job; undefined when the rows are gone. */
export async function loadAssignment(
  services: { db: Database; sealer: Sealer; storage: Storage; clock: Clock },
  job: DeliveryJob,
): Promise<Assignment | undefined> {
  const [row] = await selectAssignment(services.db.read, { delivery: job.id });
  if (!row) return undefined;
  const config = JSON.parse(row.config) as Record<string, unknown>;
  const settings = (): Settings => ({
    config,
    credentials: openCredentials(services.sealer, job.lane, row.credentials),
  });
  const until = row.previous_webhook_until ?? 0;
  const rotation =
    until > services.clock.now() ? { until, followed: row.follows_until === until } : undefined;
  return {
    image: {
      deliveryId: job.id,
      id: row.id,
      sessionId: job.sessionId,
      projectId: job.projectId,
      env: row.env,
      index: row.position,
      filename: row.filename,
      mimeType: row.mime_type,
      ext: extensionOf(row.mime_type as ImageMime),
      sizeBytes: row.size_bytes,
      sha256: row.sha256,
      source: row.source,
      tags: row.tags === null ? null : JSON.parse(row.tags),
      metadata: row.metadata === null ? null : JSON.parse(row.metadata),
      createdAt: row.created_at,
      storageKey: row.storage_key,
      ...(rotation ? { signWith: signWith(rotation, job.attempts) } : {}),
      open: (range) => services.storage.open(row.storage_key, range),
    },
    target:
      row.deleted_at === null
        ? {
            id: job.lane,
            projectId: job.projectId,
            type: row.type,
            updatedAt: Math.max(row.updated_at, row.project_updated_at),
            settings,
            webhookSecrets: () => openWebhookSecrets(services.sealer, job.projectId, row),
          }
        : undefined,
    destination: { type: row.type, name: row.name },
    connectionVersion: row.connection_version,
    rotation,
    retrySchedule: Array.isArray(config.retry_schedule) ? (config.retry_schedule as number[]) : undefined,
    filename: row.filename,
    sizeBytes: row.size_bytes,
  };
}
