/**
 * Signed requests (contract §1.7). The signature covers the bytes as they were sent, so the body is read here, before
 * anything looks into it, and handed on to the parser.
 */
import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';
import { ByteSource } from '../../images/byte-source.ts';
import { hashBody, signRequest, verifySignature } from '../../lib/signatures.ts';
import type { ApiKey } from '../../projects/keys.ts';
import { noteSignature, openSigningSecret } from '../../projects/protections.ts';
import type { Services } from '../services.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body, when it was read before the parser came to it. */
    heldBody: Buffer | undefined;
  }
}

/** How far the clock of a client may be off, and how long a signature is good. */
const windowMs = 300_000;

/**
 * Throws AppError 401 on a wrong, old, missing or repeated signature. A key without a signing secret ignores the headers;
 * one that does not require signatures checks those that come.
 */
export async function checkSignature(
  services: Services,
  request: FastifyRequest,
  key: ApiKey,
): Promise<void> {
  const { signingSecret, signatureRequired } = key.protections;
  if (signingSecret === null) return;
  const signature = headerOf(request, 'x-aptr-signature');
  const timestamp = headerOf(request, 'x-aptr-timestamp');
  if (signature === undefined && timestamp === undefined) {
    if (!signatureRequired) return;
    refuseForms(request);
    throw new AppError(401, 'SIGNATURE_REQUIRED', 'This API key takes signed requests only.');
  }
  refuseForms(request);
  checkTime(timestamp, services.clock.now());
  const expected = `sha256=${signRequest({
    secret: openSigningSecret(services.sealer, key.id, signingSecret),
    timestamp: timestamp!,
    method: request.method,
    // As sent: path and query, nothing decoded, nothing put in order.
    target: request.raw.url!,
    bodyHash: hashBody(await holdBody(request)),
  })}`;
  if (!verifySignature(expected, signature)) throw wrong();
  if (signatureRequired && !['GET', 'HEAD'].includes(request.method)) {
    await refuseRepeated(services, key, expected, Number(timestamp) * 1000 + windowMs);
  }
}

const wrong = (): AppError =>
  new AppError(
    401,
    'SIGNATURE_INVALID',
    'The signature does not fit the request and the secret of this key.',
  );

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function checkTime(timestamp: string | undefined, now: number): void {
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) throw wrong();
  if (Math.abs(now - Number(timestamp) * 1000) <= windowMs) return;
  throw new AppError(
    401,
    'SIGNATURE_EXPIRED',
    'X-Aptr-Timestamp is more than 300 seconds from our clock. Check the clock of the sender.',
  );
}

/**
 * Forms are never signed. The one route that takes them needs no key, so on all others a form would only be a way around
 * the signature.
 */
function refuseForms(request: FastifyRequest): void {
  if (!/^multipart\//i.test(request.headers['content-type'] ?? '')) return;
  throw new AppError(415, 'UNSUPPORTED_MEDIA_TYPE', 'This route takes no forms. Send application/json.');
}

/**
 * Only where signatures are required: elsewhere whoever repeats a request could as well leave the signature out. Reading
 * again changes nothing, and clients ask the same thing twice within a second.
 */
async function refuseRepeated(
  { db }: Services,
  key: ApiKey,
  signature: string,
  seenUntil: number,
): Promise<void> {
  if (await noteSignature(db, key.id, signature, seenUntil)) return;
  throw new AppError(
    401,
    'SIGNATURE_REPLAYED',
    'This signed request was taken before. Sign it anew, with the time of this second.',
  );
}

/** Reads the whole body, at most as much as the route takes. Throws AppError 413. */
async function holdBody(request: FastifyRequest): Promise<Buffer> {
  if (request.heldBody) return request.heldBody;
  const limit = request.routeOptions.bodyLimit;
  const source = new ByteSource(request.raw);
  const chunks: Buffer[] = [];
  let length = 0;
  for (let chunk = await source.pull(); chunk !== undefined; chunk = await source.pull()) {
    length += chunk.length;
    if (length > limit) throw new AppError(413, 'FILE_TOO_LARGE', 'The body of the request is too large.');
    chunks.push(chunk);
  }
  request.heldBody = Buffer.concat(chunks, length);
  return request.heldBody;
}

/** What the parser reads: the body that was held, or the request itself. */
export function bodyStream(request: FastifyRequest, payload: Readable): Readable {
  const held = request.heldBody;
  if (held === undefined) return payload;
  const stream = new Readable({ read() {} });
  if (held.length > 0) stream.push(held);
  stream.push(null);
  return stream;
}
