/** Enqueueing is the insert: one row a destination, in the transaction that makes the image (docs/adr/0006). */
import { compileWrite } from '../db/compiled.ts';
import type { Tx } from '../db/database.ts';
import { createId } from '../lib/ids.ts';
import { imageDeliveries, laneMessage } from '../queue/tables.ts';

interface NewDelivery {
  deliveryId: string;
  projectId: string;
  sessionId: string;
  id: string;
  destinationId: string;
  now: number;
}

const insertDelivery = compileWrite((q, of: NewDelivery) =>
  q.insertInto('deliveries').values({
    id: of.deliveryId,
    project_id: of.projectId,
    session_id: of.sessionId,
    image_id: of.id,
    destination_id: of.destinationId,
    status: 'pending',
    attempts: 0,
    due_at: of.now,
    leased_by: null,
    last_error: null,
    receipt: null,
    created_at: of.now,
    updated_at: of.now,
  }),
);

/** Adds a delivery of the image to each destination, due now. */
export async function enqueueDeliveries(
  tx: Tx,
  image: { id: string; sessionId: string; projectId: string },
  destinationIds: readonly string[],
  now: number,
): Promise<void> {
  for (const destinationId of destinationIds) {
    await insertDelivery(tx.q, { ...image, deliveryId: createId('del'), destinationId, now });
    wakeLane(tx, destinationId, image.projectId);
  }
}

/** Tells the workers that something is due at a destination. */
export function wakeLane(tx: Tx, destinationId: string, projectId: string): void {
  tx.notify(imageDeliveries.channel, laneMessage(destinationId, projectId));
}
