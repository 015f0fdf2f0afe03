/**
 * HEIC (ISO/IEC 23008-12): boxes with a length. The dimensions stand in `meta` › `iprp` › `ipco` › `ispe`, one for each
 * coded picture: tiles, thumbnail and the whole, which is the largest. `meta` may come before or after the data.
 */
import { bytesAt, type Size, type Walk } from './walk.ts';

const MAX_BOXES = 20_000;
/** Content of these is boxes again; the number is where they start, counted from the end of the box's head. */
const CONTAINERS = new Map([
  ['meta', 4],
  ['iprp', 0],
  ['ipco', 0],
]);

interface Box {
  type: string;
  /** Where the content starts, and where the next box does; 0 when the box goes on to the end of the file. */
  content: number;
  next: number;
}

export function* walkHeic(found: (size: Size) => void): Walk<boolean> {
  const largest = { width: 0, height: 0 };
  let data = false;
  let at = 0;
  /** Where the outermost open container ends: before that, the file may not. */
  let reach = 0;
  for (let count = 0; count < MAX_BOXES; count++) {
    const box = yield* readBox(at, largest.width > 0 && data && at >= reach);
    // What follows a whole picture and is no box is not ours to judge.
    if (box === undefined) return largest.width > 0 && data;
    if (box.type === 'mdat' || box.type === 'idat') data = true;
    if (box.next === 0) return largest.width > 0 && data;
    const inside = CONTAINERS.get(box.type);
    if (inside !== undefined) reach = Math.max(reach, box.next);
    at = inside === undefined ? box.next : box.content + inside;
    if (box.type === 'ispe') {
      const size = yield* bytesAt(box.content + 4, 8);
      grow(largest, size.readUInt32BE(0), size.readUInt32BE(4));
      if (largest.width > 0) found({ ...largest });
      at = Math.max(at, box.content + 12);
    }
  }
  return false;
}

function grow(largest: Size, width: number, height: number): void {
  if (width * height <= largest.width * largest.height) return;
  largest.width = width;
  largest.height = height;
}

/** Undefined when there is no box here: its type is not four printable characters, or it is shorter than its head. */
function* readBox(at: number, mayEnd: boolean): Walk<Box | undefined> {
  const head = yield* bytesAt(at, 8, mayEnd);
  const type = head.toString('latin1', 4, 8);
  if (!/^[ -~]{4}$/.test(type)) return undefined;
  const length = head.readUInt32BE(0);
  if (length === 0) return { type, content: at + 8, next: 0 };
  if (length === 1) {
    const long = Number((yield* bytesAt(at + 8, 8)).readBigUInt64BE(0));
    return long < 16 ? undefined : { type, content: at + 16, next: at + long };
  }
  return length < 8 ? undefined : { type, content: at + 8, next: at + length };
}
