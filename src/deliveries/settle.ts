/**
 * The end of an attempt: the delivery's new state, the record of the attempt, the events that follow and what pages see,
 * all in one transaction.
 */
import { sql } from 'kysely';
import { compileOnce, compileWrite } from '../db/compiled.ts';
import type { Tx } from '../db/database.ts';
import type { AttemptTable, DeliveryStatus } from '../db/schema.ts';
import type { Fate, Receipt } from '../destinations/destination.ts';
import { emit } from '../events/emit.ts';
import { emitLive } from '../events/live.ts';
import { tellProject } from '../events/project-live.ts';
import { toIso } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import type { Phases } from '../lib/outbound.ts';
import { completeIfDone, touchSession } from '../sessions/changes.ts';
import { findSessionByLink } from '../sessions/find.ts';
import { flattenTags, type Session } from '../sessions/session.ts';
import { wakeLane } from './enqueue.ts';
import type { DeliveryJob } from './source.ts';

export interface Outcome {
  outcome: 'sent' | Fate;
  startedAt: number;
  durationMs: number;
  receipt: Receipt | undefined;
  /** A sentence for people; null when sent. */
  error: string | null;
  status: number | null;
  excerpt: string | null;
  phases: Phases | null;
  address: string | null;
  /** When it will be tried again; null when final. */
  nextAt: number | null;
  nextReason: string | null;
  /** The account must be connected again: the delivery waits, as the others of its destination, and no attempt counts. */
  hold?: { connectionVersion: number };
  /** The rotation of the project's webhook secret whose new secret the receiver accepts; null: it accepts the old one. */
  follows?: number | null;
}

/** What the settled image was, for the events. */
export interface Settled {
  job: DeliveryJob;
  worker: string;
  outcome: Outcome;
  now: number;
}

interface Change {
  id: string;
  worker: string;
  status: DeliveryStatus;
  attempts: number;
  due_at: number | null;
  updated_at: number;
  /** 0: the attempt says nothing, and the last error stays. */
  says: 0 | 1;
  last_error: string | null;
  /** Null: an earlier one stays. */
  receipt: string | null;
}

const changeLeased = compileOnce((q, to: Change) =>
  q
    .updateTable('deliveries')
    .set({
      status: to.status,
      attempts: to.attempts,
      due_at: to.due_at,
      leased_by: null,
      updated_at: to.updated_at,
      last_error: sql`case when ${to.says} = 1 then ${to.last_error} else last_error end`,
      receipt: sql`coalesce(${to.receipt}, receipt)`,
    })
    .where('id', '=', to.id)
    .where('leased_by', '=', to.worker)
    .returning('id'),
);

/** Writes the outcome down. Returns false when the lease was lost meanwhile: then somebody else owns the row. */
export async function settle(tx: Tx, { job, worker, outcome, now }: Settled): Promise<boolean> {
  const status = statusAfter(job, outcome);
  const counts = outcome.outcome !== 'cancelled' && !outcome.hold;
  const mine = await changeLeased(tx.q, {
    id: job.id,
    worker,
    status,
    attempts: counts ? job.attempts + 1 : job.attempts,
    due_at: outcome.hold ? now : outcome.nextAt,
    updated_at: now,
    says: outcome.outcome === 'cancelled' ? 0 : 1,
    last_error: outcome.error,
    receipt: outcome.receipt ? JSON.stringify(showReceipt(outcome.receipt)) : null,
  });
  if (mine.length === 0) return false;
  await recordAttempt(tx, job, outcome);
  await touchSession(tx, job.sessionId, now);
  tellProject(tx, job.projectId, 'activity');
  if (status === 'sent') await tellSent(tx, job, outcome.receipt, now);
  if (status === 'retrying' && outcome.nextAt !== null) await tellDelayed(tx, job, outcome.nextAt, now);
  if (status === 'failed') await tellFailed(tx, job, outcome.error ?? 'failed', now);
  if (outcome.hold) {
    await holdLane(tx, job, outcome, now);
    await emitLive(tx, job.sessionId, 'image:delivering', liveData(job, { held: true }), now);
  }
  if (outcome.follows !== undefined) await rememberSecret(tx, job, outcome.follows);
  if (!counts) wakeLane(tx, job.lane, job.projectId);
  return true;
}

/** Unless the account was connected again since this attempt began: then what was refused is no longer in use. */
async function holdLane(tx: Tx, job: DeliveryJob, outcome: Outcome, now: number): Promise<void> {
  await tx.q
    .updateTable('destinations')
    .set({ held_at: now, held_reason: outcome.error })
    .where('id', '=', job.lane)
    .where('project_id', '=', job.projectId)
    .where('connection_version', '=', outcome.hold!.connectionVersion)
    .where('held_at', 'is', null)
    .execute();
  tellProject(tx, job.projectId, 'settings');
}

/** The next photo is signed with what the receiver was seen to accept. */
async function rememberSecret(tx: Tx, job: DeliveryJob, follows: number | null): Promise<void> {
  await tx.q
    .updateTable('destinations')
    .set({ follows_until: follows })
    .where('id', '=', job.lane)
    .where('project_id', '=', job.projectId)
    .execute();
}

