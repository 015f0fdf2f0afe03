/**
 * The three bodies of an image delivery (contract §9.1). Each knows its exact length beforehand and can be made again
 * and again from the stored bytes, so that it is signed in one pass and sent in the next and is never held whole.
 */
import { toIso } from '../../lib/clock.ts';
import { randomToken } from '../../lib/ids.ts';
import type { DeliverableImage } from '../destination.ts';

export const formats = ['json_base64', 'multipart', 'binary'] as const;
export type Format = (typeof formats)[number];

export interface Body {
  contentType: string;
  /** Bytes, exact. */
  length: number;
  /** The same bytes every time. `watch` sees the stored bytes as they pass, before they are encoded. */
  open(watch?: Watch): AsyncIterable<Buffer>;
}

type Watch = (chunk: Buffer) => void;

/** Base64 turns 3 bytes into 4: slices of a multiple of 3 join without padding between them. */
const sliceBytes = 192 * 1_024;

export function createBody(format: Format, image: DeliverableImage): Body {
  if (format === 'binary') {
    return {
      contentType: 'application/octet-stream',
      length: image.sizeBytes,
      open: (watch) => readImage(image, watch),
    };
  }
  return format === 'multipart' ? multipartBody(image) : jsonBody(image);
}

function jsonBody(image: DeliverableImage): Body {
  const before = {
    session_id: image.sessionId,
    image_id: image.id,
    image_index: image.index,
    mime_type: image.mimeType,
    filename: image.filename,
    size_bytes: image.sizeBytes,
  };
  const after = {
    tags: image.tags,
    metadata: image.metadata,
    created_at: toIso(image.createdAt),
    source: image.source,
    env: image.env,
  };
  const head = `${JSON.stringify(before).slice(0, -1)},"data":"`;
  const tail = `",${JSON.stringify(after).slice(1)}`;
  const length = Math.ceil(image.sizeBytes / 3) * 4;
  return framed('application/json', head, tail, length, (watch) => inBase64(readImage(image, watch)));
}

function multipartBody(image: DeliverableImage): Body {
  const boundary = `apertur-${randomToken(18)}`;
  const part = (disposition: string, rest: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${rest}`;
  const texts = formFields(image).map(([name, value]) => part(`name="${quoted(name)}"`, `\r\n${value}\r\n`));
  const file = part(
    `name="image"; filename="${quoted(image.filename)}"`,
    `Content-Type: ${image.mimeType}\r\n\r\n`,
  );
  const tail = `\r\n--${boundary}--\r\n`;
  // The fields come first: a receiver that streams knows them before the file begins.
  const head = texts.join('') + file;
  const contentType = `multipart/form-data; boundary=${boundary}`;
  return framed(contentType, head, tail, image.sizeBytes, (watch) => readImage(image, watch));
}

function framed(
  contentType: string,
  head: string,
  tail: string,
  innerLength: number,
  openInner: (watch?: Watch) => AsyncIterable<Buffer>,
): Body {
  const [first, last] = [Buffer.from(head), Buffer.from(tail)];
  return {
    contentType,
    length: first.length + innerLength + last.length,
    open: async function* (watch) {
      yield first;
      yield* openInner(watch);
      yield last;
    },
  };
}

/**
 * Tags as form fields, then what identifies the image under names that no tag has taken (contract §2.2, §9.1). A list
 * item `k:v` becomes field `k`; other items repeat the field `tags`.
 */
function formFields(image: DeliverableImage): [name: string, value: string][] {
  const fields = tagFields(image.tags);
  const taken = new Set(fields.map(([name]) => name));
  const additive = { session_id: image.sessionId, image_id: image.id, image_index: image.index };
  for (const [name, value] of Object.entries(additive)) {
    if (!taken.has(name)) fields.push([name, String(value)]);
  }
  return fields;
}

function tagFields(tags: DeliverableImage['tags']): [name: string, value: string][] {
  if (tags === null) return [];
  if (!Array.isArray(tags)) return Object.entries(tags).map(([name, value]) => [name, String(value)]);
  return tags.map((tag) => {
    const colon = tag.indexOf(':');
    return colon > 0 ? [tag.slice(0, colon), tag.slice(colon + 1)] : ['tags', tag];
  });
}

/** As browsers write names in a form (WHATWG HTML, multipart/form-data): UTF-8 with three characters escaped. */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

async function* readImage(image: DeliverableImage, watch?: Watch): AsyncGenerator<Buffer> {
  for await (const chunk of await image.open()) {
    watch?.(chunk);
    yield chunk;
  }
}

async function* inBase64(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    waiting.push(chunk);
    size += chunk.length;
    if (size < sliceBytes) continue;
    const joined = Buffer.concat(waiting);
    const whole = joined.length - (joined.length % 3);
    yield encode(joined.subarray(0, whole));
    waiting = [joined.subarray(whole)];
    size = joined.length - whole;
  }
  if (size > 0) yield encode(Buffer.concat(waiting));
}

const encode = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('base64'), 'latin1');
