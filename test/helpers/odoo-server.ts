/**
 * A strict Odoo with the receiver of the Apertur module, after the contract's description of it (§9.6): it checks the
 * signature of the raw body, calls text methods on tags, fetches the photo without a credential, posts one message for
 * each call, and answers HTTP 200 with a JSON-RPC envelope whatever happened.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface OdooMessage {
  topic: string;
  data: {
    id: string;
    filename: string;
    size_bytes: number;
    mime_type: string;
    session_id: string;
    download_url: string;
    tags: string[];
    metadata: { odoo?: { model: string; res_id: number; mode: string }; [name: string]: unknown };
  };
  /** What was fetched from the link. */
  photo: Buffer;
}

export interface OdooServer {
  readonly url: string;
  /** One for each call that was acted on: what stands in the chatter. */
  readonly messages: readonly OdooMessage[];
  /** Calls of all kinds. */
  readonly calls: number;
  readonly connections: number;
  /** The next call is answered with this, and not acted on. */
  answerNext(answer: { status?: number; body?: unknown; headers?: Record<string, string> }): void;
  /** The next call is acted on, and its answer is lost. */
  loseNextAnswer(): void;
  close(): Promise<void>;
}

const topics = [
  'image.uploaded',
  'image.delivered',
  'project.upload.image.uploaded',
  'project.upload.image.delivered',
];

export async function startOdooServer(secret: () => string): Promise<OdooServer> {
  const receiver = new Receiver(secret);
  const server = createServer((request, response) => void receiver.handle(request, response));
  server.keepAliveTimeout = 60_000;
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages: receiver.messages,
    get calls() {
      return receiver.calls;
    },
    get connections() {
      return connections;
    },
    answerNext: (answer) => void receiver.planned.push(answer),
    loseNextAnswer: () => {
      receiver.loses = true;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

class Receiver {
  readonly messages: OdooMessage[] = [];
  readonly planned: { status?: number; body?: unknown; headers?: Record<string, string> }[] = [];
  calls = 0;
  loses = false;
  readonly #secret: () => string;

  constructor(secret: () => string) {
    this.#secret = secret;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url !== '/apertur/webhook' || request.method !== 'POST') {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not Found</h1>');
      return;
    }
    this.calls += 1;
    const planned = this.planned.shift();
    if (planned) {
      response.writeHead(planned.status ?? 200, { 'content-type': 'application/json', ...planned.headers });
      response.end(typeof planned.body === 'string' ? planned.body : JSON.stringify(planned.body ?? {}));
      return;
    }
    const result = await this.#act(request, Buffer.concat(chunks)).catch((error: Error) => ({
      status: 'error',
      message: error.message,
    }));
    if (this.loses) {
      this.loses = false;
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: null, result }));
  }

  async #act(request: IncomingMessage, body: Buffer): Promise<{ status: string; message?: string }> {
    if (request.headers['content-type'] !== 'application/json') throw new Error('Not JSON');
    const wanted = Buffer.from(`sha256=${createHmac('sha256', this.#secret()).update(body).digest('hex')}`);
    const given = Buffer.from(String(request.headers['x-apertur-signature'] ?? ''));
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      throw new Error('Invalid signature');
    const { topic, data } = JSON.parse(body.toString()) as OdooMessage;
    if (!topics.includes(topic)) return { status: 'ignored', message: `Unknown topic ${topic}` };
    for (const tag of data.tags) tag.startsWith('odoo:');
    const answer = await fetch(data.download_url);
    if (!answer.ok) throw new Error(`Could not download (${answer.status})`);
    const photo = Buffer.from(await answer.arrayBuffer());
    if (photo.length !== data.size_bytes) throw new Error('The photo is not whole');
    this.messages.push({ topic, data, photo });
    return { status: 'ok' };
  }
}
