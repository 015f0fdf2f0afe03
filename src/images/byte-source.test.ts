import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ByteSource } from './byte-source.ts';

/** A request whose head has arrived and whose body the test sends by hand. */
async function openRequest(length: number): Promise<{ request: IncomingMessage; socket: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`);
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  return { request, socket };
}

async function readAll(source: ByteSource): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('reading', () => {
  test('every byte in order, then the end, again and again', async () => {
    const source = new ByteSource(Readable.from(['one ', 'two ', 'three'].map((text) => Buffer.from(text))));
    expect((await readAll(source)).toString()).toBe('one two three');
    expect(await source.pull()).toBeUndefined();
  });

  test('a body without bytes', async () => {
    const { request } = await openRequest(0);
    expect(await new ByteSource(request).pull()).toBeUndefined();
  });

  test('a stream that has ended or been destroyed before', async () => {
    const ended = Readable.from([]);
    ended.resume();
    await once(ended, 'end');
    expect(await new ByteSource(ended).pull()).toBeUndefined();
    const destroyed = new PassThrough();
    destroyed.destroy();
    await expect(new ByteSource(destroyed).pull()).rejects.toMatchObject({ status: 400 });
  });

  test('nothing is read that nobody asks for', async () => {
    let given = 0;
    const endless = new Readable({
      highWaterMark: 65_536,
      read() {
        given += 65_536;
        setImmediate(() => this.push(Buffer.alloc(65_536)));
      },
    });
    const source = new ByteSource(endless);
    for (let turn = 0; turn < 10; turn++) await source.pull();
    const afterTen = given;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(given - afterTen).toBeLessThanOrEqual(3 * 65_536);
    endless.destroy();
  });
});

describe('freeing', () => {
  const own = (length: number): Buffer => Buffer.allocUnsafeSlow(length).fill(7);

  test('a chunk is gone at the next pull, when that was asked for', async () => {
    const chunks = [own(8_192), own(65_536), own(65_536)];
    const source = new ByteSource(Readable.from(chunks), { freeChunks: true });
    expect((await source.pull())?.length).toBe(8_192);
    expect((await source.pull())?.length).toBe(65_536);
    expect(chunks.map((chunk) => chunk.length)).toEqual([0, 65_536, 65_536]);
    expect(await source.discard(100_000)).toBe(true);
    expect(chunks.map((chunk) => chunk.length)).toEqual([0, 0, 0]);
  });

  test('a part of a larger buffer stays, and so does everything when it was not asked for', async () => {
    const large = own(100_000);
    const source = new ByteSource(Readable.from([large.subarray(0, 50_000), large.subarray(50_000)]), {
      freeChunks: true,
    });
    expect((await readAll(source)).length).toBe(100_000);
    const kept = own(65_536);
    expect((await readAll(new ByteSource(Readable.from([kept])))).length).toBe(65_536);
    expect([large.length, kept.length]).toEqual([100_000, 65_536]);
  });
});

describe('lost senders', () => {
  test('a connection that breaks fails the pull that waits, and those after it', async () => {
    const { request, socket } = await openRequest(1_000);
    const source = new ByteSource(request);
    socket.write('half');
    expect((await source.pull())?.toString()).toBe('half');
    const waiting = source.pull();
    socket.resetAndDestroy();
    await expect(waiting).rejects.toMatchObject({ status: 400, message: expect.stringMatching(/broke off/) });
    await expect(source.pull()).rejects.toMatchObject({ status: 400 });
  });

  test('a connection that breaks while nobody pulls is noticed at the next pull', async () => {
    const { request, socket } = await openRequest(1_000);
    const source = new ByteSource(request);
    const closed = once(request, 'close').catch(() => undefined);
    socket.resetAndDestroy();
    await closed;
    await expect(source.pull()).rejects.toMatchObject({ status: 400 });
  });

  test('a silent sender is cut off with 408, and the silence of a slow reader does not count', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const stream = new PassThrough();
    const source = new ByteSource(stream, { idleMs: 20_000 });
    stream.write('one');
    await source.pull();
    vi.advanceTimersByTime(60_000);
    const second = source.pull();
    vi.advanceTimersByTime(19_999);
    stream.write('two');
    expect((await second)?.toString()).toBe('two');
    const third = source.pull();
    vi.advanceTimersByTime(20_000);
    await expect(third).rejects.toMatchObject({ status: 408, code: 'REQUEST_TIMEOUT' });
    expect(stream.destroyed).toBe(false);
  });
});

describe('discarding the rest', () => {
  test('ends at the end, at the limit, or with the connection', async () => {
    const chunks = (count: number): Readable =>
      Readable.from(Array.from({ length: count }, () => Buffer.alloc(10)));
    expect(await new ByteSource(chunks(5)).discard(50)).toBe(true);
    expect(await new ByteSource(chunks(7)).discard(50)).toBe(false);
    const { request, socket } = await openRequest(1_000);
    const discarding = new ByteSource(request).discard(10_000);
    socket.resetAndDestroy();
    expect(await discarding).toBe(false);
  });
});
