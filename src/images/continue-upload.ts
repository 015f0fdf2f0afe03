/**
 * The next bytes of a photo that comes in pieces. Whatever is counted is durable; the last bytes are counted only by
 * making the image, so that "all is here" and "the photo is received" are one moment.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { Session } from '../sessions/session.ts';
import type { StorageWriter } from '../storage/storage.ts';
import type { ByteSource } from './byte-source.ts';
import { cleanFilename } from './filename.ts';
import {
  countPiece,
  finishPartial,
  type PartialUpload,
  pieceKey,
  removePartial,
  removePieces,
} from './partial-uploads.ts';
import { type ReceiveServices, storeImage } from './receive.ts';
import type { ReceivedImage } from './record.ts';
import { spoolImage } from './spool.ts';
import { type ReceivedForm, readSealed } from './upload-form.ts';

/** `Upload-Checksum` of the bytes that come now. */
export interface Checksum {
  algorithm: 'sha1' | 'sha256' | 'md5';
  digest: Buffer;
}

export interface NextBytes {
  body: ByteSource;
  /** How many come, as declared. */
  bytes: number;
  checksum: Checksum | undefined;
}

/** A crash costs at most so many bytes of a request that carries the whole photo. */
export const pieceBytes = 8 * 1024 * 1024;

/**
 * Takes the next bytes of an upload, which must begin at `upload.received` and not go beyond its length. Returns the
 * image once all is there. Throws AppError; a refusal of the whole photo forgets the upload.
 */
export async function continueUpload(
  services: ReceiveServices,
  session: Session,
  upload: PartialUpload,
  next: NextBytes,
): Promise<ReceivedImage | undefined> {
  const chunks = new Chunks(next);
  for (;;) {
    const isLast = upload.received + chunks.left === upload.length;
    // What ends the photo goes into it directly, not into a piece first.
    if (isLast && (chunks.left <= pieceBytes || next.checksum))
      return finish(services, session, upload, chunks);
    if (chunks.left === 0) return undefined;
    // One byte at least is left for the end, which is what makes the image.
    const room = isLast ? upload.length - upload.received - 1 : chunks.left;
    const size = next.checksum ? chunks.left : Math.min(pieceBytes, room);
    await addPiece(services, upload, chunks, size);
  }
}

/** The declared bytes of a request, taken in portions. */
class Chunks {
  left: number;
  readonly #body: ByteSource;
  readonly #checksum: Checksum | undefined;
  readonly #hash;
  #rest: Buffer | undefined;

  constructor({ body, bytes, checksum }: NextBytes) {
    this.#body = body;
    this.left = bytes;
    this.#checksum = checksum;
    this.#hash = checksum && createHash(checksum.algorithm);
  }

  get hasChecksum(): boolean {
    return this.#checksum !== undefined;
  }

  /** At most `bytes` of them. Throws AppError when the connection is lost, and 460 at the end of what does not fit. */
  async *take(bytes: number): AsyncGenerator<Buffer> {
    let wanted = bytes;
    while (wanted > 0) {
      const chunk: Buffer | undefined = this.#rest ?? (await this.#body.pull());
      if (chunk === undefined)
        throw new AppError(400, 'VALIDATION_ERROR', 'The upload broke off before its end.');
      const now = chunk.subarray(0, wanted);
      this.#rest = now.length < chunk.length ? chunk.subarray(now.length) : undefined;
      wanted -= now.length;
      this.left -= now.length;
      this.#hash?.update(now);
      yield now;
    }
    if (this.left === 0 && this.#checksum && !this.#hash!.digest().equals(this.#checksum.digest)) {
      throw mismatch('These bytes are not those that were sent: their checksum differs. Send them again.');
    }
  }
}

/** tus 1.0, checksum: status 460. */
const mismatch = (message: string): AppError => new AppError(460, 'CHECKSUM_MISMATCH', message);

async function addPiece(
  services: ReceiveServices,
  upload: PartialUpload,
  chunks: Chunks,
  size: number,
): Promise<void> {
  const { storage, clock } = services;
  const key = pieceKey(clock.now());
  const writer = await storage.create(key);
  let written = 0;
  try {
    for await (const chunk of chunks.take(size)) {
      await writer.write(chunk);
      written += chunk.length;
    }
  } catch (error) {
    // What came before the cut need not come again; without the end of it a checksum says nothing.
    if (written > 0 && !chunks.hasChecksum && error instanceof AppError) {
      await count(services, upload, { key, writer, size: written }).catch(() => undefined);
    } else await writer.abort();
    throw error;
  }
  await count(services, upload, { key, writer, size });
}

async function count(
  { db, storage, clock }: ReceiveServices,
  upload: PartialUpload,
  { key, writer, size }: { key: string; writer: StorageWriter; size: number },
): Promise<void> {
  try {
    await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  if (await countPiece(db, upload, { key, size }, clock.now())) return;
  await storage.remove(key);
  throw elsewhere();
}

export const elsewhere = (): AppError =>
  new AppError(
    409,
    'CONFLICT',
    'The upload is at another place by now. Ask for its offset, then go on from there.',
  );

/** All is here with these bytes: the photo is received as any other. */
async function finish(
  services: ReceiveServices,
  session: Session,
  upload: PartialUpload,
  chunks: Chunks,
): Promise<ReceivedImage> {
  const { storage } = services;
  async function* whole(): AsyncGenerator<Buffer> {
    for (const { key } of upload.pieces) {
      for await (const chunk of await storage.open(key)) yield chunk as Buffer;
    }
    yield* chunks.take(chunks.left);
  }
  try {
    const image = await storeImage(services, session, {
      clientId: upload.id,
      read: (target) => readWhole(services, upload, whole(), target),
      settle: (tx, imageId) => finishPartial(tx, upload, imageId),
    });
    if (image.replayed) await removePartial(services, upload);
    else await removePieces(storage, upload.pieces);
    return image;
  } catch (error) {
    // These bytes are refused however often they come.
    if (error instanceof AppError && isFinal(error)) await removePartial(services, upload);
    throw error;
  }
}

const finalCodes: readonly string[] = [
  'UNSUPPORTED_MEDIA_TYPE',
  'IMAGE_UNREADABLE',
  'IMAGE_DIMENSION_EXCEEDED',
  'FILE_TOO_LARGE',
  'DECRYPTION_FAILED',
  'E2E_REQUIRED',
];

const isFinal = (error: AppError): boolean =>
  finalCodes.includes(error.code) || (error.code === 'CHECKSUM_MISMATCH' && error.cause === 'whole');

async function readWhole(
  services: ReceiveServices,
  { encryption, filename, source, sha256 }: PartialUpload,
  bytes: AsyncGenerator<Buffer>,
  target: { writer: StorageWriter; maxBytes: number },
): Promise<ReceivedForm> {
  const form: ReceivedForm =
    encryption === 'none'
      ? {
          ...(await spoolImage({ body: bytes, ...target })),
          filename: cleanFilename(filename),
          source,
          encryption,
        }
      : await readSealed(bytes, { ...services, ...target, encryption });
  // Of a photo that is opened here we know the hash of the photo, not of what was sent.
  if (sha256 !== undefined && encryption !== 'server' && form.sha256 !== sha256) {
    throw new AppError(
      460,
      'CHECKSUM_MISMATCH',
      'The photo that arrived is not the one that was sent: its SHA-256 differs. Send it again.',
      { cause: 'whole' },
    );
  }
  return form;
}
