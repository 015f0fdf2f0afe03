/** A stored file on its way out. */
import { Readable } from 'node:stream';
import { closeFile, type Descriptor, readAt, sizeOf } from '../lib/descriptors.ts';

/** Each block wakes a thread of the pool, which costs more than the copying. */
const blockBytes = 524_288;

/**
 * A stream like any other. Whoever iterates over it gets the blocks without what a stream does around each of them,
 * half a millisecond of processor time for a photo of 1 MB, and the next block is read meanwhile.
 */
export class StoredFile extends Readable {
  readonly #file: Descriptor;
  #at: number;
  /** Where it ends, exclusive. */
  readonly #end: number;
  #reading: Promise<Buffer | null> | undefined;

  /** Closes the file in the end. `range` is inclusive. */
  constructor(
    file: Descriptor,
    { start, end }: { start: number; end: number } = { start: 0, end: Infinity },
  ) {
    super({ highWaterMark: blockBytes });
    this.#file = file;
    this.#at = start;
    this.#end = Math.min(end + 1, sizeOf(file));
  }

  override _read(): void {
    this.#read().then(
      (block) => this.push(block),
      (error) => this.destroy(error),
    );
  }

  /** A file must not be closed while somebody reads: its number may be another file's by then. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const close = (): void => {
      closeFile(this.#file);
      done(error);
    };
    if (this.#reading) this.#reading.then(close, close);
    else close();
  }

  override async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    // Whoever iterates hears of it from here.
    this.on('error', () => {});
    try {
      for (let reading = this.#read(); ; ) {
        const block = await reading;
        if (this.destroyed) throw this.errored ?? new Error('The stream was ended before its end');
        if (block === null) return;
        reading = this.#read();
        reading.catch(() => {});
        yield block;
      }
    } finally {
      this.destroy();
    }
  }

  /** Null at the end. */
  #read(): Promise<Buffer | null> {
    this.#reading = this.#readBlock().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readBlock(): Promise<Buffer | null> {
    const wanted = Math.min(blockBytes, this.#end - this.#at);
    if (wanted <= 0 || this.destroyed) return null;
    const block = Buffer.allocUnsafeSlow(wanted);
    const came = await readAt(this.#file, block, this.#at);
    this.#at += came;
    // A file that became shorter meanwhile ends here.
    return came === 0 ? null : block.subarray(0, came);
  }
}
