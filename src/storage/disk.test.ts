import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addAbortSignal, PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createDiskStorage } from './disk.ts';
import { StorageFullError } from './storage.ts';
import { describeStorage, get, newKey, put, type StorageUnderTest } from './storage-suite.ts';

async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'apertur-disk-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

describe('the disk does what every storage does', () => {
  let directory: string;
  let underTest: StorageUnderTest;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'apertur-disk-'));
    const storage = createDiskStorage({ directory: join(directory, 'deep', 'images') });
    await storage.check();
    underTest = { storage, listEverything: () => listFiles(directory) };
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  describeStorage(() => underTest);
});

describe('files', () => {
  test('lie under their key, for the owner alone', async () => {
    const directory = join(await newDirectory(), 'images');
    await put(createDiskStorage({ directory }), '2026-11-21/img_1', Buffer.from('x'));
    expect(await readFile(join(directory, '2026-11-21/img_1'), 'utf8')).toBe('x');
    const modeOf = async (path: string): Promise<number> => (await stat(join(directory, path))).mode & 0o777;
    expect(await modeOf('2026-11-21/img_1')).toBe(0o600);
    for (const folder of ['.', 'tmp', '2026-11-21']) expect(await modeOf(folder), folder).toBe(0o700);
  });

  test('find their directory made anew when somebody removed it', async () => {
    const directory = await newDirectory();
    const storage = createDiskStorage({ directory });
    await put(storage, '2026-11-21/img_1', Buffer.from('x'));
    await rm(join(directory, '2026-11-21'), { recursive: true });
    await rm(join(directory, 'tmp'), { recursive: true });
    await put(storage, '2026-11-21/img_2', Buffer.from('y'));
    expect((await get(storage, '2026-11-21/img_2')).toString()).toBe('y');
  });

  test('of a few bytes that are refused never touch the disk', async () => {
    const directory = await newDirectory();
    const writer = await createDiskStorage({ directory }).create(newKey());
    await writer.write(randomBytes(50_000));
    expect(await readdir(directory)).toEqual([]);
    await writer.abort();
  });
});

describe('a stream', () => {
  async function storedBytes() {
    const directory = join(await newDirectory(), 'images');
    const storage = createDiskStorage({ directory });
    const key = newKey();
    const bytes = randomBytes(1_300_000);
    await put(storage, key, bytes);
    const isOpen = async (): Promise<boolean> => {
      const targets = (await readdir('/proc/self/fd')).map((fd) =>
        readlink(`/proc/self/fd/${fd}`).catch(() => ''),
      );
      return (await Promise.all(targets)).includes(join(directory, key));
    };
    return { open: (range?: { start: number; end: number }) => storage.open(key, range), bytes, isOpen };
  }

  test('gives the same bytes to whoever iterates and to whoever pipes, and closes its file', async () => {
    const { open, bytes, isOpen } = await storedBytes();
    for (const range of [undefined, { start: 600_000, end: 1_200_000 }, { start: 0, end: 5_000_000 }]) {
      const wanted = bytes.subarray(range?.start, range && range.end + 1);
      const piped = new PassThrough();
      const [iterated, through] = await Promise.all([
        buffer(await open(range)),
        buffer((await open(range)).pipe(piped)),
      ]);
      expect(iterated.equals(wanted)).toBe(true);
      expect(through.equals(wanted)).toBe(true);
    }
    await expect.poll(isOpen).toBe(false);
  });

  test('that is left early, or ended from outside, closes its file and tells who iterates', async () => {
    const { open, isOpen } = await storedBytes();
    for await (const _ of await open()) break;
    const ended = await open();
    const stop = new AbortController();
    addAbortSignal(stop.signal, ended);
    const reading = (async () => {
      for await (const _ of ended) stop.abort();
    })();
    await expect(reading).rejects.toThrow('aborted');
    const over = (await open()).destroy();
    await expect(buffer(over)).rejects.toThrow('before its end');
    await expect.poll(isOpen).toBe(false);
  });
});

describe('trouble', () => {
  test('a place where nothing can be made says so', async () => {
    const file = join(await newDirectory(), 'file');
    await writeFile(file, 'no directory');
    const storage = createDiskStorage({ directory: join(file, 'images') });
    await expect(storage.check()).rejects.toThrow(/^The storage cannot be written to: .*ENOTDIR/);
  });

  test('a full disk is told as such and leaves nothing behind', async () => {
    const directory = await newDirectory();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory], {
      encoding: 'utf8',
    });
    expect(mounted.status, `a small file system is needed for this test: ${mounted.stderr}`).toBe(0);
    onTestFinished(() => void spawnSync('umount', [directory]));
    const storage = createDiskStorage({ directory });
    await put(storage, '2026-11-21/small', randomBytes(100_000));
    for (const chunk of [randomBytes(3_000_000), randomBytes(50_000)]) {
      const writer = await storage.create('2026-11-21/large');
      const fill = async (): Promise<void> => {
        for (let turn = 0; turn < 40; turn++) await writer.write(chunk);
        await writer.commit();
      };
      await expect(fill()).rejects.toBeInstanceOf(StorageFullError);
      await writer.abort();
      expect(await listFiles(directory)).toEqual([join(directory, '2026-11-21/small')]);
    }
    expect(await storage.size('2026-11-21/small')).toBe(100_000);
    await put(storage, '2026-11-21/next', randomBytes(100_000));
  });

  test('a photo that cannot get its name leaves nothing behind', async () => {
    const directory = await newDirectory();
    const storage = createDiskStorage({ directory });
    await mkdir(join(directory, '2026-11-21/img_1/in-the-way'), { recursive: true });
    await expect(put(storage, '2026-11-21/img_1', randomBytes(200_000))).rejects.toThrow();
    expect(await listFiles(directory)).toEqual([]);
  });
});

describe('sweeping', () => {
  test('removes what a crashed process left, at once', async () => {
    const directory = await newDirectory();
    const storageFile = new URL('./disk.ts', import.meta.url).pathname;
    const script = `
      import { createDiskStorage } from ${JSON.stringify(storageFile)};
      const writer = await createDiskStorage({ directory: process.argv[1] }).create('2026-11-21/img_1');
      await writer.write(Buffer.alloc(500_000));
      await writer.write(Buffer.alloc(500_000));
      process.stdout.write('writing');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const storage = createDiskStorage({ directory });
    expect(await storage.sweep(), 'a living neighbour is let be').toEqual({ removed: 0 });
    expect(await readdir(join(directory, 'tmp'))).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await storage.sweep()).toEqual({ removed: 1 });
    expect(await listFiles(directory)).toEqual([]);
  });

  test('removes old files of other machines, not those being written', async () => {
    const directory = await newDirectory();
    const storage = createDiskStorage({ directory });
    expect(await storage.sweep()).toEqual({ removed: 0 });
    await mkdir(join(directory, 'tmp'));
    const [fresh, old] = [join(directory, 'tmp/00000000-1-aa'), join(directory, 'tmp/00000000-1-bb')];
    await writeFile(fresh, 'x');
    await writeFile(old, 'x');
    await utimes(old, new Date(), new Date(Date.now() - 2 * 3_600_000));
    expect(await storage.sweep()).toEqual({ removed: 1 });
    expect(await listFiles(directory)).toEqual([fresh]);
  });
});
