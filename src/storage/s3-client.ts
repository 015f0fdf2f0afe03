/**
 * The few requests that a storage makes to an S3-compatible store. Bodies are streamed at their exact length with their
 * hash in the signature, so that the store takes those bytes or none; every compatible store understands that.
 *
 * The store belongs to the operator, like the database: it may well have a private address, and the guard for addresses
 * that come from customers does not look at it.
 */
import { createHash } from 'node:crypto';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { emptySha256, signAwsRequest } from '../lib/aws-signature.ts';
import { encodePath } from '../lib/url-path.ts';
import type { S3Settings } from './s3-url.ts';
import { StorageFullError } from './storage.ts';

export interface S3Body {
  /** Bytes. */
  length: number;
  /** Lower-case hex. */
  sha256: string;
  /** The bytes, or a fresh stream of them for every try. */
  bytes: readonly Buffer[] | (() => Readable);
}

export interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Below the prefix; absent for requests about the bucket. */
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: S3Body | string;
  signal?: AbortSignal;
}

export interface S3Answer {
  status: number;
  headers: IncomingMessage['headers'];
  /** At most 1 MB. */
  text: string;
}

/** What the store answered instead of doing what it was asked. */
export class S3Error extends Error {
  readonly status: number;
  /** As in the answer, e.g. `NoSuchKey`; empty when there is none. */
  readonly code: string;
  constructor(method: string, status: number, code: string) {
    super(`The store answered ${status}${code && ` (${code})`} to ${method}`);
    this.name = 'S3Error';
    this.status = status;
    this.code = code;
  }
}

export interface S3ClientOptions {
  settings: S3Settings;
  /** Milliseconds since 1970, for the signature. */
  now?: () => number;
  /** Between two tries; milliseconds. */
  pause?: (ms: number) => Promise<unknown>;
}

const TRIES = 3;
/** Silence on the connection, in milliseconds. */
const IDLE = 30_000;
const ANSWER_BYTES = 1_048_576;
const PASSING = new Set([429, 500, 502, 503, 504]);
const FULL = new Set([
  'QuotaExceeded',
  'InsufficientStorage',
  'StorageFull',
  'XMinioStorageFull',
  'XMinioStorageQuotaExceeded',
]);

export class S3Client {
  readonly #settings: S3Settings;
  readonly #now: () => number;
  readonly #pause: (ms: number) => Promise<unknown>;
  readonly #agent: HttpAgent;
  readonly #request: typeof requestHttp;

  constructor({ settings, now = Date.now, pause = sleep }: S3ClientOptions) {
    this.#settings = settings;
    this.#now = now;
    this.#pause = pause;
    const tls = settings.origin.startsWith('https:');
    this.#agent = new (tls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 64 });
    this.#request = tls ? (requestHttps as typeof requestHttp) : requestHttp;
  }

  /** Sends and reads the answer, up to three times while the trouble may pass. Throws S3Error or StorageFullError. */
  async send(request: S3Request): Promise<S3Answer> {
    return this.#persist(request, async () => {
      const message = await this.#once(request);
      const text = await readText(message);
      const status = message.statusCode ?? 0;
      if (status < 200 || status > 299 || text.includes('<Error>'))
        throw refusal(request.method, status, text);
      return { status, headers: message.headers, text };
    });
  }

  /** A GET whose body is for the caller. */
  async stream(request: Omit<S3Request, 'method'>): Promise<IncomingMessage> {
    return this.#persist({ ...request, method: 'GET' }, async () => {
      const message = await this.#once({ ...request, method: 'GET' });
      const status = message.statusCode ?? 0;
      if (status !== 200 && status !== 206) throw refusal('GET', status, await readText(message));
      return message;
    });
  }

  /** Bytes under the key, or undefined when there is nothing. */
  async size(key: string): Promise<number | undefined> {
    const found = await ignoreAbsence(this.send({ method: 'HEAD', key }));
    return found && Number(found.headers['content-length']);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #persist<Result>({ signal }: S3Request, work: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        const final =
          error instanceof StorageFullError || (error instanceof S3Error && !PASSING.has(error.status));
        if (final || tries === TRIES || signal?.aborted) throw error;
        await this.#pause(200 * 4 ** (tries - 1));
      }
    }
  }

  /** One try, up to the head of the answer. A store that refuses early answers while the body is still on its way. */
  #once(request: S3Request): Promise<IncomingMessage> {
    const { url, headers, body } = this.#sign(request);
    return new Promise((resolve, reject) => {
      const { method, signal } = request;
      const sent = this.#request(url, {
        method,
        headers,
        agent: this.#agent,
        timeout: IDLE,
        ...(signal && { signal }),
      });
      const bytes = typeof body?.bytes === 'function' ? body.bytes() : undefined;
      sent.once('response', (message) => {
        bytes?.destroy();
        // Whoever reads a photo may take their time.
        message.socket.setTimeout(0);
        resolve(message);
      });
      sent.once('timeout', () => sent.destroy(new Error('The store has been silent for 30 seconds')));
      sent.once('error', (error) => {
        bytes?.destroy();
        reject(error);
      });
      if (bytes === undefined) {
        if (body) for (const chunk of body.bytes as readonly Buffer[]) sent.write(chunk);
        sent.end();
      } else bytes.once('error', (error) => sent.destroy(error)).pipe(sent);
    });
  }

  #sign(request: S3Request): { url: URL; headers: Record<string, string>; body: S3Body | undefined } {
    const { origin, root, prefix, region } = this.#settings;
    const { method, key, query = {} } = request;
    const path = key === undefined ? root.replace(/(.)\/$/, '$1') : `${root}${prefix}${key}`;
    const url = new URL(`${origin}${encodePath(path)}`);
    url.search = new URLSearchParams(query).toString();
    const body = typeof request.body === 'string' ? textBody(request.body) : request.body;
    const headers = signAwsRequest(
      { method, url, headers: request.headers ?? {}, payloadSha256: body?.sha256 ?? emptySha256 },
      this.#settings,
      { region, now: this.#now() },
    );
    if (body !== undefined) headers['content-length'] = String(body.length);
    return { url, headers, body };
  }
}

function textBody(text: string): S3Body {
  const bytes = Buffer.from(text);
  return {
    length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: [bytes],
  };
}

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_BYTES) throw new Error('The store answered with more than 1 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusal(method: string, status: number, text: string): Error {
  const error = new S3Error(method, status, /^[A-Za-z0-9]{1,64}$/.exec(elementOf(text, 'Code'))?.[0] ?? '');
  return status === 507 || FULL.has(error.code) ? new StorageFullError(error) : error;
}

/** The text of an XML element; empty when there is none. */
export function elementOf(xml: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? '';
}

/** Undefined when there is no such object. A missing bucket is another matter, where the store tells the two apart. */
export async function ignoreAbsence<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    // The answer to HEAD has no body and so no code.
    if (error instanceof S3Error && error.status === 404 && ['', 'NoSuchKey'].includes(error.code)) {
      return undefined;
    }
    throw error;
  }
}
