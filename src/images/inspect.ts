/**
 * Looks at a picture while its bytes stream by: type, width and height, and whether the file is whole. It reads headers
 * and hops from length to length; pixels are never decoded, so that a picture which declares 400 megapixels costs
 * nothing. Bytes behind the picture's own end (motion photos, archives) are let be.
 *
 * Each format is a generator in `formats/` that asks for the bytes it wants to see; this file gives them to it.
 */
import { walkHeic } from './formats/heic.ts';
import { walkJpeg } from './formats/jpeg.ts';
import { walkPng } from './formats/png.ts';
import type { Size, Walk, Want } from './formats/walk.ts';
import { walkWebp } from './formats/webp.ts';
import { type ImageMime, SNIFF_BYTES, sniffType } from './sniff.ts';

export type Inspection =
  | { ok: true; mimeType: ImageMime; width: number; height: number }
  /**
   * `unsupported`: none of the types that we know (contract §3.1: 415). `unreadable`: of that type by its first bytes,
   * but without dimensions (400). `truncated`: the file ends before the picture does (400).
   */
  | { ok: false; problem: 'unsupported' | 'unreadable' | 'truncated'; mimeType: ImageMime | undefined };

const WALKS: Record<ImageMime, (found: (size: Size) => void) => Walk<boolean>> = {
  'image/jpeg': walkJpeg,
  'image/png': walkPng,
  'image/webp': walkWebp,
  'image/heic': walkHeic,
};

const EMPTY: Buffer = Buffer.alloc(0);

export class Inspector {
  #head = EMPTY;
  #mimeType: ImageMime | undefined;
  #size: Size | undefined;
  #walk: Walk<boolean> | undefined;
  #want: Want | undefined;
  /** Whether the walk came to the picture's own end; undefined while it is under way. */
  #whole: boolean | undefined;
  /** Bytes of a wish that lie in chunks which have gone by. */
  #kept = EMPTY;
  /** The place behind the last answer. */
  #answered = 0;
  /** Bytes seen so far. */
  #length = 0;

  /** Known from the first 256 bytes on: undefined means that no type of ours starts like this. */
  get mimeType(): ImageMime | undefined {
    return this.#mimeType;
  }

  /** True once it is certain that the bytes are of none of our types. */
  get unsupported(): boolean {
    return this.#mimeType === undefined && this.#head.length >= SNIFF_BYTES;
  }

  /** Takes the next chunk. The chunk is not kept. */
  push(chunk: Buffer): void {
    const start = this.#length;
    this.#length += chunk.length;
    if (this.#walk === undefined) {
      this.#sniff(chunk);
      return;
    }
    if (this.#whole === undefined) this.#serve(chunk, start);
  }

  /** Says what the picture is, after the last chunk. */
  finish(): Inspection {
    if (this.#walk === undefined) this.#start();
    const mimeType = this.#mimeType;
    if (mimeType === undefined) return { ok: false, problem: 'unsupported', mimeType };
    const { width, height } = this.#size ?? { width: 0, height: 0 };
    if (width * height === 0 || this.#whole === false) return { ok: false, problem: 'unreadable', mimeType };
    const endsHere = this.#want?.mayEnd === true && this.#want.from === this.#length;
    if (this.#whole === undefined && !endsHere) return { ok: false, problem: 'truncated', mimeType };
    return { ok: true, mimeType, width, height };
  }

  /** The first bytes are collected until they tell the type; then the walk starts over them. */
  #sniff(chunk: Buffer): void {
    if (this.unsupported) return;
    const first = this.#head.length === 0;
    // Too few bytes to tell the type are kept, so copied.
    this.#head = first && chunk.length >= SNIFF_BYTES ? chunk : Buffer.concat([this.#head, chunk]);
    if (this.#head.length >= SNIFF_BYTES) this.#start();
  }

  #start(): void {
    const head = this.#head;
    this.#mimeType = sniffType(head);
    // Without the copy the few bytes would keep the whole chunk alive.
    this.#head = Buffer.from(head.subarray(0, SNIFF_BYTES));
    if (this.#mimeType === undefined) return;
    this.#walk = WALKS[this.#mimeType]((size) => {
      this.#size = size;
    });
    this.#advance(undefined);
    this.#serve(head, 0);
  }

  /** Grants wishes as long as this chunk holds what they ask for. `start` is the chunk's place in the file. */
  #serve(chunk: Buffer, start: number): void {
    while (this.#want !== undefined) {
      const want: Want = this.#want;
      const answer: Buffer | number | undefined =
        want.kind === 'bytes' ? this.#cut(want, chunk, start) : this.#search(want, chunk, start);
      if (answer === undefined) return;
      this.#kept = EMPTY;
      this.#answered = typeof answer === 'number' ? answer : want.from + answer.length;
      this.#advance(answer);
    }
  }

  #advance(answer: Buffer | number | undefined): void {
    const step = (this.#walk as Walk<boolean>).next(answer as Buffer & number);
    this.#want = step.done === true ? undefined : step.value;
    if (step.done === true) this.#whole = step.value;
    else if (step.value.from < this.#answered) throw new Error('A walk asked for bytes that are gone');
  }

  #cut(want: Want & { kind: 'bytes' }, chunk: Buffer, start: number): Buffer | undefined {
    const from = want.from + this.#kept.length - start;
    const to = want.from + want.length - start;
    if (from >= chunk.length) return undefined;
    const here = chunk.subarray(from, Math.min(to, chunk.length));
    if (this.#kept.length === 0 && to <= chunk.length) return here;
    this.#kept = Buffer.concat([this.#kept, here]);
    return to <= chunk.length ? this.#kept : undefined;
  }

  /** The place behind the pattern, which may begin in the chunk before. */
  #search(want: Want & { kind: 'search' }, chunk: Buffer, start: number): number | undefined {
    const { pattern } = want;
    const from = Math.max(0, want.from - start);
    if (from >= chunk.length) return undefined;
    const seam = Buffer.concat([this.#kept, chunk.subarray(from, from + pattern.length - 1)]);
    const atSeam = seam.indexOf(pattern);
    if (atSeam !== -1) return start + from - this.#kept.length + atSeam + pattern.length;
    const found = chunk.indexOf(pattern, from);
    if (found !== -1) return start + found + pattern.length;
    const tail = Buffer.concat([
      this.#kept,
      chunk.subarray(Math.max(from, chunk.length - pattern.length + 1)),
    ]);
    this.#kept = tail.subarray(Math.max(0, tail.length - pattern.length + 1));
    return undefined;
  }
}
