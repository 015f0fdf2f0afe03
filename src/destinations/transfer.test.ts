import { expect, onTestFinished, test } from 'vitest';
import { localOutbound, serve, serveRaw } from '../lib/outbound/servers.fixture.ts';
import { createFaultProxy, makePhoto, never } from './contract.fixture.ts';
import { failure } from './contract.ts';
import { DeliveryError } from './destination.ts';
import { partsOf, persistently, TransferError, transfer, wholeBody } from './transfer.ts';

test('a road on which nothing moves is given up, and says so', async () => {
  const origin = await serve((request) => request.resume());
  const road = await createFaultProxy({ host: '127.0.0.1', port: Number(new URL(origin).port) });
  onTestFinished(() => road.close());
  road.set({ stallAfter: 500_000 });
  const request = {
    method: 'PUT',
    url: `http://127.0.0.1:${road.port}/`,
    body: wholeBody(makePhoto({ size: 40_000_000 })),
  };
  const error = await failure(transfer(localOutbound(), request, never(), { idleMs: 150, answerMs: 20_000 }));
  expect(error).toMatchObject({ fate: 'retry', message: expect.stringMatching(/took no data for 0.15 s/) });
});

test('a server that takes everything and never answers is given up, and says so', async () => {
  const url = await serveRaw((socket) => socket.resume());
  const request = { method: 'PUT', url, body: wholeBody(makePhoto({ size: 10_000 })) };
  const error = await failure(transfer(localOutbound(), request, never(), { idleMs: 20_000, answerMs: 150 }));
  expect(error).toMatchObject({
    fate: 'retry',
    message: expect.stringMatching(/did not answer within 0.15 s/),
  });
});

test('a server that does not finish the handshake is given up sooner, and says so', async () => {
  const url = (await serveRaw(() => {})).replace('http:', 'https:');
  const transferred = transfer(localOutbound(), { method: 'PUT', url }, never(), { openMs: 150 });
  expect(await failure(transferred)).toMatchObject({
    fate: 'retry',
    step: 'tls',
    message: expect.stringMatching(/did not finish the TLS handshake within 150 ms/),
  });
});

test('the guard stands before everything', async () => {
  const url = 'http://10.1.2.3/';
  const error = await failure(transfer(localOutbound(), { method: 'PUT', url }, never()));
  expect(error).toBeInstanceOf(TransferError);
  expect(error).toMatchObject({
    fate: 'retry',
    step: 'settings',
    message: expect.stringMatching(/does not send there/),
  });
});

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

test.each([0, 1, 65_535, 65_536, 65_537, 150_000, 199_999])(
  'a body from byte %d on is the rest',
  async (from) => {
    const photo = makePhoto({ size: 200_000 });
    const body = wholeBody(photo, from);
    const rest = await collect(body.open());
    expect(rest.equals(photo.bytes().subarray(from))).toBe(true);
    expect(body.length).toBe(rest.length);
    expect(body.md5().toString('hex')).toHaveLength(32);
  },
);

test('a damaged photo never gives its last piece, whole or in parts', async () => {
  const damaged = { ...makePhoto({ size: 200_000 }), sha256: '0'.repeat(64) };
  let seen = 0;
  const read = async (): Promise<void> => {
    for await (const piece of wholeBody(damaged).open()) seen += piece.length;
  };
  expect((await failure(read())).fate).toBe('retry');
  expect(seen).toBeLessThan(200_000);
  const parts: number[] = [];
  const split = async (): Promise<void> => {
    for await (const { number } of partsOf(damaged, 64_000)) parts.push(number);
  };
  expect((await failure(split())).fate).toBe('retry');
  expect(parts).toEqual([0, 1, 2]);
});

test('parts join to the photo', async () => {
  const photo = makePhoto({ size: 200_000 });
  const joined: Buffer[] = [];
  for await (const part of partsOf(photo, 64_000)) joined.push(await collect(part.open()));
  expect(joined.map(({ length }) => length)).toEqual([64_000, 64_000, 64_000, 8_000]);
  expect(Buffer.concat(joined).equals(photo.bytes())).toBe(true);
});

test.each([
  ['no answer', { fate: 'retry', status: null }, 3],
  ['503', { fate: 'retry', status: 503 }, 3],
  ['503 for a minute', { fate: 'retry', status: 503, retryAfter: 60 }, 1],
  ['403', { fate: 'retry', status: 403 }, 1],
  ['refused credentials', { fate: 'reconnect', status: 401 }, 1],
  ['stopped', { fate: 'cancelled', status: null }, 1],
] as const)('a step that fails with %s', async (_, details, tries) => {
  let tried = 0;
  const work = async (): Promise<never> => {
    tried += 1;
    throw new TransferError('write', 'No.', 'Wait.', details);
  };
  await failure(persistently(work, never()));
  expect(tried).toBe(tries);
});

test('a step that is waiting for its next try can be stopped', async () => {
  const stop = new AbortController();
  const work = async (): Promise<never> => {
    setImmediate(() => stop.abort());
    throw new TransferError('write', 'No.', 'Wait.', { fate: 'retry', status: 503, retryAfter: 5 });
  };
  expect((await failure(persistently(work, stop.signal))).fate).toBe('cancelled');
});

test('a failure that knows its step is a delivery error like any other', () => {
  const error = new TransferError('tls', 'It is so.', 'Do this.', { fate: 'retry' });
  expect(error).toBeInstanceOf(DeliveryError);
  expect(error.message).toBe('It is so. Do this.');
});
