/**
 * The headers of multipart parts, in all the forms that clients send (contract §3.1): quoted and bare values,
 * `filename*` beside or instead of `filename`, escaped quotes, percent-encoded quotes, Latin-1 or UTF-8.
 */
import { isUtf8 } from 'node:buffer';
import { invalid } from '../errors.ts';

export interface Disposition {
  name: string;
  /** As sent, not yet made safe; undefined when the part is no file. */
  filename: string | undefined;
}

/** Names in lower case; of a repeated header the first counts. Throws AppError 400 on a line without a colon. */
export function parseHeaders(block: Buffer): Map<string, string> {
  const text = block.toString(isUtf8(block) ? 'utf8' : 'latin1').replace(/\r\n[ \t]+/g, ' ');
  const headers = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) throw invalid('The upload has a part with a header line that cannot be read.');
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** The boundary of a `multipart/form-data` content type. Throws AppError 400 when there is none to work with. */
export function parseBoundary(contentType: string): string {
  const { value, parameters } = parseParameters(contentType);
  const boundary = parameters.get('boundary');
  if (value !== 'multipart/form-data') throw invalid('The upload must be sent as multipart/form-data.');
  if (boundary === undefined || !/^[\x20-\x7e]{1,200}$/.test(boundary) || boundary.endsWith(' ')) {
    throw invalid('The Content-Type of the upload names no usable multipart boundary.');
  }
  return boundary;
}

/** Throws AppError 400 when a part does not say which field it is (RFC 7578 §4.2). */
export function parseDisposition(header: string | undefined): Disposition {
  const { value, parameters } = parseParameters(header ?? '');
  const name = parameters.get('name');
  if (value !== 'form-data' || name === undefined) {
    throw invalid('Each part of the upload needs a Content-Disposition: form-data with a name.');
  }
  const plain = parameters.get('filename');
  const extended = parameters.get('filename*');
  const filename =
    (extended === undefined ? undefined : decodeExtended(extended)) ??
    (plain === undefined ? undefined : (decodeWord(plain) ?? unescapeForm(plain)));
  return { name: unescapeForm(name), filename };
}

/** `value; a=b; c="d"`. Value and parameter names in lower case; of a repeated parameter the first counts. */
function parseParameters(header: string): { value: string; parameters: Map<string, string> } {
  const first = header.indexOf(';');
  const value = (first === -1 ? header : header.slice(0, first)).trim().toLowerCase();
  const parameters = new Map<string, string>();
  let at = first === -1 ? header.length : first + 1;
  while (at < header.length) {
    const equals = header.indexOf('=', at);
    if (equals === -1) break;
    const name = header.slice(at, equals).replace(/;/g, '').trim().toLowerCase();
    const [text, next] = readValue(header, equals + 1);
    if (!parameters.has(name)) parameters.set(name, text);
    at = next;
  }
  return { value, parameters };
}

/** A quoted string, or everything up to the next semicolon. Gives the text and where the next parameter starts. */
function readValue(header: string, from: number): [text: string, next: number] {
  let at = from;
  while (header[at] === ' ' || header[at] === '\t') at++;
  if (header[at] === '"') return readQuoted(header, at + 1);
  const semicolon = header.indexOf(';', at);
  const end = semicolon === -1 ? header.length : semicolon;
  return [header.slice(at, end).trim(), end + 1];
}

/**
 * A backslash escapes a quote or a backslash and stands for itself elsewhere: old browsers send whole Windows paths
 * (`C:\photos\roof.jpg`) without escaping anything.
 */
function readQuoted(header: string, from: number): [text: string, next: number] {
  let text = '';
  let at = from;
  for (; at < header.length && header[at] !== '"'; at++) {
    const following = header[at + 1];
    if (header[at] === '\\' && (following === '"' || following === '\\')) at++;
    text += header[at];
  }
  const semicolon = header.indexOf(';', at);
  return [text, semicolon === -1 ? header.length : semicolon + 1];
}

/** What browsers encode in names (HTML standard, multipart/form-data encoding), and nothing else: `100%25` stays. */
function unescapeForm(text: string): string {
  return text.replace(/%22|%0D|%0A/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
}

/** RFC 8187: `UTF-8'en'na%C3%AFve.jpg`. Undefined when it cannot be read, so that the plain name counts instead. */
function decodeExtended(text: string): string | undefined {
  const match = /^(utf-8|iso-8859-1|us-ascii)'[^']*'(.*)$/is.exec(text);
  if (match === null) return undefined;
  const bytes = percentDecode(match[2] ?? '');
  if (match[1]?.toLowerCase() !== 'utf-8') return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

function percentDecode(text: string): Buffer {
  const binary = Buffer.from(text, 'utf8').toString('latin1');
  const decoded = binary.replace(/%[0-9a-f]{2}/gi, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  );
  return Buffer.from(decoded, 'latin1');
}

/** RFC 2047, which .NET uses for names that are not ASCII: `=?utf-8?B?…?=`. Undefined when it is not that. */
function decodeWord(text: string): string | undefined {
  const match = /^=\?(utf-8|iso-8859-1)\?([bq])\?([^?\s]*)\?=$/i.exec(text);
  if (match === null) return undefined;
  const [, charset = '', coding = '', body = ''] = match;
  const bytes =
    coding.toLowerCase() === 'b'
      ? Buffer.from(body, 'base64')
      : percentDecode(body.replaceAll('%', '%25').replaceAll('_', ' ').replaceAll('=', '%'));
  return bytes.toString(charset.toLowerCase() === 'utf-8' ? 'utf8' : 'latin1');
}
