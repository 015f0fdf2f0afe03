/**
 * The way of a photo's bytes from the request into the storage, in one pass: counted, hashed, looked at and written, with
 * no more than a few hundred kilobytes of it in memory at any time.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { StorageWriter } from '../storage/storage.ts';
import { type Inspection, Inspector } from './inspect.ts';

export interface Spooled {
  sizeBytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** Whether it is a picture that can be taken: the caller refuses it if not, after `writer.abort()`. */
  inspection: Inspection;
}

/**
 * Reads `body` to its end into `writer`, which the caller commits or aborts. Bytes of no picture type are counted but
 * not written. Throws AppError 413 as soon as there are more than `maxBytes` (the rest of the body is left unread),
 * StorageFullError, and what the body throws; the writer has been aborted then.
 */
export async function spoolImage(options: {
  body: AsyncIterable<Buffer>;
  writer: StorageWriter;
  maxBytes: number;
}): Promise<Spooled> {
  const { body, writer, maxBytes } = options;
  const hash = createHash('sha256');
  const inspector = new Inspector();
  let sizeBytes = 0;
  try {
    for await (const chunk of body) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
      inspector.push(chunk);
      if (inspector.unsupported) continue;
      // The disk works while we hash.
      const written = writer.write(chunk);
      hash.update(chunk);
      await written;
    }
    return { sizeBytes, sha256: hash.digest('hex'), inspection: inspector.finish() };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Contract §1.11 and §3.1: 413 `FILE_TOO_LARGE`. */
export function tooLarge(maxBytes: number): AppError {
  const limit =
    maxBytes >= 1_048_576 ? `${Math.floor((maxBytes / 1_048_576) * 10) / 10} MB` : `${maxBytes} bytes`;
  return new AppError(413, 'FILE_TOO_LARGE', `The photo is larger than ${limit}, which is the limit here.`);
}
