/**
 * What is done with a received photo before it counts as received, where its session says so: the place goes or becomes
 * coarse, HEIC becomes JPEG, and what is too large becomes as large as is wanted. A photo that needs none of it stays as it
 * came, byte by byte.
 */
import { buffer } from 'node:stream/consumers';
import sharp, { type ResizeOptions } from 'sharp';
import { AppError } from '../errors.ts';
import { createGate } from '../lib/gate.ts';
import type { Processing } from '../sessions/processing.ts';
import type { Storage } from '../storage/storage.ts';
import { decodeHeic, HeicError } from './decode-heic.ts';
import { treatPlace } from './place.ts';
import { spoolImage } from './spool.ts';

export interface ProcessedPicture {
  storageKey: string;
  filename: string;
  sizeBytes: number;
  sha256: string;
  mimeType: string;
  width: number;
  height: number;
}

export interface Wanted extends Processing {
  /** The longest side that is wanted, in pixels. */
  dimension: number;
}

/** Whole photos in memory, decoded ones too: only so many at a time. */
const gate = createGate({ most: 2, waiting: 500 });

const jpegTypes = ['image/jpeg', 'image/png', 'image/webp'];

/**
 * Replaces a stored photo by what the session wants of it; returns what lies there now. Throws AppError 400 when its pixels
 * are needed and cannot be decoded; the caller removes what it stored.
 */
export async function processPicture<Picture extends ProcessedPicture>(
  storage: Storage,
  picture: Picture,
  wanted: Wanted,
): Promise<Picture> {
  const tooLarge = wanted.downscale && Math.max(picture.width, picture.height) > wanted.dimension;
  const isHeic = picture.mimeType === 'image/heic';
  // Nobody here writes HEIC, so a smaller one is a JPEG.
  const toJpeg = isHeic && (wanted.format === 'jpeg' || tooLarge);
  const redraw = toJpeg || (tooLarge && jpegTypes.includes(picture.mimeType));
  if (!redraw && wanted.gps === 'keep') return picture;
  return gate.run(async () => {
    const file = await buffer(await storage.open(picture.storageKey));
    const changed = treatPlace(file, wanted.gps);
    if (!redraw && !changed) return picture;
    const bytes = redraw
      ? await draw(file, { isHeic, longest: tooLarge ? wanted.dimension : undefined })
      : file;
    const made = await replace(storage, picture, bytes);
    return toJpeg ? { ...made, filename: `${made.filename.replace(/\.(heic|heif)$/i, '')}.jpg` } : made;
  });
}

/** The picture anew, with its description and its colours. */
async function draw(
  file: Buffer,
  { isHeic, longest }: { isHeic: boolean; longest: number | undefined },
): Promise<Buffer> {
  const smaller: ResizeOptions | undefined =
    longest === undefined
      ? undefined
      : {
          width: longest,
          height: longest,
          fit: 'inside',
          withoutEnlargement: true,
        };
  try {
    if (!isHeic) {
      const pipeline = sharp(file, { limitInputPixels: 300_000_000, failOn: 'error' }).keepMetadata();
      return await (smaller ? pipeline.resize(smaller) : pipeline).timeout({ seconds: 60 }).toBuffer();
    }
    const { exif, icc } = await sharp(file, { unlimited: false })
      .metadata()
      .catch(() => ({ exif: undefined, icc: undefined }));
    const { data, width, height } = await decodeHeic(Buffer.from(file));
    const pixels = sharp(data, { raw: { width, height, channels: 4 } });
    const jpeg = await (smaller ? pixels.resize(smaller) : pixels)
      .flatten({ background: '#ffffff' })
      .jpeg({ quality: 92, chromaSubsampling: '4:4:4' })
      .timeout({ seconds: 60 })
      .toBuffer();
    return describe(jpeg, exif && upright(exif), icc);
  } catch (error) {
    if (error instanceof HeicError && error.late) {
      throw new AppError(
        503,
        'SERVICE_UNAVAILABLE',
        'Too much is going on right now. Try again in a moment.',
        {
          retryAfter: 10,
          cause: error,
        },
      );
    }
    throw new AppError(
      400,
      'IMAGE_UNREADABLE',
      'The photo cannot be read: its file is damaged. Choose another.',
      {
        cause: error,
      },
    );
  }
}

/** HEIC turns its pixels by itself, so what is decoded is upright, whatever its EXIF says. */
function upright(exif: Buffer): Buffer {
  const tiff = Buffer.from(exif.subarray(exif.toString('latin1', 0, 4) === 'Exif' ? 6 : 0));
  const little = tiff[0] === 0x49;
  const read16 = (at: number): number => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  try {
    const first = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
    for (let n = 0; n < read16(first); n++) {
      const entry = first + 2 + n * 12;
      if (read16(entry) !== 0x0112) continue;
      if (little) tiff.writeUInt16LE(1, entry + 8);
      else tiff.writeUInt16BE(1, entry + 8);
    }
  } catch {
    // A description that is broken stays as broken as it came.
  }
  return tiff;
}

/** A JPEG with EXIF and colour profile, each in a segment of its own behind the first two bytes. */
function describe(jpeg: Buffer, exif: Buffer | undefined, icc: Buffer | undefined): Buffer {
  const segments: Buffer[] = [];
  const add = (marker: number, name: string, body: Buffer): void => {
    const head = Buffer.from([0xff, marker, 0, 0]);
    const label = Buffer.from(name, 'latin1');
    const length = label.length + body.length + 2;
    if (length > 0xffff) return;
    head.writeUInt16BE(length, 2);
    segments.push(head, label, body);
  };
  if (exif) add(0xe1, 'Exif\0\0', exif);
  if (icc) add(0xe2, 'ICC_PROFILE\0\x01\x01', icc);
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
}

async function replace<Picture extends ProcessedPicture>(
  storage: Storage,
  picture: Picture,
  bytes: Buffer,
): Promise<Picture> {
  const storageKey = `${picture.storageKey}-made`;
  const writer = await storage.create(storageKey);
  const body = (async function* () {
    for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
  })();
  const { sizeBytes, sha256, inspection } = await spoolImage({
    body,
    writer,
    maxBytes: Number.MAX_SAFE_INTEGER,
  });
  if (!inspection.ok) {
    await writer.abort();
    throw new AppError(
      400,
      'IMAGE_UNREADABLE',
      'The photo cannot be read: its file is damaged. Choose another.',
    );
  }
  await writer.commit();
  await storage.remove(picture.storageKey);
  const { mimeType, width, height } = inspection;
  return { ...picture, storageKey, sizeBytes, sha256, mimeType, width, height };
}
