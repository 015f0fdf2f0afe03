/** Where each image of a session is, and how to wait for a change (contract §2.9). */
import type { Database, Queries } from '../db/database.ts';
import type { DeliveryStatus } from '../db/schema.ts';
import { sessionChanged } from '../events/live.ts';
import { hasThumbnail } from '../images/thumbnails.ts';
import type { Clock } from '../lib/clock.ts';
import { findSession } from './find.ts';
import { type Session, type SessionStatus, statusOf } from './session.ts';

export interface DeliverySnapshot {
  status: SessionStatus;
  files: {
    record_id: string;
    filename: string;
    size_bytes: number;
    has_thumbnail: boolean;
    destinations: {
      destination_id: string;
      type: string;
      name: string;
      status: DeliveryStatus;
      attempts: number;
      last_error: string | null;
    }[];
  }[];
  /** Milliseconds since 1970. */
  lastChanged: number;
}

/** The whole state of a session's images, oldest first. */
export async function readDeliveryStatus(
  q: Queries,
  session: Session,
  now: number,
): Promise<DeliverySnapshot> {
  const images = await q
    .selectFrom('images')
    .select(['id', 'filename', 'size_bytes', 'mime_type', 'purged_at', 'thumbnails'])
    .where('session_id', '=', session.id)
    .orderBy('position')
    .execute();
  const deliveries = await q
    .selectFrom('deliveries as d')
    .innerJoin('destinations as t', 't.id', 'd.destination_id')
    .select(['d.image_id', 'd.destination_id', 't.type', 't.name', 'd.status', 'd.attempts', 'd.last_error'])
    .where('d.session_id', '=', session.id)
    .orderBy('d.id')
    .execute();
  const byImage = Map.groupBy(deliveries, (delivery) => delivery.image_id);
  const status = statusOf(session, now);
  return {
    status,
    files: images.map((image) => ({
      record_id: image.id,
      filename: image.filename,
      size_bytes: image.size_bytes,
      has_thumbnail: hasThumbnail(image),
      destinations: (byImage.get(image.id) ?? []).map(({ image_id: _, ...delivery }) => delivery),
    })),
    // Expiry is a change too, also in the moment before its event is written.
    lastChanged: status === 'expired' ? Math.max(session.changedAt, session.expiresAt) : session.changedAt,
  };
}

/** Held under the 300 s after which clients give up on response headers. */
export const longestHoldMs = 290_000;

/**
 * The snapshot once it differs from `pollFrom`, or unchanged at the end of the hold. A session that is final with
 * nothing pending answers at once, else a watcher would hang for a whole hold each round.
 */
export async function waitForChange(
  db: Database,
  session: Session,
  pollFrom: number,
  options: { clock: Clock; signal: AbortSignal; holdMs?: number },
): Promise<DeliverySnapshot> {
  const { clock, signal, holdMs = longestHoldMs } = options;
  const until = clock.now() + holdMs;
  const changes = watch(db, session.id, signal);
  try {
    for (;;) {
      changes.forget();
      const current = (await findSession(db.read, session.projectId, session.id)) ?? session;
      const now = clock.now();
      const snapshot = await readDeliveryStatus(db.read, current, now);
      if (snapshot.lastChanged > pollFrom || isSettled(snapshot) || now >= until || signal.aborted)
        return snapshot;
      const expiry = current.expiresAt > now ? current.expiresAt : until;
      await changes.next(Math.min(until, expiry) - now + 1);
    }
  } finally {
    changes.stop();
  }
}

function isSettled(snapshot: DeliverySnapshot): boolean {
  if (snapshot.status === 'pending' || snapshot.status === 'active') return false;
  return snapshot.files.every((file) =>
    file.destinations.every((delivery) => delivery.status === 'sent' || delivery.status === 'failed'),
  );
}

/** Hears the changes of one session; a change between `forget` and `next` is not lost. */
function watch(db: Database, sessionId: string, signal: AbortSignal) {
  let changed = false;
  let wake = (): void => {};
  const hear = (): void => {
    changed = true;
    wake();
  };
  const stop = db.listen(sessionChanged, (id) => {
    if (id === sessionId) hear();
  });
  signal.addEventListener('abort', hear, { once: true });
  return {
    forget: () => {
      changed = signal.aborted;
    },
    next: (ms: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(ms, 15_000));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (changed) wake();
      }),
    stop: () => {
      stop();
      signal.removeEventListener('abort', hear);
    },
  };
}
