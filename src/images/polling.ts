/**
 * Pull delivery (contract §4): images wait until they are acknowledged. The list shows all that wait; the waiting form
 * hands out one at a time under a lease of five minutes. Only an acknowledgement takes an image out of both.
 */
import type { ExpressionBuilder } from 'kysely';
import type { Database, Queries } from '../db/database.ts';
import type { Schema } from '../db/schema.ts';
import { AppError } from '../errors.ts';
import { emit } from '../events/emit.ts';
import { sessionChanged } from '../events/live.ts';
import type { Clock } from '../lib/clock.ts';
import { completeIfDone, touchSession } from '../sessions/changes.ts';
import { flattenTags, type Session, statusOf } from '../sessions/session.ts';
import type { StoredImage } from './find.ts';

const leaseMs = 5 * 60_000;

/** All images of a session that wait, oldest first, whoever holds a lease on them. At most 1,000. */
export async function listWaiting(q: Queries, session: Session): Promise<StoredImage[]> {
  if (!session.longPolling) return [];
  return q
    .selectFrom('images')
    .selectAll()
    .where('session_id', '=', session.id)
    .where('acknowledged_at', 'is', null)
    .orderBy('position')
    .limit(1_000)
    .execute();
}

/** Takes the oldest image that waits and that nobody holds; undefined when there is none. */
export async function leaseNext(
  db: Database,
  session: Session,
  now: number,
): Promise<StoredImage | undefined> {
  const isFree = (eb: ExpressionBuilder<Schema, 'images'>) =>
    eb.and([
      eb('acknowledged_at', 'is', null),
      eb.or([eb('leased_until', 'is', null), eb('leased_until', '<=', now)]),
    ]);
  return db.write(async (tx) => {
    // On PostgreSQL two polls may see the same image; the one that finds its lease taken looks for the next.
    for (;;) {
      const next = await tx.q
        .selectFrom('images')
        .select('id')
        .where('session_id', '=', session.id)
        .where(isFree)
        .orderBy('position')
        .limit(1)
        .executeTakeFirst();
      if (!next) return undefined;
      const leased = await tx.q
        .updateTable('images')
        .set({ leased_until: now + leaseMs })
        .where('id', '=', next.id)
        .where(isFree)
        .returningAll()
        .executeTakeFirst();
      if (leased) return leased;
    }
  });
}

export type Polled = { image: StoredImage } | 'nothing yet' | 'complete';

/** Waits up to `waitMs` for an image to hand out. `complete`: the session is final and everything is acknowledged. */
export async function pollNext(
  db: Database,
  session: Session,
  options: { clock: Clock; waitMs: number; signal: AbortSignal; reload: () => Promise<Session> },
): Promise<Polled> {
  const { clock, waitMs, signal } = options;
  const until = clock.now() + waitMs;
  let changed = false;
  let wake = (): void => {};
  const hear = (): void => {
    changed = true;
    wake();
  };
  const stop = db.listen(sessionChanged, (id) => id === session.id && hear());
  signal.addEventListener('abort', hear, { once: true });
  try {
    for (;;) {
      changed = false;
      const image = await leaseNext(db, session, clock.now());
      if (image) return { image };
      if (await isComplete(db.read, await options.reload(), clock.now())) return 'complete';
      const left = until - clock.now();
      if (left <= 0 || signal.aborted) return 'nothing yet';
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 5_000));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (changed) wake();
      });
    }
  } finally {
    stop();
    signal.removeEventListener('abort', hear);
  }
}

async function isComplete(q: Queries, session: Session, now: number): Promise<boolean> {
  const status = statusOf(session, now);
  if (status === 'pending' || status === 'active') return false;
  return (await listWaiting(q, session)).length === 0;
}

/** Takes an image out of pull delivery; throws AppError 409 when that was done before. */
export async function acknowledge(
  db: Database,
  session: Session,
  image: StoredImage,
  now: number,
): Promise<void> {
  await db.write(async (tx) => {
    const done = await tx.q
      .updateTable('images')
      .set({ acknowledged_at: now, leased_until: null })
      .where('id', '=', image.id)
      .where('acknowledged_at', 'is', null)
      .executeTakeFirst();
    if (Number(done.numUpdatedRows) === 0) {
      throw new AppError(409, 'ALREADY_ACKNOWLEDGED', 'This image was already acknowledged.');
    }
    await touchSession(tx, session.id, now);
    const pushed = await tx.q
      .selectFrom('deliveries')
      .select('id')
      .where('image_id', '=', image.id)
      .limit(1)
      .executeTakeFirst();
    if (!pushed) {
      await emit(tx, {
        projectId: session.projectId,
        sessionId: session.id,
        topic: 'project.upload.completed',
        data: {
          session_id: session.id,
          image_id: image.id,
          filename: image.filename,
          size_bytes: image.size_bytes,
          mime_type: image.mime_type,
          tags: flattenTags(session.tags) ?? [],
        },
        now,
      });
    }
    const { id, projectId, longPolling } = session;
    await completeIfDone(tx, { id, projectId, maxImages: session.limits.maxImages, longPolling }, now);
  });
}
