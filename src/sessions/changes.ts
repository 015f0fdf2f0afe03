/** The moments in a session's life that more than one room brings about. */
import { sql } from 'kysely';
import { compileOnce, compileWrite } from '../db/compiled.ts';
import type { Tx } from '../db/database.ts';
import { emit } from '../events/emit.ts';
import { emitLive, sessionChanged } from '../events/live.ts';

const moveOn = compileWrite((q, session: { id: string; now: number }) =>
  q
    .updateTable('sessions')
    .set({
      changed_at: sql<number>`case when changed_at >= ${session.now} then changed_at + 1 else ${session.now} end`,
    })
    .where('id', '=', session.id),
);

/**
 * Moves `lastChanged` on, strictly, and wakes whoever waits for the session (contract §2.9: a client echoes the value,
 * so it must never stand still over a change).
 */
export async function touchSession(tx: Tx, id: string, now: number): Promise<void> {
  await moveOn(tx.q, { id, now });
  tx.notify(sessionChanged, id);
}

/** Ends a session once: returns false when it had ended already. */
export async function completeSession(
  tx: Tx,
  session: { id: string; projectId: string },
  now: number,
): Promise<boolean> {
  const ended = await tx.q
    .updateTable('sessions')
    .set({ completed_at: now })
    .where('id', '=', session.id)
    .where('completed_at', 'is', null)
    .executeTakeFirst();
  if (Number(ended.numUpdatedRows) === 0) return false;
  await touchSession(tx, session.id, now);
  await emitLive(tx, session.id, 'session:completed', { sessionId: session.id }, now);
  await emit(tx, {
    projectId: session.projectId,
    sessionId: session.id,
    topic: 'project.session.completed',
    data: { session_id: session.id },
    now,
  });
  return true;
}

const selectProgress = compileOnce((q, session: { id: string }) =>
  q.selectFrom('sessions').select(['images_count', 'completed_at']).where('id', '=', session.id),
);

/**
 * Ends a session that is full and has nothing left to do: every delivery final and, with long polling, every image
 * acknowledged (contract §2.1).
 */
export async function completeIfDone(
  tx: Tx,
  session: { id: string; projectId: string; maxImages: number; longPolling: boolean },
  now: number,
): Promise<void> {
  const [row] = await selectProgress(tx.q, { id: session.id });
  if (!row || row.completed_at !== null || row.images_count < session.maxImages) return;
  const open = await tx.q
    .selectFrom('deliveries')
    .select('id')
    .where('session_id', '=', session.id)
    .where('due_at', 'is not', null)
    .limit(1)
    .executeTakeFirst();
  if (open) return;
  if (session.longPolling) {
    const waiting = await tx.q
      .selectFrom('images')
      .select('id')
      .where('session_id', '=', session.id)
      .where('acknowledged_at', 'is', null)
      .limit(1)
      .executeTakeFirst();
    if (waiting) return;
  }
  await completeSession(tx, session, now);
}
