/** What the file system says, in the words of the storage. */
import { StorageFullError } from './storage.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** A disk without room, or a used-up quota, becomes a StorageFullError; everything else stays as it is. */
export function asStorageError(error: unknown): unknown {
  return FULL.has(codeOf(error) ?? '') ? new StorageFullError(error) : error;
}

/** Undefined when there is no such file. */
export async function ignoreMissing<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Tries once more after `remake` when the directory is not there any more. */
export async function retryMissing<Value>(
  work: () => Promise<Value>,
  remake: () => Promise<void>,
): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await remake();
    return work();
  }
}
