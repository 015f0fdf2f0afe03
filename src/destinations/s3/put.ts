/** Writes a photo under a key: in one request, or in parts when it is large. An object is there whole or not at all. */
import { createHash } from 'node:crypto';
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { Found } from '../conflict.ts';
import type { DeliverableImage } from '../destination.ts';
import { xmlText } from '../meanings.ts';
import { type NotWritten, verifyBySize, type Written } from '../object-store.ts';
import { assertStored, type Part, partsOf, persistently, storedBody, wholeBody } from '../transfer.ts';
import type { Bucket } from './bucket.ts';
import { isMismatch } from './hash-check.ts';
import { isAmazon } from './settings.ts';

/** Larger photos go in parts, so that a broken connection does not cost the whole way. */
const wholeBytes = 16 * 1_048_576;
/** At least 5 MiB but for the last, at most 10,000 of them (Amazon S3 multipart upload limits). */
const partBytes = 8 * 1_048_576;

interface PutOptions {
  /** Only where nothing is. */
  ifFree: boolean;
}

export async function putImage(
  bucket: Bucket,
  image: DeliverableImage,
  key: string,
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  return image.sizeBytes <= wholeBytes
    ? await putWhole(bucket, image, key, options, signal)
    : await putInParts(bucket, image, key, options, signal);
}

/** What is stored beside the bytes. The hash lets a later attempt know its own photo again. */
function headersOf(image: DeliverableImage): Record<string, string> {
  return { 'content-type': image.mimeType, [hashHeader]: image.sha256 };
}

const hashHeader = 'x-amz-meta-sha256';

const condition = ({ ifFree }: PutOptions): Record<string, string> =>
  ifFree ? { 'if-none-match': '*' } : {};

async function putWhole(
  bucket: Bucket,
  image: DeliverableImage,
  key: string,
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  const byStore = await bucket.hashCheck.works(bucket, key, signal);
  const compared = byStore ? undefined : wholeBody(image);
  const checksum = Buffer.from(image.sha256, 'hex').toString('base64');
  const answer = await bucket.send(
    {
      method: 'PUT',
      key,
      headers: {
        ...headersOf(image),
        ...condition(options),
        ...(isAmazon(bucket.settings) ? { 'x-amz-checksum-sha256': checksum } : {}),
      },
      body: { ...(compared ?? storedBody(image)), sha256: image.sha256 },
    },
    signal,
  );
  const refusal = readCondition(answer, options);
  if (refusal) return refusal;
  if (answer.status < 200 || answer.status > 299) {
    // Either the stored photo is damaged, or it was damaged on its way.
    if (byStore && isMismatch(answer)) await assertStored(image);
    throw bucket.failure(answer, key);
  }
  const etag = readEtag(answer);
  const same =
    answer.headers['x-amz-checksum-sha256'] === checksum ||
    (compared ? etag === compared.md5().toString('hex') : etag !== '');
  if (same) return { answer, verifiedBy: 'hash', remoteId: readVersion(answer) };
  // Every store names what it stored; a page that something in between made up does not.
  if (etag === '') throw bucket.failure(answer, key);
  const verifiedBy = await look(bucket, image, key, signal);
  return { answer, verifiedBy, remoteId: readVersion(answer) };
}

/**
 * Stores that encrypt with keys of their own have ETags that are no MD5. The signed hash was checked on the way in; what
 * is held is looked at where the key may look.
 */
async function look(
  bucket: Bucket,
  image: DeliverableImage,
  key: string,
  signal: AbortSignal,
): Promise<Written['verifiedBy']> {
  return verifyBySize(await bucket.send({ method: 'HEAD', key }, signal), image, key);
}

function readCondition(answer: OutboundResponse, { ifFree }: PutOptions): NotWritten | undefined {
  if (answer.status === 412) return 'taken';
  return answer.status === 501 && ifFree ? 'unconditional only' : undefined;
}

