/** Reads a stored photo on its way out, and makes sure that it is still what the phone sent. */
import { createHash } from 'node:crypto';
import { type DeliverableImage, DeliveryError } from './destination.ts';

/** A hash of Node, or one of a service's own. */
export interface ByteSum {
  update(chunk: Buffer): unknown;
}

/**
 * The bytes of a photo. `also` takes them too, for servers that compare by another hash. Throws DeliveryError `retry`
 * when the bytes are not those that were received, before the last piece is given, so that a photo that was damaged in
 * storage never becomes a complete file elsewhere; else what reading the storage throws.
 */
export async function* readImage(image: DeliverableImage, also?: ByteSum): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  let held: Buffer | undefined;
  for await (const chunk of (await image.open()) as AsyncIterable<Buffer>) {
    if (held) yield held;
    hash.update(chunk);
    also?.update(chunk);
    bytes += chunk.length;
    held = chunk;
  }
  if (bytes !== image.sizeBytes || hash.digest('hex') !== image.sha256) {
    throw new DeliveryError(
      `The stored photo is not what was received (${bytes} of ${image.sizeBytes} bytes). Nothing was delivered; check the storage.`,
      { fate: 'retry' },
    );
  }
  if (held) yield held;
}

/** A hash of the stored photo other than its SHA-256; lower-case hex. */
export async function hashImage(image: DeliverableImage, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const _ of readImage(image, hash));
  return hash.digest('hex');
}
