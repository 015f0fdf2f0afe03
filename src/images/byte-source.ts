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
  /**
   * Frees each chunk when the next one is pulled, for a stream whose chunks nobody else holds: a request's. Left to the
   * collector, every few photos' worth of chunks would make it walk the whole heap, which costs as much as receiving
   * them. Default false.
   */
  freeChunks?: boolean;
}

/** Bytes. */
const smallestFreed = 4_096;

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
  readonly #freeChunks: boolean;
  /** The chunk that was handed out last. */
  #given: Buffer | undefined;
  #waiting: Buffer | undefined;
  #wanted: Wanted | undefined;
  #ended = false;
  #error: unknown;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Readable, options: ByteSourceOptions = {}) {
    this.#stream = stream;
    this.#idleMs = options.idleMs ?? 30_000;
    this.#freeChunks = options.freeChunks ?? false;
    if (stream.errored !== null) this.#error = cutOff(stream.errored);
    else if (stream.readableEnded) this.#ended = true;
    else if (stream.destroyed) this.#error = cutOff(undefined);
    else this.#listen();
  }

  #listen(): void {
    this.#stream.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#stream.on('end', () => this.#end());
    this.#stream.on('error', (error) => this.#fail(() => cutOff(error)));
    this.#stream.on('close', () => this.#fail(() => cutOff(undefined)));
    this.#stream.pause();
  }

  /**
   * The next chunk, or undefined at the end; it may be used until the next pull. One pull at a time. Throws AppError 408
   * `REQUEST_TIMEOUT` after a silence of `idleMs`, and 400 when the connection is lost before the end.
   */
  pull(): Promise<Buffer | undefined> {
    this.#free();
    const chunk = this.#waiting;
    if (chunk !== undefined) {
      this.#waiting = undefined;
      this.#given = chunk;
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

  /** A chunk that is a part of a larger buffer is not ours alone, and a small one is not worth it. */
  #free(): void {
    const chunk = this.#given;
    this.#given = undefined;
    if (!this.#freeChunks || chunk === undefined || chunk.length < smallestFreed) return;
    if (chunk.length === chunk.buffer.byteLength) (chunk.buffer as ArrayBuffer).transfer(0);
  }

  #take(chunk: Buffer): void {
    const wanted = this.#wanted;
    if (wanted === undefined) {
      this.#waiting = this.#waiting === undefined ? chunk : Buffer.concat([this.#waiting, chunk]);
      this.#stream.pause();
      return;
    }
    this.#wanted = undefined;
    this.#given = chunk;
    wanted.resolve(chunk);
  }

  #end(): void {
    this.#ended = true;
    this.#settle()?.resolve(undefined);
  }

  /** Every request ends in a close, so the error is made only where there is one. */
  #fail(makeError: () => AppError): void {
    if (this.#ended || this.#error !== undefined) return;
    const error = makeError();
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
      if (this.#wanted !== undefined) this.#fail(() => tooSilent(this.#idleMs));
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
