/** Stands before an honest WebDAV server and lies: it says that it took what it did not take, or not whole. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * - `page`: 200 with a page that says sorry, as a proxy does; nothing is stored. `forget`: 201, and nothing is stored or moved.
 *   `truncate`: only half is stored, and the answer is as if it were whole. `drop`: taken whole, and the connection breaks
 *   before the answer.
 * - `error`: 503. `reset`: the connection breaks in the middle of the body.
 */
export type Lie = 'none' | 'page' | 'forget' | 'truncate' | 'drop' | 'error' | 'reset';

export interface Liar {
  readonly url: string;
  readonly told: ReadonlyMap<Lie, number>;
  /** What happens to requests from now on that store or move something; all others go through. */
  tell(next: () => Lie): void;
  close(): Promise<void>;
}

const changing = new Set(['PUT', 'MOVE']);

export async function startLiar(target: { port: number; path: string }): Promise<Liar> {
  let next: () => Lie = () => 'none';
  const told = new Map<Lie, number>();
  const server = createServer((incoming, answer) => {
    const lie = changing.has(incoming.method ?? '') ? next() : 'none';
    told.set(lie, (told.get(lie) ?? 0) + 1);
    void handle(incoming, answer, target.port, lie).catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${target.path}`,
    told,
    tell: (choose) => {
      next = choose;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function handle(
  incoming: IncomingMessage,
  answer: ServerResponse,
  port: number,
  lie: Lie,
): Promise<void> {
  incoming.on('error', () => {});
  if (lie === 'reset') {
    incoming.once('data', () => incoming.socket.resetAndDestroy());
    incoming.once('end', () => incoming.socket.resetAndDestroy());
    return;
  }
  const body = await readAll(incoming);
  if (lie === 'error') return void answer.writeHead(503, { 'Retry-After': '1' }).end('busy');
  if (lie === 'forget') return void answer.writeHead(201, { 'Content-Length': '0' }).end();
  if (lie === 'page') {
    return void answer
      .writeHead(200, { 'Content-Type': 'text/html' })
      .end('<h1>Sorry, we are being repaired</h1>');
  }
  const half = lie === 'truncate' && incoming.method === 'PUT';
  await forward(incoming, answer, port, half ? body.subarray(0, Math.floor(body.length / 2)) : body, lie);
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function forward(
  incoming: IncomingMessage,
  answer: ServerResponse,
  port: number,
  body: Buffer,
  lie: Lie,
): Promise<void> {
  const { 'transfer-encoding': _chunked, 'content-length': _length, ...headers } = incoming.headers;
  // The destination of a MOVE names the server that it goes through.
  const destination = headers.destination;
  if (typeof destination === 'string') {
    headers.destination = `http://127.0.0.1:${port}${new URL(destination).pathname}`;
  }
  return new Promise((resolve, reject) => {
    const onward = request(
      {
        port,
        host: '127.0.0.1',
        method: incoming.method!,
        path: incoming.url!,
        headers: { ...headers, host: `127.0.0.1:${port}`, 'content-length': body.length },
        agent: false,
      },
      (response) => {
        if (lie === 'drop') {
          response.resume().once('end', () => {
            incoming.socket.resetAndDestroy();
            resolve();
          });
          return;
        }
        answer.writeHead(response.statusCode!, response.headers);
        response.pipe(answer).once('close', () => resolve());
      },
    );
    onward.once('error', reject);
    onward.end(body);
  });
}
