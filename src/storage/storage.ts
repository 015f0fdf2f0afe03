/**
 * Where image bytes rest. Two implementations: a data directory (`disk.ts`) and an S3-compatible store (`s3.ts`).
 *
 * The promise that everything stands on: when `commit` has resolved, the bytes survive a power cut.
 */
import type { Readable } from 'node:stream';

/** One image being received. Nothing is visible under its key before `commit`; `abort` leaves nothing behind. */
export interface StorageWriter {
  /** Takes one chunk; resolves when the writer can take the next one (backpressure). The chunk must not be kept then. */
  write(chunk: Buffer): Promise<void>;
  /** Makes the bytes durable under the key. */
  commit(): Promise<void>;
  /**
   * Removes what was written. Safe at any time, also twice and after a failed commit; after a commit that succeeded it
   * does nothing (see `Storage.remove`).
   */
  abort(): Promise<void>;
}

export interface StoredObject {
  key: string;
  /** Milliseconds since 1970. */
  modifiedAt: number;
}

export interface Storage {
  /** Opens a place for new bytes under `key` (path-like, our own ids only, e.g. `2026-11-21/img_01J9…`). */
  create(key: string): Promise<StorageWriter>;
  /** A fresh stream of the stored bytes; `range` is inclusive as in HTTP. Throws `StorageMissingError` if absent. */
  open(key: string, range?: { start: number; end: number }): Promise<Readable>;
  /** Size in bytes, or undefined when there is nothing under the key. */
  size(key: string): Promise<number | undefined>;
  /** Removes the bytes; an absent key is not an error. */
  remove(key: string): Promise<void>;
  /** What lies in a folder (the first segment of a key, e.g. `2026-11-21`), in no particular order. */
  list(folder: string): AsyncIterable<StoredObject>;
  /** Removes what an earlier crash left half-written. Called once at start, before anything is received. */
  sweep(): Promise<{ removed: number }>;
  /** Writes, reads and removes a small probe; throws a sentence for `doctor` and `/ready`. */
  check(): Promise<void>;
  close(): Promise<void>;
}

export class StorageMissingError extends Error {
  constructor(key: string) {
    super(`No stored bytes under ${key}`);
    this.name = 'StorageMissingError';
  }
}

/** The store refused to take more (disk full, quota). Answered 503, so that the phone keeps the photo and tries again. */
export class StorageFullError extends Error {
  constructor(cause: unknown) {
    super('The storage is full', { cause });
    this.name = 'StorageFullError';
  }
}
