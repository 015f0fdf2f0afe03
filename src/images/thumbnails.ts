/**
 * Small pictures of stored photos. Drawn when somebody first asks, never while a photo is received; kept beside the
 * photos and removed with them.
 */
import { sql } from 'kysely';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { createGate, GateFullError } from '../lib/gate.ts';
import { type Storage, StorageMissingError } from '../storage/storage.ts';
import {
  drawThumbnail,
  type ThumbnailFormat,
  type ThumbnailSize,
  UndrawableError,
} from './draw-thumbnail.ts';
import { e2eType } from './envelope.ts';
import type { StoredImage } from './find.ts';

export interface Thumbnails {
  /**
   * The bytes of a small picture. Throws AppError: 404 `THUMBNAIL_UNAVAILABLE` when the photo cannot be drawn, 410 once
   * its bytes are gone, 503 when too many are asked for at once.
   */
  open(image: StoredImage, wish: { size: ThumbnailSize; format: ThumbnailFormat }): Promise<Buffer>;
}

const undrawable = 'none';

type Pictured = Pick<StoredImage, 'mime_type' | 'purged_at' | 'thumbnails'>;

/** Whether there is a small picture to ask for; false as soon as it is known that none can be drawn. */
export function hasThumbnail(image: Pictured): boolean {
  return image.mime_type !== e2eType && image.purged_at === null && image.thumbnails !== undrawable;
}

/** Where the small pictures of a photo lie. Beside the folder of its day, so that no sweep takes them for photos. */
function keyOf(image: { id: string; storage_key: string }, variant: string): string {
  return `small-${image.storage_key.split('/')[0]}/${image.id}/${variant}`;
}

const variantsOf = (image: Pick<StoredImage, 'thumbnails'>): string[] =>
  image.thumbnails === undrawable ? [] : image.thumbnails.split(' ').filter((text) => text !== '');

/** Where the small pictures of a photo lie, for whoever removes its bytes. */
export const thumbnailKeys = (image: Pick<StoredImage, 'id' | 'storage_key' | 'thumbnails'>): string[] =>
  variantsOf(image).map((variant) => keyOf(image, variant));

export function createThumbnails({ db, storage }: { db: Database; storage: Storage }): Thumbnails {
  // Decoding takes memory by the pixel; whoever scrolls through a grid asks for fifty.
  const gate = createGate({ most: 2, waiting: 200 });
  /** What is being drawn: two who ask for the same share it. */
  const underWay = new Map<string, Promise<Buffer>>();

  async function make(
    image: StoredImage,
    variant: string,
    wish: { size: ThumbnailSize; format: ThumbnailFormat },
  ): Promise<Buffer> {
    try {
      const bytes = await gate.run(async () =>
        drawThumbnail(await storage.open(image.storage_key), { ...wish, mimeType: image.mime_type }),
      );
      await keep(image, variant, bytes);
      return bytes;
    } catch (error) {
      throw await refusal(image, error);
    }
  }

  /** The row first says nothing of it: a crash in between costs a file, never a picture that is said to be there. */
  async function keep(image: StoredImage, variant: string, bytes: Buffer): Promise<void> {
    const key = keyOf(image, variant);
    const writer = await storage.create(key);
    try {
      await writer.write(bytes);
      await writer.commit();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    const kept = await db.write(async (tx) =>
      tx.q
        .updateTable('images')
        .set({ thumbnails: sql<string>`thumbnails || ${`${variant} `}` })
        .where('id', '=', image.id)
        .where('purged_at', 'is', null)
        .where('thumbnails', 'not like', `%${variant}%`)
        .returning('id')
        .execute(),
    );
    if (kept.length > 0) return;
    // Another process was faster, or retention came meanwhile.
    const now = await db.read
      .selectFrom('images')
      .select('purged_at')
      .where('id', '=', image.id)
      .executeTakeFirst();
    if (now === undefined || now.purged_at !== null) await storage.remove(key);
  }

  async function refusal(image: StoredImage, error: unknown): Promise<unknown> {
    if (error instanceof GateFullError) {
      const message = 'Too many thumbnails are being made right now. Try again in a moment.';
      return new AppError(503, 'SERVICE_UNAVAILABLE', message, { retryAfter: 2, cause: error });
    }
    if (error instanceof StorageMissingError) return gone();
    if (!(error instanceof UndrawableError)) return error;
    await db.write(async (tx) => {
      await tx.q.updateTable('images').set({ thumbnails: undrawable }).where('id', '=', image.id).execute();
    });
    return unavailable('This photo cannot be drawn: its pixels cannot be decoded.');
  }

  return {
    async open(image, wish) {
      if (image.mime_type === e2eType) {
        throw unavailable('This photo is encrypted end to end: only its project can open it.');
      }
      if (image.purged_at !== null) throw gone();
      if (image.thumbnails === undrawable) throw unavailable('This photo cannot be drawn.');
      const variant = `${wish.size}.${wish.format}`;
      if (variantsOf(image).includes(variant)) {
        const stored = await readAll(storage, keyOf(image, variant));
        if (stored) return stored;
      }
      const name = `${image.id} ${variant}`;
      const making = underWay.get(name) ?? make(image, variant, wish).finally(() => underWay.delete(name));
      underWay.set(name, making);
      return making;
    },
  };
}

const unavailable = (message: string): AppError => new AppError(404, 'THUMBNAIL_UNAVAILABLE', message);
const gone = (): AppError =>
  new AppError(410, 'GONE', 'The photo is past its retention: its bytes are no longer here.');

async function readAll(storage: Storage, key: string): Promise<Buffer | undefined> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await storage.open(key)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof StorageMissingError) return undefined;
    throw error;
  }
}
