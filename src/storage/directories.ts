/**
 * Directories of the disk storage: made once, and synced for many uploads at a time. A renamed file survives a power cut
 * only when its directory has been synced after the rename.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FolderSyncs } from '../lib/folder-syncs.ts';

export class Directories {
  readonly #syncs: FolderSyncs;
  readonly #made = new Map<string, Promise<void>>();

  constructor(syncOnDisk?: (path: string) => Promise<void>) {
    this.#syncs = new FolderSyncs(syncOnDisk);
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

  /** Resolves when what was in the directory at the time of the call is on the disk. */
  sync(path: string): Promise<void> {
    return this.#syncs.sync(path);
  }

  async #make(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) await this.sync(dirname(made));
  }
}
