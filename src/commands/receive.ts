/**
 * `apertur receive`: a small receiver for trying out webhooks. Prints one line a request, checks the signature, saves
 * the photo, and can fail on purpose, so that retries are seen. Not for production: it keeps no memory between starts.
 */
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { AppError } from '../errors.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { header, type Received, readReceived, type SignatureState, spoolBody } from './receive-request.ts';

export interface ReceiverOptions {
  /** 0 picks a free one. */
  port: number;
  host: string;
  /** Where photos are saved; made when absent. */
  directory: string;
  /** Without it signatures are not checked. */
  secret?: string | undefined;
  /** How many requests are answered 500 before the first success. */
  failures?: number;
  /** Colours when it is a terminal that has them. */
  out: NodeJS.WritableStream;
  clock?: Clock;
}

export interface Receiver {
  url: string;
  port: number;
  close(): Promise<void>;
}

/** What a line tells about one request. */
interface Outcome {
  status: number;
  signature?: SignatureState;
  received?: Received;
  deliveryId?: string | undefined;
  duplicate?: boolean;
  note?: string;
}

const maxRemembered = 10_000;
const help = `A small receiver for trying out webhooks: prints each request, checks its signature, saves the photo.

  apertur receive [--port 4000] [--host 127.0.0.1] [--dir received] [--secret SECRET] [--fail N]

  --secret   the webhook secret of the project or destination; without it signatures are not checked
  --fail N   answer 500 to the first N requests, to see them tried again`;

