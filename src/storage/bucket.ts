/** The bucket of an S3-compatible store, made when it is not there: a store that comes up fresh has none. */
import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client, S3Error } from './s3-client.ts';
import { readS3Url } from './s3-url.ts';

export interface Patience {
  /** How often a store that does not answer yet is asked: it may start together with us. Default 20. */
  tries?: number;
  /** Between two of them; milliseconds. */
  pause?: (ms: number) => Promise<unknown>;
}

/**
 * Makes the bucket of a storage URL. Undefined where the storage is none of this kind; throws S3Error when the key may
 * neither see nor make it, and what the connection threw when the store stays away.
 */
export async function ensureBucket(
  storageUrl: string | undefined,
  { tries = 20, pause = sleep }: Patience = {},
): Promise<'there' | 'made' | undefined> {
  if (!storageUrl?.startsWith('s3:')) return undefined;
  const client = new S3Client({ settings: readS3Url(storageUrl), pause });
  try {
    for (let left = tries; ; left -= 1) {
      try {
        return (await isThere(client)) ? 'there' : await make(client);
      } catch (error) {
        if (error instanceof S3Error || left <= 1) throw error;
        await pause(1_000);
      }
    }
  } finally {
    client.close();
  }
}

async function isThere(client: S3Client): Promise<boolean> {
  try {
    await client.send({ method: 'HEAD' });
    return true;
  } catch (error) {
    if (error instanceof S3Error && error.status === 404) return false;
    // A key that may only write objects is refused here; whether it can, `doctor` and `/ready` say.
    if (error instanceof S3Error && error.status === 403) return true;
    throw error;
  }
}

async function make(client: S3Client): Promise<'there' | 'made'> {
  try {
    await client.send({ method: 'PUT' });
    return 'made';
  } catch (error) {
    // Another process made it at the same moment.
    if (error instanceof S3Error && error.code === 'BucketAlreadyOwnedByYou') return 'there';
    throw error;
  }
}