const readVersion = (answer: OutboundResponse): string | null => answer.headers['x-amz-version-id'] ?? null;

const readEtag = (answer: OutboundResponse): string => (answer.headers.etag ?? '').replaceAll('"', '');

async function putInParts(
  bucket: Bucket,
  image: DeliverableImage,
  key: string,
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  const begun = await persistently(
    () => bucket.demand({ method: 'POST', key, query: { uploads: '' }, headers: headersOf(image) }, signal),
    signal,
  );
  const uploadId = xmlText(begun.body.toString('utf8'), 'UploadId');
  if (uploadId === '') throw bucket.failure(begun, key);
  try {
    const sent: SentPart[] = [];
    for await (const part of partsOf(image, partBytes)) {
      sent.push(await persistently(() => putPart(bucket, key, uploadId, part, signal), signal));
    }
    const completed = await complete(bucket, key, uploadId, sent, options, signal);
    if (typeof completed === 'string') await abandon(bucket, key, uploadId);
    else if (completed.verifiedBy !== 'hash') completed.verifiedBy = await look(bucket, image, key, signal);
    return completed;
  } catch (error) {
    await abandon(bucket, key, uploadId);
    throw error;
  }
}

interface SentPart {
  etag: string;
  md5: string;
}

async function putPart(
  bucket: Bucket,
  key: string,
  uploadId: string,
  part: Part,
  signal: AbortSignal,
): Promise<SentPart> {
  const query = { partNumber: String(part.number + 1), uploadId };
  const answer = await bucket.demand({ method: 'PUT', key, query, body: part }, signal);
  return { etag: answer.headers.etag ?? '', md5: part.md5 };
}

async function complete(
  bucket: Bucket,
  key: string,
  uploadId: string,
  parts: SentPart[],
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  const list = parts.map(
    ({ etag }, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list.join('')}</CompleteMultipartUpload>`;
  const headers = { 'content-type': 'application/xml', ...condition(options) };
  const answer = await bucket.send({ method: 'POST', key, query: { uploadId }, headers, body }, signal);
  const refusal = readCondition(answer, options);
  if (refusal) return refusal;
  const text = answer.body.toString('utf8');
  // The answer begins before the parts are joined, so a 200 can still carry an error.
  if (answer.status !== 200 || !text.includes('CompleteMultipartUploadResult'))
    throw bucket.failure(answer, key);
  const joined = createHash('md5');
  for (const { md5 } of parts) joined.update(md5, 'hex');
  const whole = xmlText(text, 'ETag').replaceAll('"', '');
  const same =
    parts.every(({ etag, md5 }) => etag.replaceAll('"', '') === md5) &&
    (whole === '' || whole === `${joined.digest('hex')}-${parts.length}`);
  return { answer, verifiedBy: same ? 'hash' : 'none', remoteId: readVersion(answer) };
}

const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);

/** Parts that are never joined cost money: they are thrown away, also when we are stopping, as far as we may. */
async function abandon(bucket: Bucket, key: string, uploadId: string): Promise<void> {
  const soon = AbortSignal.timeout(3_000);
  await bucket.send({ method: 'DELETE', key, query: { uploadId } }, soon).catch(() => undefined);
}

/** Whether the object under a key is this photo. */
export async function holdsImage(
  bucket: Bucket,
  image: DeliverableImage,
  key: string,
  signal: AbortSignal,
): Promise<Found> {
  const answer = await bucket.send({ method: 'HEAD', key }, signal);
  if (answer.status === 404) return 'nothing';
  // HEAD has no body to say more; under a wrong region the write that follows learns the right one.
  if ([301, 307, 400, 403].includes(answer.status)) return 'unknown';
  if (answer.status !== 200) throw bucket.failure(answer, key);
  const same =
    Number(answer.headers['content-length']) === image.sizeBytes &&
    answer.headers[hashHeader] === image.sha256;
  return same ? 'ours' : 'another';
}
