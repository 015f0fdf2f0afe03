/** Servers for tests of what leaves: each listens on 127.0.0.1, on a free port, and ends with its test. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Outbound } from '../outbound.ts';
import { serverCertificate, serverKey } from './certificates.fixture.ts';
import { createOutbound, type OutboundOptions } from './client.ts';
import { createGuard, type Resolver } from './guard.ts';

export const everyNameIsLocal: Resolver = async () => [{ address: '127.0.0.1', family: 4 }];

/** A client that may reach this machine alone; every name leads to it. */
export function localOutbound(options: Partial<OutboundOptions> = {}): Outbound {
  const guard = createGuard({ allow: ['127.0.0.0/8'], resolver: everyNameIsLocal });
  const client = createOutbound({ guard, ...options });
  onTestFinished(() => client.close());
  return client;
}

async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

export async function serve(
  handler: http.RequestListener,
  options: http.ServerOptions = {},
): Promise<string> {
  return `http://127.0.0.1:${await listen(http.createServer(options, handler))}`;
}

/** With the certificate of receiver.example from the test CA, unless another one is given. */
export async function serveTls(
  handler: http.RequestListener,
  options: https.ServerOptions = {},
): Promise<string> {
  const server = https.createServer({ cert: serverCertificate, key: serverKey, ...options }, handler);
  server.on('tlsClientError', () => {});
  return `https://receiver.example:${await listen(server)}`;
}

/** What the server does with a connection is the test's affair. */
export async function serveRaw(onSocket: (socket: net.Socket) => void): Promise<string> {
  return `http://127.0.0.1:${await listen(net.createServer(onSocket))}`;
}

/** A port where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * A name server that answers every question for an A record with what `answer` says, time to live 0. Returns its
 * `ip:port` and the names that it was asked for.
 */
export async function serveNames(
  answer: (name: string, question: number) => string[],
): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = [];
  const socket = dgram.createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = readName(query);
    const addresses = answer(name, asked.push(name));
    socket.send(writeAnswer(query, end, addresses), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => new Promise<void>((done) => socket.close(() => done())));
  return { address: `127.0.0.1:${socket.address().port}`, asked };
}

/** RFC 1035 §4.1.2: labels with their lengths, a zero, then type and class. */
function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 5 };
}

function writeAnswer(query: Buffer, end: number, addresses: string[]): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt32BE(0, 8);
  const records = addresses.map((address) =>
    // Name by pointer, type A, class IN, time to live 0, four bytes.
    Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([header, query.subarray(12, end), ...records]);
}

export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What a promise was rejected with; fails the test when it was not. */
export async function failureOf<E = Error & Record<string, never>>(promise: Promise<unknown>): Promise<E> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  if (!outcome) throw new Error('expected a failure');
  return outcome.error as E;
}

/** Waits until something is true; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((done) => setTimeout(done, 5));
}
