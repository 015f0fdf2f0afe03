/** What goes over the wire to the stand-in for Google Cloud Storage: errors as Google writes them, and bodies in their forms. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export class Refused extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, string>;
  constructor(status: number, body: unknown, headers: Record<string, string> = {}) {
    super(String(status));
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

export function refused(
  status: number,
  reason: string,
  message: string,
  headers?: Record<string, string>,
): Refused {
  const error = { code: status, message, errors: [{ message, domain: 'global', reason }] };
  return new Refused(status, { error }, headers);
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body));
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

export function parse(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

export function readParts(type: string | null, request: IncomingMessage, body: Buffer) {
  if (type === 'multipart') return readMultipart(request, body);
  if (type === 'resumable') return { json: parse(body) ?? {}, media: undefined };
  if (type === 'media')
    return { json: { contentType: request.headers['content-type'] } as Record<string, unknown>, media: body };
  throw refused(400, 'badRequest', 'Invalid uploadType');
}

/** Two parts: metadata as JSON, then the media (RFC 2387). */
export function readMultipart(request: IncomingMessage, body: Buffer) {
  const boundary = /^multipart\/related; *boundary="?([^";]+)"?$/.exec(
    request.headers['content-type'] ?? '',
  )?.[1];
  if (boundary === undefined) throw refused(400, 'badContent', 'Unsupported content with type');
  const wrong = refused(400, 'badRequest', 'Malformed multipart body.');
  const text = body.toString('latin1');
  const first = text.indexOf(`--${boundary}\r\n`);
  const second = text.indexOf(`\r\n--${boundary}\r\n`, first + 1);
  const end = text.lastIndexOf(`\r\n--${boundary}--`);
  const [jsonStart, mediaStart] = [text.indexOf('\r\n\r\n', first), text.indexOf('\r\n\r\n', second + 4)];
  if (first !== 0 || second < 0 || end < mediaStart || jsonStart > second || mediaStart < 0) throw wrong;
  if (!/content-type: application\/json/i.test(text.slice(first, jsonStart))) throw wrong;
  const parsed = parse(body.subarray(jsonStart + 4, second));
  if (!parsed) throw wrong;
  return { json: parsed, media: body.subarray(mediaStart + 4, end) };
}
