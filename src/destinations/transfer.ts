/**
 * Sending photos over HTTP: what the kinds that upload to a web service share. Bodies that are hashed while they are
 * sent, a watch over the road, and the words for failures.
 */
import { createHash, type Hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRetryAfter } from '../lib/outbound/answers.ts';
import {
  type Outbound,
  OutboundError,
  type OutboundRequest,
  type OutboundResponse,
} from '../lib/outbound.ts';
import {
  type CheckStep,
  type DeliverableImage,
  DeliveryError,
  type DeliveryErrorDetails,
} from './destination.ts';

/** A failure that knows which step of a connection test it belongs to, and keeps its advice apart. */
export class TransferError extends DeliveryError {
  readonly step: CheckStep['step'];
  /** What happened. */
  readonly says: string;
  /** What a person can do. */
  readonly advice: string;

  constructor(
    step: CheckStep['step'],
    says: string,
    advice: string,
    details: DeliveryErrorDetails,
    message = `${says} ${advice}`,
  ) {
    super(message, details);
    this.step = step;
    this.says = says;
    this.advice = advice;
  }
}

export interface TransferLimits {
  /** Milliseconds that opening a connection may take: finding the name, connecting, TLS. */
  openMs: number;
  /** Milliseconds that may pass without the other side taking a single byte. */
  idleMs: number;
  /** Milliseconds from the last byte sent to the whole answer. */
  answerMs: number;
}

const patient: TransferLimits = { openMs: 20_000, idleMs: 30_000, answerMs: 120_000 };
/** A photo may take long on a slow road; what ends a transfer is that nothing moves. */
const longestMs = 3_600_000;

/**
 * Sends a request, however long it takes while bytes move. Any status is an answer. Throws TransferError `retry` when
 * there is none, `cancelled` when `signal` stopped it; what reading the stored photo throws passes as it is.
 */
export async function transfer(
  outbound: Outbound,
  request: Omit<OutboundRequest, 'deadlineMs' | 'openWithinMs' | 'signal'>,
  signal: AbortSignal,
  own: Partial<TransferLimits> = {},
): Promise<OutboundResponse> {
  if (signal.aborted) throw stopped();
  const limits = { ...patient, ...own };
  const watch = new Watch(limits);
  try {
    return await outbound.request({
      ...request,
      body: watch.body(request.body),
      deadlineMs: longestMs,
      openWithinMs: limits.openMs,
      signal: AbortSignal.any([signal, watch.signal]),
    });
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    if (signal.aborted) throw stopped(error);
    if (error.code === 'BODY_FAILED' && error.cause instanceof Error) throw error.cause;
    throw watch.signal.aborted ? watch.failure(request.url, error) : failureWithoutAnswer(error);
  } finally {
    watch.end();
  }
}

/** Aborts when the other side takes nothing for too long, or does not answer. */
class Watch {
  readonly #controller = new AbortController();
  readonly #limits: TransferLimits;
  #timer: NodeJS.Timeout | undefined;
  #sending = false;

  constructor(limits: TransferLimits) {
    this.#limits = limits;
    this.#restart(limits.answerMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  body(body: OutboundRequest['body']): OutboundRequest['body'] {
    if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body;
    return { length: body.length, open: () => this.#watched(body.open()) };
  }

  async *#watched(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.#sending = true;
    for await (const piece of pieces) {
      this.#restart(this.#limits.idleMs);
      yield piece;
    }
    this.#sending = false;
    this.#restart(this.#limits.answerMs);
  }

  failure(url: string, cause: OutboundError): TransferError {
    const { host } = new URL(url);
    const { idleMs, answerMs } = this.#limits;
    const says = this.#sending
      ? `${host} took no data for ${idleMs / 1_000} s.`
      : `${host} did not answer within ${answerMs / 1_000} s.`;
    return noAnswer(cause, 'write', says, adviceOfStep.write, 'retry');
  }

