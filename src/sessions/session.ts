/**
 * An upload session as the rest of the house sees it: the row, read together with what limits it (its key and its
 * project's plan). Contract §2.
 */
import type { Env, Flag, SessionTable } from '../db/schema.ts';
import type { Tags } from '../destinations/destination.ts';
import { type Brand, readPageSettings } from '../projects/page-settings.ts';
import { type Plan, planOf } from '../projects/plans.ts';
import { type Processing, readProcessing } from './processing.ts';

export const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/heic'] as const;

export type SessionStatus = 'pending' | 'active' | 'completed' | 'expired';

/** Whether photos are encrypted for the project alone (docs/encryption.md). */
export interface EndToEnd {
  /** PEM; null when the project has registered none. */
  publicKey: string | null;
  enabled: boolean;
  /** Photos that are not encrypted so are refused. */
  required: boolean;
  /** The project wants it and its plan does not have it. No kind of destination prevents it. */
  downgraded: boolean;
}

export interface Session {
  id: string;
  projectId: string;
  projectName: string;
  env: Env;
  shortCode: string;
  label: string | null;
  tags: Tags;
  metadata: Record<string, unknown> | null;
  createdAt: number;
  expiresAt: number;
  completedAt: number | null;
  changedAt: number;
  imagesCount: number;
  longPolling: boolean;
  passwordHash: string | null;
  plan: Plan;
  e2e: EndToEnd;
  processing: Processing;
  brand: Brand | null;
  /** The smallest of session, key and plan (contract §2.2, "effective limits"). */
  limits: {
    maxImages: number;
    mimeTypes: string[];
    /** Longest side in pixels; null when only the plan bounds it. */
    dimension: number | null;
    imageBytes: number;
  };
}

/** What the finders select: the session, its project's name and plan, and the limits of its key. */
export interface SessionRow extends Omit<SessionTable, 'processing'> {
  processing: string | null;
  project_page: string | null;
  project_name: string;
  e2e_public_key: string | null;
  e2e_required: Flag;
  plan_definition: string | null;
  key_max_images: number | null;
  key_mime_types: string | null;
  key_max_dimension: number | null;
}

export function toSession(row: SessionRow): Session {
  const plan = planOf(row.plan_definition);
  const keyTypes: string[] = row.key_mime_types ? JSON.parse(row.key_mime_types) : [];
  const ownTypes: string[] = JSON.parse(row.allowed_mime_types);
  return {
    id: row.id,
    projectId: row.project_id,
    projectName: row.project_name,
    env: row.env,
    shortCode: row.short_code,
    label: row.label,
    tags: row.tags === null ? null : JSON.parse(row.tags),
    metadata: row.metadata === null ? null : JSON.parse(row.metadata),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    completedAt: row.completed_at,
    changedAt: row.changed_at,
    imagesCount: row.images_count,
    longPolling: row.long_polling === 1,
    passwordHash: row.password_hash,
    plan,
    e2e: endToEndOf(row, plan),
    processing: readProcessing(row.processing, row.project_page),
    brand: plan.branding ? (readPageSettings(row.project_page).brand ?? null) : null,
    limits: {
      maxImages: smallest(row.max_images, row.key_max_images, plan.imagesPerSession),
      mimeTypes: keyTypes.length === 0 ? ownTypes : ownTypes.filter((type) => keyTypes.includes(type)),
      dimension: smallestOrNull(row.max_image_dimension, row.key_max_dimension),
      imageBytes: smallest(
        row.max_image_size_mb === null ? null : row.max_image_size_mb * 1024 * 1024,
        plan.imageMegabytes * 1024 * 1024,
      ),
    },
  };
}

function endToEndOf(row: SessionRow, plan: Plan): EndToEnd {
  const publicKey = row.e2e_public_key;
  const enabled = publicKey !== null && plan.endToEnd;
  return {
    publicKey,
    enabled,
    required: enabled && row.e2e_required === 1,
    downgraded: publicKey !== null && !enabled,
  };
}

/** Expiry is true by comparison with the clock, not by a background job (contract §2.1). */
export function statusOf(
  session: Pick<Session, 'completedAt' | 'expiresAt' | 'imagesCount'>,
  now: number,
): SessionStatus {
  if (session.completedAt !== null) return 'completed';
  if (session.expiresAt <= now) return 'expired';
  return session.imagesCount > 0 ? 'active' : 'pending';
}

/** Tags as typed clients read them: a list of strings or null; an object becomes `key:value` in its order. */
export function flattenTags(tags: Tags): string[] | null {
  if (tags === null || Array.isArray(tags)) return tags;
  return Object.entries(tags).map(([key, value]) => `${key}:${value}`);
}

function smallestOrNull(...values: (number | null)[]): number | null {
  const given = values.filter((value) => value !== null);
  return given.length === 0 ? null : Math.min(...given);
}

function smallest(...values: [...(number | null)[], number]): number {
  return smallestOrNull(...values)!;
}
