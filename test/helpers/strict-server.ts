/**
 * What the strict servers of cloud drives share: an HTTP server that takes only tokens which the authorisation server
 * knows, says no when the plan says so, and keeps bytes on the disk, so that a test can tell what the sender holds.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Introspection } from './oauth-server.ts';

export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Call {
  method: string;
  /** With the host that was asked, so that addresses in answers lead the same way back. */
  url: URL;
  headers: IncomingHttpHeaders;
  request: IncomingMessage;
  /** Whose token came; undefined without one. */
  who: Introspection | undefined;
  json(): Promise<Record<string, unknown>>;
  bytes(limit: number): Promise<Buffer>;
}

export interface StrictServer {
  readonly host: string;
  readonly port: number;
  readonly origin: string;
  /** `METHOD path status` of what was asked, in order. */
  readonly log: string[];
  /** The next request that fits is answered with this, without being carried out. */
  answerNext(fits: (call: Call) => boolean, reply: Reply): void;
  close(): Promise<void>;
}

export interface StrictServerOptions {
  introspect(token: string): Promise<Introspection | undefined>;
  /** The answer to a missing or bad token. */
  unauthorized: Reply;
  /** Addresses that are a permission in themselves. */
  isOpen?(url: URL): boolean;
  handle(call: Call): Promise<Reply>;
}

export async function startStrictServer(options: StrictServerOptions): Promise<StrictServer> {
  const log: string[] = [];
  const plan: { fits: (call: Call) => boolean; reply: Reply }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: Error) => {
      if (!response.headersSent) send(response, { status: 500, body: { broken: error.stack } });
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await toCall(request, options);
    const reply = await answer(call);
    log.push(`${call.method} ${call.url.pathname} ${reply.status}`);
    request.resume();
    if (!request.complete) await Promise.race([once(request, 'end'), once(request, 'close')]);
    send(response, reply);
  }

  async function answer(call: Call): Promise<Reply> {
    const planned = plan.findIndex(({ fits }) => fits(call));
    if (planned >= 0) return plan.splice(planned, 1)[0]!.reply;
    const bare = call.headers.authorization === undefined;
    if (!call.who && !(bare && options.isOpen?.(call.url))) return options.unauthorized;
    return await options.handle(call);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    host: '127.0.0.1',
    port,
    origin: `http://127.0.0.1:${port}`,
    log,
    answerNext: (fits, reply) => void plan.push({ fits, reply }),
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function toCall(request: IncomingMessage, options: StrictServerOptions): Promise<Call> {
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  const bytes = async (limit: number): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new Error(`More than ${limit} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  return {
    method: request.method ?? 'GET',
    url: new URL(request.url ?? '/', `http://${request.headers.host}`),
    headers: request.headers,
    request,
    who: token === undefined ? undefined : await options.introspect(token),
    bytes,
    json: async () => JSON.parse((await bytes(1_000_000)).toString() || '{}') as Record<string, unknown>,
  };
}

function send(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    ...(text ? { 'content-type': 'application/json; charset=utf-8' } : {}),
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** Bytes on the disk, by number. */
export class Vault {
  readonly #folder: string;
  #next = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(): Promise<Vault> {
    return new Vault(await mkdtemp(path.join(tmpdir(), 'apertur-vault-')));
  }

  newFile(): string {
    return path.join(this.#folder, String(++this.#next));
  }

  /** Writes what comes at an offset; returns how many bytes came, also when the sender broke off. */
  async append(
    file: string,
    at: number,
    source: AsyncIterable<Buffer>,
  ): Promise<{ bytes: number; whole: boolean }> {
    const handle = await open(file, at === 0 ? 'w' : 'r+');
    let bytes = 0;
    try {
      for await (const chunk of source) {
        await handle.write(chunk, 0, chunk.length, at + bytes);
        bytes += chunk.length;
      }
      return { bytes, whole: true };
    } catch {
      return { bytes, whole: false };
    } finally {
      await handle.truncate(at + bytes);
      await handle.close();
    }
  }

  async writeAt(file: string, at: number, bytes: Buffer): Promise<void> {
    // Opening it for appending makes it, and changes nothing of it.
    await (await open(file, 'a')).close();
    const handle = await open(file, 'r+');
    await handle.write(bytes, 0, bytes.length, at);
    await handle.close();
  }

  async write(bytes: Buffer): Promise<string> {
    const file = this.newFile();
    await this.append(file, 0, (async function* () { yield bytes; })()); // biome-ignore format: short
    return file;
  }

  read(file: string): Promise<Buffer> {
    return readFile(file);
  }

  async *pieces(file: string): AsyncGenerator<Buffer> {
    yield* createReadStream(file) as AsyncIterable<Buffer>;
  }

  async hash(file: string, algorithm: string, encoding: 'hex' | 'base64' = 'hex'): Promise<string> {
    const hash = createHash(algorithm);
    for await (const piece of this.pieces(file)) hash.update(piece);
    return hash.digest(encoding);
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}
