/**
 * A request body, pulled one chunk at a time. Reading stops when nobody pulls (at most one chunk waits here), so a slow
 * disk slows the sender down instead of filling the memory; and a sender that goes silent is cut off.
 *
 * An async iterator over the stream would do the same, but it joins waiting chunks by copying them.
 */
import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';

export interface ByteSourceOptions {
  /** Longest silence while a chunk is wanted, in milliseconds. Default 30,000. */
  idleMs?: number;
}

interface Wanted {
  resolve: (chunk: Buffer | undefined) => void;
  reject: (error: unknown) => void;
}

/**
 * Takes over the stream: nobody else may read from it afterwards. It is never destroyed here, so that an answer can
 * still be sent on the same connection.
 */
export class ByteSource implements AsyncIterable<Buffer> {
  readonly #stream: Readable;
  readonly #idleMs: number;
  #waiting: Buffer | undefined;
  #wanted: Wanted | undefined;
  #ended = false;
  #error: unknown;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Readable, options: ByteSourceOptions = {}) {
    this.#stream = stream;
    this.#idleMs = options.idleMs ?? 30_000;
    if (stream.errored !== null) this.#error = cutOff(stream.errored);
    else if (stream.readableEnded) this.#ended = true;
    else if (stream.destroyed) this.#error = cutOff(undefined);
    else this.#listen();
  }

  #listen(): void {
    this.#stream.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#stream.on('end', () => this.#end());
    this.#stream.on('error', (error) => this.#fail(cutOff(error)));
    this.#stream.on('close', () => this.#fail(cutOff(undefined)));
    this.#stream.pause();
  }

  /**
   * The next chunk, or undefined at the end. One pull at a time. Throws AppError 408 `REQUEST_TIMEOUT` after a silence
   * of `idleMs`, and 400 when the connection is lost before the end.
   */
  pull(): Promise<Buffer | undefined> {
    const chunk = this.#waiting;
    if (chunk !== undefined) {
      this.#waiting = undefined;
      return Promise.resolve(chunk);
    }
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#wanted = { resolve, reject };
      this.#watch();
      this.#stream.resume();
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (let chunk = await this.pull(); chunk !== undefined; chunk = await this.pull()) yield chunk;
  }

  /**
   * Reads on and forgets, so that a client that is still sending can see the answer that it got: at most `maxBytes`
   * more, and no longer than the idle limit without a sign. Resolves to whether the end was reached; never throws.
   */
  async discard(maxBytes: number): Promise<boolean> {
    try {
      for (let left = maxBytes; left >= 0; ) {
        const chunk = await this.pull();
        if (chunk === undefined) return true;
        left -= chunk.length;
      }
    } catch {
      // The connection is gone or silent: nobody is left to read an answer.
    }
    return false;
  }

  #take(chunk: Buffer): void {
    const wanted = this.#wanted;
    if (wanted === undefined) {
      this.#waiting = this.#waiting === undefined ? chunk : Buffer.concat([this.#waiting, chunk]);
      this.#stream.pause();
      return;
    }
    this.#wanted = undefined;
    wanted.resolve(chunk);
  }

  #end(): void {
    this.#ended = true;
    this.#settle()?.resolve(undefined);
  }

  #fail(error: unknown): void {
    if (this.#ended || this.#error !== undefined) return;
    this.#error = error;
    this.#settle()?.reject(error);
  }

  #settle(): Wanted | undefined {
    clearTimeout(this.#timer);
    const wanted = this.#wanted;
    this.#wanted = undefined;
    return wanted;
  }

  /** One timer for the whole body, pushed forward at each pull: a silence counts only while a chunk is wanted. */
  #watch(): void {
    if (this.#timer !== undefined) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#wanted !== undefined) this.#fail(tooSilent(this.#idleMs));
    }, this.#idleMs).unref();
  }
}

function cutOff(cause: unknown): AppError {
  return new AppError(400, 'VALIDATION_ERROR', 'The upload broke off before its end. Send the photo again.', {
    cause,
  });
}

function tooSilent(idleMs: number): AppError {
  const seconds = Math.ceil(idleMs / 1_000);
  return new AppError(
    408,
    'REQUEST_TIMEOUT',
    `Nothing more of the upload arrived for ${seconds} seconds. Send the photo again.`,
  );
}
