/**
 * One attempt to send one photo at once (contract §3.1), for when the code that sends in pieces could not be had.
 * XMLHttpRequest, because it is the one way in every browser to
 * see how much has left the phone. A photo counts as received on a 201 that names the stored image, and on
 * nothing else.
 */
import type { Refusal } from './refusal.ts';
import { parseRetryAfter } from './retry.ts';

export interface ImageResult {
  id: string;
  filename: string;
  size_bytes: number;
  /** How many destinations it is on its way to. */
  destinations: number;
}

export type SendResult =
  | { kind: 'received'; image: ImageResult }
  | { kind: 'refused'; refusal: Refusal }
  | { kind: 'password' }
  /** `connection`: no answer came; `uncertain` when every byte had left, so that it may be stored all the same. */
  | { kind: 'retry'; cause: 'connection'; uncertain: boolean }
  /** `service`: an answer came and asks for patience; `everyone` when it concerns all photos, not only this one. */
  | { kind: 'retry'; cause: 'service'; after: number | undefined; everyone: boolean };

/** Whether the server said anything at all. */
export const isAnswer = (result: SendResult): boolean =>
  result.kind !== 'retry' || result.cause === 'service';

export interface Sending {
  result: Promise<SendResult>;
  abort(): void;
}

export interface SendRequest {
  url: string;
  /** The phone's own name for the photo: sent again, it is the same image. */
  id: string;
  body: Blob;
  filename: string;
  source: 'camera' | 'gallery';
  password: string | undefined;
  /** From 0 to 1; 1 when every byte has left and only the answer is missing. */
  onProgress(fraction: number): void;
}

/** No byte has moved for this long: the line is dead, though nobody said so. */
const STALL = 30_000;
/** All bytes have left; the server may still be drinking from buffers on the way, and then stores durably. */
const ANSWER = 90_000;

export function sendPhoto(request: SendRequest): Sending {
  const xhr = new XMLHttpRequest();
  const result = new Promise<SendResult>((resolve) => {
    let uncertain = false;
    let watchdog: ReturnType<typeof setTimeout>;
    const watch = (limit: number): void => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => xhr.abort(), limit);
    };
    const cut = (): void => resolve({ kind: 'retry', cause: 'connection', uncertain });
    xhr.upload.onprogress = (event) => {
      watch(STALL);
      if (event.lengthComputable) request.onProgress(Math.min(0.99, event.loaded / event.total));
    };
    xhr.upload.onload = () => {
      uncertain = true;
      watch(ANSWER);
      request.onProgress(1);
    };
    xhr.onload = () => resolve(readAnswer(xhr, request.body.size));
    xhr.onerror = cut;
    xhr.onabort = cut;
    xhr.onloadend = () => clearTimeout(watchdog);
    xhr.open('POST', request.url);
    if (request.password !== undefined) {
      // Header values are Latin-1; percent-encoded UTF-8 carries any password.
      xhr.setRequestHeader('x-session-password', encodeURIComponent(request.password));
    }
    xhr.setRequestHeader('idempotency-key', request.id);
    const form = new FormData();
    form.append('source', request.source);
    form.append('file', request.body, request.filename);
    watch(STALL);
    xhr.send(form);
  });
  return { result, abort: () => xhr.abort() };
}

function readAnswer(xhr: XMLHttpRequest, size: number): SendResult {
  const body = readBody(xhr.responseText);
  if (xhr.status === 201 && typeof body.id === 'string') {
    return { kind: 'received', image: body as unknown as ImageResult };
  }
  return judgeAnswer(
    xhr.status,
    body,
    size,
    parseRetryAfter(xhr.getResponseHeader('retry-after'), Date.now()),
  );
}

/** What an answer other than a good 201 means for the photo. `size` in bytes, `after` in milliseconds. */
export function judgeAnswer(
  status: number,
  body: Record<string, unknown>,
  size: number,
  after: number | undefined,
): SendResult {
  const refused = (refusal: Refusal): SendResult => ({ kind: 'refused', refusal });
  // A success that is not ours (a sign-in page of the network, a proxy) promises nothing.
  if (status < 400) return { kind: 'retry', cause: 'connection', uncertain: false };
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    const everyone = status === 429 || status === 503 || after !== undefined;
    return { kind: 'retry', cause: 'service', after, everyone };
  }
  switch (status) {
    case 400:
      return refused({
        reason: body.code === 'IMAGE_DIMENSION_EXCEEDED' ? 'too-many-pixels' : 'unreadable',
      });
    case 401:
      return { kind: 'password' };
    case 404:
      return refused({ reason: 'gone' });
    case 409:
      return refused({ reason: 'completed' });
    case 410:
      return refused({ reason: 'expired' });
    case 413:
      return refused({ reason: 'too-large', size });
    case 415:
      return refused({ reason: 'wrong-type' });
    case 422:
      return refused({ reason: 'full' });
    default:
      return refused({
        reason: 'other',
        message: typeof body.message === 'string' ? body.message : String(status),
      });
  }
}

function readBody(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
