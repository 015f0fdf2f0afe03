import http from 'node:http';
import { describe, expect, test } from 'vitest';
import type { OutboundError, OutboundRequest } from '../outbound.ts';
import { createOutbound } from './client.ts';
import { createGuard } from './guard.ts';
import {
  closedPort,
  everyNameIsLocal,
  failureOf,
  localOutbound,
  readAll,
  serve,
  serveRaw,
  until,
} from './servers.fixture.ts';

/** A streamed body, and whether its source was closed. */
function streamed(size: number, chunkSize = 65_536) {
  const body = {
    length: size,
    opened: 0,
    closed: 0,
    open: async function* () {
      body.opened += 1;
      try {
        for (let at = 0; at < size; at += chunkSize)
          yield Buffer.alloc(Math.min(chunkSize, size - at), at % 251);
      } finally {
        body.closed += 1;
      }
    },
  };
  return body;
}

const post = (url: string, more: Partial<OutboundRequest> = {}): OutboundRequest => ({
  method: 'POST',
  url,
  ...more,
});
const answerWith = (text: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`;

describe('an answer', () => {
  test('brings status, headers, body, phases and address', async () => {
    const url = await serve(async (request, response) => {
      const body = await readAll(request);
      response.setHeader('X-Saw', `${request.method} ${request.url} ${request.headers['x-a']}`);
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.writeHead(418).end(body);
    });
    const target = `${url.replace('127.0.0.1', 'receiver.example')}/p/%C3%A4?q=1`;
    const wanted = { method: 'PUT', url: target, headers: { 'X-A': 'b' }, body: 'häuser' };
    const client = localOutbound();
    const answer = await client.request(wanted);
    expect(answer).toMatchObject({ status: 418, truncated: false, reused: false, address: url.slice(7) });
    expect(answer.headers).toMatchObject({ 'x-saw': 'PUT /p/%C3%A4?q=1 b', 'set-cookie': 'a=1, b=2' });
    expect(answer.body.toString()).toBe('häuser');
    expect(answer.phases).toEqual({
      resolve: expect.any(Number),
      connect: expect.any(Number),
      tls: 0,
      firstByte: expect.any(Number),
      total: expect.any(Number),
    });
    const second = await client.request(wanted);
    expect(second).toMatchObject({ reused: true, phases: { resolve: 0, connect: 0, tls: 0 } });
    expect(client.stats).toEqual({ requests: 2, connections: 1, reused: 1 });
  });

  test('to a streamed body: it arrives with its exact length', async () => {
    const url = await serve(async (request, response) => {
      const { headers } = request;
      const size = (await readAll(request)).length;
      response.end(JSON.stringify([size, headers['content-length'], headers['transfer-encoding'] ?? null]));
    });
    const answer = await localOutbound().request(post(url, { body: streamed(3_000_001) }));
    expect(JSON.parse(answer.body.toString())).toEqual([3_000_001, '3000001', null]);
  });

  test('to headers that are spelled twice: the last one counts, and stands there once', async () => {
    let seen: string[] = [];
    const url = await serve((request, response) => {
      seen = request.rawHeaders;
      response.end();
    });
    const headers = { 'X-Shop': 'north', 'x-shop': 'south', 'X-Other': '1' };
    await localOutbound().request({ ...post(url), headers });
    const names = seen.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    expect(seen[seen.indexOf('x-shop') + 1]).toBe('south');
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['host', 'content-length', 'connection', 'x-other']));
  });

  test('to HEAD, to an empty POST and with 204 and 103', async () => {
    const url = await serve((request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.writeHead(request.method === 'POST' ? 204 : 200, {
        'x-length': `${request.headers['content-length']}`,
      });
      response.end();
    });
    const client = localOutbound();
    expect(await client.request({ method: 'HEAD', url })).toMatchObject({
      status: 200,
      body: Buffer.alloc(0),
    });
    expect((await client.request(post(url))).headers['x-length']).toBe('0');
    expect((await client.request({ method: 'GET', url })).headers['x-length']).toBe('undefined');
  });

  test('a redirect is an answer; its target is never contacted', async () => {
    let visits = 0;
    const target = await serve((_request, response) => {
      visits += 1;
      response.end();
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const url = await serve((_request, response) => response.writeHead(status, { location: target }).end());
      const answer = await localOutbound().request(post(url, { body: 'x' }));
      expect(answer).toMatchObject({ status, headers: { location: target } });
    }
    expect(visits).toBe(0);
  });

  test('that is too long is kept to the limit, and the connection survives a short rest', async () => {
    const url = await serve((_request, response) => {
      response.setHeader('content-length', 90_000).end(Buffer.alloc(90_000, 'x'));
    });
    const client = localOutbound();
    for (let round = 0; round < 3; round += 1) {
      const answer = await client.request({ method: 'GET', url });
      expect(answer.body).toEqual(Buffer.alloc(65_536, 'x'));
      expect(answer.truncated).toBe(true);
    }
    expect(client.stats.connections).toBe(1);
    const short = await client.request({ method: 'GET', url, maxResponseBytes: 10 });
    expect(short.body.toString()).toBe('xxxxxxxxxx');
  });

  test('that never ends is cut off at the limit', async () => {
    let ended = false;
    const url = await serve((_request, response) => {
      response.on('close', () => {
        ended = true;
      });
      const more = () => {
        while (!ended && response.write(Buffer.alloc(16_384, 'x')));
      };
      response.on('drain', more);
      more();
    });
    const answer = await localOutbound().request({ method: 'GET', url });
    expect(answer).toMatchObject({ status: 200, truncated: true });
    expect(answer.body).toHaveLength(65_536);
    await until(() => ended);
  });

  test('early refusals are read although the body is still on its way', async () => {
    for (const closeAfter of [true, false]) {
      const url = await serveRaw((socket) => {
        socket.once('data', () => {
          socket.pause();
          socket.write('HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 9\r\n\r\ntoo large');
          if (closeAfter) socket.destroySoon();
        });
      });
      const client = localOutbound();
      for (let round = 0; round < 25; round += 1) {
        const body = streamed(20_000_000);
        const answer = await client.request(post(url, { body }));
        expect(answer.status).toBe(413);
        expect(answer.body.toString()).toBe('too large');
        await until(() => body.closed === 1);
      }
    }
  });

  test('an early yes does not stop the sending', async () => {
    let received = 0;
    const url = await serve(async (request, response) => {
      response.end('yes');
      received = (await readAll(request)).length;
    });
    const answer = await localOutbound().request(post(url, { body: streamed(10_000_000) }));
    expect(answer).toMatchObject({ status: 200, truncated: false });
    await until(() => received === 10_000_000);
  });

  test('an early yes from a receiver that reads no further is still the answer', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.end(answerWith('ok'));
        setImmediate(() => socket.destroySoon());
      });
    });
    const answer = await localOutbound().request(post(url, { body: streamed(20_000_000) }));
    expect(answer.status).toBe(200);
  });
});

describe('connections', () => {
  test('400 requests, 4 at once, open at most 20', async () => {
    const url = await serve(async (request, response) => {
      await readAll(request);
      response.end('ok');
    });
    const client = localOutbound();
    let left = 400;
    const worker = async () => {
      while (left-- > 0) await client.request(post(url, { body: streamed(1_000) }));
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(client.stats.requests).toBe(400);
    expect(client.stats.connections).toBeLessThanOrEqual(20);
    expect(client.stats.reused).toBe(400 - client.stats.connections);
  });

  test('never more than allowed to one origin; the others wait in line', async () => {
    let open = 0;
    let most = 0;
    const server = http.createServer({ keepAlive: true }, (_request, response) => response.end());
    server.on('connection', (socket) => {
      most = Math.max(most, ++open);
      socket.on('close', () => {
        open -= 1;
      });
    });
    const url = await serveRaw((socket) => server.emit('connection', socket));
    const client = localOutbound({ connectionsPerOrigin: 2 });
    await Promise.all(Array.from({ length: 30 }, () => client.request(post(url))));
    expect(most).toBe(2);
  });

  test('a place in line is passed on when the one who had it gives up', async () => {
    const held: http.ServerResponse[] = [];
    const url = await serve((_request, response) => held.push(response));
    const client = localOutbound({ connectionsPerOrigin: 1 });
    const first = client.request(post(url));
    await until(() => held.length === 1);
    const impatient = new AbortController();
    const second = failureOf(client.request(post(url, { signal: impatient.signal })));
    const third = client.request(post(url));
    held[0]!.end();
    await first;
    impatient.abort();
    await until(() => held.length === 2);
    held[1]!.end();
    const outcome = await Promise.race([second, third]);
    held[2]?.end();
    expect(outcome).toBeDefined();
    await until(() => {
      held[2]?.end();
      return client.stats.requests === 3;
    });
    await third;
  });

  test('one that the server closed while idle does not surface', async () => {
    const url = await serveRaw((socket) => {
      socket.on('data', () => {
        socket.write(answerWith('ok'));
        setImmediate(() => socket.end());
      });
    });
    const client = localOutbound();
    for (let round = 0; round < 20; round += 1) {
      expect(await client.request(post(url, { body: 'x' }))).toMatchObject({ status: 200 });
    }
  });

  test('one that turns out to be dead is replaced once, and the body starts anew', async () => {
    let connections = 0;
    const bodies: number[] = [];
    const server = http.createServer(async (request, response) => {
      bodies.push((await readAll(request)).length);
      response.end('ok');
    });
    const url = await serveRaw((socket) => {
      connections += 1;
      // The first connection answers one request; its second one is read in part and then reset.
      if (connections > 1) return server.emit('connection', socket);
      socket.once('data', () => {
        socket.write(answerWith('ok'));
        socket.once('data', () => socket.resetAndDestroy());
      });
    });
    const client = localOutbound();
    await client.request(post(url, { body: 'first' }));
    const body = streamed(2_000_000);
    const answer = await client.request(post(url, { body }));
    expect(answer).toMatchObject({ status: 200, reused: false });
    expect([connections, body.opened, bodies]).toEqual([2, 2, [2_000_000]]);
    await until(() => body.closed === 2);
  });

  test('a fresh one that dies is a failure, and so is a dead one that had begun to answer', async () => {
    let connections = 0;
    const deaf = await serveRaw((socket) => {
      connections += 1;
      socket.once('data', () => socket.resetAndDestroy());
    });
    expect(await failureOf(localOutbound().request(post(deaf)))).toMatchObject({ stage: 'headers' });
    expect(connections).toBe(1);

    const halfway = await serveRaw((socket) => {
      connections += 1;
      socket.once('data', () => {
        socket.write(answerWith('ok'));
        socket.once('data', () => socket.end('HTTP/1.1 200'));
      });
    });
    connections = 0;
    const client = localOutbound();
    await client.request(post(halfway));
    expect(await failureOf(client.request(post(halfway)))).toMatchObject({ name: 'OutboundError' });
    expect(connections).toBe(1);
  });

  test('what a server says unasked is not taken for the next answer', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => {
        socket.write(answerWith('asked'));
        setImmediate(() => socket.write(answerWith('smuggled')));
      });
    });
    const client = localOutbound();
    for (let round = 0; round < 5; round += 1) {
      expect((await client.request(post(url))).body.toString()).toBe('asked');
    }
  });

  test('are closed when nobody used them for the time that they are kept', async () => {
    let closed = 0;
    const server = http.createServer({ keepAliveTimeout: 0 }, (_request, response) => response.end());
    const url = await serveRaw((socket) => {
      socket.on('close', () => {
        closed += 1;
      });
      server.emit('connection', socket);
    });
    const client = localOutbound({ keepAliveMs: 30 });
    await client.request(post(url));
    await until(() => closed === 1);
    await client.request(post(url));
    expect(client.stats.connections).toBe(2);
  });

  test('are kept no longer than the server says', async () => {
    const url = await serve((_request, response) => response.setHeader('keep-alive', 'timeout=1').end());
    const client = localOutbound();
    await client.request(post(url));
    // A server that names one second is taken at its word: the connection is not used again.
    await client.request(post(url));
    expect(client.stats.connections).toBe(2);
  });
});

describe('a deadline covers', () => {
  const late = async (wanted: OutboundRequest, client = localOutbound()) =>
    await failureOf<OutboundError>(client.request({ deadlineMs: 400, ...wanted }));

  test('resolve', async () => {
    const client = localOutbound({
      guard: createGuard({ allow: [], resolver: () => new Promise(() => {}) }),
    });
    const error = await late(post('http://slow.example'), client);
    expect(error).toMatchObject({ stage: 'resolve', code: 'DEADLINE', address: null });
    expect(error.message).toBe(
      'The name slow.example did not resolve within 400 ms. Check the address and the name server.',
    );
    expect(error.phases.resolve).toBeGreaterThan(100);
    expect(error.phases.connect).toBeUndefined();
  });

  test('waiting for a connection', async () => {
    const url = await serveRaw(() => {});
    const client = localOutbound({ connectionsPerOrigin: 1 });
    const first = late(post(url, { deadlineMs: 1_500 }), client);
    expect(await late(post(url), client)).toMatchObject({ stage: 'connect', code: 'DEADLINE' });
    expect(await first).toMatchObject({ stage: 'headers', code: 'DEADLINE' });
  });

  test('TLS', async () => {
    const url = await serveRaw(() => {});
    const error = await late(post(url.replace('http:', 'https:')));
    expect(error).toMatchObject({ stage: 'tls', code: 'DEADLINE', address: url.slice(7) });
  });

  test('sending', async () => {
    const url = await serveRaw((socket) => socket.pause());
    const body = streamed(100_000_000);
    expect(await late(post(url, { body }))).toMatchObject({ stage: 'send', code: 'DEADLINE' });
    await until(() => body.closed === 1);
  });

  test('the headers', async () => {
    const url = await serveRaw((socket) => socket.write('HTTP/1.1 200 OK\r\n'));
    const error = await late({ method: 'GET', url });
    expect(error).toMatchObject({ stage: 'headers', code: 'DEADLINE' });
    expect(error.message).toBe('127.0.0.1 did not answer within 400 ms.');
  });

  test('the body, however slowly it drips', async () => {
    const url = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    const error = await late({ method: 'GET', url });
    expect(error).toMatchObject({ stage: 'body', code: 'DEADLINE', address: url.slice(7) });
    expect(error.phases.firstByte).toBeGreaterThanOrEqual(0);
  });

  test('not what is thrown away of an answer that is long enough', async () => {
    const url = await serve((_request, response) => {
      response.setHeader('content-length', 66_000).write(Buffer.alloc(65_900));
    });
    const answer = await localOutbound().request({ method: 'GET', url, deadlineMs: 1_000 });
    expect(answer).toMatchObject({ status: 200, truncated: true });
  });
});

describe('a failure says how far it came', () => {
  test('a name that does not exist', async () => {
    const resolver = async () => {
      throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    };
    const client = localOutbound({ guard: createGuard({ allow: [], resolver }) });
    expect(await failureOf(client.request(post('https://photos.example/x?secret=1')))).toMatchObject({
      stage: 'resolve',
      code: 'ENOTFOUND',
      message: 'The name photos.example did not resolve (ENOTFOUND). Check the address.',
    });
  });

  test('a refused connection', async () => {
    const error = await failureOf(
      localOutbound().request(post(`http://receiver.example:${await closedPort()}`)),
    );
    expect(error).toMatchObject({ stage: 'connect', code: 'ECONNREFUSED' });
    expect(error.message).toContain('receiver.example refused the connection (ECONNREFUSED).');
  });

  test('a reset in the middle of sending', async () => {
    const url = await serveRaw((socket) => {
      let seen = 0;
      socket.on('data', (chunk) => {
        seen += chunk.length;
        if (seen > 100_000) socket.resetAndDestroy();
      });
    });
    const body = streamed(50_000_000);
    const error = await failureOf(localOutbound().request(post(url, { body })));
    expect(error).toMatchObject({ stage: 'send', address: url.slice(7) });
    expect((error as unknown as OutboundError).code).toMatch(/^(ECONNRESET|EPIPE)$/);
    await until(() => body.closed === 1);
  });

  test('an end in the middle of the answer', async () => {
    const url = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'));
    expect(await failureOf(localOutbound().request(post(url)))).toMatchObject({
      stage: 'body',
      code: 'ECONNRESET',
    });
  });

  test('no HTTP at all, and headers without end', async () => {
    const mail = await serveRaw((socket) => socket.end('220 mail.example ESMTP ready\r\n'));
    const error = await failureOf(localOutbound().request(post(mail)));
    expect(error).toMatchObject({ stage: 'headers' });
    expect(error.message).toContain('did not answer in HTTP');
    const endless = await serveRaw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}`));
    const overflow = await failureOf(localOutbound().request(post(endless)));
    expect(overflow).toMatchObject({ stage: 'headers', code: 'HPE_HEADER_OVERFLOW' });
  });

  test('a body that is shorter, longer or broken', async () => {
    const url = await serve(async (request, response) => {
      await readAll(request).catch(() => {});
      response.end();
    });
    const short = { length: 10, open: () => streamed(9).open() };
    const long = { length: 10, open: () => streamed(11).open() };
    const broken = {
      length: 200_000,
      open: async function* () {
        yield Buffer.alloc(100_000);
        throw new Error('disk gone');
      },
    };
    const fail = (body: OutboundRequest['body']) => failureOf(localOutbound().request(post(url, { body })));
    expect(await fail(short)).toMatchObject({ stage: 'send', code: 'BODY_LENGTH' });
    expect(await fail(long)).toMatchObject({ stage: 'send', code: 'BODY_LENGTH' });
    const error = await fail(broken);
    expect(error).toMatchObject({ stage: 'send', code: 'BODY_FAILED', cause: new Error('disk gone') });
  });
});

describe('stopping', () => {
  test('by the caller, before and in the middle', async () => {
    const url = await serveRaw((socket) => socket.pause());
    const client = localOutbound();
    expect(await failureOf(client.request(post(url, { signal: AbortSignal.abort() })))).toMatchObject({
      stage: 'aborted',
      code: 'ABORTED',
    });
    expect(client.stats.connections).toBe(0);
    const controller = new AbortController();
    const body = streamed(100_000_000);
    const running = failureOf(client.request(post(url, { body, signal: controller.signal })));
    await until(() => body.opened === 1);
    controller.abort();
    expect(await running).toMatchObject({ stage: 'aborted' });
    await until(() => body.closed === 1);
  });

  test('by closing the client', async () => {
    const url = await serveRaw(() => {});
    const client = localOutbound();
    const running = failureOf(client.request(post(url)));
    await until(() => client.stats.connections === 1);
    await client.close();
    expect(await running).toMatchObject({ stage: 'aborted' });
    expect(await failureOf(client.request(post(url)))).toMatchObject({ stage: 'aborted' });
  });
});

describe('is refused before anything is opened', () => {
  const refuse = async (wanted: OutboundRequest) => {
    const client = localOutbound();
    const error = await failureOf<OutboundError>(client.request(wanted));
    expect(error).toMatchObject({ name: 'OutboundError', stage: 'guard' });
    expect(client.stats.connections).toBe(0);
    return error;
  };

  test.each([
    ['not a url', 'URL_INVALID'],
    ['//receiver.example/x', 'URL_INVALID'],
    ['ftp://receiver.example/x', 'URL_SCHEME'],
    ['file:///etc/passwd', 'URL_SCHEME'],
    ['data:text/plain,x', 'URL_SCHEME'],
    ['javascript:alert(1)', 'URL_SCHEME'],
    ['https://user:password@receiver.example/', 'URL_CREDENTIALS'],
    ['https://token@receiver.example/', 'URL_CREDENTIALS'],
  ])('%s', async (url, code) => {
    const error = await refuse(post(url));
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('password@');
  });

  test.each([
    [{ 'x-a': 'b\r\nx-evil: 1' }, 'HEADER_INVALID'],
    [{ 'x-a': 'b\nx' }, 'HEADER_INVALID'],
    [{ 'x-a': 'b\0' }, 'HEADER_INVALID'],
    [{ 'x-a': 'œ' }, 'HEADER_INVALID'],
    [{ 'x-a\r\nx-evil': '1' }, 'HEADER_INVALID'],
    [{ 'x a': '1' }, 'HEADER_INVALID'],
    [{ '': '1' }, 'HEADER_INVALID'],
    [{ Host: 'other.example' }, 'HEADER_RESERVED'],
    [{ 'Content-Length': '5' }, 'HEADER_RESERVED'],
    [{ 'transfer-encoding': 'chunked' }, 'HEADER_RESERVED'],
    [{ Connection: 'upgrade' }, 'HEADER_RESERVED'],
  ])('the header %j', async (headers, code) => {
    const error = await refuse(
      post('http://receiver.example/', { headers: headers as Record<string, string> }),
    );
    expect(error.code).toBe(code);
    expect(error.message).not.toMatch(/[\r\n\0]/);
  });

  test('a method that is none', async () => {
    expect((await refuse({ method: 'GET / HTTP/1.1\r\n', url: 'http://receiver.example/' })).code).toBe(
      'METHOD_INVALID',
    );
  });

  test('literal addresses inside, however they are written', async () => {
    let connections = 0;
    const url = await serveRaw(() => {
      connections += 1;
    });
    const port = new URL(url).port;
    const client = createOutbound({ guard: createGuard({ allow: [], resolver: everyNameIsLocal }) });
    const hosts = [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '0177.0.0.1',
      '017700000001',
      '0',
    ];
    const names = ['localhost', 'receiver.example', '127.0.0.1.', '%31%32%37.0.0.1', '①②⑦.0.0.1'];
    for (const host of [...hosts, ...names, '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::]']) {
      const error = await failureOf(client.request(post(`http://${host}:${port}/`)));
      expect(error, host).toMatchObject({ stage: 'guard', code: 'ADDRESS_REFUSED' });
    }
    expect(connections).toBe(0);
    expect(client.stats.connections).toBe(0);
    await client.close();
  });

  test('a socket that went elsewhere than the guard said gets no byte', async () => {
    let bytes = 0;
    const url = await serveRaw((socket) => {
      socket.on('data', (chunk) => {
        bytes += chunk.length;
      });
    });
    const loose = createGuard({ allow: 'all', resolver: everyNameIsLocal });
    const client = localOutbound({ guard: { ...createGuard({ allow: [] }), lookup: loose.lookup } });
    const error = await failureOf(
      client.request(post(url.replace('127.0.0.1', 'receiver.example'), { body: 'x' })),
    );
    expect(error).toMatchObject({ stage: 'guard' });
    expect(bytes).toBe(0);
  });
});