function statusAfter(job: DeliveryJob, outcome: Outcome): DeliveryStatus {
  if (outcome.outcome === 'sent') return 'sent';
  if (outcome.outcome === 'cancelled' || outcome.hold) return job.attempts > 0 ? 'retrying' : 'pending';
  return outcome.nextAt === null ? 'failed' : 'retrying';
}

function showReceipt(receipt: Receipt): Record<string, unknown> {
  const { remotePath, remoteId, url, bytes, verifiedBy } = receipt;
  return { remotePath, remoteId: remoteId ?? null, url: url ?? null, bytes, verifiedBy };
}

async function recordAttempt(tx: Tx, job: DeliveryJob, outcome: Outcome): Promise<void> {
  const attempt: AttemptTable = {
    id: createId('att'),
    delivery_id: job.id,
    number: job.attempts + 1,
    started_at: outcome.startedAt,
    duration_ms: outcome.durationMs,
    phases: outcome.phases === null ? null : JSON.stringify(outcome.phases),
    address: outcome.address,
    outcome: outcome.outcome,
    status_code: outcome.status,
    response_excerpt: outcome.excerpt,
    error: outcome.error,
    next_at: outcome.nextAt,
    next_reason: outcome.nextReason,
  };
  await insertAttempt(tx.q, attempt);
}

const insertAttempt = compileWrite((q, row: AttemptTable) =>
  q.insertInto('attempts').values({
    id: row.id,
    delivery_id: row.delivery_id,
    number: row.number,
    started_at: row.started_at,
    duration_ms: row.duration_ms,
    phases: row.phases,
    address: row.address,
    outcome: row.outcome,
    status_code: row.status_code,
    response_excerpt: row.response_excerpt,
    error: row.error,
    next_at: row.next_at,
    next_reason: row.next_reason,
  }),
);

/** What pages hear of a delivery, with more where there is more to say. */
const liveData = (
  job: { imageId: string; lane: string; destinationName: string | null },
  more: Record<string, unknown>,
) => ({
  imageId: job.imageId,
  destinationId: job.lane,
  ...more,
  destinationName: job.destinationName,
});

/** It is still on its way: the same event as at the start of an attempt, with the moment of the next one. */
async function tellDelayed(tx: Tx, job: DeliveryJob, nextAt: number, now: number): Promise<void> {
  const data = liveData(job, { nextAttemptAt: toIso(nextAt) });
  await emitLive(tx, job.sessionId, 'image:delivering', data, now);
}

const selectUnsent = compileOnce((q, of: { image: string }) =>
  q
    .selectFrom('deliveries')
    .select('id')
    .where('image_id', '=', of.image)
    .where('status', '!=', 'sent')
    .limit(sql.lit(1)),
);

async function tellSent(tx: Tx, job: DeliveryJob, receipt: Receipt | undefined, now: number): Promise<void> {
  const data = liveData(job, { verifiedBy: receipt?.verifiedBy ?? 'none' });
  await emitLive(tx, job.sessionId, 'image:delivered', data, now);
  const session = await findSessionByLink(tx.q, job.sessionId);
  if (!session) return;
  const [open] = await selectUnsent(tx.q, { image: job.imageId });
  // A repetition completes nothing that was not complete before.
  if (!open && !job.isRepeat) {
    await emit(tx, {
      projectId: job.projectId,
      sessionId: job.sessionId,
      topic: 'project.upload.completed',
      data: await uploadData(tx, session, job.imageId),
      now,
    });
  }
  await completeIfDone(tx, doneInput(session), now);
}

/** One destination of an image has failed for good: told once a destination, with its name and why. */
export async function tellFailed(
  tx: Tx,
  job: Pick<DeliveryJob, 'imageId' | 'lane' | 'projectId' | 'sessionId' | 'destinationName'>,
  error: string,
  now: number,
): Promise<void> {
  await emitLive(tx, job.sessionId, 'image:failed', liveData(job, { error }), now);
  const session = await findSessionByLink(tx.q, job.sessionId);
  if (!session) return;
  await emit(tx, {
    projectId: job.projectId,
    sessionId: job.sessionId,
    topic: 'project.upload.failed',
    data: { ...(await uploadData(tx, session, job.imageId)), destination_id: job.lane, error },
    now,
  });
  await completeIfDone(tx, doneInput(session), now);
}

const doneInput = (session: Session) => ({
  id: session.id,
  projectId: session.projectId,
  maxImages: session.limits.maxImages,
  longPolling: session.longPolling,
});

/** The `data` of `project.upload.*` (contract §8.4). */
async function uploadData(tx: Tx, session: Session, imageId: string): Promise<Record<string, unknown>> {
  const image = await tx.q
    .selectFrom('images')
    .select(['filename', 'size_bytes', 'mime_type'])
    .where('id', '=', imageId)
    .executeTakeFirstOrThrow();
  return {
    session_id: session.id,
    image_id: imageId,
    filename: image.filename,
    size_bytes: image.size_bytes,
    mime_type: image.mime_type,
    tags: flattenTags(session.tags) ?? [],
  };
}
