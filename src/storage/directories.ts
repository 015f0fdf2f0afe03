/**
 * Directories of the disk storage: made once, and synced for many uploads at a time. A renamed file survives a power cut
 * only when its directory has been synced after the rename.
 */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a directory's entries to the disk. Windows cannot open a directory; NTFS keeps its own journal of names. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export class Directories {
  readonly #syncOnDisk: (path: string) => Promise<void>;
  readonly #made = new Map<string, Promise<void>>();
  /** The sync that runs, and the one that waits for it and may still be joined. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, Promise<void>>();

  constructor(syncOnDisk = syncDirectory) {
    this.#syncOnDisk = syncOnDisk;
  }

  /** Makes the directory and its parents, lasting, for the owner alone. Asked again, it knows that it did. */
  ensure(path: string): Promise<void> {
    const known = this.#made.get(path);
    if (known !== undefined) return known;
    const making = this.#make(path).catch((error: unknown) => {
      this.#made.delete(path);
      throw error;
    });
    this.#made.set(path, making);
    return making;
  }

  /** For when somebody removed it behind our back. */
  remake(path: string): Promise<void> {
    this.#made.delete(path);
    return this.ensure(path);
  }

  /**
   * Resolves when what was in the directory at the time of the call is on the disk. Calls that come while a sync runs
   * share the next one: the running one may have read the directory before their rename.
   */
  sync(path: string): Promise<void> {
    const waiting = this.#waiting.get(path);
    if (waiting !== undefined) return waiting;
    const before = this.#running.get(path) ?? Promise.resolve();
    const next: Promise<void> = before
      .catch(() => undefined)
      .then(() => {
        this.#waiting.delete(path);
        this.#running.set(path, next);
        return this.#syncOnDisk(path);
      })
      .finally(() => {
        if (this.#running.get(path) === next) this.#running.delete(path);
      });
    this.#waiting.set(path, next);
    return next;
  }

  async #make(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) await this.sync(dirname(made));
  }
}
