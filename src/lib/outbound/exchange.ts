/** One request and its answer on an open connection: streams the body, keeps the beginning of the answer. */
import http from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OutboundError, type OutboundRequest } from '../outbound.ts';
import { elapsedSince, type Progress } from './connect.ts';
import { describeFailure, errorCode } from './failures.ts';
import { type Lane, LaneAgent } from './lane.ts';

export interface Exchange {
  method: string;
  host: string;
  path: string;
  /** Names and values in turns: Node writes such a list as it is. */
  headers: string[];
  body: OutboundRequest['body'];
  maxResponseBytes: number;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  truncated: boolean;
}

/** A failure of the connection, before it is known whether it may be tried on another one. */
export class ExchangeError extends OutboundError {
  /** Whether a single byte of an answer arrived on this connection during this request. */
  readonly answered: boolean;
  constructor(stage: OutboundError['stage'], code: string, host: string, answered: boolean, cause: unknown) {
    super(stage, code, describeFailure(stage, code, host), { cause });
    this.answered = answered;
  }
}

/** A longer (or unknown) rest of an answer is not read to save the connection: opening a new one is cheaper. */
const drainAtMost = 65_536;

/** A request that is on its way already. */
export interface Began {
  /** In place of the lane's socket. */
  wire: Duplex;
  /** When, on the clock of `performance`. */
  started: number;
  /** All of it has gone out. */
  sent: boolean;
}

/** Resolves with any answer; rejects with ExchangeError, or with the signal's reason. */
export async function exchange(
  lane: Lane,
  work: Exchange,
  progress: Progress,
  signal: AbortSignal,
  began?: Began,
): Promise<Answer> {
  return await new Conversation(lane, work, progress, signal, began).hold();
}

class Conversation {
  readonly #lane: Lane;
  readonly #wire: Duplex;
  /** Bytes that the connection had read before the answer; less than none when the answer has begun. */
  readonly #bytesBefore: number;
  readonly #started: number;
  readonly #work: Exchange;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  readonly #request: http.ClientRequest;
  readonly #outcome = Promise.withResolvers<Answer>();
  #sent: boolean;
  #settled = false;
  #answer: AnswerReader | null = null;

  constructor(lane: Lane, work: Exchange, progress: Progress, signal: AbortSignal, began?: Began) {
    lane.leave();
    const { socket } = lane.open;
    this.#lane = lane;
    this.#wire = began?.wire ?? socket;
    this.#bytesBefore = began ? -1 : socket.bytesRead;
    this.#started = began?.started ?? performance.now();
    this.#sent = began?.sent ?? false;
    this.#work = work;
    this.#progress = progress;
    this.#signal = signal;
    const { method, path, headers, host } = work;
    const agent = began ? new LaneAgent(began.wire) : lane.agent;
    this.#request = http.request({ agent, method, path, headers, host, setHost: false });
  }

