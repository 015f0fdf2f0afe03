/**
 * Writes the chunks of a photo to a file, many at a time, while the next ones arrive.
 *
 * The chunks are copied into blocks that are used again and again. The copy is cheap; keeping the chunks themselves until
 * the disk has them is not, because they then outlive the young generation and the collector has to walk the whole heap
 * to be rid of them.
 */
import type { FileHandle } from 'node:fs/promises';
import { asStorageError } from './file-errors.ts';

const BLOCK_BYTES = 65_536;
/** Blocks written at a time: the more, the cheaper, and the more memory a photo takes while it arrives. */
const LARGEST_BATCH = 4;
/** Blocks of all photos under way together; when many arrive at once, their batches shrink. 16 MB. */
const BUDGET = 256;
/** Blocks kept for the next photos; a burst's others go back to the system. 6 MB. */
const KEPT = 96;

/** The blocks of one storage. */
export class BlockPool {
  readonly #free: Buffer[] = [];
  readonly #held: number;
  #taken = 0;
  /** Photos that are being written. */
  sinks = 0;

  /** `heldBytes`: as long as photos take no more than that together, they are collected whole and nothing is written. */
  constructor({ heldBytes = 0 } = {}) {
    this.#held = heldBytes / BLOCK_BYTES;
  }

  /** How many blocks a photo may collect before it writes them; as many again may be on their way to the disk. */
  get batch(): number {
    if (this.#taken < this.#held) return Number.POSITIVE_INFINITY;
    return Math.max(1, Math.min(LARGEST_BATCH, Math.floor(BUDGET / 2 / Math.max(1, this.sinks))));
  }

  take(): Buffer {
    this.#taken += 1;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  giveBack(blocks: Buffer[]): void {
    this.#taken -= blocks.length;
    const most = Math.max(KEPT, this.#held / 2);
    for (const block of blocks) if (this.#free.length < most) this.#free.push(block);
  }
}

/** One file. Every method throws StorageFullError when the disk is full, also for what was written before. */
export class FileSink {
  readonly #pool: BlockPool;
  readonly #open: () => Promise<FileHandle>;
  #handle: FileHandle | undefined;
  #blocks: Buffer[] = [];
  /** Bytes in the last of the blocks. */
  #filled = BLOCK_BYTES;
  #writing: Promise<void> = Promise.resolve();
  #flushed = false;
  #ended = false;

  /** `open` makes the file, when the first bytes are written: a small upload that is refused never touches the disk. */
  constructor(pool: BlockPool, open: () => Promise<FileHandle>) {
    this.#pool = pool;
    this.#open = open;
    pool.sinks += 1;
  }

  /** Takes the bytes; the chunk is free afterwards. Waits only while the disk is behind. */
  async write(chunk: Buffer): Promise<void> {
    for (let at = this.#fill(chunk, 0); this.#isFull(); at = this.#fill(chunk, at)) {
      await this.#writing;
      this.#flush();
    }
  }

  /** All that was taken, as long as none of it had to be written: it is there until `end`. */
  collected(): Buffer[] | undefined {
    return this.#flushed ? undefined : this.#trimmed();
  }

  /** Writes what has been collected, and gives the open file; more may follow. */
  async drain(): Promise<FileHandle> {
    await this.#writing;
    this.#flush();
    await this.#writing;
    return this.#file();
  }

  /** Closes the file and gives the blocks back; again, it does nothing. Never throws. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#pool.sinks -= 1;
    await this.#writing.catch(() => undefined);
    this.#pool.giveBack(this.#blocks);
    this.#blocks = [];
    // What had to last has been synced before; then a failure to close loses nothing.
    await this.#handle?.close().catch(() => undefined);
  }

  #isFull(): boolean {
    return this.#filled === BLOCK_BYTES && this.#blocks.length >= this.#pool.batch;
  }

  /** Copies from `chunk`, beginning at `at`, until it ends or the batch is full. Gives the place reached. */
  #fill(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && !this.#isFull()) {
      if (this.#filled === BLOCK_BYTES) {
        this.#blocks.push(this.#pool.take());
        this.#filled = 0;
      }
      const copied = chunk.copy(this.#blocks.at(-1)!, this.#filled, at);
      this.#filled += copied;
      at += copied;
    }
    return at;
  }

  /** Starts writing what has been collected. Called only when nothing is being written. */
  #flush(): void {
    if (this.#blocks.length === 0) return;
    const blocks = this.#blocks;
    const batch = this.#trimmed();
    this.#flushed = true;
    this.#blocks = [];
    this.#filled = BLOCK_BYTES;
    this.#writing = this.#writeAll(batch).finally(() => this.#pool.giveBack(blocks));
    // A failure is met by whoever waits next; until then it must not count as unhandled.
    this.#writing.catch(() => undefined);
  }

  /** The blocks, the last one as far as it is filled. */
  #trimmed(): Buffer[] {
    const last = this.#blocks.length - 1;
    return this.#blocks.map((block, index) => (index === last ? block.subarray(0, this.#filled) : block));
  }

  async #writeAll(batch: Buffer[]): Promise<void> {
    try {
      const handle = await this.#file();
      for (let left = batch; left.length > 0; ) {
        const { bytesWritten } = await handle.writev(left);
        left = behind(left, bytesWritten);
      }
    } catch (error) {
      throw asStorageError(error);
    }
  }

  async #file(): Promise<FileHandle> {
    this.#handle ??= await this.#open();
    return this.#handle;
  }
}

/** What is left to write after `written` bytes: a nearly full disk takes only a part. */
function behind(buffers: Buffer[], written: number): Buffer[] {
  let skip = written;
  const left: Buffer[] = [];
  for (const buffer of buffers) {
    if (skip < buffer.length) left.push(buffer.subarray(skip));
    skip = Math.max(0, skip - buffer.length);
  }
  return left;
}
