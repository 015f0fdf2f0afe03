/** rclone as Debian ships it: the peer of destinations. Own configuration file, nothing of the person who runs it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const program = '/usr/bin/rclone';
const run = promisify(execFile);

/** One section of its configuration, for example `{ type: 's3', … }`. `hidden` members are obscured as it wants them. */
export interface Remote {
  settings: Record<string, string>;
  hidden?: Record<string, string>;
  /** What stands before the folder of a round: a bucket, or nothing. */
  root: string;
}

export interface Copied {
  /** Milliseconds from the start to the end, but for the start itself. */
  ms: number;
  /** Milliseconds of processor time, its own and the kernel's for it. */
  processorMs: number;
}

export interface Rclone {
  add(name: string, remote: Remote): Promise<void>;
  /** Copies all photos into a folder of a remote, four at once. */
  copy(name: string, folder: string): Promise<Copied>;
  /** How many files lie in a folder of a remote, and how many bytes they have together. */
  size(name: string, folder: string): Promise<{ count: number; bytes: number }>;
  remove(name: string, folder: string): Promise<void>;
  /** The version, and the milliseconds that an empty run takes. */
  readonly version: string;
  readonly startMs: number;
  close(): Promise<void>;
}

/** Throws, naming the set-up command, when it is not on this machine. */
export async function createRclone(photo: Buffer, count: number): Promise<Rclone> {
  if (!existsSync(program)) throw new Error('No rclone found. Run `node scripts/prepare-tests.ts`.');
  const folder = await mkdtemp(join(tmpdir(), 'apertur-rclone-'));
  const photos = join(folder, 'photos');
  const config = join(folder, 'rclone.conf');
  await mkdir(photos);
  const first = join(photos, '0.jpg');
  await writeFile(first, photo);
  for (let at = 1; at < count; at++) await copyFile(first, join(photos, `${at}.jpg`));
  const sections = new Map<string, string>();
  const roots = new Map<string, string>();
  // Nothing but this: a variable such as AWS_CA_BUNDLE would reach into its settings.
  const env = { PATH: process.env.PATH, HOME: folder };
  const rclone = async (...args: string[]): Promise<string> =>
    (await run(program, ['--config', config, ...args], { env, timeout: 120_000 })).stdout;
  const place = (name: string, below: string): string => `${name}:${roots.get(name)}${below}`;
  const startMs = await timeOf(() => rclone('version'));
  const [version = ''] = (await rclone('version')).split('\n');
  return {
    version,
    startMs,
    async add(name, { settings, hidden = {}, root }) {
      const lines = Object.entries(settings);
      for (const [key, value] of Object.entries(hidden)) {
        lines.push([key, (await rclone('obscure', value)).trim()]);
      }
      sections.set(name, `[${name}]\n${lines.map(([key, value]) => `${key} = ${value}\n`).join('')}`);
      roots.set(name, root);
      await writeFile(config, [...sections.values()].join('\n'), { mode: 0o600 });
    },
    async copy(name, below) {
      const started = performance.now();
      const args = [program, '--config', config, 'copy', '--transfers', '4', photos, place(name, below)];
      const { stdout } = await run('sh', ['-ec', '"$@"; times', 'sh', ...args], { env, timeout: 120_000 });
      return { ms: performance.now() - started - startMs, processorMs: processorOf(stdout) };
    },
    async size(name, below) {
      return JSON.parse(await rclone('size', '--json', place(name, below)));
    },
    async remove(name, below) {
      await rclone('purge', place(name, below));
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The second line of `times`: what the programs took that the shell ran, as `0m1.25s 0m0.31s`. */
function processorOf(times: string): number {
  const line = times.trim().split('\n').at(-1) ?? '';
  return [...line.matchAll(/(\d+)m([\d.]+)s/g)]
    .map(([, minutes, seconds]) => Number(minutes) * 60_000 + Number(seconds) * 1_000)
    .reduce((sum, ms) => sum + ms, 0);
}