  hold(): Promise<Answer> {
    this.#progress.stage = this.#sent ? 'headers' : 'send';
    this.#request
      .on('error', this.#onLost)
      .on('close', () => this.#onLost({ code: 'ECONNRESET' }))
      .on('finish', this.#onSent)
      .on('response', this.#onResponse);
    this.#signal.addEventListener('abort', this.#onAbort, { once: true });
    if (this.#signal.aborted) this.#onAbort();
    else send(this.#request, this.#wire, this.#work.body, this.#isPointless).catch(this.#onUnsendable);
    return this.#outcome.promise;
  }

  /** Whether nobody waits for the rest of the body any more. */
  readonly #isPointless = () => this.#settled || (this.#answer !== null && this.#answer.status >= 300);

  readonly #onSent = () => {
    this.#sent = true;
    if (this.#answer) this.#progress.stage = 'body';
    else if (this.#progress.stage === 'send') this.#progress.stage = 'headers';
    if (this.#answer?.ended) this.#finish();
  };

  readonly #onResponse = (response: http.IncomingMessage) => {
    this.#progress.phases.firstByte = elapsedSince(this.#started);
    this.#lane.keepAlive = response.headers['keep-alive']?.toString();
    if (this.#sent) this.#progress.stage = 'body';
    this.#answer = readAnswer(response, this.#work.maxResponseBytes, (event, cause) => {
      if (event === 'broken') this.#breakOff(cause);
      // A receiver that says yes early may still be reading: what is left is sent. After a no it is not.
      else if (this.#sent || response.statusCode! >= 300 || event === 'enough') this.#finish();
    });
  };

  /** While an answer is coming in, it says itself how it ends: the last of it may still be on its way to us. */
  readonly #onLost = (cause: unknown) => {
    // Every request is closed in the end; most have been answered by then.
    if (this.#settled) return;
    if (!this.#answer || this.#answer.ended) this.#breakOff(cause);
  };

  readonly #onAbort = () => {
    // Everything that is kept of the answer has arrived; only the rest was late.
    if (this.#answer?.full && this.#sent) this.#finish();
    else this.#reject(this.#signal.reason);
  };

  readonly #onUnsendable = (error: unknown) => {
    if (!(error instanceof BodyError)) return this.#breakOff(error);
    this.#reject(new ExchangeError('send', error.code, this.#work.host, true, error.cause));
  };

  #breakOff(cause: unknown): void {
    // An answer that came before everything was sent is the answer, even when the connection broke over it.
    if (this.#answer && !this.#sent) {
      this.#finish();
      return;
    }
    const answered = this.#lane.open.socket.bytesRead > this.#bytesBefore;
    const stage = this.#answer ? 'body' : this.#progress.stage;
    this.#reject(new ExchangeError(stage, errorCode(cause), this.#work.host, answered, cause));
  }

  #finish(): void {
    if (!this.#settle()) return;
    const answer = this.#answer!;
    if (!this.#sent || !answer.ended) this.#request.destroy();
    this.#outcome.resolve(answer.take());
  }

  #reject(error: unknown): void {
    if (!this.#settle()) return;
    this.#request.destroy();
    this.#outcome.reject(error);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

interface AnswerReader {
  status: number;
  /** As much as is kept has arrived. */
  full: boolean;
  ended: boolean;
  take(): Answer;
}

function readAnswer(
  response: http.IncomingMessage,
  limit: number,
  report: (event: 'ended' | 'enough' | 'broken', cause?: unknown) => void,
): AnswerReader {
  const chunks: Buffer[] = [];
  let kept = 0;
  let dropped = 0;
  let cut = false;
  const reader: AnswerReader = {
    status: response.statusCode ?? 0,
    full: false,
    ended: false,
    take: () => ({
      status: reader.status,
      headers: flatten(response.headers),
      body: Buffer.concat(chunks),
      truncated: dropped > 0 || cut,
    }),
  };
  response.on('data', (chunk: Buffer) => {
    const room = limit - kept;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    kept += Math.min(room, chunk.length);
    dropped += Math.max(0, chunk.length - room);
    if (dropped === 0) return;
    reader.full = true;
    const left = Number(response.headers['content-length'] ?? Number.POSITIVE_INFINITY) - kept - dropped;
    if (left > drainAtMost) report('enough');
  });
  response.on('end', () => {
    reader.ended = true;
    report('ended');
  });
  response.on('error', (cause) => {
    cut = true;
    report('broken', cause);
  });
  response.on('close', () => {
    if (!reader.ended) report('broken', { code: 'ECONNRESET' });
  });
  return reader;
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** The source of the body failed, not the connection. */
class BodyError extends Error {
  readonly code: string;
  constructor(code: 'BODY_FAILED' | 'BODY_LENGTH', cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

async function send(
  request: http.ClientRequest,
  wire: Duplex,
  body: OutboundRequest['body'],
  isPointless: () => boolean,
): Promise<void> {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) {
    request.end(body);
    return;
  }
  // The head goes out with the first chunk; an upload that waits for its source still says hello.
  request.flushHeaders();
  let left = body.length;
  for await (const chunk of readable(body)) {
    left -= chunk.length;
    if (left < 0) throw new BodyError('BODY_LENGTH');
    // One turn of the event loop between making a chunk and writing it: an answer that came meanwhile is read
    // before a write to a closed connection can fail and take it along.
    await nextTurn();
    if (isPointless()) return;
    if (!request.write(chunk)) await drained(request, wire);
    if (isPointless()) return;
  }
  if (left !== 0) throw new BodyError('BODY_LENGTH');
  request.end();
}

async function* readable(body: { open: () => AsyncIterable<Uint8Array> }): AsyncGenerator<Uint8Array> {
  try {
    yield* body.open();
  } catch (cause) {
    throw new BodyError('BODY_FAILED', cause);
  }
}

/** Waits until more may be written, or until that no longer matters. */
function drained(request: http.ClientRequest, wire: Duplex): Promise<void> {
  if (request.destroyed) return Promise.resolve();
  return new Promise((done) => {
    const go = () => {
      wire.off('drain', go);
      request.off('close', go).off('response', go);
      done();
    };
    // Not the request's own drain: Node no longer emits that once the answer is complete.
    wire.on('drain', go);
    request.on('close', go).on('response', go);
  });
}
