/** Dropbox's hash: the SHA-256 of the SHA-256 of each 4 MiB. www.dropbox.com/developers/reference/content-hash */
import { createHash, type Hash } from 'node:crypto';

const blockBytes = 4_194_304;

export class ContentHash {
  readonly #whole = createHash('sha256');
  #block: Hash = createHash('sha256');
  #inBlock = 0;

  update(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const end = Math.min(chunk.length, at + blockBytes - this.#inBlock);
      this.#block.update(chunk.subarray(at, end));
      this.#inBlock += end - at;
      at = end;
      if (this.#inBlock === blockBytes) this.#close();
    }
  }

  /** Lower-case hex. */
  digest(): string {
    if (this.#inBlock > 0) this.#close();
    return this.#whole.digest('hex');
  }

  #close(): void {
    this.#whole.update(this.#block.digest());
    this.#block = createHash('sha256');
    this.#inBlock = 0;
  }
}
