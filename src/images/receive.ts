/**
 * Receiving a photo: checked, hashed and durably stored before anything is promised; then the transaction in `record.ts`
 * makes the promise.
 */
import type { Tx } from '../db/database.ts';
import { toIso } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import type { Session } from '../sessions/session.ts';
import type { Storage, StorageWriter } from '../storage/storage.ts';
import {
  checkBefore,
  checkImage,
  checkPassword,
  longestSide,
  type UploadRequest,
  whyEnded,
} from './checks.ts';
import { e2eType } from './envelope.ts';
import { markTestImage, type StoredPicture } from './mark-test.ts';
import { processPicture } from './process.ts';
import {
  findReceived,
  isCertain,
  ReceivedBefore,
  type ReceivedImage,
  type RecordServices,
  record,
} from './record.ts';
import { type FormServices, findClientId, type ReceivedForm, readUpload } from './upload-form.ts';

export interface ReceiveServices extends FormServices, RecordServices {
  storage: Storage;
}

/** Receives one photo into a session. Throws AppError; nothing half-written stays behind. */
export async function receiveImage(
  services: ReceiveServices,
  session: Session,
  upload: UploadRequest,
): Promise<ReceivedImage> {
  const hasEnded = whyEnded(session, services.clock.now()) !== undefined;
  // A session that filled up with this very photo says so again, also to a client that names it in the form.
  const clientId = upload.clientId ?? (hasEnded ? await findClientId(upload) : undefined);
  const known = await findReceived(services.db.read, session, clientId);
  if (known) {
    await checkPassword(session, upload);
    return known;
  }
  const encryption = await checkBefore(services.clock, session, upload);
  const read = (target: { writer: StorageWriter; maxBytes: number }): Promise<ReceivedForm> =>
    readUpload(upload, { ...services, ...target, encryption });
  return storeImage(services, session, { clientId, read });
}

export interface NewPhoto {
  clientId: string | undefined;
  /** Reads the photo to its end into the writer. */
  read(target: { writer: StorageWriter; maxBytes: number }): Promise<ReceivedForm>;
  /** More that becomes true together with the image. */
  settle?(tx: Tx, imageId: string): Promise<void>;
}

/** Stores a photo durably and makes its image, or finds the one that it is already. Throws AppError. */
export async function storeImage(
  services: ReceiveServices,
  session: Session,
  photo: NewPhoto,
): Promise<ReceivedImage> {
  const id = createId('img');
  const storageKey = `${toIso(services.clock.now()).slice(0, 10)}/${id}`;
  const writer = await services.storage.create(storageKey);
  try {
    const form = await photo.read({ writer, maxBytes: session.limits.imageBytes });
    const checked = checkImage(form, session);
    await writer.commit();
    const image = await finish(services.storage, session, { id, storageKey, ...checked });
    const clientId = photo.clientId ?? form.clientId;
    return await record(services, session, { ...image, clientId }, photo.settle).catch(
      async (error: unknown) => {
        // A refusal is certain. A database that broke off is not: the row may be there, so the bytes stay, and the
        // sweep of orphans decides later.
        if (isCertain(error)) await services.storage.remove(image.storageKey);
        if (error instanceof ReceivedBefore) return error.image;
        throw error;
      },
    );
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** What is stored in the end: as the session wants its photos, and in test mode with the mark. */
async function finish<Image extends StoredPicture & { filename: string }>(
  storage: Storage,
  session: Session,
  image: Image,
): Promise<Image> {
  let stored = image;
  try {
    // What only the project can open stays as it is.
    if (image.mimeType !== e2eType) {
      const wanted = { ...session.processing, dimension: longestSide(session) };
      stored = await processPicture(storage, stored, wanted);
    }
    return session.env === 'test' ? await markTestImage(storage, stored) : stored;
  } catch (error) {
    await storage.remove(stored.storageKey);
    throw error;
  }
}
