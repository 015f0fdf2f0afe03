/**
 * The transaction of the promise: it takes a place in the session and makes the image, its deliveries and its event.
 * Its commit is the moment when the answer 201 becomes true.
 */
import { sql } from 'kysely';
import { compileOnce, compileWrite } from '../db/compiled.ts';
import { type Database, DatabaseBusyError, isOutOfRoom, type Queries, type Tx } from '../db/database.ts';
import type { ImageTable } from '../db/schema.ts';
import { enqueueDeliveries } from '../deliveries/enqueue.ts';
import { AppError } from '../errors.ts';
import { emit, findWebhooks } from '../events/emit.ts';
import { emitLive } from '../events/live.ts';
import type { Clock } from '../lib/clock.ts';
import type { Received } from '../queue/observer.ts';
import { completeIfDone } from '../sessions/changes.ts';
import { findSessionByLink } from '../sessions/find.ts';
import { flattenTags, type Session } from '../sessions/session.ts';
import { type CheckedImage, full, refuseEnded } from './checks.ts';

export type HeardPhoto = Pick<Received, 'imageId' | 'sessionId' | 'projectId' | 'bytes' | 'destinations'>;

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

/** The photo came by two ways, or twice by one: the second becomes nothing. */
export class ReceivedBefore extends Error {
  readonly image: ReceivedImage;
  constructor(image: ReceivedImage) {
    super('This photo was received before');
    this.image = image;
  }
}

const selectReceived = compileOnce((q, of: { session: string; clientId: string }) =>
  q
    .selectFrom('images')
    .select(['id', 'filename', 'size_bytes'])
    .select((eb) =>
      eb
        .selectFrom('deliveries')
        .select((count) => count.fn.countAll<number>().as('count'))
        .whereRef('deliveries.image_id', '=', 'images.id')
        .as('deliveries'),
    )
    .where('session_id', '=', of.session)
    .where('client_id', '=', of.clientId),
);

/** The image that a client's name already stands for. */
export async function findReceived(
  q: Queries,
  session: Session,
  clientId: string | undefined,
): Promise<ReceivedImage | undefined> {
  if (clientId === undefined) return undefined;
  const [image] = await selectReceived(q, { session: session.id, clientId });
  if (!image) return undefined;
  return {
    id: image.id,
    filename: image.filename,
    sizeBytes: image.size_bytes,
    destinations: Number(image.deliveries),
    longPolling: session.longPolling,
    replayed: true,
  };
}

/** No row was made: refused, no room for it, or it never got its turn. */
export function isCertain(error: unknown): boolean {
  const refused = error instanceof AppError || error instanceof ReceivedBefore;
  return refused || error instanceof DatabaseBusyError || isOutOfRoom(error);
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

const insertImage = compileWrite((q, image: NewImage) =>
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

export interface RecordServices {
  db: Database;
  clock: Clock;
  /** Hears of each photo that was received, after its commit. */
  heard?: (photo: HeardPhoto) => void;
}

export interface ImageToRecord extends CheckedImage {
  id: string;
  storageKey: string;
  clientId: string | undefined;
}

/**
 * What the transaction has to know. The questions are asked together, for on PostgreSQL that is one way there and back, and in
 * this order: whoever holds the place holds the session's row, so a second one of the same name sees the first.
 */
async function prepare(tx: Tx, session: Session, clientId: string | undefined, now: number) {
  const [[place], known, destinations, webhooks] = await Promise.all([
    takePlace(tx.q, { id: session.id, maxImages: session.limits.maxImages, now }),
    findReceived(tx.q, session, clientId),
    selectDestinations(tx.q, { session: session.id }),
    findWebhooks(tx.q, { project: session.projectId }),
  ]);
  if (known) throw new ReceivedBefore(known);
  return { place, destinations: destinations.map((row) => row.destination_id), webhooks };
}

/**
 * The transaction of the promise. `settle` is what else becomes true together with the image. Throws AppError when the
 * session filled up or ended meanwhile, ReceivedBefore when the image is there already.
 */
export async function record(
  { db, clock, heard }: RecordServices,
  session: Session,
  image: ImageToRecord,
  settle?: (tx: Tx, imageId: string) => Promise<void>,
): Promise<ReceivedImage> {
  const destinations = await db.write(async (tx) => {
    const now = clock.now();
    const { place, destinations: ids, webhooks } = await prepare(tx, session, image.clientId, now);
    if (!place) return undefined;
    const count = place.images_count;
    await insertImage(tx.q, rowOf(session, image, { position: count - 1, now }));
    const of = { id: image.id, sessionId: session.id, projectId: session.projectId };
    await enqueueDeliveries(tx, of, ids, now);
    await settle?.(tx, image.id);
    await tell(tx, session, image, { count, isStoredOnly: ids.length === 0, webhooks, now });
    return ids.length;
  });
  if (destinations === undefined) throw await whyNoPlace(db, session, clock.now());
  const { id, filename, sizeBytes } = image;
  const { id: sessionId, projectId, longPolling } = session;
  heard?.({ imageId: id, sessionId, projectId, bytes: sizeBytes, destinations });
  return { id, filename, sizeBytes, destinations, longPolling };
}

function rowOf(
  session: Session,
  image: ImageToRecord,
  { position, now }: { position: number; now: number },
): NewImage {
  return {
    id: image.id,
    session_id: session.id,
    project_id: session.projectId,
    env: session.env,
    position,
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
  };
}

interface Place {
  /** Photos of the session, with this one. */
  count: number;
  isStoredOnly: boolean;
  webhooks: Awaited<ReturnType<typeof findWebhooks>>;
  now: number;
}

/** What live pages and webhooks hear of a photo that was received. */
async function tell(
  tx: Tx,
  session: Session,
  { id, filename, sizeBytes, mimeType }: ImageToRecord,
  { count, isStoredOnly, webhooks, now }: Place,
): Promise<void> {
  await emitLive(tx, session.id, 'image:ready', { imageId: id, filename, sizeBytes }, now);
  const data = {
    session_id: session.id,
    image_id: id,
    filename,
    size_bytes: sizeBytes,
    mime_type: mimeType,
    tags: flattenTags(session.tags) ?? [],
  };
  const about = { projectId: session.projectId, sessionId: session.id, data, now };
  await emit(tx, { ...about, topic: 'project.upload.started' }, webhooks);
  if (!isStoredOnly) return;
  // There is nothing further to reach. With long polling the acknowledgement completes it.
  const { projectId, longPolling, limits } = session;
  if (!longPolling) await emit(tx, { ...about, topic: 'project.upload.completed' }, webhooks);
  const { maxImages } = limits;
  if (count < maxImages) return;
  await completeIfDone(tx, { id: session.id, projectId, maxImages, longPolling }, now);
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
