/**
 * The mark on photos of test mode (contract §14), so that nobody takes a trial for the real thing: the word TEST, slanted
 * across the picture. HEIC cannot be re-encoded by the picture library, and an envelope cannot be looked into: they stay.
 */
import type { Readable } from 'node:stream';
import sharp from 'sharp';
import type { ImageMime } from './sniff.ts';

/** Whether a photo of this type can carry the mark. */
export function takesWatermark(mimeType: ImageMime | string): boolean {
  return ['image/jpeg', 'image/png', 'image/webp'].includes(mimeType);
}

/** The photo with the mark, in its own format, upright as its EXIF orientation says; other metadata stays. */
export function watermark(
  photo: Readable,
  picture: { width: number; height: number; mimeType: string },
): Readable {
  const { width, height } = picture;
  const text = Math.max(10, Math.round(Math.min(width, height) / 4));
  const mark = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
      <text x="50%" y="50%" font-family="sans-serif" font-size="${text}" font-weight="bold" text-anchor="middle"
        dominant-baseline="middle" fill="white" fill-opacity="0.45" stroke="black" stroke-opacity="0.35"
        stroke-width="${Math.max(1, text / 40)}" transform="rotate(-30 ${width / 2} ${height / 2})">TEST</text>
    </svg>`,
  );
  const pipeline = sharp({ failOn: 'error', limitInputPixels: 300_000_000, sequentialRead: true })
    .keepMetadata()
    .composite([{ input: mark }]);
  if (picture.mimeType === 'image/jpeg') pipeline.jpeg({ quality: 90 });
  if (picture.mimeType === 'image/png') pipeline.png();
  if (picture.mimeType === 'image/webp') pipeline.webp({ quality: 90 });
  return photo.on('error', (error) => pipeline.destroy(error)).pipe(pipeline);
}
