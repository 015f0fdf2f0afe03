/** Ending deliveries without an attempt. */
import type { Tx } from '../db/database.ts';
import { touchSession } from '../sessions/changes.ts';
import { tellFailed } from './settle.ts';
import { nameFor } from './whereabouts.ts';

/** Fails everything that still waits for a destination, with the reason. What is in flight there ends by itself. */
export async function failPending(
  tx: Tx,
  projectId: string,
  destinationId: string,
  reason: string,
  now: number,
): Promise<void> {
  const failed = await tx.q
    .updateTable('deliveries')
    .set({ status: 'failed', due_at: null, last_error: reason, updated_at: now })
    .where('destination_id', '=', destinationId)
    .where('project_id', '=', projectId)
    .where('due_at', 'is not', null)
    .where('leased_by', 'is', null)
    .returning(['image_id', 'session_id'])
    .execute();
  if (failed.length === 0) return;
  const destinationName = await nameFor(tx.q, destinationId);
  for (const row of failed) {
    await touchSession(tx, row.session_id, now);
    const job = { imageId: row.image_id, lane: destinationId, projectId, sessionId: row.session_id };
    await tellFailed(tx, { ...job, destinationName }, reason, now);
  }
}
