/**
 * Where tests put databases that need not survive a power cut: in memory where Linux offers it, else in the temporary
 * folder. A disk that is busy with something else would make hundreds of small databases slow.
 */
import { accessSync, constants, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const shared = '/dev/shm';
const enough = 512 * 1024 * 1024;

export function memoryFolder(): string {
  try {
    accessSync(shared, constants.W_OK);
    const { bavail, bsize } = statfsSync(shared);
    return bavail * bsize >= enough ? shared : tmpdir();
  } catch {
    return tmpdir();
  }
}
