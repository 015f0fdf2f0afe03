/**
 * Bytes that must wait for something that comes after them: in a file without a name, which is gone when it is closed, and
 * when the process dies. On Windows a file keeps its name while it is open; what a crash leaves there is removed at the
 * next start.
 */
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { asStorageError, ignoreMissing } from './file-errors.ts';
import { sweepTemporary, temporaryName } from './temporary.ts';

export interface ScratchFile {
  /** Throws StorageFullError when there is no room. */
  write(chunk: Buffer): Promise<void>;
  /** Everything from the beginning; the chunks may be kept. */
  read(): AsyncIterable<Buffer>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

export interface Scratch {
  create(): Promise<ScratchFile>;
  /** Removes what an earlier crash left. Called once at start. */
  sweep(): Promise<void>;
}

const readBytes = 131_072;

/** `directory` is made when it is needed, and holds nothing but temporary files. */
export function createScratch({ directory }: { directory: string }): Scratch {
  return {
    async create() {
      const path = join(directory, temporaryName());
      try {
        await mkdir(directory, { recursive: true });
        const file = await open(path, 'wx+', 0o600);
        const unnamed = await unlink(path).then(
          () => true,
          () => false,
        );
        return new OpenScratchFile(file, unnamed ? undefined : path);
      } catch (error) {
        throw asStorageError(error);
      }
    },
    async sweep() {
      await sweepTemporary(directory);
    },
  };
}

class OpenScratchFile implements ScratchFile {
  readonly #file: FileHandle;
  readonly #path: string | undefined;
  #length = 0;
  #closed = false;

  constructor(file: FileHandle, path: string | undefined) {
    this.#file = file;
    this.#path = path;
  }

  async write(chunk: Buffer): Promise<void> {
    let written = 0;
    try {
      while (written < chunk.length) {
        const { bytesWritten } = await this.#file.write(chunk, written, chunk.length - written, this.#length);
        written += bytesWritten;
        this.#length += bytesWritten;
      }
    } catch (error) {
      throw asStorageError(error);
    }
  }

  async *read(): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.#length; ) {
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, at);
      if (bytesRead === 0) throw new Error('A scratch file is shorter than what was written to it');
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
    if (this.#path !== undefined) await ignoreMissing(unlink(this.#path));
  }
}
