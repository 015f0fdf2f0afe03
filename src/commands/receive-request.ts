/**
 * What one request brought to the trial receiver: spools the body to disk while checking its signature, finds out what
 * it is (contract §8.4, §9.1), and takes the photo out of it. Nothing holds a whole body but a JSON one, which must be
 * parsed whole.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { renderTemplate } from '../destinations/templates.ts';
import { AppError, invalid } from '../errors.ts';
import { ByteSource } from '../images/byte-source.ts';
import { parseMultipart, readText } from '../images/multipart.ts';
import { createBodySigner, verifySignature } from '../lib/signatures.ts';

/** A photo of the largest plan as base64 in JSON, with room. */
const maxBodyBytes = 100 * 1024 * 1024;

export type SignatureState = 'verified' | 'invalid' | 'missing' | 'not checked';

export interface Spooled {
  file: string;
  bytes: number;
  signature: SignatureState;
}

/**
 * Writes the body to a temporary file in `folder`, and checks its signature on the way. The caller removes the file.
 * Throws AppError 413 on a body that is too large, 400 when the client went away; leaves no file then.
 */
export async function spoolBody(request: IncomingMessage, folder: string, secret?: string): Promise<Spooled> {
  const file = path.join(folder, `.receiving-${randomBytes(6).toString('hex')}.tmp`);
  // Looked at before reading, because a client that is cut off in mid-sending does not see the answer.
  if (Number(header(request, 'content-length') ?? 0) > maxBodyBytes) throw tooLarge();
  const judge = secret === undefined ? undefined : createJudge(request, secret);
  let bytes = 0;
  const measured = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) throw tooLarge();
      judge?.update(chunk);
      yield chunk;
    }
  };
  try {
    await mkdir(folder, { recursive: true });
    await pipeline(request, measured, createWriteStream(file, { flags: 'wx' }));
  } catch (error) {
    await rm(file, { force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
      throw invalid('The request broke off.');
    throw error;
  }
  return { file, bytes, signature: judge?.judge() ?? 'not checked' };
}

const tooLarge = (): AppError => new AppError(413, 'FILE_TOO_LARGE', 'The body is larger than 100 MB.');

/** Photos are signed over the body alone (§9.3), events over `timestamp.body` (§8.5); either is right here. */
function createJudge(
  request: IncomingMessage,
  secret: string,
): { update(chunk: Buffer): void; judge(): SignatureState } {
  const given = header(request, 'x-apertur-signature') ?? header(request, 'x-aptr-signature');
  const plain = createBodySigner(secret);
  const timestamped = createBodySigner(secret);
  timestamped.update(`${header(request, 'x-apertur-timestamp') ?? ''}.`);
  return {
    update(chunk) {
      plain.update(chunk);
      timestamped.update(chunk);
    },
    judge() {
      if (given === undefined) return 'missing';
      const right = [plain.sign(), timestamped.sign()].some((expected) => verifySignature(expected, given));
      return right ? 'verified' : 'invalid';
    },
  };
}

/** What came, ready to be shown on one line. */
export type Received =
  | {
      what: 'image';
      format: 'json_base64' | 'multipart' | 'binary';
      filename: string;
      bytes: number;
      /** Absolute. */
      savedAs: string;
      /** Something is odd about it, in words. */
      note?: string;
    }
  | { what: 'event'; topic: string };

interface Labels {
  sessionId: string;
  imageId: string;
  index: number;
  filename: string;
}

/** Takes out what the spooled body holds and saves a photo under `folder`. Throws AppError 400 or 415 with a sentence. */
export async function readReceived(
  request: IncomingMessage,
  spooled: Spooled,
  folder: string,
): Promise<Received> {
  const type = (header(request, 'content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === 'application/json') return await readJson(request, spooled, folder);
  if (type === 'multipart/form-data') return await readMultipart(request, spooled, folder);
  if (type === 'application/octet-stream' || type.startsWith('image/')) {
    const labels = labelsFromHeaders(request);
    const savedAs = await save(folder, labels, (file) => rename(spooled.file, file));
    return { what: 'image', format: 'binary', filename: labels.filename, bytes: spooled.bytes, savedAs };
  }
  throw new AppError(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    `The Content-Type ${type || '(none)'} is none of application/json, multipart/form-data, application/octet-stream.`,
  );
}

async function readJson(request: IncomingMessage, spooled: Spooled, folder: string): Promise<Received> {
  const body = parseObject(await readFile(spooled.file, 'utf8'));
  const topic = body.event ?? body.topic;
  if (typeof topic === 'string') return { what: 'event', topic };
  if (typeof body.data !== 'string')
    throw invalid('The JSON is neither a photo (data) nor an event (event, topic).');
  const bytes = Buffer.from(body.data, 'base64');
  const fallback = labelsFromHeaders(request);
  const labels = {
    sessionId: textOr(body.session_id, fallback.sessionId),
    imageId: textOr(body.image_id, fallback.imageId),
    index: Number.isSafeInteger(body.image_index) ? Number(body.image_index) : fallback.index,
    filename: textOr(body.filename, fallback.filename),
  };
  const savedAs = await save(folder, labels, (file) => writeFile(file, bytes));
  const promised = body.size_bytes;
  const note =
    typeof promised === 'number' && promised !== bytes.length
      ? `size_bytes says ${promised}, data holds ${bytes.length}`
      : undefined;
  return {
    what: 'image',
    format: 'json_base64',
    filename: labels.filename,
    bytes: bytes.length,
    savedAs,
    ...(note && { note }),
  };
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError(400, 'INVALID_JSON', 'The body is not JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('The JSON is not an object.');
  return value as Record<string, unknown>;
}

async function readMultipart(request: IncomingMessage, spooled: Spooled, folder: string): Promise<Received> {
  const source = new ByteSource(createReadStream(spooled.file));
  const photo = `${spooled.file}.photo`;
  const fields = new Map<string, string>();
  let found: { filename: string; bytes: number } | undefined;
  try {
    for await (const part of parseMultipart(source, header(request, 'content-type') ?? '')) {
      if (part.filename === undefined) fields.set(part.name, await readText(part));
      else if (!found) found = { filename: part.filename, bytes: await writePart(part.body, photo) };
    }
    if (!found) throw invalid('The multipart body holds no file.');
    const fallback = labelsFromHeaders(request);
    const labels = {
      sessionId:
        fallback.sessionId === unknown ? textOr(fields.get('session_id'), unknown) : fallback.sessionId,
      imageId: fallback.imageId === unknown ? textOr(fields.get('image_id'), unknown) : fallback.imageId,
      index: fallback.index,
      filename: found.filename || fallback.filename,
    };
    const savedAs = await save(folder, labels, (file) => rename(photo, file));
    return { what: 'image', format: 'multipart', filename: labels.filename, bytes: found.bytes, savedAs };
  } finally {
    await rm(photo, { force: true });
  }
}

async function writePart(body: AsyncIterable<Buffer>, file: string): Promise<number> {
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  await pipeline(Readable.from(counted(), { objectMode: false }), createWriteStream(file, { flags: 'wx' }));
  return bytes;
}

const unknown = 'unknown';

/** Contract §9.2; the file name may be percent-encoded, because headers carry only ASCII safely. */
function labelsFromHeaders(request: IncomingMessage): Labels {
  const index = Number(
    header(request, 'x-aptr-image-index') ?? header(request, 'x-apertur-image-index') ?? 0,
  );
  return {
    sessionId: header(request, 'x-aptr-session-id') ?? header(request, 'x-apertur-session-id') ?? unknown,
    imageId: header(request, 'x-aptr-image-id') ?? header(request, 'x-apertur-image-id') ?? unknown,
    index: Number.isSafeInteger(index) && index >= 0 ? index : 0,
    filename: decoded(header(request, 'x-aptr-filename') ?? header(request, 'x-apertur-filename') ?? 'image'),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A header's text, or undefined when it is absent or empty. Names in lower case. */
export function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return (Array.isArray(value) ? value[0] : value) || undefined;
}

const textOr = (value: unknown, fallback: string): string =>
  typeof value === 'string' && value !== '' ? value : fallback;

/** Puts the photo where it belongs; the names came over the network, so the template's rules make them safe. */
async function save(folder: string, labels: Labels, put: (file: string) => Promise<void>): Promise<string> {
  const template =
    labels.sessionId === unknown ? '{image_id}-{filename}' : '{session_id}/{image_index}-{filename}';
  const relative = renderTemplate(template, {
    id: labels.imageId,
    sessionId: labels.sessionId,
    index: labels.index,
    filename: labels.filename,
    ext: '',
    tags: null,
    createdAt: 0,
  });
  const file = path.join(folder, relative);
  await mkdir(path.dirname(file), { recursive: true });
  await put(file);
  return file;
}
