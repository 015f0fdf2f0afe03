/**
 * The hash that OneDrive names for every file: each byte is XORed into 160 bits, 11 bits further than the one before,
 * and the length into the end. learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash
 */
const widthBits = 160;
const widthBytes = widthBits / 8;
const shift = 11;

export class QuickXorHash {
  /** 11 and 160 share no factor, so after 160 bytes the positions come round again: equal ones are joined first. */
  readonly #lanes = new Uint8Array(widthBits);
  #length = 0;

  update(chunk: Uint8Array): void {
    let lane = this.#length % widthBits;
    for (let at = 0; at < chunk.length; at++) {
      this.#lanes[lane]! ^= chunk[at]!;
      if (++lane === widthBits) lane = 0;
    }
    this.#length += chunk.length;
  }

  /** Base64, as the service writes it. */
  digest(): string {
    const sum = Buffer.alloc(widthBytes);
    for (const [lane, byte] of this.#lanes.entries()) {
      const bit = (lane * shift) % widthBits;
      const at = bit >> 3;
      const spread = byte << (bit & 7);
      sum[at]! ^= spread & 0xff;
      sum[(at + 1) % widthBytes]! ^= spread >> 8;
    }
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(this.#length));
    for (const [at, byte] of length.entries()) sum[widthBytes - 8 + at]! ^= byte;
    return sum.toString('base64');
  }
}
