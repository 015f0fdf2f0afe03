import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createFaultProxy } from '../../test/helpers/fault-proxy.ts';
import { type RgwServer, type S3User, startRgw } from '../../test/helpers/s3-rgw.ts';
import { silentLogger } from '../lib/logger.ts';
import { createS3Storage, type S3StorageOptions } from './s3.ts';
import { readS3Url } from './s3-url.ts';
import { type Storage, StorageFullError } from './storage.ts';
import { describeStorage, get, newKey, put, type StorageUnderTest } from './storage-suite.ts';

const MIB = 1_048_576;
let rgw: RgwServer;
let temporaryDirectory: string;

beforeAll(async () => {
  temporaryDirectory = await mkdtemp(join(tmpdir(), 'apertur-s3-'));
  rgw = await startRgw();
  await rgw.createBucket('photos');
});
afterAll(async () => {
  await rgw?.stop();
  await rm(temporaryDirectory, { recursive: true, force: true });
});

interface Place {
  user?: S3User;
  bucket?: string;
  prefix?: string;
  port?: number;
}

/** Parts of 5 MiB, S3's least, so that tests need few bytes to have several. */
function open(place: Place = {}, options: Partial<S3StorageOptions> = {}): Storage {
  const { user = rgw.owner, bucket = 'photos', prefix = 'app', port = rgw.port } = place;
  const [key, secret] = [user.accessKeyId, user.secretAccessKey].map(encodeURIComponent);
  const settings = readS3Url(`s3://${key}:${secret}@127.0.0.1:${port}/${bucket}/${prefix}?tls=off`);
  const storage = createS3Storage({
    settings,
    temporaryDirectory,
    logger: silentLogger,
    partBytes: 5 * MIB,
    pause: async () => {},
    ...options,
  });
  onTestFinished(() => storage.close());
  return storage;
}

async function listUploads(): Promise<string[]> {
  const { body } = await rgw.call('GET', '/photos', { query: 'uploads=' });
  return [...body.toString().matchAll(/<UploadId>(.*?)<\/UploadId>/g)].map((match) => match[1] ?? '');
}

async function listEverything(): Promise<string[]> {
  return [
    ...(await rgw.list('photos', '')),
    ...(await listUploads()),
    ...(await readdir(temporaryDirectory)),
  ];
}

describe('S3 does what every storage does', () => {
  const start = (): StorageUnderTest => ({ storage: open(), listEverything });
  describeStorage(start);
});

describe('large photos', () => {
  test.each([5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 12 * MIB])(
    '%d bytes, in parts where needed',
    async (size) => {
      const storage = open();
      const [key, bytes] = [newKey(), randomBytes(size)];
      const writer = await storage.create(key);
      for (let at = 0; at < size; at += 65_536) await writer.write(bytes.subarray(at, at + 65_536));
      await writer.commit();
      expect((await get(storage, key)).equals(bytes)).toBe(true);
      expect((await get(storage, key, { start: size - 10, end: size - 1 })).equals(bytes.subarray(-10))).toBe(
        true,
      );
      expect(await rgw.list('photos', `app/${key}`)).toEqual([`app/${key}`]);
      expect(await listUploads()).toEqual([]);
    },
  );

  test('an abort in the middle leaves no parts', async () => {
    const before = await listEverything();
    const writer = await open().create(newKey());
    for (let turn = 0; turn < 12; turn++) await writer.write(randomBytes(MIB));
    expect(await listUploads()).toHaveLength(1);
    expect(await readdir(temporaryDirectory), 'the local file has no name').toEqual([]);
    await writer.abort();
    expect(await listEverything()).toEqual(before);
  });

  test('parts that a crash left behind are swept up after a day, not before', async () => {
    const writer = await open().create(newKey());
    for (let turn = 0; turn < 6; turn++) await writer.write(randomBytes(MIB));
    expect(await open().sweep()).toEqual({ removed: 0 });
    expect(await open({ prefix: 'other' }, { leftBehindMs: -60_000 }).sweep()).toEqual({ removed: 0 });
    expect(await listUploads()).toHaveLength(1);
    expect(await open({}, { leftBehindMs: -60_000 }).sweep()).toEqual({ removed: 1 });
    expect(await listUploads()).toEqual([]);
    await writer.abort();
  });
});

