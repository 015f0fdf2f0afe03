/**
 * Image bytes in a data directory. A photo is written under a temporary name in `tmp/`, synced, renamed to its key, and
 * the key's directory synced: after that it survives a power cut, and before that nobody can see it.
 */
import { type FileHandle, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { Directories } from './directories.ts';
import { asStorageError, ignoreMissing, retryMissing } from './file-errors.ts';
import { assertKey } from './keys.ts';
import { probe } from './probe.ts';
import { type Storage, StorageMissingError, type StorageWriter } from './storage.ts';
import { isLeftBehind, temporaryName } from './temporary.ts';

/**
 * Chunks are written together in batches: the larger, the cheaper, but each photo under way holds up to two of them in
 * memory. So the batches of all photos together have a budget, and shrink when many arrive at once.
 */
const LARGEST_BATCH = 262_144;
const SMALLEST_BATCH = 65_536;
const BATCH_BUDGET = 12_582_912;
/** Chunks in a batch: a sender of single bytes must not fill the memory with what is kept about each of them. */
const LONGEST_BATCH = 512;

/** Chunks of a stored photo, as they are read for a delivery. */
const READ_BYTES = 131_072;

export interface DiskStorageOptions {
  /** Made when it is not there. `tmp` in it is ours. */
  directory: string;
}

export function createDiskStorage(options: DiskStorageOptions): Storage {
  const root = resolve(options.directory);
  const temporary = join(root, 'tmp');
  const shared = { directories: new Directories(), files: 0 };
  const place = (key: string): string => {
    assertKey(key);
    return join(root, key);
  };
  const storage: Storage = {
    create: async (key) =>
      new DiskWriter({ path: place(key), temporary: join(temporary, temporaryName()), shared }),
    open: async (key, range) => openFile(place(key), key, range),
    size: async (key) => (await ignoreMissing(stat(place(key))))?.size,
    remove: async (key) => {
      await ignoreMissing(unlink(place(key)));
    },
    sweep: () => sweep(temporary),
    check: () => probe(storage),
    close: async () => {},
  };
  return storage;
}

/** What the writers of one storage have in common. */
interface Shared {
  directories: Directories;
  /** How many files are being written. */
  files: number;
}

class DiskWriter implements StorageWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #shared: Shared;
  #handle: FileHandle | undefined;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  /** The batch that is being written. */
  #writing: Promise<void> = Promise.resolve();
  #state: 'open' | 'done' = 'open';

  constructor(options: { path: string; temporary: string; shared: Shared }) {
    this.#path = options.path;
    this.#temporary = options.temporary;
    this.#shared = options.shared;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#assertOpen();
    this.#batch.push(chunk);
    this.#batchBytes += chunk.length;
    if (this.#batchBytes < this.#enoughBytes() && this.#batch.length < LONGEST_BATCH) return;
    await this.#writing;
    this.#flush();
  }

  async commit(): Promise<void> {
    this.#assertOpen();
    try {
      await this.#writing;
      this.#flush();
      await this.#writing;
      const handle = await this.#file();
      await handle.sync();
      // Behind the sync a failure to close loses nothing.
      const closed = this.#close().catch(() => undefined);
      await this.#publish();
      await closed;
    } catch (error) {
      await this.abort();
      throw asStorageError(error);
    }
    this.#state = 'done';
  }

  async abort(): Promise<void> {
    if (this.#state === 'done') return;
    this.#state = 'done';
    this.#batch = [];
    await this.#writing.catch(() => undefined);
    await this.#close().catch(() => undefined);
    await ignoreMissing(unlink(this.#temporary));
  }

  #enoughBytes(): number {
    const share = BATCH_BUDGET / this.#shared.files;
    return Math.min(LARGEST_BATCH, Math.max(SMALLEST_BATCH, share));
  }

  #assertOpen(): void {
    if (this.#state === 'done') throw new Error('This image has already been committed or aborted');
  }

  /** Starts writing what has been collected. Called only when nothing is being written. */
  #flush(): void {
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#writing = this.#writeAll(batch);
    // A failure is met by whoever waits next; until then it must not count as unhandled.
    this.#writing.catch(() => undefined);
  }

  async #writeAll(batch: Buffer[]): Promise<void> {
    try {
      const handle = await this.#file();
      let left = batch;
      while (left.length > 0) {
        const { bytesWritten } = await handle.writev(left);
        left = behind(left, bytesWritten);
      }
    } catch (error) {
      throw asStorageError(error);
    }
  }

  /** The temporary file, made when the first bytes need it: a small refused upload never touches the disk. */
  async #file(): Promise<FileHandle> {
    if (this.#handle !== undefined) return this.#handle;
    const directory = dirname(this.#temporary);
    await this.#shared.directories.ensure(directory);
    this.#handle = await retryMissing(
      () => open(this.#temporary, 'wx', 0o600),
      () => this.#shared.directories.remake(directory),
    );
    this.#shared.files += 1;
    return this.#handle;
  }

  async #publish(): Promise<void> {
    const directory = dirname(this.#path);
    await this.#shared.directories.ensure(directory);
    await retryMissing(
      () => rename(this.#temporary, this.#path),
      () => this.#shared.directories.remake(directory),
    );
    try {
      await this.#shared.directories.sync(directory);
    } catch (error) {
      await ignoreMissing(unlink(this.#path));
      throw error;
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    if (handle === undefined) return;
    this.#handle = undefined;
    this.#shared.files -= 1;
    await handle.close();
  }
}

/** What is left to write after `written` bytes: a nearly full disk takes only a part. */
function behind(buffers: Buffer[], written: number): Buffer[] {
  let skip = written;
  const left: Buffer[] = [];
  for (const buffer of buffers) {
    if (skip < buffer.length) left.push(buffer.subarray(skip));
    skip = Math.max(0, skip - buffer.length);
  }
  return left;
}

async function openFile(
  path: string,
  key: string,
  range: { start: number; end: number } | undefined,
): Promise<Readable> {
  const handle = await ignoreMissing(open(path, 'r'));
  if (handle === undefined) throw new StorageMissingError(key);
  return handle.createReadStream({ ...range, highWaterMark: READ_BYTES });
}

async function sweep(temporary: string): Promise<{ removed: number }> {
  let removed = 0;
  for (const name of (await ignoreMissing(readdir(temporary))) ?? []) {
    const path = join(temporary, name);
    if (!(await isLeftBehind(path, name))) continue;
    await ignoreMissing(unlink(path));
    removed += 1;
  }
  return { removed };
}
