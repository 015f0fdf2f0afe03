/** Writes a photo as an object: in one request, or by a resumable upload when it is large. It is there whole or not. */
import { randomBytes } from 'node:crypto';
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { Found } from '../conflict.ts';
import type { DeliverableImage } from '../destination.ts';
import type { NotWritten, Written } from '../object-store.ts';
import { detailsOf, type HashedBody, persistently, TransferError, wholeBody } from '../transfer.ts';
import { readError, readJson } from './answers.ts';
import type { GcsBucket } from './bucket.ts';

/** Larger photos are worth the second request that makes an upload resumable. */
const wholeBytes = 8 * 1_048_576;
const maxNameBytes = 1_024;

interface PutOptions {
  /** Only where nothing is. */
  ifFree: boolean;
}

export async function putImage(
  bucket: GcsBucket,
  image: DeliverableImage,
  name: string,
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  if (Buffer.byteLength(name) > maxNameBytes) {
    const says = `The name is longer than the ${maxNameBytes} bytes that Google takes.`;
    throw new TransferError('write', says, 'Change object_template.', { fate: 'give-up' });
  }
  return image.sizeBytes <= wholeBytes
    ? await putWhole(bucket, image, name, options, signal)
    : await putResumable(bucket, image, name, options, signal);
}

/** cloud.google.com/storage/docs/request-preconditions: generation 0 means that there is none. */
const condition = ({ ifFree }: PutOptions): Record<string, string> =>
  ifFree ? { ifGenerationMatch: '0' } : {};

/** What is stored beside the bytes. The hash lets a later attempt know its own photo again. */
const describeImage = (image: DeliverableImage, name: string): string =>
  JSON.stringify({ name, contentType: image.mimeType, metadata: { sha256: image.sha256 } });

/** Metadata and photo in one request: cloud.google.com/storage/docs/uploading-objects, multipart. */
async function putWhole(
  bucket: GcsBucket,
  image: DeliverableImage,
  name: string,
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  const photo = wholeBody(image);
  const boundary = `apertur-${randomBytes(16).toString('hex')}`;
  const body = inMultipart(boundary, describeImage(image, name), image.mimeType, photo);
  const url = bucket.uploadUrl({ uploadType: 'multipart', ...condition(options) });
  const headers = { 'content-type': `multipart/related; boundary=${boundary}` };
  const answer = await bucket.send({ method: 'POST', url, headers, body }, signal);
  return settle(bucket, image, name, options, answer, photo.md5());
}

function inMultipart(boundary: string, metadata: string, type: string, photo: HashedBody) {
  const head = Buffer.from(
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${metadata}\r\n--${boundary}\r\nContent-Type: ${type}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    length: head.length + photo.length + tail.length,
    open: async function* () {
      yield head;
      yield* photo.open();
      yield tail;
    },
  };
}

function settle(
  bucket: GcsBucket,
  image: DeliverableImage,
  name: string,
  { ifFree }: PutOptions,
  answer: OutboundResponse,
  md5: Buffer,
): Written | NotWritten {
  if (ifFree && answer.status === 412) return 'taken';
  if (answer.status !== 200 && answer.status !== 201) throw bucket.failure(answer, name);
  const { md5Hash, size, generation } = readJson(answer);
  // The service always says what it holds; a page that something in between made up does not.
  if (size === undefined) throw bucket.failure(answer, name);
  if (Number(size) !== image.sizeBytes) {
    const details = detailsOf(answer, 'retry', null, 0);
    const says = `The bucket holds ${size} of ${image.sizeBytes} bytes of ${name}.`;
    throw new TransferError('verify', says, 'It will be sent again.', details);
  }
  const same = md5Hash === md5.toString('base64');
  return {
    answer,
    verifiedBy: same ? 'hash' : 'size',
    remoteId: typeof generation === 'string' ? generation : null,
  };
}

