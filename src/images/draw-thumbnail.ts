/** Drawing a small picture of a photo: upright, without its metadata (so without the place where it was taken). */
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import sharp, { type Sharp } from 'sharp';
import { decodeHeic, HeicError } from './decode-heic.ts';

export const thumbnailFormats = ['webp', 'jpeg'] as const;
export type ThumbnailFormat = (typeof thumbnailFormats)[number];

/** The longer side, in pixels. Few, so that few lie in the storage. */
export const thumbnailSizes = [160, 320, 640, 1280] as const;
export type ThumbnailSize = (typeof thumbnailSizes)[number];

/** The photo cannot be drawn, now or ever. */
export class UndrawableError extends Error {
  constructor(cause: unknown) {
    super('The photo cannot be drawn', { cause });
    this.name = 'UndrawableError';
  }
}

/** A picture that declares more than this is not decoded. */
const mostPixels = 150_000_000;
const longestSeconds = 20;

/**
 * The small picture of a photo. Throws UndrawableError when its bytes cannot be decoded, and what `photo` throws.
 */
export async function drawThumbnail(
  photo: Readable,
  wish: { mimeType: string; size: ThumbnailSize; format: ThumbnailFormat },
): Promise<Buffer> {
  const bytes = await buffer(photo);
  try {
    const small = (await open(bytes, wish.mimeType))
      .resize({ width: wish.size, height: wish.size, fit: 'inside', withoutEnlargement: true })
      .timeout({ seconds: longestSeconds });
    const drawn =
      wish.format === 'webp'
        ? small.webp({ quality: 76, effort: 2 })
        : small.flatten({ background: '#ffffff' }).jpeg({ quality: 78 });
    return await drawn.toBuffer();
  } catch (error) {
    if (isLate(error)) throw error;
    throw new UndrawableError(error);
  }
}

async function open(bytes: Buffer, mimeType: string): Promise<Sharp> {
  if (mimeType === 'image/heic') {
    const { data, width, height } = await decodeHeic(bytes);
    return sharp(data, { raw: { width, height, channels: 4 } });
  }
  return sharp(bytes, { limitInputPixels: mostPixels, failOn: 'error', sequentialRead: true }).autoOrient();
}

/** Too slow this time is not the photo's fault. */
function isLate(error: unknown): boolean {
  return error instanceof HeicError ? error.late : /timeout:/i.test((error as Error).message ?? '');
}
