/**
 * A strict stand-in for Google Cloud Storage and its token endpoint, written from Google's published descriptions,
 * because no server of theirs can be run. It refuses what Google refuses. Sources:
 *
 * - tokens: developers.google.com/identity/protocols/oauth2/service-account (claims, one hour at most, invalid_grant)
 * - uploads: cloud.google.com/storage/docs/json_api/v1/objects/insert and …/docs/uploading-objects (multipart/related)
 * - resumable uploads: cloud.google.com/storage/docs/performing-resumable-uploads (308, Range, multiples of 256 KiB)
 * - conditions: cloud.google.com/storage/docs/request-preconditions (ifGenerationMatch=0 → 412 conditionNotMet)
 * - permissions: objects.insert needs storage.objects.create, and storage.objects.delete to replace
 * - errors: cloud.google.com/storage/docs/json_api/v1/status-codes
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { open, rename, truncate } from 'node:fs/promises';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, Accounts, demand, type Permission } from './gcs-accounts.ts';
import { json, Refused, readBody, readParts, refused } from './gcs-wire.ts';

export interface GcsServer {
  readonly host: string;
  readonly port: number;
  /** The key file of a new service account, as Google gives it, for the whole server. */
  createAccount(name: string, permissions: readonly Permission[]): string;
  createBucket(bucket: string): void;
  /** Names under a prefix. */
  list(bucket: string, prefix: string): string[];
  read(bucket: string, name: string): Promise<Buffer | undefined>;
  put(bucket: string, name: string, bytes: Buffer): Promise<void>;
  metadata(
    bucket: string,
    name: string,
  ): { contentType: string; metadata: Record<string, string> } | undefined;
  /** Tokens that were given out so far. */
  readonly tokens: number;
  /** Every token given out so far is refused from now on. */
  revokeTokens(): void;
  /** The next requests that `path` matches get this answer in place of the right one. */
  refuse(times: number, path: RegExp, status: number, reason: string, headers?: Record<string, string>): void;
  /** What requests came to, as `METHOD /path`. */
  readonly requests: string[];
  stop(): Promise<void>;
}

const alignment = 262_144;

interface StoredObject {
  file: string;
  size: number;
  md5Hash: string;
  generation: string;
  contentType: string;
  metadata: Record<string, string>;
}

interface Upload {
  bucket: string;
  name: string;
  total: number;
  contentType: string;
  metadata: Record<string, string>;
  ifFree: boolean;
  account: Account;
  file: string;
  held: number;
  /** The request that writes at this moment. */
  writing?: Promise<void>;
  /** What a finished upload answers when it is asked again. */
  done?: unknown;
}

