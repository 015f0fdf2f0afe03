/** What the contract suite works with: photos of any size that need no memory, and a kind opened as the app opens it. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { noise } from '../../test/helpers/pictures.ts';
import { silentLogger } from '../lib/logger.ts';
import { localOutbound } from '../lib/outbound/servers.fixture.ts';
import type { Connection, ConnectionServices, DeliverableImage, DestinationKind } from './destination.ts';
import { readSettings } from './settings.ts';

// Sources may not import from test/, fixtures may.
export { createFaultProxy, type FaultProxy } from '../../test/helpers/fault-proxy.ts';

/** The smallest PNG: one pixel. */
export const onePixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Repeats with a length that no chunk size divides, so that chunks in the wrong order are seen. */
const pattern = noise(1_000_003, 5);
const pieceBytes = 65_536;

let counter = 0;

export interface Photo extends DeliverableImage {
  /** The whole photo; for sizes that a test may hold. */
  bytes(): Buffer;
}

export interface PhotoOptions {
  size?: number;
  /** In place of a size. */
  content?: Buffer;
  filename?: string;
  /** Called before each 64 KB that a stream of this photo gives. */
  onPiece?: () => void;
}

/** A photo whose bytes are made while they are read. Two photos of one size differ. */
export function makePhoto(options: PhotoOptions = {}): Photo {
  const number = ++counter;
  const size = options.content?.length ?? options.size ?? 5_000;
  const piece = (start: number, end: number): Buffer =>
    options.content ? options.content.subarray(start, end) : generate(number, start, end);
  function* pieces(start: number, end: number): Generator<Buffer> {
    for (let at = start; at < end; at += pieceBytes) {
      options.onPiece?.();
      yield piece(at, Math.min(end, at + pieceBytes));
    }
  }
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += pieceBytes) hash.update(piece(at, Math.min(size, at + pieceBytes)));
  const filename = options.filename ?? `photo-${number}.jpg`;
  return {
    deliveryId: `dlv_${String(number).padStart(26, '0')}`,
    id: `img_${String(number).padStart(26, '0')}`,
    sessionId: 'sess_00000000000000000000000001',
    projectId: 'proj_00000000000000000000000001',
    env: 'live',
    index: number,
    filename,
    mimeType: options.content ? 'image/png' : 'image/jpeg',
    ext: options.content ? 'png' : 'jpg',
    sizeBytes: size,
    sha256: hash.digest('hex'),
    source: 'web',
    tags: null,
    metadata: null,
    createdAt: Date.UTC(2026, 2, 2, 8, 15, 30, 250),
    open: async (range) => Readable.from(pieces(range?.start ?? 0, range ? range.end + 1 : size)),
    bytes: () => Buffer.from(piece(0, size)),
  };
}

function generate(seed: number, start: number, end: number): Buffer {
  const made = Buffer.allocUnsafe(end - start);
  for (let at = 0; at < made.length; ) {
    at += pattern.copy(made, at, (start + at + seed * 7_919) % pattern.length);
  }
  return made;
}

/** Opens a kind with what a client would send; it is closed at the end of the test. */
export function openKind(
  kind: DestinationKind,
  given: Record<string, unknown>,
  services: Partial<ConnectionServices> = {},
): Connection {
  const context = { env: 'live', localRoots: services.localRoots ?? [] } as const;
  const connection = kind.connect(readSettings(kind, given, context), {
    outbound: services.outbound ?? localOutbound(),
    logger: silentLogger,
    projectSecrets: { current: 'whsec_contract' },
    localRoots: [],
    downloadUrl: (imageId) => `https://apertur.example/${imageId}`,
    now: Date.now,
    ...services,
  });
  onTestFinished(() => connection.close());
  return connection;
}

export const never = (): AbortSignal => new AbortController().signal;
