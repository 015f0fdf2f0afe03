/**
 * What an upload carries, in all the shapes in which clients send it (contract §3.1, §3.2): a form with a photo, a form
 * whose file is an envelope, or an envelope alone. The bytes go into the storage as they come.
 */
import { createHash } from 'node:crypto';
import { AppError, invalid } from '../errors.ts';
import type { Scratch } from '../storage/scratch.ts';
import type { StorageWriter } from '../storage/storage.ts';
import { decodeBase64 } from './base64-reader.ts';
import type { ByteSource } from './byte-source.ts';
import { openEnvelope, type Unwrap } from './decrypt.ts';
import { checkAlgorithm, type EnvelopeMembers, EnvelopeReader } from './envelope.ts';
import { cleanFilename } from './filename.ts';
import type { Inspection } from './inspect.ts';
import { type Part, parseMultipart, readText } from './multipart.ts';
import { spoolImage, tooLarge } from './spool.ts';

/**
 * - `none`: a photo as it is.
 * - `server`: encrypted on its way to us, and opened here.
 * - `end-to-end`: encrypted for the project alone. The envelope is stored and delivered as it is.
 */
export type Encryption = 'none' | 'server' | 'end-to-end';

export interface ReceivedForm {
  sizeBytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** What the bytes are; undefined when nobody here can look into them. */
  inspection: Inspection | undefined;
  filename: string;
  source: string;
  encryption: Encryption;
  /** The client's own name for the photo, from the form's field `upload_id`. */
  clientId?: string | undefined;
}

export interface FormServices {
  scratch: Scratch;
  unwrap: Unwrap;
}

interface Target extends FormServices {
  writer: StorageWriter;
  /** Of the photo, in bytes. */
  maxBytes: number;
  encryption: Encryption;
}

type ReceivedFile = Omit<ReceivedForm, 'source'> & { source?: string | undefined };

/** Room for the form around a photo, and for small fields. */
const frameBytes = 256 * 1024;
const tagBytes = 16;

export const isJson = (contentType: string): boolean => /^application\/json\b/i.test(contentType.trim());

/** The header `X-Aptr-Encrypted`. Throws AppError 400 for a value that is none of ours. */
export function readEncryption(header: string | readonly string[] | undefined): Encryption {
  const value = [header ?? ''].flat().join(',').trim().toLowerCase();
  if (value === '') return 'none';
  if (value === 'default') return 'server';
  if (value === 'e2e') return 'end-to-end';
  throw invalid('X-Aptr-Encrypted must be default or e2e.');
}

/**
 * Bytes of a whole request that may carry a photo of `imageBytes`. An envelope holds it as base64 (4/3), and some clients
 * write each + or / of that as an escape sequence.
 */
export function requestBytes(imageBytes: number, sealed: boolean): number {
  return (sealed ? Math.ceil(imageBytes * 1.5) : imageBytes) + frameBytes;
}

/** Reads the upload to its end into `target.writer`, which the caller commits or aborts. Throws AppError. */
export async function readUpload(
  upload: { body: ByteSource; contentType: string },
  target: Target,
): Promise<ReceivedForm> {
  if (isJson(upload.contentType)) return readSealed(upload.body, target);
  const { source, ...file } = await readForm(upload, target);
  return { ...file, source: readSource(source ?? '') };
}

/** Reads an envelope that comes by itself, to its end into `target.writer`. Throws AppError. */
export async function readSealed(body: AsyncIterable<Buffer>, target: Target): Promise<ReceivedForm> {
  const { source, ...file } = await readEnvelope(body, undefined, target);
  return { ...file, source: readSource(source ?? '') };
}

/** Reads every part; the fields may stand before or after the file. */
async function readForm(
  upload: { body: ByteSource; contentType: string },
  target: Target,
): Promise<ReceivedFile> {
  let file: ReceivedFile | undefined;
  let source: string | undefined;
  let clientId: string | undefined;
  for await (const part of parseMultipart(upload.body, upload.contentType)) {
    if (part.name === 'file') {
      if (file) throw invalid('The upload has more than one "file" part. Send one photo a request.');
      file = await readFile(part, target);
    } else if (part.name === 'source') {
      source = await readText(part, 1_024);
    } else if (isClientId(part)) {
      clientId = readClientId(await readText(part, 1_024));
    }
  }
  if (!file) throw invalid('The upload has no "file" part. Send the photo as the form field "file".');
  return { ...file, source: file.source ?? source, clientId };
}

const isClientId = ({ name }: Part): boolean => name === 'upload_id' || name === 'uploadId';

/** The client's own name for the photo, where it stands in the form before the file; reads no further. */
export async function findClientId(upload: {
  body: ByteSource;
  contentType: string;
}): Promise<string | undefined> {
  if (isJson(upload.contentType)) return undefined;
  try {
    for await (const part of parseMultipart(upload.body, upload.contentType)) {
      if (part.name === 'file') return undefined;
      if (isClientId(part)) return readClientId(await readText(part, 1_024));
    }
  } catch (error) {
    // What is no form names no photo.
    if (!(error instanceof AppError)) throw error;
  }
  return undefined;
}

