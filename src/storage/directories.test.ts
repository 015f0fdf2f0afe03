import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { syncFolder } from '../lib/folder-syncs.ts';
import { Directories } from './directories.ts';

/** Syncs that the test ends by hand. */
function heldSyncs(): { started: string[]; release: (error?: Error) => void; directories: Directories } {
  const started: string[] = [];
  const held: PromiseWithResolvers<void>[] = [];
  const directories = new Directories((path) => {
    started.push(path);
    held.push(Promise.withResolvers());
    return held.at(-1)!.promise;
  });
  const release = (error?: Error): void => {
    const first = held.shift();
    if (error === undefined) first?.resolve();
    else first?.reject(error);
  };
  return { started, release, directories };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

describe('one sync for many', () => {
  test('calls before a sync starts share it; calls while it runs share the next one', async () => {
    const { started, release, directories } = heldSyncs();
    const done: string[] = [];
    const sync = (name: string): Promise<void> => directories.sync('/a').then(() => void done.push(name));
    void sync('one');
    void sync('two');
    await turns();
    void sync('three');
    void sync('four');
    await turns();
    expect(started).toHaveLength(1);
    release();
    await turns();
    expect(done).toEqual(['one', 'two']);
    expect(started).toHaveLength(2);
    void sync('five');
    release();
    await turns();
    expect(done).toEqual(['one', 'two', 'three', 'four']);
    expect(started).toHaveLength(3);
    release();
    await turns();
    expect(done).toHaveLength(5);
    await turns();
    expect(started).toHaveLength(3);
  });

  test('another directory does not wait', async () => {
    const { started, directories } = heldSyncs();
    void directories.sync('/a');
    void directories.sync('/b');
    await turns();
    expect(started).toEqual(['/a', '/b']);
  });

  test('a failure reaches those who shared it and nobody else', async () => {
    const { release, directories } = heldSyncs();
    const first = expect(directories.sync('/a')).rejects.toThrow('lost');
    await turns();
    const second = directories.sync('/a');
    release(new Error('lost'));
    await first;
    await turns();
    release();
    await second;
  });
});

describe('making', () => {
  test('syncs every parent that got a new entry, once', async () => {
    const top = await mkdtemp(join(tmpdir(), 'apertur-dirs-'));
    onTestFinished(() => rm(top, { recursive: true, force: true }));
    const synced: string[] = [];
    const directories = new Directories((path) => {
      synced.push(path);
      return syncFolder(path);
    });
    const deep = join(top, 'a/b/c');
    await Promise.all([directories.ensure(deep), directories.ensure(deep)]);
    expect(synced).toEqual([join(top, 'a/b'), join(top, 'a'), top]);
    await directories.ensure(deep);
    expect(synced).toHaveLength(3);
    await rm(join(top, 'a'), { recursive: true });
    await directories.remake(deep);
    expect(synced).toHaveLength(6);
    await expect(syncFolder(deep)).resolves.toBeUndefined();
  });

  test('a failure is not remembered', async () => {
    const top = await mkdtemp(join(tmpdir(), 'apertur-dirs-'));
    const directories = new Directories();
    await rm(top, { recursive: true });
    const broken = new Directories(() => Promise.reject(new Error('lost')));
    onTestFinished(() => rm(top, { recursive: true, force: true }));
    await expect(broken.ensure(join(top, 'a'))).rejects.toThrow('lost');
    await expect(directories.ensure(join(top, 'a'))).resolves.toBeUndefined();
  });
});
