/**
 * Reads the answer that nearly every receiver of a small request gives: final, whole in one piece, framed in one plain way.
 * Whatever else comes is Node's parser's to judge (brief-exchange.ts); nothing is guessed here.
 */

export interface PlainAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
}

/** A longer head is refused by Node's parser. */
const longestHead = 16_384;
/** RFC 9112 §4: no 1xx, which is only a beginning; 304 has a length without a body. */
const statusLine = /^HTTP\/1\.1 ([2-5]\d\d) [\t\x20-\x7e\x80-\xff]*$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/;

/** Undefined unless `bytes` is one such answer and nothing more, with a body of at most `limit` bytes. */
export function readPlainAnswer(bytes: Buffer, limit: number): PlainAnswer | undefined {
  if (bytes.length > longestHead + limit) return undefined;
  const text = bytes.toString('latin1');
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0 || headEnd > longestHead) return undefined;
  const [first, ...lines] = text.slice(0, headEnd).split('\r\n');
  const status = Number(statusLine.exec(first ?? '')?.[1]);
  if (!(status >= 200) || status === 304) return undefined;
  const headers = readHeaders(lines);
  const body = headers && readBody({ bytes, text, at: headEnd + 4, status, headers, limit });
  return body && { status, headers: headers!, body };
}

/** Undefined when a name stands there twice, or a line is none. */
function readHeaders(lines: readonly string[]): Record<string, string> | undefined {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const known = name.toLowerCase();
    if (known === '__proto__' || headers[known] !== undefined) return undefined;
    headers[known] = value.trimEnd();
  }
  return headers;
}

interface Framed {
  bytes: Buffer;
  /** The same, a character a byte. */
  text: string;
  /** Where the body begins. */
  at: number;
  status: number;
  headers: Record<string, string>;
  limit: number;
}

function readBody({ bytes, text, at, status, headers, limit }: Framed): Buffer | undefined {
  const { connection, upgrade } = headers;
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (upgrade !== undefined || (connection ?? 'keep-alive').toLowerCase() !== 'keep-alive') return undefined;
  if (coding !== undefined) {
    if (status === 204 || length !== undefined || coding.toLowerCase() !== 'chunked') return undefined;
    return readChunks(bytes, text, at, limit);
  }
  // RFC 9110 §8.6: 204 has neither body nor length.
  if (status === 204) return length === undefined && bytes.length === at ? empty : undefined;
  if (length === undefined || !/^\d{1,9}$/.test(length) || Number(length) > limit) return undefined;
  if (bytes.length !== at + Number(length)) return undefined;
  // A copy: what arrives lies in a block that is read into again.
  return length === '0' ? empty : Buffer.from(bytes.subarray(at));
}

const empty = Buffer.alloc(0);

/** RFC 9112 §7.1, without extensions and trailers. */
function readChunks(bytes: Buffer, text: string, from: number, limit: number): Buffer | undefined {
  const chunks: Buffer[] = [];
  let kept = 0;
  for (let at = from; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = lineEnd < 0 ? '' : text.slice(at, lineEnd);
    if (!/^[0-9A-Fa-f]{1,6}$/.test(size)) return undefined;
    const length = Number.parseInt(size, 16);
    const end = lineEnd + 2 + length;
    if (text.slice(end, end + 2) !== '\r\n') return undefined;
    if (length === 0) return text.length === end + 2 ? Buffer.concat(chunks) : undefined;
    kept += length;
    if (kept > limit) return undefined;
    chunks.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
