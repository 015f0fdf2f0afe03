/**
 * Receiving a photo: checked, hashed and durably stored before anything is promised; then one transaction takes a place
 * in the session and makes the image, its deliveries and its event. The commit of that transaction is the moment when
 * the answer 201 becomes true.
 *
 * Order of checks: contract §1.11.
 */
import { sql } from 'kysely';
import { compileOnce } from '../db/compiled.ts';
import { type Database, DatabaseBusyError, isOutOfRoom, type Queries, type Tx } from '../db/database.ts';
import type { ImageTable } from '../db/schema.ts';
import { enqueueDeliveries } from '../deliveries/enqueue.ts';
import { AppError, invalid } from '../errors.ts';
import { emit } from '../events/emit.ts';
import { emitLive } from '../events/live.ts';
import { type Clock, toIso } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import type { Received } from '../queue/observer.ts';
import { completeIfDone } from '../sessions/changes.ts';
import { findSessionByLink } from '../sessions/find.ts';
import { decodePasswordHeader, verifyAnyPassword } from '../sessions/password.ts';
import { flattenTags, type Session, statusOf } from '../sessions/session.ts';
import type { Storage, StorageWriter } from '../storage/storage.ts';
import type { ByteSource } from './byte-source.ts';
import { e2eType } from './envelope.ts';
import { markTestImage, type StoredPicture } from './mark-test.ts';
import { processPicture } from './process.ts';
import {
  type Encryption,
  type FormServices,
  isJson,
  type ReceivedForm,
  readEncryption,
  readUpload,
  requestBytes,
} from './upload-form.ts';

export interface ReceiveServices extends FormServices {
  db: Database;
  storage: Storage;
  clock: Clock;
  /** Hears of each photo that was received, after its commit. */
  heard?: (photo: HeardPhoto) => void;
}

export type HeardPhoto = Pick<Received, 'imageId' | 'sessionId' | 'projectId' | 'bytes' | 'destinations'>;

export interface UploadRequest {
  body: ByteSource;
  contentType: string;
  /** Bytes of the whole body as declared; undefined when it was not. */
  declaredLength: number | undefined;
  passwordHeader: string | readonly string[] | undefined;
  /** Whether one of these opens the session; may refuse to say when too many were tried. Default: no such bound. */
  isPassword?: (candidates: readonly string[]) => Promise<boolean>;
  /** `X-Aptr-Encrypted`. */
  encryptionHeader: string | readonly string[] | undefined;
  /** The client's own name for the photo, when it said one before the body: sent again, it is the same image. */
  clientId?: string | undefined;
}

export interface ReceivedImage {
  id: string;
  filename: string;
  sizeBytes: number;
  /** How many destinations it was queued to. */
  destinations: number;
  longPolling: boolean;
  /** It was received before, under the same name of the client. */
  replayed?: true;
}

