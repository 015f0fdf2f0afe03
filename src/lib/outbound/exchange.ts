/** One request and its answer on an open connection: streams the body, keeps the beginning of the answer. */
import http from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OutboundError, type OutboundRequest } from '../outbound.ts';
import { elapsedSince, type Progress } from './connect.ts';
import { describeFailure, errorCode } from './failures.ts';
import type { Lane } from './pool.ts';

export interface Exchange {
  method: string;
  host: string;
  path: string;
  headers: Record<string, string>;
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

/** Resolves with any answer; rejects with ExchangeError, or with the signal's reason. */
export function exchange(
  lane: Lane,
  work: Exchange,
  progress: Progress,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((done, fail) => {
    const { socket } = lane.open;
    const bytesBefore = socket.bytesRead;
    const started = performance.now();
    let sent = false;
    let settled = false;
    let answer: AnswerReader | null = null;
    progress.stage = 'send';

    const request = http.request({
      agent: lane.agent,
      method: work.method,
      path: work.path,
      headers: work.headers,
      setHost: false,
      host: work.host,
    });

    const settle = (outcome: () => void) => {
      if (settled) return;
      settled = true;
      signal.removeEventListener('abort', onAbort);
      outcome();
    };
    const reject = (error: unknown) =>
      settle(() => {
        request.destroy();
        fail(error);
      });
    const breakOff = (cause: unknown) => {
      // An answer that came before everything was sent is the answer, even when the connection broke over it.
      if (answer && !sent) return finish();
      const answered = socket.bytesRead > bytesBefore;
      const stage = answer ? 'body' : progress.stage;
      reject(new ExchangeError(stage, errorCode(cause), work.host, answered, cause));
    };
    const finish = () =>
      settle(() => {
        if (!sent || !answer!.ended) request.destroy();
        done(answer!.take());
      });
    const onAbort = () => {
      // Everything that is kept of the answer has arrived; only the rest was late.
      if (answer?.full && sent) finish();
      else reject(signal.reason);
    };
    const onSent = () => {
      sent = true;
      if (answer) progress.stage = 'body';
      else if (progress.stage === 'send') progress.stage = 'headers';
      if (answer?.ended) finish();
    };

    // Once an answer has begun, it says itself how it ends: the last of it may still be on its way to us.
    request.on('error', (error) => answer ?? breakOff(error));
    request.on('close', () => answer ?? breakOff({ code: 'ECONNRESET' }));
    request.on('finish', onSent);
    request.on('response', (response) => {
      progress.phases.firstByte = elapsedSince(started);
      if (sent) progress.stage = 'body';
      answer = readAnswer(response, work.maxResponseBytes, (event, cause) => {
        // A receiver that says yes early may still be reading: what is left is sent. After a no it is not.
        if (event === 'broken') breakOff(cause);
        else if (sent || response.statusCode! >= 300 || event === 'enough') finish();
      });
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) return onAbort();

    const refused = () => settled || (answer !== null && answer.status >= 300);
    send(request, work, refused).catch((error: unknown) => {
      if (error instanceof BodyError)
        reject(new ExchangeError('send', error.code, work.host, true, error.cause));
      else breakOff(error);
    });
  });
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

async function send(request: http.ClientRequest, work: Exchange, refused: () => boolean): Promise<void> {
  const { body } = work;
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
    if (refused()) return;
    if (!request.write(chunk)) await drained(request);
    if (refused()) return;
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

function drained(request: http.ClientRequest): Promise<void> {
  if (request.destroyed) return Promise.resolve();
  return new Promise((done) => {
    const go = () => {
      request.off('drain', go).off('close', go).off('response', go);
      done();
    };
    request.on('drain', go).on('close', go).on('response', go);
  });
}
