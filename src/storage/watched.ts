/** A storage whose calls somebody times. Reading is timed up to its first byte: afterwards the receiver sets the pace. */
import type { Storage, StorageWriter } from './storage.ts';
import { StorageMissingError } from './storage.ts';

/** Told after each call; must not throw. */
export type Watch = (operation: string, durationMs: number, failed: boolean) => void;

export function watchStorage(storage: Storage, watch: Watch): Storage {
  const timed = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    try {
      const value = await work();
      watch(operation, performance.now() - started, false);
      return value;
    } catch (error) {
      // That something is not there is an answer.
      if (!(error instanceof StorageMissingError)) watch(operation, performance.now() - started, true);
      throw error;
    }
  };
  const watchWriter = (writer: StorageWriter): StorageWriter => ({
    write: (chunk) => writer.write(chunk),
    commit: () => timed('commit', () => writer.commit()),
    abort: () => writer.abort(),
  });
  return {
    create: async (key) => watchWriter(await storage.create(key)),
    open: (key, range) => timed('open', () => storage.open(key, range)),
    size: (key) => storage.size(key),
    remove: (key) => timed('remove', () => storage.remove(key)),
    list: (folder) => storage.list(folder),
    sweep: () => storage.sweep(),
    check: () => storage.check(),
    close: () => storage.close(),
  };
}
