/** Choosing the target folder of a destination, over the same connection as a delivery. */
import type { Database } from '../db/database.ts';
import { DeliveryError, type FolderChooser } from '../destinations/destination.ts';
import type { Destination } from '../destinations/destinations.ts';
import { AppError, invalid } from '../errors.ts';
import type { Sealer } from '../lib/sealed.ts';
import { acquireConnection } from './check.ts';
import type { DeliveryEngine } from './engine.ts';

/** Runs `work` with the folders of a destination. Throws AppError 400 where they cannot be chosen, 409, 503. */
export async function withFolders<T>(
  services: { db: Database; sealer: Sealer; deliveries: DeliveryEngine },
  destination: Destination,
  work: (folders: FolderChooser) => Promise<T>,
): Promise<T> {
  const { connection, release } = await acquireConnection(services, destination);
  try {
    if (!connection.folders)
      throw invalid(`The folders of a ${destination.kind.label} destination are not listed.`);
    return await work(connection.folders);
  } catch (error) {
    throw error instanceof DeliveryError ? toAppError(error) : error;
  } finally {
    release();
  }
}

function toAppError(error: DeliveryError): AppError {
  if (error.fate === 'reconnect') return new AppError(409, 'CONFLICT', error.message, { cause: error });
  if (error.status === 404) return new AppError(404, 'NOT_FOUND', error.message, { cause: error });
  if (error.fate === 'give-up' || (error.status !== null && error.status >= 400 && error.status < 429)) {
    return new AppError(400, 'VALIDATION_ERROR', error.message, { cause: error });
  }
  return new AppError(503, 'SERVICE_UNAVAILABLE', error.message, {
    retryAfter: error.retryAfter ?? 5,
    cause: error,
  });
}
