/**
 * The place where a photo was taken, removed or made coarse in the bytes of the file. Nothing is decoded and nothing changes
 * its length, so that every other byte, and every offset in the file, stays as it was.
 *
 * Places stand in EXIF (JPEG, PNG, WebP and HEIC carry the same TIFF structure, also in a second picture inside the file),
 * in XMP, and in the short film behind a motion photo.
 */
import { crc32 } from 'node:zlib';

export const gpsPolicies = ['keep', 'strip', 'coarse'] as const;
/** `coarse` rounds to hundredths of a degree: about a kilometre. */
export type GpsPolicy = (typeof gpsPolicies)[number];

/** Changes `file` in place; returns whether anything was there to change. */
export function treatPlace(file: Buffer, policy: GpsPolicy): boolean {
  if (policy === 'keep') return false;
  let changed = false;
  for (const start of findTiffs(file)) changed = treatTiff(file.subarray(start), policy) || changed;
  changed = blankXmp(file) || changed;
  changed = blankFilms(file) || changed;
  if (changed) mendPngSums(file);
  return changed;
}

const exifMark = Buffer.from('Exif\0\0', 'latin1');
const headers = [Buffer.from('II*\0', 'latin1'), Buffer.from('MM\0*', 'latin1')];

/** Where TIFF structures begin: behind the mark of EXIF, or in a chunk of a WebP or PNG that has none. */
function* findTiffs(file: Buffer): Generator<number> {
  const isHeif = file.toString('latin1', 4, 8) === 'ftyp';
  for (const header of headers) {
    for (let at = file.indexOf(header); at !== -1; at = file.indexOf(header, at + 1)) {
      const before = (bytes: number, length: number): string =>
        file.toString('latin1', Math.max(0, at - bytes), Math.max(0, at - bytes + length));
      const isExif = at >= 6 && file.subarray(at - 6, at).equals(exifMark);
      // In HEIC the description may follow its own length of nothing; coded pictures hold no four zeros.
      const isItem = isHeif && at >= 4 && file.readUInt32BE(at - 4) === 0;
      if (isExif || isItem || before(8, 4) === 'EXIF' || before(4, 4) === 'eXIf') yield at;
    }
  }
}

const gpsPointer = 0x8825;
/** Bytes of a value of each TIFF type. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const [latitude, longitude] = [2, 4];
/** Version, hemispheres, place, time and date. */
const keptWhenCoarse = [0, 1, latitude, 3, longitude, 7, 29];

/** `tiff` begins at its header and may be longer than the structure. A broken structure is left alone. */
function treatTiff(tiff: Buffer, policy: GpsPolicy): boolean {
  const little = tiff[0] === 0x49;
  const read16 = (at: number): number => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const read32 = (at: number): number => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const write32 = (value: number, at: number): void => {
    if (little) tiff.writeUInt32LE(value, at);
    else tiff.writeUInt32BE(value, at);
  };
  const write16 = (value: number, at: number): void => {
    if (little) tiff.writeUInt16LE(value, at);
    else tiff.writeUInt16BE(value, at);
  };
  const entriesOf = (directory: number): number[] =>
    Array.from({ length: read16(directory) }, (_, n) => directory + 2 + n * 12);
  /** Takes one entry out of a directory; what follows moves up. */
  const drop = (directory: number, entry: number): void => {
    const end = directory + 2 + read16(directory) * 12 + 4;
    tiff.copyWithin(entry, entry + 12, end);
    tiff.fill(0, end - 12, end);
    write16(read16(directory) - 1, directory);
  };
  const valueOfEntry = (entry: number): { at: number; bytes: number } => {
    const bytes = (typeBytes[read16(entry + 2)] ?? 1) * read32(entry + 4);
    return { at: bytes <= 4 ? entry + 8 : read32(entry + 8), bytes };
  };
  const round = (entry: number): void => {
    const { at, bytes } = valueOfEntry(entry);
    if (bytes !== 24) return;
    const part = (n: number): number => read32(at + n * 8) / (read32(at + n * 8 + 4) || 1);
    const degrees = part(0) + part(1) / 60 + part(2) / 3_600;
    for (const [n, value] of [Math.round(degrees * 100), 100, 0, 1, 0, 1].entries())
      write32(value, at + n * 4);
  };
  try {
    const first = read32(4);
    const pointer = entriesOf(first).find((entry) => read16(entry) === gpsPointer);
    if (pointer === undefined) return false;
    const directory = read32(pointer + 8);
    for (const entry of entriesOf(directory).reverse()) {
      const tag = read16(entry);
      if (policy === 'coarse' && keptWhenCoarse.includes(tag)) {
        if (tag === latitude || tag === longitude) round(entry);
        continue;
      }
      const { at, bytes } = valueOfEntry(entry);
      tiff.fill(0, at, at + bytes);
      drop(directory, entry);
    }
    if (policy === 'strip') drop(first, pointer);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

const xmpBegin = Buffer.from('<x:xmpmeta');
const xmpEnd = Buffer.from('</x:xmpmeta>');

/** XMP is prose: where it names a place, all of it goes. */
function blankXmp(file: Buffer): boolean {
  let changed = false;
  for (let at = file.indexOf(xmpBegin); at !== -1; at = file.indexOf(xmpBegin, at + 1)) {
    const inner = file.indexOf('>', at) + 1;
    const end = file.indexOf(xmpEnd, at);
    if (inner === 0 || end < inner) continue;
    if (!/GPS|Latitude|Longitude|geo:(lat|long)/i.test(file.toString('latin1', inner, end))) continue;
    file.fill(0x20, inner, end);
    changed = true;
  }
  return changed;
}

/** The atoms of a QuickTime or MP4 film that hold a place. */
const filmPlaces = [Buffer.from('\xa9xyz', 'latin1'), Buffer.from('loci', 'latin1')];

function blankFilms(file: Buffer): boolean {
  let changed = false;
  // Only behind a film's own beginning: these four bytes alone mean nothing.
  const film = file.indexOf(Buffer.from('moov', 'latin1'));
  if (film === -1) return false;
  for (const name of filmPlaces) {
    for (let at = file.indexOf(name, film); at !== -1; at = file.indexOf(name, at + 1)) {
      const size = at >= 4 ? file.readUInt32BE(at - 4) : 0;
      if (size < 12 || size > 1_024 || at - 4 + size > file.length) continue;
      file.fill(0, at + 4, at - 4 + size);
      // An atom that readers pass over.
      file.write('free', at, 'latin1');
      changed = true;
    }
  }
  return changed;
}

const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Each chunk of a PNG carries a sum of its bytes. */
function mendPngSums(file: Buffer): void {
  if (!file.subarray(0, 8).equals(pngSignature)) return;
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    const end = at + 8 + length;
    if (end + 4 > file.length) return;
    file.writeUInt32BE(crc32(file.subarray(at + 4, end)), end);
    at = end + 4;
  }
}
