/**
 * Open files by their numbers. What may wait for a disk goes to the pool of threads; what only looks at what the system has
 * in memory is done at once: waking a thread and being woken by it costs many times as much.
 */
import { close, closeSync, fstatSync, fsync, open, read, write } from 'node:fs';
import { promisify } from 'node:util';

export type Descriptor = number;

export const openFile: (path: string, flags: string, mode?: number) => Promise<Descriptor> = promisify(open);
export const syncFile: (file: Descriptor) => Promise<void> = promisify(fsync);
/** For a file whose bytes were written and not synced: a file system far away writes them down now. */
export const closeWritten: (file: Descriptor) => Promise<void> = promisify(close);

const readOnce = promisify(read);
const writeOnce = promisify(write);

/** Reads from byte `at` on into the block. Returns how many bytes came; 0 at the end of the file. */
export async function readAt(file: Descriptor, block: Buffer, at: number): Promise<number> {
  return (await readOnce(file, block, 0, block.length, at)).bytesRead;
}

/** Writes all of it. The system may take fewer bytes than it was given, for example when the disk is nearly full. */
export async function writeAt(file: Descriptor, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await writeOnce(file, bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

/** The size of an open file, in bytes. */
export function sizeOf(file: Descriptor): number {
  return fstatSync(file).size;
}

/** For a file that was read, or whose bytes are on the disk. */
export function closeFile(file: Descriptor): void {
  closeSync(file);
}