/** The command; ends when the process is asked to stop. Returns the exit code. */
export async function receiveCommand(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4000' },
      host: { type: 'string', default: '127.0.0.1' },
      dir: { type: 'string', default: 'received' },
      secret: { type: 'string' },
      fail: { type: 'string', default: '0' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const port = readNumber(values.port, 65_535);
  const failures = readNumber(values.fail, 1_000_000);
  if (port === undefined || failures === undefined) {
    console.error(port === undefined ? '--port is a number from 0 to 65535.' : '--fail is a whole number.');
    return 2;
  }
  const { host, dir: directory, secret } = values;
  let receiver: Receiver;
  try {
    receiver = await runReceive({ port, host, directory, secret, failures, out: process.stdout });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    console.error(`Port ${port} is in use. Choose another: apertur receive --port ${port + 1}`);
    return 1;
  }
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  await receiver.close();
  return 0;
}

function readNumber(text: string, max: number): number | undefined {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  return value <= max ? value : undefined;
}

/** Starts listening and prints how to use it. Throws what `listen` says, e.g. EADDRINUSE. */
export async function runReceive(options: ReceiverOptions): Promise<Receiver> {
  const directory = path.resolve(options.directory);
  const print = createPrinter(options, directory);
  const receive = createReceiving({ ...options, directory });
  const server = createServer((request, response) => {
    if (request.method !== 'POST' && request.method !== 'PUT') return answerVisitor(request, response);
    void receive(request)
      .catch(explain)
      .then((outcome) => {
        print.line(outcome);
        answer(response, outcome);
      });
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    print.line({ status: 400, note: 'not a request that can be read' });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  print.start(url);
  return {
    url,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Receives one request, answers nothing; when it resolves, nothing temporary is left on disk. */
function createReceiving(options: ReceiverOptions): (request: IncomingMessage) => Promise<Outcome> {
  const seen = new Set<string>();
  const failures = options.failures ?? 0;
  let failed = 0;

  function remember(deliveryId: string): void {
    if (seen.size >= maxRemembered) seen.delete(seen.values().next().value as string);
    seen.add(deliveryId);
  }

  return async (request) => {
    const spooled = await spoolBody(request, options.directory, options.secret);
    try {
      const deliveryId = header(request, 'x-apertur-delivery-id') ?? header(request, 'x-aptr-delivery-id');
      const outcome = { signature: spooled.signature, deliveryId };
      if (failed < failures) {
        failed++;
        return { ...outcome, status: 500, note: `on purpose, ${failed} of ${failures}` };
      }
      if (spooled.signature === 'invalid' || spooled.signature === 'missing') {
        return { ...outcome, status: 401, note: 'not saved' };
      }
      if (deliveryId !== undefined && seen.has(deliveryId)) {
        return { ...outcome, status: 200, duplicate: true };
      }
      const received = await readReceived(request, spooled, options.directory);
      if (deliveryId !== undefined) remember(deliveryId);
      return { ...outcome, status: 200, received };
    } finally {
      await rm(spooled.file, { force: true });
    }
  };
}

/** Whatever went wrong, the receiver goes on. */
function explain(error: Error): Outcome {
  if (error instanceof AppError) return { status: error.status, note: error.message };
  return { status: 500, note: `The receiver failed: ${error.message}` };
}

function answer(response: ServerResponse, { status, note }: Outcome): void {
  if (response.destroyed) return;
  // A body that was not read to its end is not read on: the connection ends with the answer.
  if (!response.req.complete) response.setHeader('Connection', 'close');
  const body = status === 200 ? { received: true } : { received: false, message: note };
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

/** A person who opens the address in a browser, or a health check; not worth a line. */
function answerVisitor(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const allowed = request.method === 'GET' || request.method === 'HEAD';
  response
    .writeHead(allowed ? 200 : 405, {
      'Content-Type': 'text/plain; charset=utf-8',
      Allow: 'GET, HEAD, POST, PUT',
    })
    .end('This is the trial receiver of Apertur. Send webhooks here with POST.\n');
}

type Style = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

function createPrinter(
  options: ReceiverOptions,
  directory: string,
): { start(url: string): void; line(outcome: Outcome): void } {
  const { out } = options;
  const clock = options.clock ?? systemClock;
  const paint = (style: Style, text: string): string => styleText(style, text, { stream: out });
  const write = (line: string): void => void out.write(`${line}\n`);
  const near = (file: string): string => {
    const relative = path.relative(process.cwd(), file);
    return relative.startsWith('..') ? file : relative;
  };

  function line(outcome: Outcome): void {
    const { status, signature, received, deliveryId, duplicate, note } = outcome;
    const time = new Date(clock.now()).toTimeString().slice(0, 8);
    const parts = [
      paint('dim', time),
      paint(status < 300 ? 'green' : 'red', String(status)),
      ...describe(received),
      signature && paintSignature(signature, paint),
      deliveryId && paint('dim', shown(deliveryId)),
      duplicate && paint('yellow', 'duplicate: seen before, not saved again'),
      received?.what === 'image' && received.note && paint('yellow', received.note),
      received?.what === 'image' && `→ ${near(received.savedAs)}`,
      note && shown(note, 300),
    ];
    write(parts.filter(Boolean).join('  '));
  }

  return {
    line,
    start(url) {
      const checked = options.secret === undefined ? 'not checked: add --secret to check them' : 'checked';
      write(`\n  ${paint('bold', 'Apertur receiver')}\n`);
      write(`  Listens     ${url}`);
      write(`  Saves to    ${near(directory)}${path.sep}`);
      write(`  Signatures  ${checked}`);
      if (options.failures) write(`  Fails       the first ${options.failures} on purpose, to show retries`);
      write(`\n  ${paint('dim', 'Waiting for photos. Ctrl+C stops.')}\n`);
    },
  };
}

function describe(received: Received | undefined): string[] {
  if (!received) return [];
  if (received.what === 'event') return ['event', shown(received.topic)];
  return ['photo', shown(received.filename), sizeText(received.bytes), received.format];
}

function paintSignature(signature: SignatureState, paint: (style: Style, text: string) => string): string {
  if (signature === 'verified') return paint('green', 'signature verified');
  if (signature === 'not checked') return paint('dim', 'signature not checked');
  if (signature === 'missing') return paint('red', 'signature missing: was it sent by Apertur?');
  return paint('red', 'signature invalid: is --secret that of this project or destination?');
}

/** What came over the network must not steer the terminal. */
function shown(text: string, max = 100): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '');
  return clean.length > max ? `${clean.slice(0, max - 1)}…` : clean;
}

function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
