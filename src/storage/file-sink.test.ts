import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BlockPool, FileSink } from './file-sink.ts';

async function newFile(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'apertur-sink-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'file');
}

describe('writing in batches', () => {
  test('chunks of any sizes come out as they went in', async () => {
    const path = await newFile();
    const pool = new BlockPool();
    const sizes = fc.array(fc.oneof(fc.nat(100), fc.integer({ min: 60_000, max: 70_000 }), fc.nat(600_000)), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const chunks = lengths.map((length) => randomBytes(length));
        const sink = new FileSink(pool, () => open(path, 'w'));
        for (const chunk of chunks) await sink.write(chunk);
        await sink.drain();
        await sink.end();
        expect((await readFile(path)).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('a chunk may be used again as soon as it has been taken', async () => {
    const path = await newFile();
    const sink = new FileSink(new BlockPool(), () => open(path, 'w'));
    const hash = createHash('sha256');
    const chunk = Buffer.alloc(65_536);
    for (let turn = 0; turn < 40; turn++) {
      chunk.fill(turn);
      hash.update(chunk);
      await sink.write(chunk);
    }
    await sink.drain();
    await sink.end();
    expect(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ).toBe(hash.digest('hex'));
  });

  test('the file is made when the first batch is full, and not for less', async () => {
    const path = await newFile();
    let made = 0;
    const sink = new FileSink(new BlockPool(), () => {
      made += 1;
      return open(path, 'w');
    });
    for (let turn = 0; turn < 3; turn++) await sink.write(Buffer.alloc(65_536));
    expect(made).toBe(0);
    await sink.write(Buffer.alloc(65_536));
    await sink.write(Buffer.alloc(65_536));
    expect(made).toBe(1);
    await sink.end();
  });

  test('a failure reaches the next call, and never the process', async () => {
    const sink = new FileSink(new BlockPool(), () => Promise.reject(new Error('no place')));
    await sink.write(Buffer.alloc(300_000));
    await expect(sink.drain()).rejects.toThrow('no place');
    await sink.end();
  });
});

describe('memory', () => {
  test('the more photos at once, the smaller their batches', () => {
    const pool = new BlockPool();
    const batches: number[] = [];
    for (const count of [0, 1, 8, 32, 64, 100, 1_000]) {
      pool.sinks = count;
      batches.push(pool.batch);
    }
    expect(batches).toEqual([4, 4, 4, 4, 2, 1, 1]);
  });

  test('a pool that holds bytes lets photos collect until they are that many', async () => {
    const pool = new BlockPool({ heldBytes: 4 * 65_536 });
    expect(pool.batch).toBe(Number.POSITIVE_INFINITY);
    const blocks = Array.from({ length: 4 }, () => pool.take());
    expect(pool.batch).toBe(4);
    pool.giveBack(blocks.slice(1));
    expect(pool.batch).toBe(Number.POSITIVE_INFINITY);
  });

  test('a photo that ends makes room, however often it is ended', async () => {
    const pool = new BlockPool();
    const sink = new FileSink(pool, () => Promise.reject(new Error('not needed')));
    await sink.write(Buffer.alloc(10));
    expect(pool.sinks).toBe(1);
    await sink.end();
    await sink.end();
    expect(pool.sinks).toBe(0);
    const blocks = [pool.take(), pool.take()];
    expect(new Set(blocks.map((block) => block.buffer)).size).toBe(2);
  });
});
