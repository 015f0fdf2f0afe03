/**
 * A small request and its answer, without the machinery of Node's client: the request is one write, and the answer that comes
 * whole in one piece is read at once (plain-answer.ts). That is a fifth of the price. An answer of any other kind is handed
 * to Node's client with what has arrived of it.
 */
import { Duplex } from 'node:stream';
import { elapsedSince, type Progress } from './connect.ts';
import { type Answer, type Exchange, ExchangeError, exchange } from './exchange.ts';
import { errorCode } from './failures.ts';
import type { Ears, Lane } from './lane.ts';
import { readPlainAnswer } from './plain-answer.ts';

/** A longer body may not leave in one write. Characters, where it is a string. */
const longestBody = 65_536;

type BriefExchange = Exchange & { body: string | Buffer };

/** Whether a request can be made this way: its body is here, and small. */
export function isBrief(work: Exchange): work is BriefExchange {
  const { method, body } = work;
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) return false;
  return body.length <= longestBody && method !== 'HEAD' && method !== 'CONNECT';
}

/** Like `exchange`. */
export function exchangeBriefly(
  lane: Lane,
  work: BriefExchange,
  progress: Progress,
  signal: AbortSignal,
): Promise<Answer> {
  return new BriefConversation(lane, work, progress, signal).hold();
}

class BriefConversation implements Ears {
  readonly #lane: Lane;
  readonly #work: BriefExchange;
  readonly #progress: Progress;
  readonly #signal: AbortSignal;
  readonly #started = performance.now();
  readonly #outcome = Promise.withResolvers<Answer>();
  #sent = false;
  #settled = false;

  constructor(lane: Lane, work: BriefExchange, progress: Progress, signal: AbortSignal) {
    this.#lane = lane;
    this.#work = work;
    this.#progress = progress;
    this.#signal = signal;
  }

  hold(): Promise<Answer> {
    this.#progress.stage = 'send';
    if (this.#signal.aborted) this.#onAbort();
    else {
      this.#signal.addEventListener('abort', this.#onAbort, { once: true });
      this.#lane.listen(this);
      this.#send();
    }
    return this.#outcome.promise;
  }

  #send(): void {
    const { socket } = this.#lane.open;
    const { body } = this.#work;
    const head = headOf(this.#work);
    if (typeof body === 'string') {
      socket.write(head + body, this.#onSent);
      return;
    }
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body, this.#onSent);
    socket.uncork();
  }

  /** A failure is told by the socket itself. */
  readonly #onSent = (error?: Error | null): void => {
    if (error || this.#settled) return;
    this.#sent = true;
    if (this.#progress.stage === 'send') this.#progress.stage = 'headers';
  };

  heard(chunk: Buffer): void {
    const answer = this.#sent ? readPlainAnswer(chunk, this.#work.maxResponseBytes) : undefined;
    if (!this.#settle()) return;
    if (answer === undefined) {
      this.#handOver(chunk);
      return;
    }
    this.#progress.phases.firstByte = elapsedSince(this.#started);
    const { status, headers, body } = answer;
    this.#lane.keepAlive = headers['keep-alive'];
    this.#lane.free();
    this.#outcome.resolve({ status, headers, body, truncated: false });
  }

  /** Node's client believes that it sends the request and that this is the beginning of the answer. */
  #handOver(chunk: Buffer): void {
    const began = { wire: new Replay(this.#lane, chunk), started: this.#started, sent: this.#sent };
    exchange(this.#lane, this.#work, this.#progress, this.#signal, began).then(
      this.#outcome.resolve,
      this.#outcome.reject,
    );
  }

  lost(cause: unknown): void {
    const { stage } = this.#progress;
    this.#reject(new ExchangeError(stage, errorCode(cause), this.#work.host, false, cause));
  }

  readonly #onAbort = (): void => this.#reject(this.#signal.reason);

  #reject(error: unknown): void {
    if (!this.#settle()) return;
    this.#lane.open.socket.destroy();
    this.#outcome.reject(error);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

function headOf({ method, path, headers }: Exchange): string {
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  return `${head}Connection: keep-alive\r\n\r\n`;
}

/** A connection whose request has been sent, with the beginning of the answer to be read once more. */
class Replay extends Duplex {
  readonly #lane: Lane;

  constructor(lane: Lane, beginning: Buffer) {
    super({ allowHalfOpen: false });
    this.#lane = lane;
    lane.leave();
    // Node's client hears of it as long as it waits for the answer; afterwards it is nobody's failure.
    this.on('error', () => {});
    const { socket } = lane.open;
    socket
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', this.#onError)
      .on('close', this.#onClose);
    this.once('free', () => {
      this.#letGo();
      lane.free();
    });
    this.push(beginning);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#lane.open.socket.pause();
  };
  readonly #onEnd = (): void => {
    this.push(null);
  };
  readonly #onError = (error: Error): void => {
    this.destroy(error);
  };
  readonly #onClose = (): void => {
    this.destroy();
  };

  #letGo(): void {
    this.#lane.open.socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('error', this.#onError)
      .off('close', this.#onClose);
  }

  override _read(): void {
    this.#lane.open.socket.resume();
  }

  /** The same bytes have gone out already. */
  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }

  /** What Node calls when the server keeps the connection no longer. */
  destroySoon(): void {
    this.destroy();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#letGo();
    this.#lane.open.socket.destroy();
    done(error);
  }
}
