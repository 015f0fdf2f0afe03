/** A photo in ranges, for services that keep what they have when the road breaks, and say from where to go on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliverableImage } from './destination.ts';
import { stopped, TransferError } from './transfer.ts';

/** What the service has: everything before `next`, or the whole file. */
export type Progress<T> = { next: number } | { done: T };

export interface RangeUpload<T> {
  total: number;
  /** Every range but the last has this length, unless the service asked for another beginning. */
  chunkBytes: number;
  /** Sends the bytes from `start` up to, not including, `end`. Throws TransferError. */
  send(start: number, end: number): Promise<Progress<T>>;
  /** Asks what the service has, after a range whose end is not known. */
  resume(): Promise<Progress<T>>;
  signal: AbortSignal;
}

/** Interruptions that one attempt may survive; after them the next attempt is better. */
const maxInterruptions = 3;
const firstPauseMs = 250;

export async function uploadInRanges<T>(upload: RangeUpload<T>): Promise<T> {
  let interruptions = 0;
  let stalls = 0;
  let progress: Progress<T> = { next: 0 };
  while (!('done' in progress)) {
    const start: number = progress.next;
    try {
      progress = await upload.send(start, Math.min(start + upload.chunkBytes, upload.total));
      if ('next' in progress && progress.next >= upload.total) progress = await upload.resume();
    } catch (error) {
      progress = await goOn(error);
    }
    if ('next' in progress && progress.next <= start && ++stalls > maxInterruptions) throw stuck();
  }
  return progress.done;

  async function goOn(reason: unknown): Promise<Progress<T>> {
    let error = reason;
    for (;;) {
      const wait = pauseAfter(error, ++interruptions);
      if (wait === undefined) throw error;
      await sleep(wait, undefined, { signal: upload.signal }).catch(() => {
        throw stopped();
      });
      try {
        return await upload.resume();
      } catch (next) {
        error = next;
      }
    }
  }
}

function stuck(): TransferError {
  const says = 'The service takes data and keeps none of it.';
  return new TransferError('write', says, 'It will be tried again.', { fate: 'retry' });
}

/** Milliseconds to wait before going on; undefined when this attempt should end. */
export function pauseAfter(error: unknown, interruptions: number): number | undefined {
  if (!(error instanceof TransferError) || error.fate !== 'retry') return undefined;
  if (interruptions > maxInterruptions || (error.retryAfter ?? 0) > 5) return undefined;
  const { status } = error;
  const passes = status === null || status >= 500 || status === 408 || status === 429;
  if (!passes || status === 507) return undefined;
  return Math.max(firstPauseMs * 2 ** (interruptions - 1), (error.retryAfter ?? 0) * 1_000);
}

/** Tries a request up to four times under the same rules. */
export async function patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const wait = pauseAfter(error, attempt);
      if (wait === undefined) throw error;
      await sleep(wait, undefined, { signal }).catch(() => {
        throw stopped();
      });
    }
  }
}

/** A range of a stored photo as the body of a request. */
export function rangeBody(image: DeliverableImage, start: number, end: number) {
  return {
    length: end - start,
    open: async function* (): AsyncGenerator<Buffer> {
      if (end === start) return;
      yield* (await image.open({ start, end: end - 1 })) as AsyncIterable<Buffer>;
    },
  };
}

/** A whole stored photo as the body of a request. */
export const wholeImage = (image: DeliverableImage) => rangeBody(image, 0, image.sizeBytes);
