/** Testing a destination: the same connection as a delivery, with a probe instead of a photo. */
import type { Database } from '../db/database.ts';
import { checkInTime } from '../destinations/check-in-time.ts';
import type { CheckResult, Connection } from '../destinations/destination.ts';
import type { Destination } from '../destinations/destinations.ts';
import type { Sealer } from '../lib/sealed.ts';
import { findProject } from '../projects/projects.ts';
import type { DeliveryEngine } from './engine.ts';

export async function checkDestination(
  services: { db: Database; sealer: Sealer; deliveries: DeliveryEngine },
  destination: Destination,
  signal: AbortSignal,
): Promise<CheckResult> {
  const { connection, release } = await acquireConnection(services, destination);
  try {
    return await checkInTime(connection, signal);
  } finally {
    release();
  }
}

/** The connection that deliveries use, too; `release` it after use. */
export async function acquireConnection(
  { db, sealer, deliveries }: { db: Database; sealer: Sealer; deliveries: DeliveryEngine },
  destination: Destination,
): Promise<{ connection: Connection; release(): void }> {
  const project = await findProject(db.read, sealer, destination.projectId);
  if (!project) throw new Error('The project of a destination is gone');
  return deliveries.connections.acquire({
    id: destination.id,
    projectId: destination.projectId,
    type: destination.type,
    updatedAt: Math.max(destination.updatedAt, project.updatedAt),
    settings: destination.settings,
    webhookSecrets: project.webhookSecrets,
  });
}
