/**
 * What a file is, from its first bytes alone. The name and the declared type are only hints (contract §3.1, §17.16):
 * many clients say `image.jpg` and `image/jpeg` whatever the bytes are.
 */

export type ImageMime = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/heic';

/** More than this is never looked at to know the type. */
export const SNIFF_BYTES = 256;

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Brands whose pictures are HEVC-coded, from ISO/IEC 23008-12 annex B and the registered list. */
const HEVC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
/** Brands of the container alone: the picture in it may be HEVC or something else, which the other brands tell. */
const CONTAINER_BRANDS = new Set(['mif1', 'mif2', 'msf1', 'miaf']);
const OTHER_CODINGS = new Set([
  'avif',
  'avis',
  'avio',
  'jpeg',
  'jpgs',
  'j2ki',
  'avci',
  'avcs',
  'vvic',
  'evbi',
]);

/** The type of a file that starts with `head`, or undefined when it is none that we take. Needs 12 bytes, better 256. */
export function sniffType(head: Buffer): ImageMime | undefined {
  if (head.length >= 3 && head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg';
  if (head.length >= PNG.length && PNG.compare(head, 0, PNG.length) === 0) return 'image/png';
  if (head.length < 12) return undefined;
  const start = head.toString('latin1', 0, 12);
  if (start.startsWith('RIFF') && start.endsWith('WEBP')) return 'image/webp';
  if (start.startsWith('ftyp', 4)) return isHeif(head) ? 'image/heic' : undefined;
  return undefined;
}

/** HEVC by a brand of its own, or a bare container brand with no brand that names another coding (AVIF above all). */
function isHeif(head: Buffer): boolean {
  const end = Math.min(head.readUInt32BE(0), head.length, SNIFF_BYTES);
  const major = head.toString('latin1', 8, 12);
  const brands = [major];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(head.toString('latin1', at, at + 4));
  if (OTHER_CODINGS.has(major)) return false;
  if (brands.some((brand) => HEVC_BRANDS.has(brand))) return true;
  return CONTAINER_BRANDS.has(major) && !brands.some((brand) => OTHER_CODINGS.has(brand));
}

const EXTENSIONS: Record<ImageMime, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/heic': 'heic',
};

/** File name extension without the dot, e.g. `jpg`; `enc` for what is stored encrypted. */
export function extensionOf(mime: string): string {
  return EXTENSIONS[mime as ImageMime] ?? 'enc';
}
