/** Marking photos of test mode: the stored bytes are those with the mark, so every way out shows it. */
import { AppError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';
import { spoolImage } from './spool.ts';
import { takesWatermark, watermark } from './watermark.ts';

export interface StoredPicture {
  storageKey: string;
  sizeBytes: number;
  sha256: string;
  mimeType: string;
  width: number;
  height: number;
}

/** Decoding takes memory by the pixel, so only so many at a time. */
const mostAtOnce = 2;
let running = 0;
const waiting: (() => void)[] = [];

/**
 * Replaces a stored photo by one with the mark; returns where it is now and what it is. Throws AppError 400 when the
 * picture cannot be decoded; the caller removes what it stored.
 */
export async function markTestImage<Picture extends StoredPicture>(
  storage: Storage,
  picture: Picture,
): Promise<Picture> {
  if (!takesWatermark(picture.mimeType)) return picture;
  const storageKey = `${picture.storageKey}-marked`;
  if (running >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  const writer = await storage.create(storageKey);
  try {
    const body = watermark(await storage.open(picture.storageKey), picture);
    const { sizeBytes, sha256, inspection } = await spoolImage({
      body,
      writer,
      maxBytes: Number.MAX_SAFE_INTEGER,
    });
    if (!inspection.ok) throw new Error('The marked picture is not a picture');
    await writer.commit();
    await storage.remove(picture.storageKey);
    return { ...picture, storageKey, sizeBytes, sha256, width: inspection.width, height: inspection.height };
  } catch (error) {
    await writer.abort();
    throw new AppError(
      400,
      'IMAGE_UNREADABLE',
      'The photo cannot be read: its file is damaged. Choose another.',
      {
        cause: error,
      },
    );
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}
