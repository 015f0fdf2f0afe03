import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Outbound, OutboundRequest } from '../outbound.ts';
import { createOutbound } from './client.ts';
import { createGuard } from './guard.ts';

const cleanups: Array<() => Promise<unknown> | unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(server: net.Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(
    () =>
      new Promise((done) => {
        server.close(done);
        if (server instanceof http.Server) server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serve = (handler: http.RequestListener) => listen(http.createServer(handler));

function outbound(options: Partial<Parameters<typeof createOutbound>[0]> = {}): Outbound {
  const client = createOutbound({ guard: createGuard({ allow: ['127.0.0.0/8'] }), ...options });
  cleanups.push(() => client.close());
  return client;
}

/** A raw server: what it does with a connection is the test's affair. Its sockets end with the test. */
async function serveRaw(onSocket: (socket: net.Socket) => void): Promise<string> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  const url = await listen(server);
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return url;
}

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('expected a failure');
    },
    (error) => error,
  );

async function readAll(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function streamed(size: number, chunkSize = 65_536): OutboundRequest['body'] & object {
  return {
    length: size,
    open: async function* () {
      for (let at = 0; at < size; at += chunkSize)
        yield Buffer.alloc(Math.min(chunkSize, size - at), at % 251);
    },
  };
}

describe('requests', () => {
  test('sends method, headers and body, and returns status, headers, body, phases and address', async () => {
    const url = await serve(async (request, response) => {
      const body = await readAll(request);
      response.setHeader('X-Saw', `${request.method} ${request.url} ${request.headers['x-a']}`);
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.writeHead(418);
      response.end(body);
    });
    const answer = await outbound().request({
      method: 'PUT',
      url: `${url}/p/%C3%A4?q=1`,
      headers: { 'X-A': 'b' },
      body: 'häuser',
    });
    expect(answer).toMatchObject({ status: 418, truncated: false, reused: false, address: url.slice(7) });
    expect(answer.headers).toMatchObject({ 'x-saw': 'PUT /p/%C3%A4?q=1 b', 'set-cookie': 'a=1, b=2' });
    expect(answer.body.toString()).toBe('häuser');
    expect(answer.phases).toMatchObject({ resolve: expect.any(Number), connect: expect.any(Number), tls: 0 });
    expect(answer.phases.total).toBeGreaterThanOrEqual(answer.phases.firstByte!);
  });

  test('a streamed body arrives with its exact length', async () => {
    const url = await serve(async (request, response) => {
      const { headers } = request;
      const size = (await readAll(request)).length;
      response.end(JSON.stringify([size, headers['content-length'], headers['transfer-encoding'] ?? null]));
    });
    const answer = await outbound().request({ method: 'POST', url, body: streamed(3_000_001) });
    expect(JSON.parse(answer.body.toString())).toEqual([3_000_001, '3000001', null]);
  });

  test('400 requests, 4 at once, open at most 20 connections', async () => {
    const url = await serve(async (request, response) => {
      await readAll(request);
      response.end('ok');
    });
    const client = outbound();
    let left = 400;
    const worker = async () => {
      while (left-- > 0) await client.request({ method: 'POST', url, body: streamed(1_000) });
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(client.stats.requests).toBe(400);
    expect(client.stats.connections).toBeLessThanOrEqual(20);
    expect(client.stats.reused).toBe(400 - client.stats.connections);
  });

  test('a redirect is an answer; its target is never contacted', async () => {
    let visits = 0;
    const target = await serve((_request, response) => {
      visits += 1;
      response.end();
    });
    const url = await serve((_request, response) => response.writeHead(302, { location: target }).end());
    const answer = await outbound().request({ method: 'GET', url });
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe(target);
    expect(visits).toBe(0);
  });
});

describe('failures', () => {
  test('a refused connection names stage, code and what to do', async () => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    const error = await failureOf(outbound().request({ method: 'GET', url: `http://127.0.0.1:${port}` }));
    expect(error).toMatchObject({ name: 'OutboundError', stage: 'connect', code: 'ECONNREFUSED' });
    expect(error.message).toContain('refused the connection');
  });

  test('headers that never come are cut off at the deadline', async () => {
    const url = await serveRaw(() => {});
    const error = await failureOf(outbound().request({ method: 'GET', url, deadlineMs: 100 }));
    expect(error).toMatchObject({ stage: 'headers', code: 'DEADLINE' });
    expect(error.phases.total).toBeGreaterThanOrEqual(90);
  });
});