/** cloud.google.com/storage/docs/performing-resumable-uploads: one request for all, resumed where it broke. */
async function putResumable(
  bucket: GcsBucket,
  image: DeliverableImage,
  name: string,
  options: PutOptions,
  signal: AbortSignal,
): Promise<Written | NotWritten> {
  const url = bucket.uploadUrl({ uploadType: 'resumable', ...condition(options) });
  const headers = {
    'content-type': 'application/json; charset=UTF-8',
    'x-upload-content-type': image.mimeType,
    'x-upload-content-length': String(image.sizeBytes),
  };
  const body = describeImage(image, name);
  const begin = () => bucket.send({ method: 'POST', url, headers, body }, signal);
  const begun = await persistently(async () => {
    const answer = await begin();
    if (answer.status === 200 || (options.ifFree && answer.status === 412)) return answer;
    throw bucket.failure(answer, name);
  }, signal);
  if (begun.status === 412) return 'taken';
  const session = begun.headers.location;
  if (session === undefined) throw bucket.failure(begun, name);
  return await new ResumableUpload(bucket, image, name, session).run(options, signal);
}

class ResumableUpload {
  readonly #bucket: GcsBucket;
  readonly #image: DeliverableImage;
  readonly #name: string;
  readonly #session: string;
  #sent: HashedBody | undefined;

  constructor(bucket: GcsBucket, image: DeliverableImage, name: string, session: string) {
    this.#bucket = bucket;
    this.#image = image;
    this.#name = name;
    this.#session = session;
  }

  async run(options: PutOptions, signal: AbortSignal): Promise<Written | NotWritten> {
    try {
      return await persistently(async () => {
        const answer = this.#sent ? await this.#ask(signal) : undefined;
        // Only the answer was lost: everything is there.
        if (answer && answer.status !== 308) return this.#finish(answer, options);
        return await this.#sendFrom(answer ? heldBytes(answer) : 0, options, signal);
      }, signal);
    } catch (error) {
      const soon = AbortSignal.timeout(3_000);
      await this.#bucket.sendToSession(this.#session, 'DELETE', {}, undefined, soon).catch(() => undefined);
      throw error;
    }
  }

  /** Sends the rest, and again what of it was not kept. */
  async #sendFrom(from: number, options: PutOptions, signal: AbortSignal): Promise<Written | NotWritten> {
    const { sizeBytes } = this.#image;
    for (let held = from; held < sizeBytes; ) {
      this.#sent = wholeBody(this.#image, held);
      const range = { 'content-range': `bytes ${held}-${sizeBytes - 1}/${sizeBytes}` };
      const answer = await this.#bucket.sendToSession(this.#session, 'PUT', range, this.#sent, signal);
      if (answer.status !== 308) return this.#finish(answer, options);
      if (heldBytes(answer) <= held) throw again(answer, 'Google kept nothing of what was sent.');
      held = heldBytes(answer);
    }
    return this.#finish(await this.#ask(signal), options);
  }

  /** How much is kept (308), or the finished object. */
  async #ask(signal: AbortSignal): Promise<OutboundResponse> {
    const range = { 'content-range': `bytes */${this.#image.sizeBytes}` };
    return await this.#bucket.sendToSession(this.#session, 'PUT', range, undefined, signal);
  }

  #finish(answer: OutboundResponse, options: PutOptions): Written | NotWritten {
    const gone =
      answer.status === 410 || (answer.status === 404 && !/bucket/.test(readError(answer).message));
    if (gone || answer.status === 308) throw again(answer, 'Google no longer knows the unfinished upload.');
    return settle(
      this.#bucket,
      this.#image,
      this.#name,
      options,
      answer,
      this.#sent?.md5() ?? Buffer.alloc(0),
    );
  }
}

function again(answer: OutboundResponse, text: string): TransferError {
  return new TransferError('write', text, 'It will be sent again.', detailsOf(answer, 'retry', null, 0));
}

/** `Range: bytes=0-524287` says how much is kept; none, that nothing is. */
function heldBytes(answer: OutboundResponse): number {
  const last = /^bytes=0-(\d+)$/.exec(answer.headers.range ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

/** Whether the object of a name is this photo. */
export async function holdsImage(
  bucket: GcsBucket,
  image: DeliverableImage,
  name: string,
  signal: AbortSignal,
): Promise<Found> {
  const url = bucket.objectUrl(name, { fields: 'size,metadata' });
  const answer = await bucket.send({ method: 'GET', url }, signal);
  if (answer.status === 404) return 'nothing';
  if (answer.status === 403) return 'unknown';
  if (answer.status !== 200) throw bucket.failure(answer, name);
  const { size, metadata } = readJson(answer) as { size?: unknown; metadata?: { sha256?: unknown } };
  return Number(size) === image.sizeBytes && metadata?.sha256 === image.sha256 ? 'ours' : 'another';
}
