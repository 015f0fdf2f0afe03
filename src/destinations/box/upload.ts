/**
 * The two ways of uploading: one form up to 20 MB (developer.box.com/reference/post-files-content), and in parts of the
 * size that Box names above (developer.box.com/guides/uploads/chunked). Both prove themselves by SHA-1.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomToken } from '../../lib/ids.ts';
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { DeliverableImage } from '../destination.ts';
import { readJson } from '../oauth-client.ts';
import { type AccountClient, type AccountRequest, jsonBody } from '../oauth-request.ts';
import { patiently, rangeBody, wholeImage } from '../oauth-upload.ts';
import { stopped, TransferError } from '../transfer.ts';

/** "A minimum size of 20MB"; in which megabytes is not said, so the larger ones. */
const partsFrom = 20 * 1_048_576;

export interface Upload {
  image: DeliverableImage;
  name: string;
  /** Of the folder. */
  parent: string;
  /** Makes a new version of this file. */
  fileId: string | undefined;
  /** SHA-1 of the photo, lower-case hex. */
  sha1: string;
  place: string;
  signal: AbortSignal;
}

/** The answer that holds the file, or the one that says why not. */
export async function uploadImage(client: AccountClient, upload: Upload): Promise<OutboundResponse> {
  return upload.image.sizeBytes < partsFrom ? await whole(client, upload) : await inParts(client, upload);
}

function whole(client: AccountClient, upload: Upload): Promise<OutboundResponse> {
  const { image, name, parent, fileId, sha1, signal } = upload;
  const boundary = `apertur-${randomToken(18)}`;
  const attributes = fileId === undefined ? { name, parent: { id: parent } } : { name };
  // The attributes come first, so that Box can refuse before the bytes.
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="attributes"\r\n\r\n${JSON.stringify(attributes)}\r\n` +
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="photo"\r\nContent-Type: ${image.mimeType}\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const body = wholeImage(image);
  const open = async function* (): AsyncGenerator<Buffer> {
    yield head;
    yield* body.open();
    yield tail;
  };
  const file = fileId === undefined ? '' : `/${encodeURIComponent(fileId)}`;
  return client.send(
    {
      method: 'POST',
      url: `${client.url('upload')}/files${file}/content`,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-md5': sha1 },
      body: { length: head.length + body.length + tail.length, open },
    },
    signal,
  );
}

interface Part {
  part_id: string;
  offset: number;
  size: number;
  sha1: string;
}

async function inParts(client: AccountClient, upload: Upload): Promise<OutboundResponse> {
  const { image, name, parent, fileId, place, signal } = upload;
  const file = fileId === undefined ? '' : `/${encodeURIComponent(fileId)}`;
  const wish = {
    file_name: name,
    file_size: image.sizeBytes,
    ...(fileId === undefined ? { folder_id: parent } : {}),
  };
  const begun = await patiently(
    () =>
      passing(
        client,
        place,
        { method: 'POST', url: `${client.url('upload')}/files${file}/upload_sessions`, ...jsonBody(wish) },
        signal,
      ),
    signal,
  );
  if (begun.status !== 201) return begun;
  const { id, part_size: partSize } = readJson(begun) as { id: string; part_size: number };
  const url = `${client.url('upload')}/files/upload_sessions/${encodeURIComponent(id)}`;
  try {
    const parts: Part[] = [];
    for (let start = 0; start < image.sizeBytes; start += partSize) {
      const end = Math.min(start + partSize, image.sizeBytes);
      parts.push(await patiently(() => sendPart(client, upload, url, start, end), signal));
    }
    return await commit(client, upload, url, parts);
  } catch (error) {
    const soon = AbortSignal.timeout(3_000);
    await client.send({ method: 'DELETE', url }, soon).catch(() => undefined);
    throw error;
  }
}

/** Any answer but those that a moment's patience may change, which are thrown. */
async function passing(
  client: AccountClient,
  place: string,
  request: AccountRequest,
  signal: AbortSignal,
): Promise<OutboundResponse> {
  const answer = await client.send(request, signal);
  if (answer.status === 429 || answer.status >= 500) throw client.failure(answer, place);
  return answer;
}

async function sendPart(
  client: AccountClient,
  { image, place, signal }: Upload,
  url: string,
  start: number,
  end: number,
): Promise<Part> {
  const body = rangeBody(image, start, end);
  const hash = createHash('sha1');
  for await (const piece of body.open()) hash.update(piece);
  const sha1 = hash.digest();
  const answer = await client.send(
    {
      method: 'PUT',
      url,
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `bytes ${start}-${end - 1}/${image.sizeBytes}`,
        digest: `sha=${sha1.toString('base64')}`,
      },
      body,
    },
    signal,
  );
  if (answer.status === 200 || answer.status === 201) return (readJson(answer) as { part: Part }).part;
  // A part cannot be sent twice: it got there, and its answer did not.
  const there = answer.status === 409 ? await findPart(client, url, start, signal) : undefined;
  if (there?.sha1 === sha1.toString('hex')) return there;
  throw client.failure(answer, place);
}

async function findPart(
  client: AccountClient,
  url: string,
  offset: number,
  signal: AbortSignal,
): Promise<Part | undefined> {
  const request = { method: 'GET', url: `${url}/parts?limit=1000`, maxResponseBytes: 1_048_576 };
  const { entries } = (await client.ask(request, signal)) as { entries?: Part[] };
  return entries?.find((part) => part.offset === offset);
}

/** Times that we ask again while Box still puts the parts together. */
const maxCommits = 20;

async function commit(
  client: AccountClient,
  { sha1, place, signal }: Upload,
  url: string,
  parts: Part[],
): Promise<OutboundResponse> {
  const { headers, body } = jsonBody({ parts });
  const digest = `sha=${Buffer.from(sha1, 'hex').toString('base64')}`;
  for (let attempt = 1; attempt <= maxCommits; attempt++) {
    const request = { method: 'POST', url: `${url}/commit`, headers: { ...headers, digest }, body };
    const answer = await patiently(() => passing(client, place, request, signal), signal);
    if (answer.status !== 202) return answer;
    const seconds = Math.min(10, Number(answer.headers['retry-after'] ?? 1) || 0.05);
    await sleep(seconds * 1_000, undefined, { signal }).catch(() => {
      throw stopped();
    });
  }
  const says = 'Box has all parts of the photo and still puts them together.';
  throw new TransferError('write', says, 'It will be tried again.', {
    fate: 'retry',
    status: 202,
    retryAfter: 60,
  });
}
