/**
 * Image bytes in an S3-compatible store. A photo is collected and then sent: in memory as long as all photos on their way take little of
 * it together, else in a nameless local file; whole when it is small, in parts while it still arrives when it is large. So a hundred
 * slow phones cost little memory, and what failed to be sent is sent again without asking the phone. Nothing is visible in the store
 * before the commit.
 */
import type { Readable } from 'node:stream';
import type { Logger } from '../lib/logger.ts';
import { Directories } from './directories.ts';
import { BlockPool } from './file-sink.ts';
import { assertFolder, assertKey } from './keys.ts';
import { probe } from './probe.ts';
import { elementOf, ignoreAbsence, S3Client, type S3ClientOptions, S3Error } from './s3-client.ts';
import { S3Writer } from './s3-writer.ts';
import { type Storage, StorageMissingError, type StoredObject } from './storage.ts';
import { sweepTemporary } from './temporary.ts';

export interface S3StorageOptions extends S3ClientOptions {
  /** On a local disk, for photos on their way. Made when it is not there. */
  temporaryDirectory: string;
  logger: Logger;
  /** Larger photos are sent in parts of this size. At least 5 MiB, which is S3's own least. Default 8 MiB. */
  partBytes?: number;
  /** Memory for photos on their way; what is beyond it passes through a local file. Default 48 MiB. */
  heldBytes?: number;
  /** An upload in parts that nobody has finished for so long is left behind. Milliseconds; default one day. */
  leftBehindMs?: number;
}

export function createS3Storage(options: S3StorageOptions): Storage {
  const client = new S3Client(options);
  const { temporaryDirectory: temporary, logger, partBytes = 8_388_608 } = options;
  const { now = Date.now, leftBehindMs = 86_400_000 } = options;
  const shared = {
    client,
    temporary,
    logger,
    partBytes,
    directories: new Directories(),
    pool: new BlockPool({ heldBytes: options.heldBytes ?? 50_331_648 }),
  };
  const storage: Storage = {
    create: async (key) => {
      assertKey(key);
      return new S3Writer(key, shared);
    },
    open: async (key, range) => openObject(client, key, range),
    size: async (key) => {
      assertKey(key);
      return client.size(key);
    },
    remove: async (key) => {
      assertKey(key);
      await ignoreAbsence(client.send({ method: 'DELETE', key }));
    },
    list: (folder) => listObjects(client, options.settings.prefix, folder),
    sweep: async () => {
      const local = await sweepTemporary(temporary);
      const remote = await sweepUploads(client, options.settings.prefix, now() - leftBehindMs).catch(
        (error: unknown) => {
          // A key that may not list uploads can still store photos; the store's own lifecycle rule cleans up then.
          logger.warn({ err: error }, 'unfinished uploads in the store could not be looked for');
          return 0;
        },
      );
      return { removed: local.removed + remote };
    },
    check: () => probe(storage),
    close: async () => client.close(),
  };
  return storage;
}

async function openObject(
  client: S3Client,
  key: string,
  range: { start: number; end: number } | undefined,
): Promise<Readable> {
  assertKey(key);
  const headers = range && { range: `bytes=${range.start}-${range.end}` };
  const found = await ignoreAbsence(client.stream({ key, ...(headers && { headers }) }));
  if (found === undefined) throw new StorageMissingError(key);
  return found;
}

async function* listObjects(client: S3Client, prefix: string, folder: string): AsyncGenerator<StoredObject> {
  assertFolder(folder);
  let token = '';
  do {
    const query = {
      'list-type': '2',
      prefix: `${prefix}${folder}/`,
      ...(token === '' ? {} : { 'continuation-token': token }),
    };
    const { text } = await client.send({ method: 'GET', query });
    for (const [, object = ''] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const key = elementOf(object, 'Key').slice(prefix.length);
      yield { key, modifiedAt: Date.parse(elementOf(object, 'LastModified')) };
    }
    token = elementOf(text, 'NextContinuationToken');
  } while (token !== '');
}

/** Aborts what was begun before `latest`, in milliseconds since 1970. */
async function sweepUploads(client: S3Client, prefix: string, latest: number): Promise<number> {
  const { text } = await client.send({ method: 'GET', query: { uploads: '', prefix } });
  let removed = 0;
  for (const [, upload = ''] of text.matchAll(/<Upload>(.*?)<\/Upload>/gs)) {
    const key = elementOf(upload, 'Key').slice(prefix.length);
    if (!(Date.parse(elementOf(upload, 'Initiated')) < latest)) continue;
    const query = { uploadId: elementOf(upload, 'UploadId') };
    await client.send({ method: 'DELETE', key, query }).catch((error: unknown) => {
      if (!(error instanceof S3Error && error.status === 404)) throw error;
    });
    removed += 1;
  }
  return removed;
}
