import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { OutboundError, OutboundRequest } from '../outbound.ts';
import { caCertificate } from './certificates.fixture.ts';
import { localOutbound, readAll, serveRaw, serveTls } from './servers.fixture.ts';

const length = (text: string, ...lines: string[]) =>
  `HTTP/1.1 200 OK\r\n${lines.map((line) => `${line}\r\n`).join('')}Content-Length: ${text.length}\r\n\r\n${text}`;
const chunked = (rest: string) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${rest}`;

/** Everything that an answer can be, and some that it must not be. */
const answers: Record<string, string> = {
  'a length': length('fine'),
  'no body': length(''),
  'a header twice': length('fine', 'Set-Cookie: a=1', 'Set-Cookie: b=2', 'X-A: 1', 'X-A: 2'),
  chunks: chunked('2\r\nhi\r\n5;x=y\r\nthere\r\n0\r\nX-Trailer: 1\r\n\r\n'),
  'only an end': chunked('0\r\n\r\n'),
  'a refusal': 'HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy',
  'no content': 'HTTP/1.1 204 No Content\r\n\r\n',
  'not modified': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
  'hints first': `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${length('fine')}`,
  'the old version': 'HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nfine',
  'an end of the connection': length('fine', 'Connection: close'),
  'too much': length('x'.repeat(200)),
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nfine',
  'no HTTP': 'SSH-2.0-OpenSSH_9.2p1\r\n\r\n',
  'a wrong chunk': chunked('xyz\r\nhi\r\n0\r\n\r\n'),
};

/** Waits for the whole request, which ends with its body; then answers in so many pieces. */
function answering(text: string, pieces: number): (socket: Socket) => Promise<void> {
  return async (socket) => {
    socket.setNoDelay(true);
    let seen = '';
    socket.on('data', async (chunk: Buffer) => {
      seen += chunk.toString('latin1');
      if (!seen.endsWith('the body')) return;
      seen = '';
      const size = Math.ceil(text.length / pieces);
      for (let at = 0; at < text.length; at += size) {
        socket.write(text.slice(at, at + size));
        await nextTurn();
      }
    });
    await once(socket, 'close');
  };
}

async function outcomeOf(url: string, body: NonNullable<OutboundRequest['body']>) {
  const client = localOutbound();
  const ask = async () => {
    const wanted = { method: 'POST', url, body, maxResponseBytes: 100, deadlineMs: 10_000 };
    const answer = await client.request(wanted).catch((error: OutboundError) => error);
    if (answer instanceof Error) return { stage: answer.stage, code: answer.code, message: answer.message };
    return { ...answer, phases: undefined, address: undefined, body: answer.body.toString() };
  };
  // The second shows whether the connection was left as it should be.
  const both = [await ask(), await ask()];
  return { both, connections: client.stats.connections };
}

test.each(Object.entries(answers))(
  '%s is read as Node reads it, in one piece or in many',
  async (_, text) => {
    for (const pieces of [1, 2, 7]) {
      const url = await serveRaw(answering(text, pieces));
      const streamed = { length: 8, open: async function* () { yield Buffer.from('the body'); } }; // biome-ignore format: one line
      const expected = await outcomeOf(url, streamed);
      expect(await outcomeOf(url, 'the body')).toEqual(expected);
      expect(await outcomeOf(url, Buffer.from('the body'))).toEqual(expected);
    }
  },
);

test('over TLS too: what was sent arrives whole, and connections are used again', async () => {
  const url = await serveTls(async (request, response) => {
    const body = (await readAll(request)).toString();
    // Now in one piece, now in two.
    if (body.length % 2 === 0) response.end(body.slice(-4));
    else response.write(body.slice(-4), () => response.end());
  });
  const client = localOutbound();
  const sizes = [4, 5, 60_000, 60_001];
  for (const size of sizes) {
    const body = 'ä'.repeat(size);
    const answer = await client.request({ method: 'POST', url, body, tls: { ca: caCertificate } });
    expect([answer.status, answer.body.toString()]).toEqual([200, 'ääää']);
  }
  expect(client.stats).toEqual({ requests: 4, connections: 1, reused: 3 });
});
