/** JPEG (ITU-T T.81 annex B): segments with a length, then the coded picture up to the end marker. */
import { bytesAt, type Size, searchFrom, type Walk } from './walk.ts';

/** More segments than any camera writes; an attacker's file of empty ones ends here. */
const MAX_SEGMENTS = 4_096;
const MARKER = Buffer.from([0xff]);
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/** The thumbnail inside EXIF is never met, because its segment is hopped over as a whole. */
export function* walkJpeg(found: (size: Size) => void): Walk<boolean> {
  let at = yield* toMarker(2);
  let sized = false;
  for (let count = 0; count < MAX_SEGMENTS; count++) {
    const marker = (yield* bytesAt(at, 1)).readUInt8(0);
    at += 1;
    if (marker === 0xd9) return false;
    if (marker === 0xff) continue;
    if (!standsAlone(marker)) {
      let next = at + Math.max(2, (yield* bytesAt(at, 2)).readUInt16BE(0));
      if (isFrame(marker)) {
        found(readSize(yield* bytesAt(at + 3, 4)));
        sized = true;
        next = Math.max(next, at + 7);
      }
      if (marker === 0xda) return sized && (yield* reachEnd(next));
      at = next;
    }
    at = yield* toMarker(at);
  }
  return false;
}

/** The place behind the next 0xFF. Readers of JPEG skip stray bytes between segments, and so do we. */
function* toMarker(at: number): Walk<number> {
  const byte = (yield* bytesAt(at, 1)).readUInt8(0);
  return byte === 0xff ? at + 1 : yield* searchFrom(at + 1, MARKER);
}

/** In a coded picture 0xFF is always followed by 0 or a restart number: the first end marker is the real one. */
function* reachEnd(from: number): Walk<boolean> {
  yield* searchFrom(from, END_OF_IMAGE);
  return true;
}

function readSize(bytes: Buffer): Size {
  return { height: bytes.readUInt16BE(0), width: bytes.readUInt16BE(2) };
}

/** Markers without a length: stuffing, TEM, restarts, a repeated start. */
function standsAlone(marker: number): boolean {
  return marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** SOF0 to SOF15 without the three markers among them that are tables (DHT, JPG, DAC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
