/**
 * A webhook receiver as a customer runs one: a real HTTP server that checks signatures and remembers what came. On
 * request it is as unreliable as the plan says. Runs in the process of the test or benchmark.
 */
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What happens to one request.
 * - `ok`: read, remembered, answered 200. `slow`: the same, after a while.
 * - `lost`: read and remembered as taken, but the connection breaks before the answer: the sender cannot know.
 * - `error`: 500. `busy`: 429 with `Retry-After: 1`.
 * - `hang`: never answered; let go after `hangMs`.
 * - `reset`: the connection breaks in the middle of the body.
 */
export type Behaviour = 'ok' | 'slow' | 'lost' | 'error' | 'busy' | 'hang' | 'reset';

export interface Arrival {
  deliveryId: string;
  imageId: string;
  sessionId: string;
  index: number;
  behaviour: Behaviour;
  /** Of the photo inside the body. Lower-case hex. */
  sha256: string;
  photoBytes: number;
  signatureValid: boolean;
  /** `performance.now()` of this process when the head of the request was here, and when its last byte was. */
  headAt: number;
  bodyAt: number;
}

export interface ReceiverOptions {
  /** Where it listens. Default 127.0.0.1. */
  host?: string;
  /** Of the destination; signatures are checked with it. */
  secret: string;
  /** What to do with the next request. Default: always `ok`. */
  behave?: () => Behaviour;
  slowMs?: number;
  hangMs?: number;
}

export interface Receiver {
  readonly url: string;
  /** Whole bodies that came, in their order; also those whose answer was lost. */
  readonly arrivals: readonly Arrival[];
  /** Requests of all kinds that began. */
  readonly requests: number;
  /** Connections that were ever opened. */
  readonly connections: number;
  /** How often it behaved in which way. */
  readonly behaved: ReadonlyMap<Behaviour, number>;
  /** Requests that hang at this moment. */
  readonly hanging: number;
  /** Changes its mind for all requests to come. */
  behave(next: () => Behaviour): void;
  /** Calls back when the next whole body is there. */
  nextArrival(): Promise<Arrival>;
  close(): Promise<void>;
}

export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const receiver = new WebhookReceiver(options);
  await receiver.listen();
  return receiver;
}

class WebhookReceiver implements Receiver {
  readonly arrivals: Arrival[] = [];
  readonly behaved = new Map<Behaviour, number>();
  requests = 0;
  connections = 0;
  readonly #options: ReceiverOptions;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #waiting: ((arrival: Arrival) => void)[] = [];
  readonly #server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void this.#receive(request, response);
  });
  #behave: () => Behaviour;
  #hanging = 0;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#behave = options.behave ?? (() => 'ok');
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, this.#options.host ?? '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}/photos`;
  }

  get hanging(): number {
    return this.#hanging;
  }

  behave(next: () => Behaviour): void {
    this.#behave = next;
  }

  nextArrival(): Promise<Arrival> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headAt = performance.now();
    const behaviour = this.#behave();
    this.requests += 1;
    this.behaved.set(behaviour, (this.behaved.get(behaviour) ?? 0) + 1);
    request.on('error', () => {});
    if (behaviour === 'hang') return this.#hang(request);
    if (behaviour === 'reset') return breakInTheMiddle(request);
    const body = await readBody(request);
    if (body === undefined) return;
    if (behaviour === 'error') return answer(response, 500);
    if (behaviour === 'busy') return answer(response, 429, { 'Retry-After': '1' });
    if (behaviour === 'slow') await this.#later(this.#options.slowMs ?? 300);
    const arrival = readArrival(request, body, behaviour, this.#options.secret);
    this.arrivals.push({ ...arrival, headAt });
    if (behaviour === 'lost') request.socket.resetAndDestroy();
    else answer(response, 200);
    for (const tell of this.#waiting.splice(0)) tell(this.arrivals.at(-1)!);
  }

  #hang(request: IncomingMessage): void {
    this.#hanging += 1;
    request.socket.once('close', () => {
      this.#hanging -= 1;
    });
    void this.#later(this.#options.hangMs ?? 60_000).then(() => request.socket.destroy());
  }

  #later(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
    });
  }
}

function breakInTheMiddle(request: IncomingMessage): void {
  request.once('data', () => request.socket.resetAndDestroy());
}

/** Undefined when the sender broke off. */
async function readBody(request: IncomingMessage): Promise<{ bytes: Buffer; at: number } | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return { bytes: Buffer.concat(chunks), at: performance.now() };
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end(status === 200 ? 'ok' : 'no');
}

function readArrival(
  request: IncomingMessage,
  body: { bytes: Buffer; at: number },
  behaviour: Behaviour,
  secret: string,
): Omit<Arrival, 'headAt'> {
  const header = (name: string): string => String(request.headers[name] ?? '');
  const expected = `sha256=${createHmac('sha256', secret).update(body.bytes).digest('hex')}`;
  const photo = photoOf(body.bytes, header('content-type'));
  return {
    deliveryId: header('x-aptr-delivery-id'),
    imageId: header('x-aptr-image-id'),
    sessionId: header('x-aptr-session-id'),
    index: Number(header('x-aptr-image-index')),
    behaviour,
    sha256: createHash('sha256').update(photo).digest('hex'),
    photoBytes: photo.length,
    signatureValid: header('x-apertur-signature') === expected && header('x-aptr-signature') === expected,
    bodyAt: body.at,
  };
}

/** The photo in any of the three formats (contract §9.1); nothing when there is none. */
function photoOf(body: Buffer, contentType: string): Buffer {
  if (contentType.startsWith('application/json')) {
    return Buffer.from((JSON.parse(body.toString('utf8')) as { data: string }).data, 'base64');
  }
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  return boundary === undefined ? body : partNamed(body, boundary, 'image');
}

function partNamed(body: Buffer, boundary: string, name: string): Buffer {
  const delimiter = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(delimiter); at !== -1; ) {
    const next = body.indexOf(`\r\n--${boundary}`, at);
    if (next === -1) break;
    const headEnd = body.indexOf('\r\n\r\n', at);
    const head = body.toString('utf8', at, headEnd);
    if (new RegExp(`name="${name}"`).test(head)) return body.subarray(headEnd + 4, next);
    at = next + 2;
  }
  return Buffer.alloc(0);
}
