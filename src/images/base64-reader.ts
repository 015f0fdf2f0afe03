/** Decodes base64 that arrives in pieces of any length. Takes the URL alphabet too, and skips line breaks. */
const TAKEN = /^[A-Za-z0-9+/_-]*(={0,2})$/;

export class Base64Reader {
  /** Up to three characters that wait for the rest of their group. */
  #rest = '';
  /** Behind the padding nothing may follow. */
  #padding = '';

  /** The bytes that are whole by now; undefined when this is not base64. */
  push(text: string): Buffer | undefined {
    const joined = this.#rest + text;
    // What is no letter is skipped by the decoder, so a full count of bytes means that all were letters: this saves looking
    // at each. The few behind the last group are looked at with the next piece, or at the end.
    if (this.#padding === '' && joined.length >= 4) {
      const bytes = this.#decode(joined);
      if (bytes.length === ((joined.length - this.#rest.length) / 4) * 3) return bytes;
    }
    return this.#readSlowly(joined);
  }

  /** What is left at the end; undefined when a group is not whole. */
  finish(): Buffer | undefined {
    if (this.#padding === '' && this.#readSlowly(this.#rest) === undefined) return undefined;
    const { length } = this.#rest;
    if (length === 1 || (this.#padding !== '' && (length + this.#padding.length) % 4 !== 0)) return undefined;
    return Buffer.from(this.#rest, 'base64');
  }

  /** Leaves out line breaks, sees the padding, and refuses everything else that is no letter. */
  #readSlowly(text: string): Buffer | undefined {
    const bare = text.replace(/\s+/g, '');
    const padding = TAKEN.exec(bare)?.[1];
    if (padding === undefined) return undefined;
    const letters = bare.slice(0, bare.length - padding.length);
    if (this.#padding !== '' && letters !== this.#rest) return undefined;
    this.#padding += padding;
    return this.#padding.length > 2 ? undefined : this.#decode(letters);
  }

  #decode(letters: string): Buffer {
    const whole = letters.length - (letters.length % 4);
    this.#rest = letters.slice(whole);
    return Buffer.from(whole === letters.length ? letters : letters.slice(0, whole), 'base64');
  }
}

/** A short base64 text; undefined when it is none. */
export function decodeBase64(text: string): Buffer | undefined {
  const reader = new Base64Reader();
  const start = reader.push(text);
  const end = start && reader.finish();
  return end && Buffer.concat([start, end]);
}
