/**
 * Whether a store refuses bytes that are not those of the signed hash. Signature version 4 obliges it to; one that does
 * can be given the hash which is known since the photo was received, and its yes proves that the storage gave these bytes
 * and that the store has them. Two hashes on our side are two thirds of the processor time of a photo.
 */
import { createHash } from 'node:crypto';
import type { OutboundResponse } from '../../lib/outbound.ts';
import { xmlText } from '../meanings.ts';
import { readError } from './answers.ts';
import type { Bucket } from './bucket.ts';
import { isAmazon } from './settings.ts';

/** So many photos are compared by us before the store is asked: for a few it is not worth three requests. */
const photosBefore = 4;

const isNot = { body: 'x', sha256: createHash('sha256').update('y').digest('hex') };
/** What stores say to bytes of another hash. */
const mismatches = ['XAmzContentSHA256Mismatch', 'BadDigest', 'XAmzContentChecksumMismatch'];

export const isMismatch = (answer: OutboundResponse): boolean =>
  answer.status === 400 && mismatches.includes(readError(answer).code);

export class HashCheck {
  #photos = 0;
  /** Undefined while nobody knows. */
  #works: boolean | undefined;
  #asking = false;

  /** Asks the store once, under the key of a photo. Never throws. */
  async works(bucket: Bucket, key: string, signal: AbortSignal): Promise<boolean> {
    if (isAmazon(bucket.settings)) return true;
    if (this.#works !== undefined || this.#asking) return this.#works ?? false;
    this.#photos += 1;
    if (this.#photos <= photosBefore) return false;
    this.#asking = true;
    this.#works = await tryWrongHash(bucket, key, signal).catch(() => undefined);
    this.#asking = false;
    this.#photos = 0;
    return this.#works ?? false;
  }
}

/** A part with a wrong hash, in an upload that is never completed: whatever the store does, nobody sees an object. */
async function tryWrongHash(bucket: Bucket, key: string, signal: AbortSignal): Promise<boolean | undefined> {
  const begun = await bucket.demand({ method: 'POST', key, query: { uploads: '' } }, signal);
  const uploadId = xmlText(begun.body.toString('utf8'), 'UploadId');
  if (uploadId === '') return false;
  try {
    const body = { length: isNot.body.length, open: pieces, sha256: isNot.sha256 };
    const query = { partNumber: '1', uploadId };
    const answer = await bucket.send({ method: 'PUT', key, query, body }, signal);
    if (answer.status >= 200 && answer.status < 300) return false;
    return isMismatch(answer) ? true : undefined;
  } finally {
    const soon = AbortSignal.timeout(3_000);
    await bucket.send({ method: 'DELETE', key, query: { uploadId } }, soon).catch(() => undefined);
  }
}

async function* pieces(): AsyncGenerator<Buffer> {
  yield Buffer.from(isNot.body);
}
