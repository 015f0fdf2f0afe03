/** One photo on its way into an S3-compatible store. See `s3.ts`. */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Logger } from '../lib/logger.ts';
import type { Directories } from './directories.ts';
import { asStorageError, retryMissing } from './file-errors.ts';
import { type BlockPool, FileSink } from './file-sink.ts';
import { elementOf, type S3Body, type S3Client, S3Error } from './s3-client.ts';
import type { StorageWriter } from './storage.ts';
import { temporaryName } from './temporary.ts';

/** What the writers of one storage have in common. */
export interface S3Shared {
  client: S3Client;
  temporary: string;
  directories: Directories;
  pool: BlockPool;
  partBytes: number;
  logger: Logger;
}

/** Parts of one photo that are sent at the same time; a phone that is faster than the store waits. */
const AT_ONCE = 2;
const READ_BYTES = 131_072;
/** To hash as many again takes as long as to ask the store. */
const HASHED_TWICE = 524_288;

interface Part {
  number: number;
  sent: Promise<string>;
}

export class S3Writer implements StorageWriter {
  readonly #key: string;
  readonly #shared: S3Shared;
  readonly #sink: FileSink;
  readonly #cancel = new AbortController();
  #length = 0;
  /** Where the part that is being collected starts, and its hash so far. */
  #start = 0;
  #hash: Hash = createHash('sha256');
  #uploadId: string | undefined;
  #parts: Part[] = [];
  #done = false;

  constructor(key: string, shared: S3Shared) {
    this.#key = key;
    this.#shared = shared;
    this.#sink = new FileSink(shared.pool, () => openNameless(shared));
  }

  async write(chunk: Buffer): Promise<void> {
    this.#assertOpen();
    for (let at = 0; at < chunk.length; ) {
      const room = this.#start + this.#shared.partBytes - this.#length;
      if (room === 0) {
        await this.#sendPart();
        continue;
      }
      const piece = chunk.subarray(at, at + room);
      this.#hash.update(piece);
      this.#length += piece.length;
      at += piece.length;
      await this.#sink.write(piece);
    }
  }

  async commit(): Promise<void> {
    this.#assertOpen();
    try {
      const isKnown = this.#parts.length === 0 ? await this.#sendWhole() : await this.#complete();
      if (!isKnown) await this.#verify();
      this.#done = true;
    } catch (error) {
      await this.abort();
      throw asStorageError(error);
    }
    await this.#sink.end();
  }

  async abort(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    this.#cancel.abort();
    await Promise.allSettled(this.#parts.map((part) => part.sent));
    await this.#sink.end();
    if (this.#uploadId === undefined) return;
    const query = { uploadId: this.#uploadId };
    await this.#shared.client.send({ method: 'DELETE', key: this.#key, query }).catch((error: unknown) => {
      // Nothing of it is visible, and the sweep finds it again.
      this.#shared.logger.warn({ err: error, key: this.#key }, 'an upload in parts could not be aborted');
    });
  }

  #assertOpen(): void {
    if (this.#done) throw new Error('This image has already been committed or aborted');
  }

  /** Whether the store has said by its answer that it has every byte. */
  async #sendWhole(): Promise<boolean> {
    const kept = this.#sink.collected();
    const body = await this.#takeBody(kept);
    const { client } = this.#shared;
    const { headers } = await client.send({
      method: 'PUT',
      key: this.#key,
      body,
      signal: this.#cancel.signal,
    });
    // Most stores name the MD5 of what they hold. For a small photo it is quicker made than the size is asked for.
    return kept !== undefined && body.length <= HASHED_TWICE && headers.etag === `"${md5(kept)}"`;
  }

  /** Sends what has been collected as the next part, and comes back as soon as the one after it may be collected. */
  async #sendPart(): Promise<void> {
    const body = await this.#takeBody();
    const { client } = this.#shared;
    const [key, signal] = [this.#key, this.#cancel.signal];
    if (this.#uploadId === undefined) {
      const { text } = await client.send({ method: 'POST', key, query: { uploads: '' }, signal });
      this.#uploadId = elementOf(text, 'UploadId');
      if (this.#uploadId === '') throw new Error('The store began no upload in parts');
    }
    const number = this.#parts.length + 1;
    const query = { partNumber: String(number), uploadId: this.#uploadId };
    const sent = client
      .send({ method: 'PUT', key, query, body, signal })
      .then((answer) => String(answer.headers.etag ?? ''));
    // A failure is met below or by the commit; until then it must not count as unhandled.
    sent.catch(() => undefined);
    this.#parts.push({ number, sent });
    await this.#parts.at(-AT_ONCE)?.sent;
  }

  async #complete(): Promise<false> {
    await this.#sendPart();
    const tags: string[] = [];
    for (const { number, sent } of this.#parts) {
      tags.push(`<Part><PartNumber>${number}</PartNumber><ETag>${await sent}</ETag></Part>`);
    }
    const body = `<CompleteMultipartUpload>${tags.join('')}</CompleteMultipartUpload>`;
    const query = { uploadId: this.#uploadId ?? '' };
    const request = { method: 'POST', key: this.#key, query, body, signal: this.#cancel.signal } as const;
    await this.#shared.client.send(request).catch((error: unknown) => {
      // Asked a second time because the first answer was lost: whether it is there, the size tells.
      if (!(error instanceof S3Error && error.code === 'NoSuchUpload')) throw error;
    });
    return false;
  }

  /** The store's own word that it has every byte. */
  async #verify(): Promise<void> {
    const stored = await this.#shared.client.size(this.#key);
    if (stored === this.#length) return;
    await this.#shared.client.send({ method: 'DELETE', key: this.#key });
    throw new Error(`The store says that it holds ${stored ?? 0} of ${this.#length} bytes`);
  }

  /** The collected part as a body that can be sent again, and the start of the next part. */
  async #takeBody(kept?: Buffer[]): Promise<S3Body> {
    const file = kept === undefined ? await this.#sink.drain() : undefined;
    const [start, length] = [this.#start, this.#length - this.#start];
    const sha256 = this.#hash.digest('hex');
    this.#start = this.#length;
    this.#hash = createHash('sha256');
    return {
      length,
      sha256,
      // What is still in memory is sent from there: writing it to a file and reading it again costs as much as sending it.
      bytes: kept ?? (() => Readable.from(readRange(file!, start, length), { objectMode: false })),
    };
  }
}

function md5(chunks: readonly Buffer[]): string {
  const hash = createHash('md5');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** Node's own stream over a file handle would close the handle when a try is given up. */
async function* readRange(file: FileHandle, start: number, length: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < length; ) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, length - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start + at);
    if (bytesRead === 0) throw new Error('The temporary file of a photo ends too soon');
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** A file that is gone as soon as it is closed, also when the process is killed. */
async function openNameless({ temporary, directories }: S3Shared): Promise<FileHandle> {
  await directories.ensure(temporary);
  const path = join(temporary, temporaryName());
  const file = await retryMissing(
    () => open(path, 'wx+', 0o600),
    () => directories.remake(temporary),
  );
  await unlink(path);
  return file;
}