export async function startGcs(): Promise<GcsServer> {
  const google = new Google();
  const server = http.createServer((request, response) => {
    google.answer(request, response).catch((error: unknown) => {
      if (!(error instanceof Refused)) return response.destroy();
      request.resume();
      response.writeHead(error.status, { 'content-type': 'application/json', ...error.headers });
      response.end(JSON.stringify(error.body));
    });
  });
  server.on('connection', (socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  google.port = (server.address() as AddressInfo).port;
  return Object.assign(google, {
    host: '127.0.0.1',
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      google.remove();
    },
  });
}

class Google {
  port = 0;
  readonly requests: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'apertur-gcs-'));
  readonly #accounts = new Accounts();
  readonly #buckets = new Map<string, Map<string, StoredObject>>();
  readonly #uploads = new Map<string, Upload>();
  readonly #refusals: { times: number; path: RegExp; refusal: Refused }[] = [];
  #generation = 1_700_000_000_000_000;

  get tokens(): number {
    return this.#accounts.given;
  }

  createAccount(name: string, permissions: readonly Permission[]): string {
    return this.#accounts.create(name, permissions, this.port);
  }

  createBucket(bucket: string): void {
    this.#buckets.set(bucket, new Map());
  }

  list(bucket: string, prefix: string): string[] {
    return [...this.#bucket(bucket).keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  async read(bucket: string, name: string): Promise<Buffer | undefined> {
    const found = this.#bucket(bucket).get(name);
    if (!found) return undefined;
    const pieces: Buffer[] = [];
    for await (const piece of createReadStream(found.file)) pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  }

  async put(bucket: string, name: string, bytes: Buffer): Promise<void> {
    const file = this.#newFile();
    const handle = await open(file, 'w');
    await handle.writeFile(bytes);
    await handle.close();
    await this.#finish({ bucket, name, contentType: 'text/plain', metadata: {}, file });
  }

  metadata(bucket: string, name: string) {
    return this.#bucket(bucket).get(name);
  }

  revokeTokens(): void {
    this.#accounts.revokeTokens();
  }

  refuse(
    times: number,
    path: RegExp,
    status: number,
    reason: string,
    headers?: Record<string, string>,
  ): void {
    this.#refusals.push({ times, path, refusal: refused(status, reason, `About ${reason}`, headers) });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://google');
    const line = `${request.method} ${url.pathname}${url.search}`;
    this.requests.push(line);
    const scripted = this.#refusals.find(({ times, path }) => times > 0 && path.test(line));
    if (scripted) {
      scripted.times -= 1;
      throw scripted.refusal;
    }
    if (line.startsWith('POST /token')) return json(response, 200, await this.#accounts.giveToken(request));
    const object = /^\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)$/.exec(url.pathname);
    if (object) return this.#answerObject(request, response, object[1]!, decodeURIComponent(object[2]!));
    const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname);
    if (!upload) throw refused(404, 'notFound', 'Not Found');
    const id = url.searchParams.get('upload_id');
    if (id !== null) return await this.#continueUpload(request, response, id);
    if (request.method !== 'POST') throw refused(405, 'methodNotAllowed', 'Method Not Allowed');
    await this.#startUpload(request, response, upload[1]!, url.searchParams);
  }

  #bucket(bucket: string): Map<string, StoredObject> {
    const found = this.#buckets.get(bucket);
    if (!found) throw refused(404, 'notFound', 'The specified bucket does not exist.');
    return found;
  }

  #answerObject(request: IncomingMessage, response: ServerResponse, bucket: string, name: string): void {
    const account = this.#accounts.authenticate(request);
    const objects = this.#bucket(bucket);
    const found = objects.get(name);
    if (request.method === 'GET') {
      demand(account, 'get');
      // Who may not list learns nothing about what is not there.
      if (!found) demand(account, 'list');
      if (!found) throw refused(404, 'notFound', `No such object: ${bucket}/${name}`);
      json(response, 200, describeObject(bucket, name, found));
      return;
    }
    if (request.method !== 'DELETE') throw refused(405, 'methodNotAllowed', 'Method Not Allowed');
    demand(account, 'delete');
    if (!objects.delete(name)) throw refused(404, 'notFound', `No such object: ${bucket}/${name}`);
    response.writeHead(204).end();
  }

  async #startUpload(
    request: IncomingMessage,
    response: ServerResponse,
    bucket: string,
    query: URLSearchParams,
  ): Promise<void> {
    const account = this.#accounts.authenticate(request);
    this.#bucket(bucket);
    demand(account, 'create');
    const type = query.get('uploadType');
    const body = await readBody(request);
    const parts = readParts(type, request, body);
    const name = String(parts.json.name ?? query.get('name') ?? '');
    if (name === '') throw refused(400, 'required', 'Required');
    if (Buffer.byteLength(name) > 1_024)
      throw refused(400, 'invalid', 'The maximum object length is 1024 characters.');
    const ifFree = query.get('ifGenerationMatch') === '0';
    this.#assertReplaceable(bucket, name, ifFree, account);
    const contentType = String(parts.json.contentType ?? request.headers['x-upload-content-type'] ?? '');
    const metadata = (parts.json.metadata ?? {}) as Record<string, string>;
    const file = this.#newFile();
    if (parts.media) {
      const handle = await open(file, 'w');
      await handle.writeFile(parts.media);
      await handle.close();
      return json(response, 200, await this.#finish({ bucket, name, contentType, metadata, file }));
    }
    const total = Number(request.headers['x-upload-content-length'] ?? Number.NaN);
    const id = randomBytes(16).toString('hex');
    await (await open(file, 'w')).close();
    this.#uploads.set(id, { bucket, name, total, contentType, metadata, ifFree, account, file, held: 0 });
    const location = `http://${request.headers.host}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&upload_id=${id}`;
    response.writeHead(200, { location, 'content-length': '0' }).end();
  }

  #assertReplaceable(bucket: string, name: string, ifFree: boolean, account: Account): void {
    if (!this.#bucket(bucket).has(name)) return;
    if (ifFree) {
      throw refused(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.');
    }
    demand(account, 'delete');
  }

  async #continueUpload(request: IncomingMessage, response: ServerResponse, id: string): Promise<void> {
    const upload = this.#uploads.get(id);
    if (!upload) throw refused(404, 'notFound', 'Not Found');
    if (request.method === 'DELETE') {
      this.#uploads.delete(id);
      response.writeHead(499).end();
      return;
    }
    if (request.method !== 'PUT') throw refused(405, 'methodNotAllowed', 'Method Not Allowed');
    if (upload.done !== undefined) return json(response, 200, upload.done);
    const range = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(request.headers['content-range'] ?? '');
    if (!range) throw refused(400, 'badRequest', 'Invalid Content-Range');
    const total = range[3] === '*' ? upload.total : Number(range[3]);
    if (!Number.isNaN(upload.total) && total !== upload.total)
      throw refused(400, 'badRequest', 'Invalid total');
    if (range[1] !== undefined)
      await this.#append(request, upload, Number(range[1]), Number(range[2]), total);
    else request.resume();
    if (upload.held < total) {
      const held: Record<string, string> = upload.held > 0 ? { range: `bytes=0-${upload.held - 1}` } : {};
      response.writeHead(308, { 'content-length': '0', ...held }).end();
      return;
    }
    this.#assertReplaceable(upload.bucket, upload.name, upload.ifFree, upload.account);
    upload.done = await this.#finish(upload);
    json(response, 200, upload.done);
  }

  async #append(
    request: IncomingMessage,
    upload: Upload,
    first: number,
    last: number,
    total: number,
  ): Promise<void> {
    if (first > upload.held) throw refused(503, 'backendError', `Expected to start at ${upload.held}`);
    const length = last - first + 1;
    if (Number(request.headers['content-length']) !== length)
      throw refused(400, 'badRequest', 'Invalid length');
    if (last + 1 < total && length % alignment !== 0) {
      throw refused(400, 'badRequest', 'Chunks must be a multiple of 256 KiB');
    }
    // A broken request for the same upload may still be writing; they take turns.
    const before = upload.writing;
    const done = Promise.withResolvers<void>();
    upload.writing = done.promise;
    await before;
    try {
      await this.#write(request, upload, first, last);
    } finally {
      done.resolve();
    }
  }

  async #write(request: IncomingMessage, upload: Upload, first: number, last: number): Promise<void> {
    const handle = await open(upload.file, 'r+');
    const kept = upload.held;
    let at = first;
    try {
      for await (const piece of request as AsyncIterable<Buffer>) {
        // What is held already is ignored, however often it is sent.
        const skip = Math.min(piece.length, Math.max(0, kept - at));
        await handle.write(piece, skip, piece.length - skip, at + skip);
        at += piece.length;
      }
    } catch {
      // A connection that broke: what came in whole blocks is kept.
    } finally {
      await handle.close();
    }
    const whole = at === last + 1;
    upload.held = Math.max(kept, whole ? at : Math.floor(at / alignment) * alignment);
    await truncate(upload.file, upload.held);
    if (!whole) throw new Error('the connection broke');
  }

  async #finish(
    upload: Pick<Upload, 'bucket' | 'name' | 'contentType' | 'metadata' | 'file'>,
  ): Promise<unknown> {
    const { bucket, name, contentType, metadata } = upload;
    const hash = createHash('md5');
    let size = 0;
    for await (const piece of createReadStream(upload.file) as AsyncIterable<Buffer>) {
      hash.update(piece);
      size += piece.length;
    }
    const file = this.#newFile();
    await rename(upload.file, file);
    const generation = String(this.#generation++);
    const object = { file, size, md5Hash: hash.digest('base64'), generation, contentType, metadata };
    this.#bucket(bucket).set(name, object);
    return describeObject(bucket, name, object);
  }

  #newFile(): string {
    return join(this.#folder, randomBytes(12).toString('hex'));
  }
}

function describeObject(bucket: string, name: string, object: StoredObject): unknown {
  const { size, md5Hash, generation, contentType, metadata } = object;
  return {
    kind: 'storage#object',
    bucket,
    name,
    size: String(size),
    md5Hash,
    generation,
    contentType,
    metadata,
  };
}
