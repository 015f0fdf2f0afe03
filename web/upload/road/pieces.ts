/**
 * A photo on its way in pieces, over tus 1.0. The server knows it by the phone's own name, so whatever is asked again is
 * answered the same; after a cut the server says how far it came. Pieces grow while the line is good and shrink when it
 * breaks, so that a cut costs little on a bad one.
 */
import { parseRetryAfter } from '../retry.ts';
import { type ImageResult, judgeAnswer, type Sending, type SendResult } from '../send.ts';

export interface Parcel {
  /** Where uploads are made. */
  url: string;
  id: string;
  size: number;
  filename: string;
  source: string;
  sealed: boolean;
  /** SHA-256 of what is sent; undefined where it is not known. */
  hash: string | undefined;
  password: string | undefined;
  /** It may have been begun before: then nothing is sent until the server has said where to go on. */
  begun: boolean;
  read(start: number, end: number): Promise<Blob>;
  /** From 0 to 1; 1 when every byte has left and only the answer is missing. */
  onProgress(fraction: number): void;
}

const smallest = 262_144;
const largest = 8 * 1_048_576;
/** A piece shall take about so long. */
const pieceMs = 4_000;
/** No byte has moved for this long: the line is dead, though nobody said so. */
const stallMs = 30_000;
/** All bytes have left; the server may still be drinking from buffers on the way, and then stores durably. */
const answerMs = 90_000;

/** Bytes of the next piece, for all photos of this page: they share one line. */
let pace = 2 * smallest;

/** `sent` bytes took `ms` milliseconds. */
function learn(sent: number, ms: number): void {
  const fitting = (sent / Math.max(1, ms)) * pieceMs;
  // Never more than doubled at once: a buffer on the way makes the first bytes look fast.
  pace = Math.min(largest, Math.max(smallest, Math.min(fitting, pace * 2)));
}

const slowDown = (): void => {
  pace = Math.max(smallest, pace / 2);
};

interface Answer {
  /** 0: none came. */
  status: number;
  header(name: string): string | null;
  body: Record<string, unknown>;
}

export function sendInPieces(parcel: Parcel): Sending {
  let request: XMLHttpRequest | undefined;
  let aborted = false;
  const broken = (): SendResult => {
    slowDown();
    return { kind: 'retry', cause: 'connection', uncertain: false };
  };

  async function run(): Promise<SendResult> {
    let offset: number | undefined = parcel.begun ? undefined : 0;
    let place: string | undefined;
    for (let disagreements = 0; disagreements < 5; ) {
      if (aborted) return broken();
      const start: number = offset ?? 0;
      const end = offset === undefined ? 0 : Math.min(parcel.size, start + pace);
      const piece = end > start ? await parcel.read(start, end).catch(() => undefined) : undefined;
      if (end > start && piece === undefined) return { kind: 'refused', refusal: { reason: 'lost-file' } };
      if (aborted) return broken();
      const before = performance.now();
      const answer = await ask(place, start, piece);
      if (answer.status === 0) return broken();
      if (answer.status < 300 && place === undefined) place = answer.header('Location') ?? undefined;
      const image = readImage(answer);
      if (image !== undefined) {
        parcel.onProgress(1);
        return { kind: 'received', image };
      }
      const next = Number(answer.header('Upload-Offset') ?? Number.NaN);
      if (answer.status < 300 && place !== undefined && Number.isInteger(next)) {
        if (piece !== undefined && next === end) learn(end - start, performance.now() - before);
        // The same place again means that these bytes did not count.
        if (next === offset) disagreements++;
        offset = next;
        continue;
      }
      if (!hasLostItsPlace(answer)) return judge(answer);
      // Beginning again under the same name answers how far it is.
      place = undefined;
      offset = undefined;
      disagreements++;
    }
    return broken();
  }

  /** Begins the upload, or asks how far it is, or sends a piece. Over POST, which every network lets through. */
  function ask(place: string | undefined, start: number, piece: Blob | undefined): Promise<Answer> {
    const xhr = new XMLHttpRequest();
    request = xhr;
    return new Promise((resolve) => {
      let watchdog: ReturnType<typeof setTimeout>;
      const watch = (limit: number): void => {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => xhr.abort(), limit);
      };
      xhr.upload.onprogress = (event) => {
        watch(stallMs);
        parcel.onProgress(Math.min(0.99, (start + event.loaded) / parcel.size));
      };
      xhr.upload.onload = () => {
        watch(answerMs);
        if (piece !== undefined && start + piece.size === parcel.size) parcel.onProgress(1);
      };
      xhr.onloadend = () => {
        clearTimeout(watchdog);
        resolve({
          status: xhr.status,
          header: (name) => xhr.getResponseHeader(name),
          body: readBody(xhr.responseText),
        });
      };
      xhr.open('POST', place ?? parcel.url);
      const headers =
        place === undefined
          ? creation(parcel)
          : { 'X-HTTP-Method-Override': 'PATCH', 'Upload-Offset': String(start) };
      for (const [name, value] of Object.entries({ ...common(parcel), ...headers }))
        xhr.setRequestHeader(name, value);
      if (piece !== undefined) xhr.setRequestHeader('Content-Type', 'application/offset+octet-stream');
      watch(stallMs);
      xhr.send(piece ?? null);
    });
  }

  function judge(answer: Answer): SendResult {
    const after = parseRetryAfter(answer.header('retry-after'), Date.now());
    return judgeAnswer(answer.status, answer.body, parcel.size, after);
  }

  return {
    result: run(),
    abort() {
      aborted = true;
      request?.abort();
    },
  };
}

/** No refusal of the photo: it is at another place by now, was forgotten meanwhile, or was damaged on the way. */
function hasLostItsPlace({ status, body }: Answer): boolean {
  if (status === 409) return body.code === 'CONFLICT';
  if (status === 404) return /upload/i.test(String(body.message));
  return status === 460;
}

/** The result of a photo, and nothing else: a café's sign-in page is none. */
function readImage({ status, body }: Answer): ImageResult | undefined {
  const isImage =
    (status === 200 || status === 201) && typeof body.id === 'string' && typeof body.size_bytes === 'number';
  return isImage ? (body as unknown as ImageResult) : undefined;
}

function common({ password, sealed }: Parcel): Record<string, string> {
  return {
    'Tus-Resumable': '1.0.0',
    Prefer: 'return=representation',
    // Header values are Latin-1; percent-encoded UTF-8 carries any password.
    ...(password === undefined ? {} : { 'x-session-password': encodeURIComponent(password) }),
    ...(sealed ? { 'x-aptr-encrypted': 'e2e' } : {}),
  };
}

function creation({ size, id, filename, source, hash }: Parcel): Record<string, string> {
  const members = { id, filename, source, ...(hash === undefined ? {} : { sha256: hash }) };
  const metadata = Object.entries(members).map(([name, value]) => `${name} ${base64(value)}`);
  return { 'Upload-Length': String(size), 'Upload-Metadata': metadata.join(',') };
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function readBody(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
