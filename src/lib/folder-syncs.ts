/** Syncs of folders, shared: a renamed file survives a power cut only when its folder has been synced after the rename. */
import { closeFile, openFile, syncFile } from './descriptors.ts';

/** Writes a folder's entries to the disk. Windows cannot open a folder; NTFS keeps its own journal of names. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await openFile(path, 'r');
  try {
    await syncFile(folder);
  } finally {
    closeFile(folder);
  }
}

export class FolderSyncs {
  readonly #syncOnDisk: (path: string) => Promise<void>;
  /** The sync that runs, and the one that waits for it and may still be joined. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, Promise<void>>();

  constructor(syncOnDisk = syncFolder) {
    this.#syncOnDisk = syncOnDisk;
  }

  /**
   * Resolves when what was in the folder at the time of the call is on the disk. Calls that come while a sync runs
   * share the next one: the running one may have read the folder before their rename.
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
}
