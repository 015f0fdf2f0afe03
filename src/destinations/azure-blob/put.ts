/** Writes a photo as a block blob: in one request, or in blocks when it is large. A blob is there whole or not at all. */
import { createHash } from 'node:crypto';
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { Found } from '../conflict.ts';
import type { DeliverableImage } from '../destination.ts';
import { type NotWritten, verifyBySize, type Written } from '../object-store.ts';
import { partsOf, persistently, wholeBody } from '../transfer.ts';
import { readCode } from './answers.ts';
import type { Container } from './container.ts';

/** Larger photos go in blocks, so that a broken connection does not cost the whole way. */
const wholeBytes = 32 * 1_048_576;
const blockBytes = 8 * 1_048_576;

const hashHeader = 'x-ms-meta-sha256';

interface PutOptions {
  /** Only where nothing is. */
  ifFree: boolean;
}

export async function putImage(
  container: Container,
  image: DeliverableImage,
  name: string,
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  return image.sizeBytes <= wholeBytes
    ? await putWhole(container, image, name, options, signal)
    : await putInBlocks(container, image, name, options, signal);
}

const condition = ({ ifFree }: PutOptions): Record<string, string> =>
  ifFree ? { 'if-none-match': '*' } : {};

/** learn.microsoft.com/rest/api/storageservices/put-blob */
async function putWhole(
  container: Container,
  image: DeliverableImage,
  name: string,
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  const body = wholeBody(image);
  const headers = {
    'x-ms-blob-type': 'BlockBlob',
    'content-type': image.mimeType,
    [hashHeader]: image.sha256,
    ...condition(options),
  };
  const answer = await container.send({ method: 'PUT', name, headers, body }, signal);
  if (isTaken(answer, options)) return 'taken';
  if (answer.status !== 201) throw container.failure(answer, name);
  // The service computes this from what it stored, not from what was announced.
  const computed = answer.headers['content-md5'];
  const remoteId = readVersion(answer);
  if (computed === body.md5().toString('base64')) return { answer, verifiedBy: 'hash', remoteId };
  const head = await container.send({ method: 'HEAD', name }, signal);
  return { answer, verifiedBy: verifyBySize(head, image, name), remoteId };
}

function isTaken(answer: OutboundResponse, { ifFree }: PutOptions): boolean {
  if (!ifFree) return false;
  return answer.status === 412 || (answer.status === 409 && readCode(answer) === 'BlobAlreadyExists');
}

const readVersion = (answer: OutboundResponse): string | null => answer.headers['x-ms-version-id'] ?? null;

/**
 * learn.microsoft.com/rest/api/storageservices/put-block and …/put-block-list. Blocks that are never committed are
 * thrown away by the service after a week.
 */
async function putInBlocks(
  container: Container,
  image: DeliverableImage,
  name: string,
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  const ids: string[] = [];
  const whole = createHash('md5');
  for await (const part of partsOf(image, blockBytes, (piece) => whole.update(piece))) {
    const id = blockId(image, part.number);
    // The service compares this with what arrived, and refuses the block otherwise.
    const headers = { 'content-md5': Buffer.from(part.md5, 'hex').toString('base64') };
    const query = { comp: 'block', blockid: id };
    await persistently(
      () => container.demand({ method: 'PUT', name, query, headers, body: part }, signal),
      signal,
    );
    ids.push(id);
  }
  const headers = {
    'content-type': 'application/xml',
    'x-ms-blob-content-type': image.mimeType,
    'x-ms-blob-content-md5': whole.digest('base64'),
    [hashHeader]: image.sha256,
    ...condition(options),
  };
  const list = ids.map((id) => `<Uncommitted>${id}</Uncommitted>`).join('');
  const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
  const answer = await container.send(
    { method: 'PUT', name, query: { comp: 'blocklist' }, headers, body },
    signal,
  );
  if (isTaken(answer, options)) return 'taken';
  if (answer.status !== 201) throw container.failure(answer, name);
  return { answer, verifiedBy: 'hash', remoteId: readVersion(answer) };
}

/** The same bytes have the same id, so that two attempts at once cannot mix blocks of different photos. */
function blockId(image: DeliverableImage, number: number): string {
  return Buffer.from(`${image.sha256.slice(0, 32)}-${String(number).padStart(6, '0')}`).toString('base64');
}

/** Whether the blob of a name is this photo. */
export async function holdsImage(
  container: Container,
  image: DeliverableImage,
  name: string,
  signal: AbortSignal,
): Promise<Found> {
  const answer = await container.send({ method: 'HEAD', name }, signal);
  if (answer.status === 404 && readCode(answer) !== 'ContainerNotFound') return 'nothing';
  if (answer.status === 403 && readCode(answer) === 'AuthorizationPermissionMismatch') return 'unknown';
  if (answer.status !== 200) throw container.failure(answer, name);
  const same =
    Number(answer.headers['content-length']) === image.sizeBytes &&
    answer.headers[hashHeader] === image.sha256;
  return same ? 'ours' : 'another';
}
