/** What a format asks for while its file streams by. See `../inspect.ts`. */

export interface Size {
  width: number;
  height: number;
}

/** Places are counted in bytes from the start of the file. A walk goes forward only: what has been answered is gone. */
export type Want =
  /** These bytes; `mayEnd` when the file may also end exactly there. */
  | { kind: 'bytes'; from: number; length: number; mayEnd: boolean }
  /** The place behind the next occurrence of `pattern`. */
  | { kind: 'search'; from: number; pattern: Buffer; mayEnd: false };

/** Returns true at the picture's own end, false when the file is not what its first bytes said. */
export type Walk<Result> = Generator<Want, Result, Buffer & number>;

export function* bytesAt(from: number, length: number, mayEnd = false): Walk<Buffer> {
  return yield { kind: 'bytes', from, length, mayEnd };
}

export function* searchFrom(from: number, pattern: Buffer): Walk<number> {
  return yield { kind: 'search', from, pattern, mayEnd: false };
}
