/** PNG (ISO/IEC 15948): chunks with a length, from IHDR to IEND. */
import { bytesAt, type Size, type Walk } from './walk.ts';

const MAX_CHUNKS = 100_000;

export function* walkPng(found: (size: Size) => void): Walk<boolean> {
  const header = yield* bytesAt(8, 16);
  if (header.readUInt32BE(0) !== 13 || header.toString('latin1', 4, 8) !== 'IHDR') return false;
  found({ width: header.readUInt32BE(8), height: header.readUInt32BE(12) });
  let at = 33;
  for (let count = 0; count < MAX_CHUNKS; count++) {
    const head = yield* bytesAt(at, 8);
    const next = at + 12 + head.readUInt32BE(0);
    if (head.toString('latin1', 4, 8) === 'IEND') {
      yield* bytesAt(next - 1, 1);
      return true;
    }
    at = next;
  }
  return false;
}
