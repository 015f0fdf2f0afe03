/**
 * A look at a file before it costs the person any data: what the server would refuse for certain is said at
 * once. Everything doubtful is left to the server, which looks at the whole photo.
 */
import type { Refusal } from './refusal.ts';

export interface Limits {
  /** Bytes; undefined where the server names none. */
  maxBytes: number | undefined;
  types: readonly string[];
}

export async function inspectFile(file: Blob, limits: Limits): Promise<Refusal | undefined> {
  if (file.size === 0) return { reason: 'empty' };
  if (limits.maxBytes !== undefined && file.size > limits.maxBytes)
    return { reason: 'too-large', size: file.size };
  const head = await readHead(file);
  if (head === undefined) return { reason: 'lost-file' };
  const type = imageType(head);
  return type !== undefined && !limits.types.includes(type) ? { reason: 'wrong-type' } : undefined;
}

/** False when the phone has taken the file away since it was chosen (an upload of it looks like a cut line). */
export async function canRead(file: Blob): Promise<boolean> {
  return (await readHead(file)) !== undefined;
}

async function readHead(file: Blob): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await file.slice(0, 16).arrayBuffer());
  } catch {
    return undefined;
  }
}

const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'];

function imageType(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head);
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
  if (text.slice(4, 8) === 'ftyp' && HEIC_BRANDS.includes(text.slice(8, 12))) return 'image/heic';
  return undefined;
}
