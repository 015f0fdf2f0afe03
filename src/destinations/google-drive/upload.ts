/**
 * The two ways of uploading: metadata and bytes in one request up to 5 MB, and resumable above.
 * developers.google.com/workspace/drive/api/guides/manage-uploads
 */

import { randomToken } from '../../lib/ids.ts';
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { DeliverableImage } from '../destination.ts';
import { readJson } from '../oauth-client.ts';
import type { AccountClient, AccountRequest } from '../oauth-request.ts';
import { type Progress, rangeBody, uploadInRanges, wholeImage } from '../oauth-upload.ts';

/** "5 MB or less" for an upload in one request. */
const wholeBytes = 5_000_000;
/** A multiple of 256 KiB, as every range but the last must be. */
const chunkBytes = 32 * 262_144;

export interface Upload {
  image: DeliverableImage;
  metadata: Record<string, unknown>;
  /** Gives an existing file new content. */
  fileId: string | undefined;
  /** Named in messages. */
  place: string;
  signal: AbortSignal;
}

/** The answer that describes the file. Throws DeliveryError. */
export async function uploadImage(client: AccountClient, upload: Upload): Promise<OutboundResponse> {
  return upload.image.sizeBytes <= wholeBytes ? await whole(client, upload) : await resumable(client, upload);
}

const fields = 'id,name,size,md5Checksum,webViewLink';

function target(
  client: AccountClient,
  { fileId }: Upload,
  uploadType: string,
): { method: string; url: string } {
  const query = new URLSearchParams({ uploadType, fields, supportsAllDrives: 'true' });
  const file = fileId === undefined ? '' : `/${encodeURIComponent(fileId)}`;
  return {
    method: fileId === undefined ? 'POST' : 'PATCH',
    url: `${client.url('upload')}/files${file}?${query}`,
  };
}

async function whole(client: AccountClient, upload: Upload): Promise<OutboundResponse> {
  const { image, metadata, place, signal } = upload;
  const boundary = `apertur-${randomToken(18)}`;
  const head = Buffer.from(
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(metadata)}\r\n` +
      `--${boundary}\r\nContent-Type: ${image.mimeType}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const body = wholeImage(image);
  const open = async function* (): AsyncGenerator<Buffer> {
    yield head;
    yield* body.open();
    yield tail;
  };
  return await client.demand(
    {
      ...target(client, upload, 'multipart'),
      headers: { 'content-type': `multipart/related; boundary=${boundary}` },
      body: { length: head.length + body.length + tail.length, open },
    },
    signal,
    place,
  );
}

async function resumable(client: AccountClient, upload: Upload): Promise<OutboundResponse> {
  const { image, metadata, place, signal } = upload;
  const begun = await client.demand(
    {
      ...target(client, upload, 'resumable'),
      headers: {
        'content-type': 'application/json; charset=UTF-8',
        'x-upload-content-type': image.mimeType,
        'x-upload-content-length': String(image.sizeBytes),
      },
      body: JSON.stringify(metadata),
    },
    signal,
    place,
  );
  const url = begun.headers.location ?? '';
  // The token is for Google Drive alone.
  const anonymous = !URL.canParse(url) || new URL(url).origin !== new URL(client.url('upload')).origin;
  const put = (request: Omit<AccountRequest, 'method' | 'url'>): Promise<OutboundResponse> =>
    client.send({ method: 'PUT', url, anonymous, ...request }, signal);
  const read = (answer: OutboundResponse): Progress<OutboundResponse> => {
    if (answer.status === 200 || answer.status === 201) return { done: answer };
    if (answer.status !== 308) throw client.failure(answer, place);
    const last = /bytes=0-(\d+)/.exec(answer.headers.range ?? '')?.[1];
    return { next: last === undefined ? 0 : Number(last) + 1 };
  };
  const total = image.sizeBytes;
  const resume = async () => read(await put({ headers: { 'content-range': `bytes */${total}` } }));
  return await uploadInRanges({
    total,
    chunkBytes,
    signal,
    resume,
    async send(start, end) {
      const headers = {
        'content-range': `bytes ${start}-${end - 1}/${total}`,
        'content-type': image.mimeType,
      };
      const answer = await put({ headers, body: rangeBody(image, start, end) });
      if (answer.status !== 400 && answer.status !== 416) return read(answer);
      // A range that was sent again on a fresh connection may have got there the first time.
      const progress = await resume();
      if ('next' in progress && progress.next === start) throw client.failure(answer, place);
      return progress;
    },
  });
}

export interface UploadedFile {
  id: string;
  size?: string;
  md5Checksum?: string;
  webViewLink?: string;
}

export const readFile = (answer: OutboundResponse): UploadedFile =>
  readJson(answer) as unknown as UploadedFile;
