/** WebP (RFC 9649): one RIFF container whose length is told at its front; the size stands in the first chunk. */
import { bytesAt, type Size, type Walk } from './walk.ts';

/** How each sort of first chunk tells the size, from so many bytes of its content. */
const FRAMES: Record<string, { length: number; read: (bytes: Buffer) => Size | undefined }> = {
  VP8X: {
    length: 10,
    read: (bytes) => ({ width: bytes.readUIntLE(4, 3) + 1, height: bytes.readUIntLE(7, 3) + 1 }),
  },
  VP8L: {
    length: 5,
    read: (bytes) => {
      const bits = bytes.readUInt32LE(1);
      if (bytes[0] !== 0x2f) return undefined;
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    },
  },
  'VP8 ': {
    length: 10,
    read: (bytes) => {
      if (bytes.readUIntBE(3, 3) !== 0x9d012a) return undefined;
      return { width: bytes.readUInt16LE(6) & 0x3fff, height: bytes.readUInt16LE(8) & 0x3fff };
    },
  },
};

export function* walkWebp(found: (size: Size) => void): Walk<boolean> {
  const head = yield* bytesAt(0, 20);
  const frame = FRAMES[head.toString('latin1', 12, 16)];
  if (frame === undefined) return false;
  const bytes = yield* bytesAt(20, frame.length);
  const size = frame.read(bytes);
  if (size === undefined) return false;
  found(size);
  const end = head.readUInt32LE(4) + 8;
  if (end > 20 + frame.length) yield* bytesAt(end - 1, 1);
  return true;
}
