/** Opens the storage that the operator chose: a directory, or an S3-compatible store. */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../lib/logger.ts';
import { createDiskStorage } from './disk.ts';
import { createS3Storage } from './s3.ts';
import { readS3Url } from './s3-url.ts';
import type { Storage } from './storage.ts';

export interface OpenStorageOptions {
  /** `file:` with a directory or `s3:` (see `readS3Url`); absent means `images` in the data directory. */
  url: string | undefined;
  dataDir: string;
  logger: Logger;
}

/** Throws a sentence for the operator when the URL cannot be used; it never repeats the URL, which may hold a secret. */
export async function openStorage({ url, dataDir, logger }: OpenStorageOptions): Promise<Storage> {
  if (url === undefined || url === '') return createDiskStorage({ directory: join(dataDir, 'images') });
  if (url.startsWith('file:')) return createDiskStorage({ directory: directoryOf(url) });
  if (url.startsWith('s3:')) {
    return createS3Storage({ settings: readS3Url(url), temporaryDirectory: join(dataDir, 'tmp'), logger });
  }
  throw new Error('The storage URL must start with file: or s3:');
}

/** `file:///var/lib/apertur/images`, `file:/var/…`, or relative to where the server was started: `file:./images`. */
function directoryOf(url: string): string {
  const path = url.slice('file:'.length);
  if (path === '') throw new Error('The storage URL names no directory');
  return path.startsWith('/') ? fileURLToPath(url) : resolve(path);
}
