import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeJpeg, truncate } from '../../test/helpers/pictures.ts';
import { createDiskStorage } from '../storage/disk.ts';
import type { Storage } from '../storage/storage.ts';
import { ByteSource } from './byte-source.ts';
import { spoolImage, tooLarge } from './spool.ts';

const KEY = '2026-11-21/img_1';

async function newStorage(): Promise<{ storage: Storage; leftovers: () => Promise<string[]> }> {
  const directory = await mkdtemp(join(tmpdir(), 'apertur-spool-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const leftovers = async (): Promise<string[]> => {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  };
  return { storage: createDiskStorage({ directory }), leftovers };
}

function inChunks(bytes: Buffer, size = 65_536): Readable {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return Readable.from(chunks);
}

describe('spooling', () => {
  test.each([1_000, 7_001, 65_536, 400_000])(
    'counts, hashes, inspects and stores, in chunks of %d',
    async (size) => {
      const { storage } = await newStorage();
      const photo = await makeJpeg({ width: 40, height: 30, bytes: 700_001 });
      const writer = await storage.create(KEY);
      const spooled = await spoolImage({ body: inChunks(photo, size), writer, maxBytes: photo.length });
      expect(spooled).toEqual({
        sizeBytes: 700_001,
        sha256: createHash('sha256').update(photo).digest('hex'),
        inspection: { ok: true, mimeType: 'image/jpeg', width: 40, height: 30 },
      });
      await writer.commit();
      const stored = await (await storage.open(KEY)).toArray();
      expect(Buffer.concat(stored).equals(photo)).toBe(true);
    },
  );

  test('a photo over the limit is refused at once and leaves nothing', async () => {
    const { storage, leftovers } = await newStorage();
    let read = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      const head = await makeJpeg({ bytes: 65_536 });
      for (;;) {
        read += 65_536;
        yield head;
      }
    }
    const writer = await storage.create(KEY);
    await expect(spoolImage({ body: endless(), writer, maxBytes: 1_000_000 })).rejects.toMatchObject({
      status: 413,
      code: 'FILE_TOO_LARGE',
    });
    expect(read).toBeLessThan(1_000_000 + 2 * 65_536);
    expect(await leftovers()).toEqual([]);
  });

  test('an upload that breaks off leaves nothing', async () => {
    const { storage, leftovers } = await newStorage();
    const body = Readable.from(
      (async function* () {
        yield await makeJpeg({ bytes: 500_000 });
        yield randomBytes(500_000);
        throw new Error('connection lost');
      })(),
    );
    const writer = await storage.create(KEY);
    await expect(spoolImage({ body: new ByteSource(body), writer, maxBytes: 1e9 })).rejects.toMatchObject({
      status: 400,
    });
    expect(await leftovers()).toEqual([]);
  });

  test('bytes of no picture type are counted and not written', async () => {
    const { storage, leftovers } = await newStorage();
    const writer = await storage.create(KEY);
    const body = inChunks(Buffer.alloc(1_000_000, '<html>'));
    const { sizeBytes, inspection } = await spoolImage({ body, writer, maxBytes: 1e9 });
    expect({ sizeBytes, ...inspection }).toEqual({ sizeBytes: 1_000_000, ok: false, problem: 'unsupported' });
    expect(await leftovers()).toEqual([]);
    await writer.abort();
  });

  test('a photo without its end is said to be truncated', async () => {
    const { storage } = await newStorage();
    const writer = await storage.create(KEY);
    const photo = truncate(await makeJpeg({ width: 200, height: 200 }), 0.9);
    const { inspection } = await spoolImage({ body: inChunks(photo), writer, maxBytes: 1e9 });
    expect(inspection).toMatchObject({ ok: false, problem: 'truncated', mimeType: 'image/jpeg' });
    await writer.abort();
  });

  test('the sentence of the limit', () => {
    expect(tooLarge(20 * 1_048_576).message).toBe('The photo is larger than 20 MB, which is the limit here.');
    expect(tooLarge(1_500_000).message).toBe('The photo is larger than 1.4 MB, which is the limit here.');
    expect(tooLarge(1_000).message).toBe('The photo is larger than 1000 bytes, which is the limit here.');
  });
});
