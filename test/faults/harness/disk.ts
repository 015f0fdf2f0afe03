/** A small disk of its own that can be filled and emptied. Needs the right to mount, as root in a container has it. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Leaves next to nothing. */
  fill(): Promise<void>;
  free(): Promise<void>;
  remove(): Promise<void>;
}

export async function makeSmallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'apertur-faults-'));
  const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder];
  const mounted = spawnSync('mount', options, { encoding: 'utf8' });
  if (mounted.status !== 0) {
    throw new Error(
      `A small file system is needed, and it cannot be mounted (run as root): ${mounted.stderr}`,
    );
  }
  const unmount = (): void => void spawnSync('umount', ['-l', folder]);
  process.once('exit', unmount);
  const filler = join(folder, 'filler');
  return {
    folder,
    async fill() {
      const { bavail, bsize } = await statfs(folder);
      // The rest is taken by whoever writes next; then there is none.
      const bytes = Math.max(1, bavail * bsize - 20_000);
      spawnSync('fallocate', ['-l', String(bytes), filler]);
    },
    free: () => rm(filler, { force: true }),
    async remove() {
      process.removeListener('exit', unmount);
      unmount();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
