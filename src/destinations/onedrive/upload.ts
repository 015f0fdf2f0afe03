/**
 * The two ways of uploading: in one request up to 4 MB, and in an upload session above.
 * learn.microsoft.com/graph/api/driveitem-put-content and /driveitem-createuploadsession
 */
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { DeliverableImage } from '../destination.ts';
import { readJson } from '../oauth-client.ts';
import { type AccountClient, jsonBody } from '../oauth-request.ts';
import { type Progress, patiently, rangeBody, uploadInRanges, wholeImage } from '../oauth-upload.ts';

const wholeBytes = 4_000_000;
/** A multiple of 320 KiB, as every range but the last must be; under 60 MiB. */
const chunkBytes = 26 * 327_680;

export interface Upload {
  image: DeliverableImage;
  /** Of the item, without the last colon's part. */
  url: string;
  conflict: 'replace' | 'fail';
  place: string;
  signal: AbortSignal;
}

/** The answer that describes the item, or the one that says why not. */
export async function uploadImage(client: AccountClient, upload: Upload): Promise<OutboundResponse> {
  return upload.image.sizeBytes <= wholeBytes ? await whole(client, upload) : await session(client, upload);
}

function whole(client: AccountClient, { image, url, conflict, signal }: Upload): Promise<OutboundResponse> {
  const query = `?@microsoft.graph.conflictBehavior=${conflict}`;
  const headers = { 'content-type': image.mimeType };
  return client.send(
    { method: 'PUT', url: `${url}/content${query}`, headers, body: wholeImage(image) },
    signal,
  );
}

async function session(client: AccountClient, upload: Upload): Promise<OutboundResponse> {
  const { place, signal } = upload;
  const begun = await patiently(async () => {
    const item = { '@microsoft.graph.conflictBehavior': upload.conflict };
    const answer = await client.send(
      { method: 'POST', url: `${upload.url}/createUploadSession`, ...jsonBody({ item }) },
      signal,
    );
    if (answer.status === 429 || answer.status >= 500) throw client.failure(answer, place);
    return answer;
  }, signal);
  if (begun.status !== 200) return begun;
  const { uploadUrl: url } = readJson(begun) as { uploadUrl: string };
  try {
    return await sendRanges(client, upload, url);
  } catch (error) {
    // What was sent counts against the quota until it is thrown away, also when we are stopping.
    const soon = AbortSignal.timeout(3_000);
    await client.send({ method: 'DELETE', url, anonymous: true }, soon).catch(() => undefined);
    throw error;
  }
}

function sendRanges(
  client: AccountClient,
  { image, place, signal }: Upload,
  url: string,
): Promise<OutboundResponse> {
  const total = image.sizeBytes;
  const read = (answer: OutboundResponse): Progress<OutboundResponse> => {
    if (answer.status === 200 || answer.status === 201 || answer.status === 409) return { done: answer };
    if (answer.status !== 202) throw client.failure(answer, place);
    return { next: nextExpected(answer, total) };
  };
  const ask = async (): Promise<Progress<OutboundResponse>> => {
    const answer = await client.send({ method: 'GET', url, anonymous: true }, signal);
    if (answer.status !== 200) throw client.failure(answer, place);
    return { next: nextExpected(answer, total) };
  };
  return uploadInRanges({
    total,
    chunkBytes,
    signal,
    resume: ask,
    // The address is the permission: "do not include the Authorization header".
    async send(start, end) {
      const headers = { 'content-range': `bytes ${start}-${end - 1}/${total}` };
      const body = rangeBody(image, start, end);
      const answer = await client.send({ method: 'PUT', url, headers, body, anonymous: true }, signal);
      // A range that was sent again on a fresh connection may have got there the first time.
      return answer.status === 416 ? await ask() : read(answer);
    },
  });
}

function nextExpected(answer: OutboundResponse, total: number): number {
  const { nextExpectedRanges: ranges } = readJson(answer) as { nextExpectedRanges?: string[] };
  const next = Number.parseInt(ranges?.[0] ?? '', 10);
  return Number.isNaN(next) ? total : next;
}