  #restart(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

const adviceOfStep = {
  settings: 'Choose another address, or ask the operator.',
  resolve: 'Check the host name.',
  connect: 'Check the address, the port and the firewall.',
  tls: 'Check its certificate, or give its CA in the settings.',
  write: 'It will be tried again. If it stays, look at the server and the network between.',
} as const;

const stepOfStage: Record<OutboundError['stage'], keyof typeof adviceOfStep> = {
  guard: 'settings',
  resolve: 'resolve',
  connect: 'connect',
  tls: 'tls',
  send: 'write',
  headers: 'write',
  body: 'write',
  aborted: 'write',
};

/** No answer at all: worth another try, unless it was us who stopped. */
export function failureWithoutAnswer(error: OutboundError): TransferError {
  if (error.stage === 'aborted') return stopped(error);
  const step = stepOfStage[error.stage];
  const early =
    error.stage === 'send'
      ? ' A server that refuses early ends like this, too; the connection test says more.'
      : '';
  return noAnswer(error, step, error.message + early, adviceOfStep[step], 'retry');
}

function noAnswer(
  { phases, address, cause }: OutboundError,
  step: CheckStep['step'],
  says: string,
  advice: string,
  fate: 'retry' | 'cancelled',
): TransferError {
  // The sentences of the outbound client say what to do where that is known.
  return new TransferError(step, says, advice, { fate, phases, address, cause }, says);
}

/** For what ends because the process does. */
export function stopped(cause?: unknown): TransferError {
  const says = 'Stopped in the middle of the delivery; it goes on later.';
  const phases = cause instanceof OutboundError ? cause.phases : null;
  return new TransferError('write', says, 'Nothing needs to be done.', { fate: 'cancelled', phases, cause });
}

/** The details of a failure that was answered. `excerpt` is what may be shown of the answer. */
export function detailsOf(
  answer: OutboundResponse,
  fate: DeliveryErrorDetails['fate'],
  excerpt: string | null,
  now: number,
): DeliveryErrorDetails {
  const { status, phases, address } = answer;
  return {
    fate,
    status,
    phases,
    address,
    excerpt,
    retryAfter: readRetryAfter(answer.headers['retry-after'], now),
  };
}

export interface HashedBody {
  length: number;
  open(): AsyncIterable<Buffer>;
  /** MD5 of what was sent last; for comparing with what the other side computed. */
  md5(): Buffer;
}

/**
 * A photo as a body, from byte `from` on. Its last piece is only given away when everything before it was what was
 * received, so that a photo that was damaged in storage never becomes a complete file elsewhere. The hash is always
 * that of the whole photo.
 */
export function wholeBody(image: DeliverableImage, from = 0): HashedBody {
  let digest = Buffer.alloc(0);
  return {
    length: image.sizeBytes - from,
    md5: () => digest,
    open: async function* () {
      const md5 = createHash('md5');
      const check = createIntegrityCheck(image);
      let held: Buffer | undefined;
      let skip = from;
      for await (const piece of (await image.open()) as AsyncIterable<Buffer>) {
        if (held) yield held;
        md5.update(piece);
        check.update(piece);
        held = skip < piece.length ? piece.subarray(skip) : undefined;
        skip = Math.max(0, skip - piece.length);
      }
      check.end();
      digest = md5.digest();
      if (held) yield held;
    },
  };
}

/** A photo as it is stored, with nobody looking at it but the other side, which must refuse bytes of another hash. */
export function storedBody(image: DeliverableImage): Omit<HashedBody, 'md5'> {
  return {
    length: image.sizeBytes,
    open: async function* () {
      let left = image.sizeBytes;
      for await (const piece of (await image.open()) as AsyncIterable<Buffer>) {
        left -= piece.length;
        if (left < 0) break;
        yield piece;
      }
      if (left !== 0) throw damaged(`${image.sizeBytes - left} of ${image.sizeBytes} bytes`);
    },
  };
}

/** Reads the stored photo through. Throws DeliveryError `retry` when it is not what was received. */
export async function assertStored(image: DeliverableImage): Promise<void> {
  for await (const _ of wholeBody(image).open());
}

export interface Part {
  /** 0-based. */
  number: number;
  length: number;
  /** Both lower-case hex. */
  sha256: string;
  md5: string;
  open(): AsyncIterable<Buffer>;
}

/**
 * A photo in parts of `partBytes`, in their order. Each is read twice, for its hashes and for sending: that is what
 * lets the other side check every part, and no part be held in memory. Before the last part is given, the whole photo
 * has been compared with what was received. `watch` sees every byte once.
 */
export async function* partsOf(
  image: DeliverableImage,
  partBytes: number,
  watch?: (piece: Buffer) => void,
): AsyncGenerator<Part> {
  const check = createIntegrityCheck(image);
  for (let start = 0, number = 0; start < image.sizeBytes; start += partBytes, number++) {
    const range = { start, end: Math.min(start + partBytes, image.sizeBytes) - 1 };
    const hashes = [createHash('sha256'), createHash('md5')] as [Hash, Hash];
    for await (const piece of (await image.open(range)) as AsyncIterable<Buffer>) {
      for (const hash of [...hashes, check]) hash.update(piece);
      watch?.(piece);
    }
    if (range.end === image.sizeBytes - 1) check.end();
    const [sha256, md5] = hashes.map((hash) => hash.digest('hex')) as [string, string];
    const open = async function* (): AsyncGenerator<Buffer> {
      yield* (await image.open(range)) as AsyncIterable<Buffer>;
    };
    yield { number, length: range.end - range.start + 1, sha256, md5, open };
  }
}

function damaged(what: string): DeliveryError {
  return new DeliveryError(
    `The stored photo is not what was received: ${what}. Nothing was delivered; check the storage.`,
    { fate: 'retry' },
  );
}

function createIntegrityCheck(image: DeliverableImage): { update(piece: Buffer): void; end(): void } {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    update(piece) {
      hash.update(piece);
      bytes += piece.length;
    },
    end() {
      const right = hash.digest('hex') === image.sha256;
      if (right && bytes === image.sizeBytes) return;
      const checksum = right ? 'right' : 'wrong';
      throw damaged(`${bytes} of ${image.sizeBytes} bytes, checksum ${checksum}`);
    },
  };
}

const firstPauseMs = 250;

/**
 * Tries a step of a longer upload up to three times, with a pause between, so that one bad moment does not cost what
 * was sent before. Only failures without an answer and 408, 429 and 5xx are worth that, and only short pauses.
 */
export async function persistently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3 || !isPassing(error)) throw error;
      const wait = Math.max(firstPauseMs * 3 ** (attempt - 1), (error.retryAfter ?? 0) * 1_000);
      await sleep(wait, undefined, { signal }).catch(() => {
        throw stopped();
      });
    }
  }
}

function isPassing(error: unknown): error is TransferError {
  if (!(error instanceof TransferError) || error.fate !== 'retry') return false;
  if ((error.retryAfter ?? 0) > 5) return false;
  if (error.status === null) return error.step === 'write' || error.step === 'connect';
  return error.status >= 500 || error.status === 408 || error.status === 429;
}
