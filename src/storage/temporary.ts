/**
 * Names of temporary files say which process writes them, so that a process which starts may sweep up behind one that
 * crashed without touching what a living neighbour is receiving at this moment.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ignoreMissing } from './file-errors.ts';

/** A file of another machine is left behind when nothing has been written to it for so long. Milliseconds. */
const STRANGE_AGE = 3_600_000;
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** `host-process-random`. */
export function temporaryName(): string {
  return `${HOST}-${process.pid}-${randomBytes(9).toString('hex')}`;
}

/** Removes what crashed processes left in the directory. */
export async function sweepTemporary(directory: string): Promise<{ removed: number }> {
  let removed = 0;
  for (const name of (await ignoreMissing(readdir(directory))) ?? []) {
    const path = join(directory, name);
    if (!(await isLeftBehind(path, name))) continue;
    await ignoreMissing(unlink(path));
    removed += 1;
  }
  return { removed };
}

/**
 * Whether nobody writes the file any more. One with our own process id is left behind too, because sweeping comes before
 * receiving: it stems from a predecessor with the same id, as in a container.
 */
async function isLeftBehind(path: string, name: string): Promise<boolean> {
  const [host, id] = name.split('-');
  if (host === HOST && id !== undefined) return Number(id) === process.pid || !isAlive(Number(id));
  const found = await ignoreMissing(stat(path));
  return found !== undefined && Date.now() - found.mtimeMs > STRANGE_AGE;
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