async function readFile(part: Part, target: Target): Promise<ReceivedFile> {
  if (target.encryption !== 'none') return readEnvelope(part.body, part.filename, target);
  const { writer, maxBytes } = target;
  const spooled = await spoolImage({ body: part.body, writer, maxBytes });
  return { ...spooled, filename: cleanFilename(part.filename), encryption: 'none' };
}

/** A JSON body that names no encryption is an envelope if it looks like one (contract §3.2, rule 7). */
async function readEnvelope(
  body: AsyncIterable<Buffer>,
  partName: string | undefined,
  target: Target,
): Promise<ReceivedFile> {
  const { encryption, maxBytes } = target;
  const limits = { maxBytes: requestBytes(maxBytes, true), tooLarge: () => tooLarge(maxBytes) };
  if (encryption === 'end-to-end') return storeEnvelope(body, partName, { ...target, limits });
  const reader = new EnvelopeReader(body, limits);
  if (!(await reader.findData())) throw withoutData(encryption);
  checkAlgorithm(reader.members);
  const photo = openEnvelope(reader, { ...target, tooLarge: limits.tooLarge });
  const spooled = await spoolImage({ body: photo, writer: target.writer, maxBytes });
  const members = await reader.finish();
  checkAlgorithm(members);
  const filename = cleanFilename(members.filename || withoutEnding(partName));
  return { ...spooled, filename, source: members.source, encryption: 'server' };
}

function withoutData(encryption: Encryption): AppError {
  if (encryption !== 'none') return invalid('encryptedData is missing in the encrypted photo.');
  return new AppError(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    'This JSON is no encrypted photo. Send the photo as multipart/form-data with a part named "file".',
  );
}

/** Clients name an envelope after its photo: `roof.jpg.enc`, or `image.jpg.enc` whatever it was. */
function withoutEnding(name: string | undefined): string | undefined {
  return name?.replace(/\.enc$/i, '');
}

/** Stores the document as it came, and looks at its form only: what it seals is not for us. */
async function storeEnvelope(
  body: AsyncIterable<Buffer>,
  partName: string | undefined,
  { writer, maxBytes, limits }: Target & { limits: ConstructorParameters<typeof EnvelopeReader>[1] },
): Promise<ReceivedFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  async function* stored(): AsyncGenerator<Buffer> {
    for await (const chunk of body) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      await writer.write(chunk);
      yield chunk;
    }
  }
  const reader = new EnvelopeReader(stored(), limits);
  if (!(await reader.findData())) throw withoutData('end-to-end');
  let sealedBytes = 0;
  for await (const chunk of reader.data()) {
    sealedBytes += chunk.length;
    if (sealedBytes > maxBytes + tagBytes) throw limits.tooLarge();
  }
  const members = await reader.finish();
  checkForm(members, sealedBytes);
  return {
    sizeBytes,
    sha256: hash.digest('hex'),
    inspection: undefined,
    filename: cleanFilename(`${members.filename || withoutEnding(partName) || 'image.jpg'}.enc`),
    source: members.source,
    encryption: 'end-to-end',
  };
}

/** What would never open is refused while the phone still has the photo. */
function checkForm(members: EnvelopeMembers, sealedBytes: number): void {
  checkAlgorithm(members);
  const { encryptedKey, iv, keyId } = members;
  const keyBytes = decodeBase64(encryptedKey ?? '')?.length ?? 0;
  if (keyBytes < 256 || keyBytes > 1_024) {
    throw invalid('encryptedKey must be a key wrapped with RSA of 2048 bits or more, as base64.');
  }
  if (decodeBase64(iv ?? '')?.length !== 12) throw invalid('iv must be 12 bytes as base64.');
  if (sealedBytes <= tagBytes) throw invalid('encryptedData holds no photo.');
  if (keyId !== undefined && !/^[0-9a-f]{64}$/.test(keyId)) {
    throw invalid('keyId must be the SHA-256 of the public key, as 64 hex digits.');
  }
}

/**
 * The name by which a client knows a photo: the header `Idempotency-Key`, the field `upload_id`, the `id` of a resumable
 * upload. Undefined when it is absent or empty. Throws AppError 400 for what is no such name.
 */
export function readClientId(text: string | undefined): string | undefined {
  // As a header it may stand in quotes (RFC 8941).
  const id = text?.trim().replace(/^"(.*)"$/, '$1');
  if (id === undefined || id === '') return undefined;
  if (!/^[\w.:-]{8,128}$/.test(id)) {
    throw invalid('An upload id must be 8 to 128 letters, digits and . _ : - (a UUID, for example).');
  }
  return id;
}

/** Any short printable text; absent or empty is the camera (contract §3.1). */
export function readSource(text: string): string {
  const source = text.trim();
  if (source === '') return 'camera';
  if (source.length > 64 || /[\p{Cc}\p{Cf}]/u.test(source)) {
    throw invalid('source must be 1 to 64 printable characters, such as camera or gallery.');
  }
  return source;
}
