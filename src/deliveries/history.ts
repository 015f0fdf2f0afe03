/** What happened to a delivery, and trying it again by hand. */
import type { Database, Queries } from '../db/database.ts';
import type { DeliveryStatus } from '../db/schema.ts';
import { AppError, notFound } from '../errors.ts';
import { touchSession } from '../sessions/changes.ts';
import { wakeLane } from './enqueue.ts';

export interface Delivery {
  id: string;
  projectId: string;
  sessionId: string;
  imageId: string;
  destinationId: string;
  status: DeliveryStatus;
  attempts: number;
  /** When the next attempt is due; null when final or in flight. */
  nextAttemptAt: number | null;
  lastError: string | null;
  receipt: Record<string, unknown> | null;
}

/** The delivery of an image to a destination, for its project; throws AppError 403 and 404. */
export async function requireDelivery(
  q: Queries,
  projectId: string,
  imageId: string,
  destinationId: string,
): Promise<Delivery> {
  const row = await q
    .selectFrom('deliveries')
    .selectAll()
    .where('image_id', '=', imageId)
    .where('destination_id', '=', destinationId)
    .executeTakeFirst();
  if (!row) throw notFound('image and destination');
  if (row.project_id !== projectId)
    throw new AppError(403, 'FORBIDDEN', 'This image belongs to another project.');
  return {
    id: row.id,
    projectId: row.project_id,
    sessionId: row.session_id,
    imageId: row.image_id,
    destinationId: row.destination_id,
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: row.leased_by === null ? row.due_at : null,
    lastError: row.last_error,
    receipt: row.receipt === null ? null : JSON.parse(row.receipt),
  };
}

export interface Attempt {
  number: number;
  startedAt: number;
  durationMs: number;
  phases: Record<string, number> | null;
  address: string | null;
  outcome: string;
  statusCode: number | null;
  responseExcerpt: string | null;
  error: string | null;
  nextAt: number | null;
  nextReason: string | null;
}

/** Every attempt of a delivery, of an image or of an event, oldest first. */
export async function listAttempts(q: Queries, delivery: { id: string }): Promise<Attempt[]> {
  const rows = await q
    .selectFrom('attempts')
    .selectAll()
    .where('delivery_id', '=', delivery.id)
    .orderBy('number')
    .orderBy('id')
    .limit(1_000)
    .execute();
  return rows.map((row) => ({
    number: row.number,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    phases: row.phases === null ? null : JSON.parse(row.phases),
    address: row.address,
    outcome: row.outcome,
    statusCode: row.status_code,
    responseExcerpt: row.response_excerpt,
    error: row.error,
    nextAt: row.next_at,
    nextReason: row.next_reason,
  }));
}

/**
 * Makes a delivery due now, whatever its state; one that is in flight goes on. It keeps its id, so that a receiver
 * recognises a repetition. Throws AppError 410 when the photo's bytes are gone.
 */
export async function retryDelivery(db: Database, delivery: Delivery, now: number): Promise<void> {
  await db.write(async (tx) => {
    const image = await tx.q
      .selectFrom('images')
      .select('purged_at')
      .where('id', '=', delivery.imageId)
      .executeTakeFirstOrThrow();
    if (image.purged_at !== null) {
      throw new AppError(410, 'GONE', 'The photo is past its retention: its bytes are no longer here.');
    }
    const due = await tx.q
      .updateTable('deliveries')
      .set({ status: delivery.attempts > 0 ? 'retrying' : 'pending', due_at: now, updated_at: now })
      .where('id', '=', delivery.id)
      .where('leased_by', 'is', null)
      .executeTakeFirst();
    if (Number(due.numUpdatedRows) === 0) return;
    await touchSession(tx, delivery.sessionId, now);
    wakeLane(tx, delivery.destinationId, delivery.projectId);
  });
}
