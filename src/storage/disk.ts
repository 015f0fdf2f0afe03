/**
 * Image bytes in a data directory. A photo is written under a temporary name in `tmp/`, synced, renamed to its key, and
 * the key's directory synced: after that it survives a power cut, and before that nobody can see it.
 */
import { type FileHandle, open, opendir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { openFile } from '../lib/descriptors.ts';
import { Directories } from './directories.ts';
import { asStorageError, ignoreMissing, retryMissing } from './file-errors.ts';
import { BlockPool, FileSink } from './file-sink.ts';
import { assertFolder, assertKey } from './keys.ts';
import { probe } from './probe.ts';
import { type Storage, StorageMissingError, type StorageWriter, type StoredObject } from './storage.ts';
import { StoredFile } from './stored-file.ts';
import { sweepTemporary, temporaryName } from './temporary.ts';

export interface DiskStorageOptions {
  /** Made when it is not there. `tmp` in it is ours. */
  directory: string;
}

export function createDiskStorage(options: DiskStorageOptions): Storage {
  const root = resolve(options.directory);
  const temporary = join(root, 'tmp');
  const directories = new Directories();
  const pool = new BlockPool();
  const place = (key: string): string => {
    assertKey(key);
    return join(root, key);
  };
  const storage: Storage = {
    create: async (key) =>
      new DiskWriter({ path: place(key), temporary: join(temporary, temporaryName()), directories, pool }),
    open: async (key, range) => openStored(place(key), key, range),
    size: async (key) => (await ignoreMissing(stat(place(key))))?.size,
    remove: async (key) => {
      await ignoreMissing(unlink(place(key)));
    },
    list: (folder) => listFiles(root, folder),
    sweep: () => sweepTemporary(temporary),
    check: () => probe(storage),
    close: async () => {},
  };
  return storage;
}

interface DiskWriterOptions {
  path: string;
  temporary: string;
  directories: Directories;
  pool: BlockPool;
}

class DiskWriter implements StorageWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #directories: Directories;
  readonly #sink: FileSink;
  #done = false;

  constructor({ path, temporary, directories, pool }: DiskWriterOptions) {
    this.#path = path;
    this.#temporary = temporary;
    this.#directories = directories;
    this.#sink = new FileSink(pool, () => this.#makeFile());
  }

  async write(chunk: Buffer): Promise<void> {
    this.#assertOpen();
    await this.#sink.write(chunk);
  }

  async commit(): Promise<void> {
    this.#assertOpen();
    try {
      const file = await this.#sink.drain();
      await file.sync();
      await Promise.all([this.#publish(), this.#sink.end()]);
      this.#done = true;
    } catch (error) {
      await this.abort();
      throw asStorageError(error);
    }
  }

  async abort(): Promise<void> {
    if (this.#done) return;
    this.#done = true;
    await this.#sink.end();
    await ignoreMissing(unlink(this.#temporary));
  }

  #assertOpen(): void {
    if (this.#done) throw new Error('This image has already been committed or aborted');
  }

  async #makeFile(): Promise<FileHandle> {
    const directory = dirname(this.#temporary);
    await this.#directories.ensure(directory);
    return retryMissing(
      () => open(this.#temporary, 'wx', 0o600),
      () => this.#directories.remake(directory),
    );
  }

  /** Gives the file its name, lasting. */
  async #publish(): Promise<void> {
    const directory = dirname(this.#path);
    await this.#directories.ensure(directory);
    await retryMissing(
      () => rename(this.#temporary, this.#path),
      () => this.#directories.remake(directory),
    );
    try {
      await this.#directories.sync(directory);
    } catch (error) {
      await ignoreMissing(unlink(this.#path));
      throw error;
    }
  }
}

async function* listFiles(root: string, folder: string): AsyncGenerator<StoredObject> {
  assertFolder(folder);
  const directory = await ignoreMissing(opendir(join(root, folder)));
  for await (const entry of directory ?? []) {
    const found = entry.isFile() ? await ignoreMissing(stat(join(root, folder, entry.name))) : undefined;
    if (found) yield { key: `${folder}/${entry.name}`, modifiedAt: found.mtimeMs };
  }
}

async function openStored(
  path: string,
  key: string,
  range: { start: number; end: number } | undefined,
): Promise<Readable> {
  const file = await ignoreMissing(openFile(path, 'r'));
  if (file === undefined) throw new StorageMissingError(key);
  return new StoredFile(file, range);
}
