/** The headers of tus 1.0, as its requests have them and its answers say them. Readers throw AppError 400. */
import type { FastifyRequest } from 'fastify';
import { invalid } from '../errors.ts';
import type { Checksum } from '../images/continue-upload.ts';

export const version = '1.0.0';
const extensions = 'creation,creation-with-upload,termination,checksum,expiration';
const algorithms = ['sha256', 'sha1', 'md5'] as const;
export const bytesType = 'application/offset+octet-stream';

/** What the answer to OPTIONS says. */
export const abilities = () => ({
  'Tus-Resumable': version,
  'Tus-Version': version,
  'Tus-Extension': extensions,
  'Tus-Checksum-Algorithm': algorithms.join(','),
});

export const contentType = (request: FastifyRequest): string =>
  (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();

export function readLength(request: FastifyRequest): number {
  return readWhole(request, 'upload-length', 'Upload-Length must be the whole number of bytes of the photo.');
}

export function readOffset(request: FastifyRequest): number {
  return readWhole(request, 'upload-offset', 'Upload-Offset must say where these bytes begin.');
}

function readWhole(request: FastifyRequest, name: string, sentence: string): number {
  const text = String(request.headers[name] ?? '');
  if (!/^\d{1,15}$/.test(text)) throw invalid(sentence);
  return Number(text);
}

/** Lower-case hex. */
export function readSha256(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[0-9a-f]{64}$/i.test(text)) throw invalid('sha256 must be 64 hex digits.');
  return text.toLowerCase();
}

/** `Upload-Checksum: sha256 <base64>`. */
export function readChecksum(request: FastifyRequest): Checksum | undefined {
  const header = request.headers['upload-checksum'];
  if (header === undefined) return undefined;
  const [name, value = ''] = String(header).trim().split(/\s+/);
  const algorithm = algorithms.find((known) => known === name);
  const digest = Buffer.from(value, 'base64');
  if (!algorithm || digest.length < 16) {
    throw invalid(`Upload-Checksum must be one of ${algorithms.join(', ')} and a digest as base64.`);
  }
  return { algorithm, digest };
}

/** `Upload-Metadata`: names, each with its value as base64, parted by commas. */
export function readMetadata(request: FastifyRequest): Record<string, string> {
  const header = String(request.headers['upload-metadata'] ?? '');
  if (header.length > 8_192) throw invalid('Upload-Metadata is too long.');
  return Object.fromEntries(
    header
      .split(',')
      .map((pair) => pair.trim().split(/\s+/))
      .filter(([name]) => name !== '')
      .map(([name = '', value = '']) => [name, Buffer.from(value, 'base64').toString()]),
  );
}
