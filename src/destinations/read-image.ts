/** Reads a stored photo on its way out, and makes sure that it is still what the phone sent. */
import { createHash, type Hash } from 'node:crypto';
import { type DeliverableImage, DeliveryError } from './destination.ts';

/**
 * The bytes of a photo. `also` takes them too, for servers that compare by another hash. Throws DeliveryError `retry`
 * at the end when the bytes are not those that were received, else what reading the storage throws.
 */
export async function* readImage(image: DeliverableImage, also?: Hash): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of (await image.open()) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    also?.update(chunk);
    bytes += chunk.length;
    yield chunk;
  }
  if (bytes === image.sizeBytes && hash.digest('hex') === image.sha256) return;
  throw new DeliveryError(
    `The stored photo is not what was received (${bytes} of ${image.sizeBytes} bytes). Nothing was delivered; check the storage.`,
    { fate: 'retry' },
  );
}

/** A hash of the stored photo other than its SHA-256; lower-case hex. */
export async function hashImage(image: DeliverableImage, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const _ of readImage(image, hash));
  return hash.digest('hex');
}