/** Receives one photo into a session. Throws AppError; nothing half-written stays behind. */
export async function receiveImage(
  services: ReceiveServices,
  session: Session,
  upload: UploadRequest,
): Promise<ReceivedImage> {
  const { clientId } = upload;
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

/** The photo came by two ways, or twice by one: the second becomes nothing. */
class ReceivedBefore extends Error {
  readonly image: ReceivedImage;
  constructor(image: ReceivedImage) {
    super('This photo was received before');
    this.image = image;
  }
}

/** The image that a client's name already stands for. */
export async function findReceived(
  q: Queries,
  session: Session,
  clientId: string | undefined,
): Promise<ReceivedImage | undefined> {
  if (clientId === undefined) return undefined;
  const image = await q
    .selectFrom('images')
    .select(['id', 'filename', 'size_bytes'])
    .where('session_id', '=', session.id)
    .where('client_id', '=', clientId)
    .executeTakeFirst();
  if (!image) return undefined;
  const { count } = await q
    .selectFrom('deliveries')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('image_id', '=', image.id)
    .executeTakeFirstOrThrow();
  return {
    id: image.id,
    filename: image.filename,
    sizeBytes: image.size_bytes,
    destinations: Number(count),
    longPolling: session.longPolling,
    replayed: true,
  };
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

/** No row was made: refused, no room for it, or it never got its turn. */
function isCertain(error: unknown): boolean {
  const refused = error instanceof AppError || error instanceof ReceivedBefore;
  return refused || error instanceof DatabaseBusyError || isOutOfRoom(error);
}

/** What can be said before a byte is read: expired, full, completed, password, declared length, kind of encryption. */
export async function checkBefore(
  clock: Clock,
  session: Session,
  upload: Omit<UploadRequest, 'body'>,
): Promise<Encryption> {
  refuseEnded(session, clock.now());
  await checkPassword(session, upload);
  const { declaredLength, encryptionHeader, contentType } = upload;
  const sealed = encryptionHeader !== undefined || isJson(contentType);
  if (declaredLength !== undefined && declaredLength > requestBytes(session.limits.imageBytes, sealed))
    throw tooLarge(session);
  const encryption = readEncryption(encryptionHeader);
  checkEndToEnd(session, encryption);
  return encryption;
}

/** A project with a key of its own may refuse photos that we could read. */
function checkEndToEnd({ e2e }: Session, encryption: Encryption): void {
  if (encryption === 'end-to-end' && !e2e.enabled) {
    throw invalid('X-Aptr-Encrypted: this session takes no end-to-end encrypted photos.');
  }
  if (encryption !== 'end-to-end' && e2e.required) {
    throw new AppError(
      400,
      'E2E_REQUIRED',
      'This session takes only photos that are end-to-end encrypted. Send them with X-Aptr-Encrypted: e2e.',
    );
  }
}

/** "Full" comes before "completed": a session that ended because it filled up says so. */
export function refuseEnded(session: Session, now: number): void {
  const status = statusOf(session, now);
  if (status === 'expired') {
    throw new AppError(
      410,
      'SESSION_EXPIRED',
      `This link expired at ${toIso(session.expiresAt)}. Ask for a new one.`,
    );
  }
  if (session.imagesCount >= session.limits.maxImages) throw full(session);
  if (status === 'completed') {
    throw new AppError(409, 'SESSION_COMPLETED', 'This session is completed and takes no more photos.');
  }
}

const full = (session: Session): AppError =>
  new AppError(
    422,
    'SESSION_FULL',
    `This session is full: it takes ${session.limits.maxImages} photos and has them.`,
  );

const tooLarge = (session: Session): AppError => {
  const megabytes = Math.floor(session.limits.imageBytes / (1024 * 1024));
  return new AppError(
    413,
    'FILE_TOO_LARGE',
    `The photo is too large: at most ${megabytes} MB are taken here.`,
  );
};

export async function checkPassword(
  { passwordHash }: Session,
  { passwordHeader, isPassword }: Pick<UploadRequest, 'passwordHeader' | 'isPassword'>,
): Promise<void> {
  if (passwordHash === null) return;
  const candidates = decodePasswordHeader(passwordHeader);
  if (candidates.length === 0) {
    throw new AppError(401, 'SESSION_PASSWORD_REQUIRED', 'This session needs its password.');
  }
  const isRight = await (isPassword?.(candidates) ?? verifyAnyPassword(candidates, passwordHash));
  if (!isRight) {
    throw new AppError(401, 'SESSION_PASSWORD_INVALID', 'The password is not the one of this session.');
  }
}

/** A session that wants JPEG takes HEIC too: it becomes what is wanted. */
function takes({ limits, processing }: Session, type: string): boolean {
  if (limits.mimeTypes.includes(type)) return true;
  return type === 'image/heic' && processing.format === 'jpeg' && limits.mimeTypes.includes('image/jpeg');
}

const longestSide = ({ limits, plan }: Session): number =>
  Math.min(limits.dimension ?? plan.imageDimension, plan.imageDimension);

interface CheckedImage {
  filename: string;
  source: string;
  sizeBytes: number;
  sha256: string;
  mimeType: string;
  width: number;
  height: number;
  isEncrypted: boolean;
}

/** What the bytes say: size, type, readable, dimension. Of an envelope that only the project opens they say nothing. */
function checkImage(form: ReceivedForm, session: Session): CheckedImage {
  const { inspection, sizeBytes, sha256, filename, source } = form;
  const isEncrypted = form.encryption !== 'none';
  if (inspection === undefined) {
    return { filename, source, sizeBytes, sha256, mimeType: e2eType, width: 0, height: 0, isEncrypted };
  }
  if (sizeBytes === 0)
    throw new AppError(400, 'IMAGE_UNREADABLE', 'The photo is empty (0 bytes). Choose it again.');
  const type = inspection.mimeType;
  if (type === undefined || !takes(session, type)) {
    const taken = session.limits.mimeTypes.map((name) => name.replace('image/', '').toUpperCase()).join(', ');
    throw new AppError(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      `This file is not a photo of a type taken here (${taken}).`,
    );
  }
  if (!inspection.ok) {
    const why =
      inspection.problem === 'truncated'
        ? 'The photo is not whole: its end is missing. Choose it again.'
        : 'The photo cannot be read: its file is damaged. Choose another.';
    throw new AppError(400, 'IMAGE_UNREADABLE', why);
  }
  const { width, height } = inspection;
  // What is made smaller anyhow may come larger, as far as the plan goes.
  const allowed = session.processing.downscale ? session.plan.imageDimension : longestSide(session);
  if (Math.max(width, height) > allowed || width * height > session.plan.imageMegapixels * 1_000_000) {
    const message = `The photo is ${width} × ${height} pixels; at most ${allowed} a side are taken here.`;
    throw new AppError(400, 'IMAGE_DIMENSION_EXCEEDED', message);
  }
  return { filename, source, sizeBytes, sha256, mimeType: type, width, height, isEncrypted };
}

/** One more image, unless the session is full or has ended meanwhile: then no row comes back. */
const takePlace = compileOnce((q, session: { id: string; maxImages: number; now: number }) =>
  q
    .updateTable('sessions')
    .set((eb) => ({
      images_count: eb('images_count', '+', 1),
      changed_at: sql<number>`case when changed_at >= ${session.now} then changed_at + 1 else ${session.now} end`,
    }))
    .where('id', '=', session.id)
    .where('completed_at', 'is', null)
    .where('images_count', '<', session.maxImages)
    .returning('images_count'),
);

type NewImage = Omit<
  ImageTable,
  'acknowledged_at' | 'leased_until' | 'purged_at' | 'thumbnails' | 'client_id'
> & { client_id: string | null };

const insertImage = compileOnce((q, image: NewImage) =>
  q.insertInto('images').values({
    id: image.id,
    session_id: image.session_id,
    project_id: image.project_id,
    env: image.env,
    position: image.position,
    filename: image.filename,
    mime_type: image.mime_type,
    size_bytes: image.size_bytes,
    sha256: image.sha256,
    width: image.width,
    height: image.height,
    source: image.source,
    is_encrypted: image.is_encrypted,
    storage_key: image.storage_key,
    client_id: image.client_id,
    acknowledged_at: null,
    purged_at: null,
    created_at: image.created_at,
  }),
);

const selectDestinations = compileOnce((q, of: { session: string }) =>
  q
    .selectFrom('session_destinations as s')
    .innerJoin('destinations as d', 'd.id', 's.destination_id')
    .select('s.destination_id')
    .where('s.session_id', '=', of.session)
    .where('d.deleted_at', 'is', null)
    .orderBy('s.position'),
);

/** The transaction of the promise. */
async function record(
  { db, clock, heard }: ReceiveServices,
  session: Session,
  image: CheckedImage & { id: string; storageKey: string; clientId: string | undefined },
  settle?: NewPhoto['settle'],
): Promise<ReceivedImage> {
  const recorded = await db.write(async (tx) => {
    const now = clock.now();
    const [place] = await takePlace(tx.q, { id: session.id, maxImages: session.limits.maxImages, now });
    // Whoever holds the place holds the session's row, so a second one of the same name sees the first.
    const known = await findReceived(tx.q, session, image.clientId);
    if (known) throw new ReceivedBefore(known);
    if (!place) return undefined;
    await insertImage(tx.q, {
      id: image.id,
      session_id: session.id,
      project_id: session.projectId,
      env: session.env,
      position: place.images_count - 1,
      filename: image.filename,
      mime_type: image.mimeType,
      size_bytes: image.sizeBytes,
      sha256: image.sha256,
      width: image.width,
      height: image.height,
      source: image.source,
      is_encrypted: image.isEncrypted ? 1 : 0,
      storage_key: image.storageKey,
      client_id: image.clientId ?? null,
      created_at: now,
    });
    const destinations = await selectDestinations(tx.q, { session: session.id });
    const ids = destinations.map((row) => row.destination_id);
    await enqueueDeliveries(
      tx,
      { id: image.id, sessionId: session.id, projectId: session.projectId },
      ids,
      now,
    );
    await settle?.(tx, image.id);
    const live = { imageId: image.id, filename: image.filename, sizeBytes: image.sizeBytes };
    await emitLive(tx, session.id, 'image:ready', live, now);
    const data = {
      session_id: session.id,
      image_id: image.id,
      filename: image.filename,
      size_bytes: image.sizeBytes,
      mime_type: image.mimeType,
      tags: flattenTags(session.tags) ?? [],
    };
    const about = { projectId: session.projectId, sessionId: session.id, data, now };
    await emit(tx, { ...about, topic: 'project.upload.started' });
    if (ids.length === 0) {
      // Stored only: there is nothing further to reach. With long polling the acknowledgement completes it.
      if (!session.longPolling) await emit(tx, { ...about, topic: 'project.upload.completed' });
      const { maxImages } = session.limits;
      await completeIfDone(
        tx,
        { id: session.id, projectId: session.projectId, maxImages, longPolling: session.longPolling },
        now,
      );
    }
    return ids.length;
  });
  if (recorded === undefined) throw await whyNoPlace(db, session, clock.now());
  heard?.({
    imageId: image.id,
    sessionId: session.id,
    projectId: session.projectId,
    bytes: image.sizeBytes,
    destinations: recorded,
  });
  return {
    id: image.id,
    filename: image.filename,
    sizeBytes: image.sizeBytes,
    destinations: recorded,
    longPolling: session.longPolling,
  };
}

/** The session filled up or ended while this photo was on its way. */
async function whyNoPlace(db: Database, session: Session, now: number): Promise<AppError> {
  const current = await findSessionByLink(db.read, session.id);
  if (!current) return new AppError(404, 'NOT_FOUND', 'This session is gone.');
  if (current.imagesCount >= current.limits.maxImages) return full(current);
  try {
    refuseEnded(current, now);
  } catch (error) {
    return error as AppError;
  }
  return full(current);
}
