/**
 * A streaming parser for multipart/form-data (RFC 7578, RFC 2046 §5.1), made for photos: bodies pass through without a
 * byte being copied, and nothing is read that nobody has asked for.
 *
 *     for await (const part of parseMultipart(source, contentType)) {
 *       if (part.filename === undefined) fields.set(part.name, await readText(part));
 *       else for await (const chunk of part.body) …
 *     }
 *
 * A part that is not read to its end is skipped when the next one is asked for. After the last part the rest of the
 * request is read too, so that the connection can carry another.
 */
import { invalid } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { parseBoundary, parseDisposition, parseHeaders } from './part-headers.ts';

export interface Part {
  name: string;
  /** As sent; undefined when the part is a plain field. See `cleanFilename`. */
  filename: string | undefined;
  /** As sent, only a hint. */
  contentType: string | undefined;
  /** Names in lower case. */
  headers: Map<string, string>;
  /** Can be read once, until the next part is asked for. A chunk may be used until the next one is asked for. */
  body: AsyncIterable<Buffer>;
}

export interface MultipartLimits {
  /** Default 32. */
  parts: number;
  /** Bytes of the headers of one part. Default 16,384. */
  headerBytes: number;
  /** Bytes before the first part, and again after the last. Default 65,536. */
  outsideBytes: number;
}

export const DEFAULT_LIMITS: MultipartLimits = { parts: 32, headerBytes: 16_384, outsideBytes: 65_536 };
/** Longest text field, in bytes. */
export const FIELD_BYTES = 65_536;

const CR = 0x0d;
const DASHES = '--';
const LINE_END = '\r\n';
const EMPTY = Buffer.alloc(0);

/**
 * The parts of a body in their order. Throws AppError 400 on whatever is not multipart/form-data, breaks off or goes
 * over a limit, and what the source throws.
 */
export async function* parseMultipart(
  source: ByteSource,
  contentType: string,
  limits: Partial<MultipartLimits> = {},
): AsyncGenerator<Part> {
  const { parts, headerBytes, outsideBytes } = { ...DEFAULT_LIMITS, ...limits };
  const reader = new Reader(source, parseBoundary(contentType));
  await reader.skipBody(outsideBytes);
  for (let count = 1; await reader.startPart(); count++) {
    if (count > parts) throw invalid(`The upload has more than ${parts} parts.`);
    yield readPart(reader, await reader.readHeaderBlock(headerBytes));
    await reader.skipBody();
  }
  await reader.skipRest(outsideBytes);
}

/** A field as text. Throws AppError 400 when it is longer than `maxBytes`. */
export async function readText(part: Part, maxBytes = FIELD_BYTES): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of part.body) {
    length += chunk.length;
    if (length > maxBytes)
      throw invalid(`The field ${part.name.slice(0, 64)} has more than ${maxBytes} bytes.`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks, length).toString('utf8');
}

function readPart(reader: Reader, block: Buffer): Part {
  const headers = parseHeaders(block);
  const { name, filename } = parseDisposition(headers.get('content-disposition'));
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? 'binary';
  if (!['binary', '8bit', '7bit'].includes(encoding)) {
    throw invalid('The parts of an upload are sent as plain bytes: leave out the Content-Transfer-Encoding.');
  }
  const next = async (): Promise<IteratorResult<Buffer>> => {
    const value = await reader.nextPiece();
    return value === undefined ? { done: true, value } : { done: false, value };
  };
  const body = { [Symbol.asyncIterator]: () => ({ next }) };
  return { name, filename, contentType: headers.get('content-type'), headers, body };
}

/** Where we are in the body: one chunk, a place in it, and how much of a delimiter may already have gone by. */
class Reader {
  readonly #source: ByteSource;
  /** What ends a body: line end, two dashes, boundary. */
  readonly #delimiter: Buffer;
  #chunk: Buffer = EMPTY;
  #at = 0;
  /**
   * How many bytes of the delimiter the chunks so far ended with. They are not kept: they are the delimiter's own. The
   * line end before the very first delimiter may be missing, and counts as seen.
   */
  #matched = LINE_END.length;
  #inBody = true;

  constructor(source: ByteSource, boundary: string) {
    this.#source = source;
    this.#delimiter = Buffer.from(`${LINE_END}${DASHES}${boundary}`, 'latin1');
  }

