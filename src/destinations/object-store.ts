/**
 * What stores of objects have in common (S3, Azure Blob, Google Cloud Storage): a photo is there whole or not at all, a
 * condition says whether it may replace something, and credentials that can only write are enough.
 */
import type { OutboundResponse } from '../lib/outbound.ts';
import { type Conflict, type Found, keptExcerpt, placeImage } from './conflict.ts';
import {
  type CheckResult,
  type Connection,
  type DeliverableImage,
  DeliveryError,
  type Receipt,
} from './destination.ts';
import { renderTemplate } from './templates.ts';

export interface Written {
  answer: OutboundResponse;
  verifiedBy: Receipt['verifiedBy'];
  /** A version or generation, where the store names one. */
  remoteId?: string | null;
}

/** Something is there, or the store does not know the condition. */
export type NotWritten = 'taken' | 'unconditional only';

export interface ObjectStore {
  /** Throws DeliveryError. With `ifFree` only where nothing is. */
  put(
    image: DeliverableImage,
    key: string,
    options: { ifFree: boolean },
    signal: AbortSignal,
  ): Promise<Written | NotWritten>;
  /** `unknown` when the credentials may not look. */
  look(image: DeliverableImage, key: string, signal: AbortSignal): Promise<Found>;
  /** For people; without secrets. */
  url(key: string): string;
  check(signal: AbortSignal): Promise<CheckResult>;
  /** The permission to look, for advice. */
  readPermission: string;
}

export function createStoreConnection(
  store: ObjectStore,
  { template, conflict }: { template: string; conflict: Conflict },
): Connection {
  async function deliver(image: DeliverableImage, signal: AbortSignal): Promise<Receipt> {
    const key = renderTemplate(template, image);
    if (conflict === 'overwrite') return receiptOf(image, key, await overwrite(image, key, signal));
    const placed = await placeImage(image, key, conflict, {
      look: (candidate) => store.look(image, candidate, signal),
      writeIfFree: (candidate, found) => writeIfFree(image, candidate, found, signal),
      overwrite: (candidate) => overwrite(image, candidate, signal),
    });
    if (placed.outcome === 'written') return receiptOf(image, placed.path, placed.written);
    const ours = placed.outcome === 'ours';
    return {
      remotePath: placed.path,
      url: store.url(placed.path),
      bytes: image.sizeBytes,
      verifiedBy: ours ? 'hash' : 'none',
      excerpt: ours ? 'It was there already, from an earlier attempt.' : keptExcerpt,
    };
  }

  async function overwrite(image: DeliverableImage, key: string, signal: AbortSignal): Promise<Written> {
    const written = await store.put(image, key, { ifFree: false }, signal);
    if (typeof written !== 'string') return written;
    throw new DeliveryError(`The store refused to replace ${key} (412). Check its rules for overwriting.`, {
      fate: 'retry',
      status: 412,
    });
  }

  async function writeIfFree(
    image: DeliverableImage,
    key: string,
    found: Found,
    signal: AbortSignal,
  ): Promise<Written | 'taken'> {
    const written = await store.put(image, key, { ifFree: true }, signal);
    if (written !== 'unconditional only') return written;
    // The store cannot write only where nothing is; that nothing was there a moment ago is the best there is.
    if (found === 'nothing') return await overwrite(image, key, signal);
    throw new DeliveryError(
      `This store cannot write without overwriting (501), and the credentials may not look what is there. Choose overwrite, or allow ${store.readPermission}.`,
      { fate: 'give-up', status: 501 },
    );
  }

  function receiptOf(image: DeliverableImage, key: string, written: Written): Receipt {
    const { answer, verifiedBy, remoteId = null } = written;
    return {
      remotePath: key,
      remoteId,
      url: store.url(key),
      bytes: image.sizeBytes,
      verifiedBy,
      status: answer.status,
      phases: answer.phases,
      address: answer.address,
    };
  }

  return { deliver, check: (signal) => store.check(signal), close: async () => undefined };
}

/** What is held, when the store names no checksum. Throws DeliveryError `retry` when it is not all of the photo. */
export function verifyBySize(
  head: OutboundResponse,
  image: DeliverableImage,
  key: string,
): Receipt['verifiedBy'] {
  if (head.status !== 200) return 'none';
  const held = Number(head.headers['content-length']);
  if (held === image.sizeBytes) return 'size';
  throw new DeliveryError(
    `The store holds ${held} of ${image.sizeBytes} bytes of ${key}. It will be sent again.`,
    {
      fate: 'retry',
      status: head.status,
    },
  );
}
