/** Enqueueing is the insert: one row a destination, in the transaction that makes the image (docs/adr/0006). */
import type { Tx } from '../db/database.ts';
import { createId } from '../lib/ids.ts';
import { imageDeliveries, laneMessage } from '../queue/tables.ts';

/** Adds a delivery of the image to each destination, due now. */
export async function enqueueDeliveries(
  tx: Tx,
  image: { id: string; sessionId: string; projectId: string },
  destinationIds: readonly string[],
  now: number,
): Promise<void> {
  if (destinationIds.length === 0) return;
  await tx.q
    .insertInto('deliveries')
    .values(
      destinationIds.map((destinationId) => ({
        id: createId('del'),
        project_id: image.projectId,
        session_id: image.sessionId,
        image_id: image.id,
        destination_id: destinationId,
        status: 'pending' as const,
        attempts: 0,
        due_at: now,
        leased_by: null,
        last_error: null,
        receipt: null,
        created_at: now,
        updated_at: now,
      })),
    )
    .execute();
  for (const destinationId of destinationIds) wakeLane(tx, destinationId, image.projectId);
}

/** Tells the workers that something is due at a destination. */
export function wakeLane(tx: Tx, destinationId: string, projectId: string): void {
  tx.notify(imageDeliveries.channel, laneMessage(destinationId, projectId));
}