  /** The next piece of the body that we are in, or undefined behind its end. */
  async nextPiece(): Promise<Buffer | undefined> {
    while (this.#inBody) {
      if (this.#at === this.#chunk.length) await this.#more();
      const piece = this.#matched > 0 ? this.#continueDelimiter() : this.#findDelimiter();
      if (piece.length > 0) return piece;
    }
    return undefined;
  }

  /** A delimiter was cut by the end of a chunk: it goes on here, or what looked like its start was picture after all. */
  #continueDelimiter(): Buffer {
    const delimiter = this.#delimiter;
    const length = Math.min(delimiter.length - this.#matched, this.#chunk.length - this.#at);
    const wanted = this.#matched + length;
    if (delimiter.compare(this.#chunk, this.#at, this.#at + length, this.#matched, wanted) !== 0) {
      const start = delimiter.subarray(0, this.#matched);
      this.#matched = 0;
      return start;
    }
    this.#at += length;
    this.#matched = wanted;
    if (wanted === delimiter.length) this.#leaveBody();
    return EMPTY;
  }

  #findDelimiter(): Buffer {
    const from = this.#at;
    const found = this.#chunk.indexOf(this.#delimiter, from);
    if (found !== -1) {
      this.#at = found + this.#delimiter.length;
      this.#leaveBody();
      return this.#chunk.subarray(from, found);
    }
    this.#matched = startAtEnd(this.#chunk, from, this.#delimiter);
    this.#at = this.#chunk.length;
    return this.#chunk.subarray(from, this.#chunk.length - this.#matched);
  }

  #leaveBody(): void {
    this.#inBody = false;
    this.#matched = 0;
  }

  async skipBody(maxBytes = Number.POSITIVE_INFINITY): Promise<void> {
    let left = maxBytes;
    for (let piece = await this.nextPiece(); piece !== undefined; piece = await this.nextPiece()) {
      left -= piece.length;
      if (left < 0) throw invalid('The upload does not start with the boundary that its Content-Type names.');
    }
  }

  /** Behind a delimiter: true when a part follows, false when it was the last. */
  async startPart(): Promise<boolean> {
    let mark = await this.#take(2);
    if (mark === DASHES) return false;
    for (let padding = 0; mark !== LINE_END; padding++) {
      if (!/^[ \t]/.test(mark) || padding > 64) throw notALine(mark);
      mark = mark.slice(1) + (await this.#take(1));
    }
    return true;
  }

  /** The headers of a part, without the empty line behind them; afterwards we are in its body. */
  async readHeaderBlock(maxBytes: number): Promise<Buffer> {
    let block = Buffer.from(LINE_END);
    for (;;) {
      const before = block.length;
      block = Buffer.concat([block, this.#chunk.subarray(this.#at, this.#at + maxBytes)]);
      const end = block.indexOf('\r\n\r\n', Math.max(0, before - 3));
      if (end !== -1 && end <= maxBytes) {
        this.#at += end + 4 - before;
        this.#inBody = true;
        return block.subarray(LINE_END.length, end + LINE_END.length);
      }
      if (block.length > maxBytes) throw invalid(`The headers of a part have more than ${maxBytes} bytes.`);
      await this.#more();
    }
  }

  async skipRest(maxBytes: number): Promise<void> {
    let length = this.#chunk.length - this.#at;
    while (length <= maxBytes) {
      const chunk = await this.#source.pull();
      if (chunk === undefined) return;
      length += chunk.length;
    }
    throw invalid('The upload goes on behind its last part.');
  }

  async #take(count: number): Promise<string> {
    let text = '';
    while (text.length < count) {
      if (this.#at === this.#chunk.length) await this.#more();
      text += String.fromCharCode(this.#chunk[this.#at++] ?? 0);
    }
    return text;
  }

  async #more(): Promise<void> {
    do {
      const chunk = await this.#source.pull();
      if (chunk === undefined)
        throw invalid('The upload ends before its last part is whole. Send the photo again.');
      this.#chunk = chunk;
    } while (this.#chunk.length === 0);
    this.#at = 0;
  }
}

function notALine(mark: string): Error {
  return invalid(
    mark.startsWith('\n')
      ? 'The lines of a multipart upload must end in CR LF, not in LF alone.'
      : 'The boundary of the upload is followed by something that does not belong there.',
  );
}

/**
 * How many bytes at the end of `chunk` could be the start of `delimiter`. A boundary holds no CR, so that a start can
 * only lie at a CR, and one that comes to nothing hides no second one.
 */
function startAtEnd(chunk: Buffer, from: number, delimiter: Buffer): number {
  let at = chunk.indexOf(CR, Math.max(from, chunk.length - delimiter.length + 1));
  while (at !== -1) {
    const length = chunk.length - at;
    if (delimiter.compare(chunk, at, chunk.length, 0, length) === 0) return length;
    at = chunk.indexOf(CR, at + 1);
  }
  return 0;
}
