/**
 * What every storage must do, as a suite that the test of each one runs against a real instance. To add a storage, hand
 * it to this suite first.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Storage, StorageMissingError } from './storage.ts';

export interface StorageUnderTest {
  storage: Storage;
  /** Everything that lies in the store at this moment, visible or not, so that leftovers are seen. */
  listEverything: () => Promise<string[]>;
}

let counter = 0;
export const newKey = (): string => `2026-11-21/img_${Date.now()}x${++counter}`;

export async function put(storage: Storage, key: string, ...chunks: Buffer[]): Promise<void> {
  const writer = await storage.create(key);
  for (const chunk of chunks) await writer.write(chunk);
  await writer.commit();
}

export async function get(
  storage: Storage,
  key: string,
  range?: { start: number; end: number },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await storage.open(key, range)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Registers the tests; `start` is called in each of them and gives the same instance or a fresh one. */
export function describeStorage(start: () => StorageUnderTest): void {
  test.each([0, 1, 65_536, 131_072, 1_000_000])('%d bytes come back as they went in', async (size) => {
    const { storage } = start();
    const [key, bytes] = [newKey(), randomBytes(size)];
    await put(storage, key, bytes);
    expect((await get(storage, key)).equals(bytes)).toBe(true);
    expect(await storage.size(key)).toBe(size);
  });

  test('many chunks of every size keep their order', async () => {
    const { storage } = start();
    const chunks = Array.from({ length: 200 }, (_, turn) => randomBytes((turn * 7_919) % 66_000));
    const key = newKey();
    await put(storage, key, ...chunks);
    expect((await get(storage, key)).equals(Buffer.concat(chunks))).toBe(true);
  });

  test('a chunk that has been taken may be used for something else', async () => {
    const { storage } = start();
    const chunks = Array.from({ length: 40 }, (_, turn) => randomBytes(turn * 3_001));
    const bytes = Buffer.concat(chunks);
    const key = newKey();
    const writer = await storage.create(key);
    for (const chunk of chunks) {
      await writer.write(chunk);
      chunk.fill(0);
    }
    await writer.commit();
    expect((await get(storage, key)).equals(bytes)).toBe(true);
  });

  test('many uploads at once do not mix', async () => {
    const { storage } = start();
    const photos = Array.from({ length: 12 }, () => ({ key: newKey(), bytes: randomBytes(300_000) }));
    await Promise.all(
      photos.map(({ key, bytes }) => put(storage, key, bytes.subarray(0, 99_999), bytes.subarray(99_999))),
    );
    for (const { key, bytes } of photos) expect((await get(storage, key)).equals(bytes), key).toBe(true);
  });

  test('uploads that are aborted do not disturb those beside them', async () => {
    const { storage, listEverything } = start();
    const before = (await listEverything()).length;
    const kept: { key: string; bytes: Buffer }[] = [];
    const upload = async (turn: number): Promise<void> => {
      const [key, bytes] = [newKey(), randomBytes(40_000 + turn * 50_000)];
      const writer = await storage.create(key);
      for (let at = 0; at < bytes.length; at += 30_000) {
        await writer.write(bytes.subarray(at, at + 30_000));
        if (turn % 3 === 0 && at > bytes.length / 2) return writer.abort();
      }
      await writer.commit();
      kept.push({ key, bytes });
    };
    await Promise.all(Array.from({ length: 15 }, (_, turn) => upload(turn)));
    for (const { key, bytes } of kept) expect((await get(storage, key)).equals(bytes), key).toBe(true);
    expect(kept).toHaveLength(10);
    expect(await listEverything()).toHaveLength(before + 10);
  });

  test('a range is inclusive, and every stream is a fresh one', async () => {
    const { storage } = start();
    const key = newKey();
    await put(storage, key, Buffer.from('0123456789'));
    expect((await get(storage, key, { start: 2, end: 5 })).toString()).toBe('2345');
    expect((await get(storage, key, { start: 0, end: 0 })).toString()).toBe('0');
    expect((await get(storage, key, { start: 7, end: 9 })).toString()).toBe('789');
    expect((await get(storage, key)).toString()).toBe('0123456789');
  });

  test('nothing is visible before the commit', async () => {
    const { storage } = start();
    const key = newKey();
    const writer = await storage.create(key);
    await writer.write(randomBytes(400_000));
    expect(await storage.size(key)).toBeUndefined();
    await expect(storage.open(key)).rejects.toBeInstanceOf(StorageMissingError);
    await writer.commit();
    expect(await storage.size(key)).toBe(400_000);
  });

  test('an abort leaves nothing, at any moment, also twice', async () => {
    const { storage, listEverything } = start();
    const before = await listEverything();
    for (const size of [0, 10, 131_072, 500_000]) {
      const writer = await storage.create(newKey());
      await writer.write(randomBytes(size));
      await writer.abort();
      await writer.abort();
      await expect(writer.commit()).rejects.toThrow();
    }
    expect(await listEverything()).toEqual(before);
  });

  test('an abort after the commit leaves the photo alone', async () => {
    const { storage } = start();
    const key = newKey();
    const writer = await storage.create(key);
    await writer.write(Buffer.from('kept'));
    await writer.commit();
    await writer.abort();
    expect((await get(storage, key)).toString()).toBe('kept');
  });

  test('what is removed is gone, and may be removed again', async () => {
    const { storage } = start();
    const key = newKey();
    await put(storage, key, Buffer.from('x'));
    await storage.remove(key);
    await storage.remove(key);
    expect(await storage.size(key)).toBeUndefined();
    await expect(storage.open(key)).rejects.toBeInstanceOf(StorageMissingError);
  });

  test('a folder lists what was committed in it, and when', async () => {
    const { storage } = start();
    const folder = `list-${randomUUID()}`;
    const begun = await storage.create(`${folder}/unfinished`);
    await begun.write(Buffer.from('x'));
    for (const name of ['one', 'two']) await put(storage, `${folder}/${name}`, Buffer.from(name));
    const found = await Array.fromAsync(storage.list(folder));
    expect(found.map((object) => object.key).sort()).toEqual([`${folder}/one`, `${folder}/two`]);
    for (const { modifiedAt } of found) expect(Math.abs(Date.now() - modifiedAt)).toBeLessThan(3_600_000);
    await begun.abort();
    expect(await Array.fromAsync(storage.list('nothing-here'))).toEqual([]);
    await expect(Array.fromAsync(storage.list('..'))).rejects.toThrow('Not a storage folder');
  });

  test.each([
    '',
    'img',
    '/etc/passwd',
    '../x/y',
    'a/../b',
    'a/.hidden',
    'a//b',
    'a/b/',
    'tmp/x',
    'a/b\\c',
    'a/b\0',
    `a/${'b'.repeat(200)}`,
  ])('the key %j is refused', async (key) => {
    const { storage } = start();
    await expect(storage.create(key)).rejects.toThrow('Not a storage key');
    await expect(storage.open(key)).rejects.toThrow('Not a storage key');
    await expect(storage.size(key)).rejects.toThrow('Not a storage key');
    await expect(storage.remove(key)).rejects.toThrow('Not a storage key');
  });

  test('the check passes and leaves nothing', async () => {
    const { storage, listEverything } = start();
    const before = await listEverything();
    await storage.check();
    expect(await listEverything()).toEqual(before);
  });
}