describe('the local disk', () => {
  test('a small photo never touches it, also when it is sent twice; a large one leaves nothing there', async () => {
    const proxy = await createFaultProxy({ host: rgw.host, port: rgw.port });
    onTestFinished(() => proxy.close());
    const folder = await mkdtemp(join(tmpdir(), 'apertur-s3-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const local = join(folder, 'photos');
    const storage = open({ port: proxy.port }, { temporaryDirectory: local, pause: async () => proxy.set() });
    for (const size of [1, 65_536, 200_000, 3_000_000]) {
      const bytes = randomBytes(size);
      const key = newKey();
      proxy.set({ resetAfter: Math.floor(size / 2) });
      await put(storage, key, bytes);
      expect((await get(storage, key)).equals(bytes)).toBe(true);
    }
    await expect(readdir(local)).rejects.toThrow('ENOENT');
    await put(storage, newKey(), randomBytes(6 * MIB));
    expect(await readdir(local)).toEqual([]);
  });

  test('photos take so much memory together and no more; what is beyond it passes through a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'apertur-s3-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const local = join(folder, 'photos');
    const storage = open({}, { temporaryDirectory: local, heldBytes: MIB });
    const photos = Array.from({ length: 3 }, () => ({ key: newKey(), bytes: randomBytes(900_000) }));
    const writers = await Promise.all(photos.map(({ key }) => storage.create(key)));
    await writers[0]!.write(photos[0]!.bytes);
    await expect(readdir(local)).rejects.toThrow('ENOENT');
    for (const n of [1, 2]) {
      for (let at = 0; at < 900_000; at += 10_000) {
        await writers[n]!.write(photos[n]!.bytes.subarray(at, at + 10_000));
      }
    }
    expect(await readdir(local)).toEqual([]);
    await Promise.all(writers.map((writer) => writer.commit()));
    for (const { key, bytes } of photos) expect((await get(storage, key)).equals(bytes)).toBe(true);
    // All of them are gone, so there is room again.
    await rm(local, { recursive: true });
    await put(storage, newKey(), randomBytes(900_000));
    await expect(readdir(local)).rejects.toThrow('ENOENT');
  });
});

describe('trouble', () => {
  test('a connection that breaks is tried again, without asking the phone', async () => {
    const bytes = randomBytes(7 * MIB);
    const proxy = await createFaultProxy({ host: rgw.host, port: rgw.port });
    onTestFinished(() => proxy.close());
    const storage = open({ port: proxy.port }, { pause: async () => proxy.set() });
    const key = newKey();
    proxy.set({ resetAfter: 1_000_000 });
    await put(storage, key, bytes);
    expect((await get(storage, key)).equals(bytes)).toBe(true);
  });

  test('a full store is told as such and leaves nothing behind', async () => {
    const user = await rgw.createUser('full', { quotaBytes: 2_000_000 });
    await rgw.createBucket('narrow', user);
    const storage = open({ user, bucket: 'narrow' });
    await expect(put(storage, newKey(), randomBytes(3_000_000))).rejects.toBeInstanceOf(StorageFullError);
    await expect(put(storage, newKey(), randomBytes(12 * MIB))).rejects.toBeInstanceOf(StorageFullError);
    const { body } = await rgw.call('GET', '/narrow', { user });
    expect(body.toString()).not.toContain('<Key>');
    expect(await readdir(temporaryDirectory)).toEqual([]);
  });

  test.each([
    [
      'a wrong secret',
      { user: { accessKeyId: 'KEYOWNER0123456789', secretAccessKey: 'hidden' } },
      'SignatureDoesNotMatch',
    ],
    [
      'an unknown key',
      { user: { accessKeyId: 'KEYNOBODY', secretAccessKey: 'hidden' } },
      'InvalidAccessKeyId',
    ],
    ['a missing bucket', { bucket: 'nowhere' }, 'NoSuchBucket'],
  ])('%s is told by the check', async (_, place, code) => {
    const failure: unknown = await open(place)
      .check()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect((failure as Error).message).toMatch(new RegExp(`^The storage cannot be written to: .*${code}`));
    expect((failure as Error).message).not.toContain('hidden');
  });
});

describe('a store that misbehaves', () => {
  async function serve(listener: RequestListener): Promise<number> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise((resolve) => server.once('listening', resolve));
    return (server.address() as AddressInfo).port;
  }

  test('passing trouble is tried three times, a refusal once', async () => {
    const seen: string[] = [];
    let status = 503;
    const port = await serve((request, response) => {
      seen.push(request.method ?? '');
      request.resume();
      response.writeHead(status).end();
    });
    const pauses: number[] = [];
    const storage = open({ port }, { pause: async (ms) => pauses.push(ms) });
    await expect(put(storage, newKey(), Buffer.from('x'))).rejects.toThrow('The store answered 503 to PUT');
    expect(seen).toEqual(['PUT', 'PUT', 'PUT']);
    expect(pauses).toEqual([200, 800]);
    status = 403;
    await expect(put(storage, newKey(), Buffer.from('x'))).rejects.toThrow('The store answered 403 to PUT');
    expect(seen).toHaveLength(4);
  });

  test('one that lost bytes is not believed', async () => {
    const seen: string[] = [];
    const port = await serve((request, response) => {
      seen.push(request.method ?? '');
      request.resume();
      response.writeHead(200, request.method === 'HEAD' ? { 'content-length': '3' } : {}).end();
    });
    await expect(put(open({ port }), newKey(), Buffer.from('four'))).rejects.toThrow('holds 3 of 4 bytes');
    expect(seen).toEqual(['PUT', 'HEAD', 'DELETE']);
  });

  test('one that names the MD5 of a small photo is believed, one that names another is asked', async () => {
    const seen: string[] = [];
    let etag = '"8cbad96aced40b3838dd9f07f6ef5772"';
    const port = await serve((request, response) => {
      seen.push(request.method ?? '');
      request.resume();
      const headers = request.method === 'HEAD' ? { 'content-length': '4' } : { etag };
      response.writeHead(200, headers).end();
    });
    await put(open({ port }), newKey(), Buffer.from('fo'), Buffer.from('ur'));
    expect(seen.splice(0)).toEqual(['PUT']);
    // As with encryption under a key of its own: not a hash of the bytes.
    etag = '"00000000000000000000000000000000"';
    await put(open({ port }), newKey(), Buffer.from('four'));
    expect(seen).toEqual(['PUT', 'HEAD']);
  });

  test('one whose answer to the completion is lost is asked for the size', async () => {
    const seen: string[] = [];
    const size = 6 * MIB;
    const port = await serve((request, response) => {
      const { search, searchParams } = new URL(request.url ?? '', 'http://x');
      const step = `${request.method} ${[...searchParams.keys()].join()}`;
      seen.push(step);
      request.resume();
      if (search === '?uploads=') response.end('<UploadId>u1</UploadId>');
      else if (request.method === 'HEAD') response.writeHead(200, { 'content-length': size }).end();
      else if (step !== 'POST uploadId') response.writeHead(200, { etag: '"e"' }).end();
      else if (seen.filter((name) => name === step).length === 1) request.socket.destroy();
      else response.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
    });
    await put(open({ port }), newKey(), randomBytes(size));
    expect(seen.slice(-3)).toEqual(['POST uploadId', 'POST uploadId', 'HEAD ']);
  });

  test('one that hides an error in a 200 is not believed', async () => {
    const port = await serve((request, response) => {
      request.resume();
      response.end('<Error><Code>InternalError</Code></Error>');
    });
    await expect(put(open({ port }), newKey(), Buffer.from('x'))).rejects.toThrow('(InternalError)');
  });
});
