/** `apertur bucket create NAME`: another bucket at the store of APERTUR_STORAGE_URL, for photos to be delivered to. */
import type { Config } from '../config.ts';
import { ensureBucket } from '../storage/bucket.ts';
import { S3Error } from '../storage/s3-client.ts';

export async function bucketCommand({ storageUrl }: Config, args: string[]): Promise<number> {
  const [verb, name, ...more] = args;
  if (verb !== 'create' || name === undefined || more.length > 0) {
    console.error('Use: apertur bucket create NAME');
    return 2;
  }
  if (!storageUrl?.startsWith('s3:')) {
    console.error('APERTUR_STORAGE_URL names no S3-compatible store.');
    return 1;
  }
  const url = new URL(storageUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  try {
    const state = await ensureBucket(url.href);
    console.log(state === 'made' ? `Made the bucket ${name}.` : `There is a bucket ${name} already.`);
    return 0;
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    console.error(
      `The store refused the bucket ${name}: ${error.message} May the key of APERTUR_STORAGE_URL make buckets?`,
    );
    return 1;
  }
}
