/**
 * Tells of expiry, exactly once a session. Whether a session *is* expired is read from the clock (`statusOf`); this only
 * makes the event, within moments of the time.
 */
import type { Database } from '../db/database.ts';
import { emit } from '../events/emit.ts';
import { emitLive } from '../events/live.ts';
import { toIso } from '../lib/clock.ts';
import { touchSession } from './changes.ts';

/** Emits the event of every session that has expired since; returns how many, at most 200 a call. */
export async function tellExpired(db: Database, now: number): Promise<number> {
  const due = await db.read
    .selectFrom('sessions')
    .select(['id', 'project_id', 'expires_at', 'images_count'])
    .where('expires_at', '<=', now)
    .where('completed_at', 'is', null)
    .where('expired_at', 'is', null)
    .orderBy('expires_at')
    .limit(200)
    .execute();
  for (const session of due) await tellOne(db, session, now);
  return due.length;
}

async function tellOne(
  db: Database,
  session: { id: string; project_id: string; expires_at: number; images_count: number },
  now: number,
): Promise<void> {
  await db.write(async (tx) => {
    // The claim: whoever sets the mark tells, also with several processes and after an extension of the session.
    const mine = await tx.q
      .updateTable('sessions')
      .set({ expired_at: now })
      .where('id', '=', session.id)
      .where('expires_at', '<=', now)
      .where('completed_at', 'is', null)
      .where('expired_at', 'is', null)
      .executeTakeFirst();
    if (Number(mine.numUpdatedRows) === 0) return;
    await touchSession(tx, session.id, now);
    await emitLive(tx, session.id, 'session:expired', { sessionId: session.id }, now);
    await emit(tx, {
      projectId: session.project_id,
      sessionId: session.id,
      topic: 'project.session.expired',
      data: {
        session_id: session.id,
        expires_at: toIso(session.expires_at),
        images_count: session.images_count,
      },
      now,
    });
  });
}

/** When the next open session expires, or null. */
export async function nextExpiry(db: Database): Promise<number | null> {
  const row = await db.read
    .selectFrom('sessions')
    .select('expires_at')
    .where('completed_at', 'is', null)
    .where('expired_at', 'is', null)
    .orderBy('expires_at')
    .limit(1)
    .executeTakeFirst();
  return row?.expires_at ?? null;
}
