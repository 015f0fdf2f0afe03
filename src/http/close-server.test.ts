import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { closeServer, watchUnused } from './close-server.ts';

/** Longer than the test may take: whoever waits for it fails. */
const graceMs = 600_000;

async function listen() {
  const server = Fastify({ forceCloseConnections: 'idle' });
  const held = Promise.withResolvers<void>();
  const came = Promise.withResolvers<void>();
  server.get('/', async () => {
    came.resolve();
    await held.promise;
    return 'done';
  });
  const unused = watchUnused(server.server);
  await server.listen({ port: 0, host: '127.0.0.1' });
  const connect = async (): Promise<net.Socket> => {
    const accepted = once(server.server, 'connection');
    const socket = net.connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await Promise.all([once(socket, 'connect'), accepted]);
    return socket;
  };
  return { server, unused, connect, came: came.promise, answer: () => held.resolve() };
}

test('a connection that never carried a request does not hold up the stop', async () => {
  const { server, unused, connect } = await listen();
  await connect();
  await closeServer(server, unused, { tls: undefined, graceMs });
});

test('a request that is under way is answered', async () => {
  const { server, unused, connect, came, answer } = await listen();
  const socket = await connect();
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  const ended = once(socket, 'close');
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
  await came;
  const closing = closeServer(server, unused, { tls: undefined, graceMs });
  answer();
  await Promise.all([closing, ended]);
  expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*done$/);
});
