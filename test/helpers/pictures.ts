/**
 * Pictures for tests, made on the spot and the same on every run: good ones in each format that is taken, and the bad
 * ones that a server meets. JPEG, PNG and WebP are real pictures that any viewer opens. The HEIC is not: its boxes are
 * true to ISO/IEC 14496-12 and 23008-12 (brands, sizes, dimensions), but its coded picture is noise, because no free
 * HEVC encoder is at hand. What reads headers is satisfied; what decodes pixels is not.
 */
import { crc32 } from 'node:zlib';
import sharp from 'sharp';

export interface PictureOptions {
  width?: number;
  height?: number;
  /** Another seed gives other pixels, so that two pictures differ in their hash. Default 1. */
  seed?: number;
}

export interface JpegOptions extends PictureOptions {
  /** Exact size of the file, at least that of the bare picture. */
  bytes?: number;
  /** Where the filling goes: comment segments before the picture data (default), or bytes after its end. */
  padding?: 'comments' | 'trailing';
}

/** Bytes that look random and are the same for the same seed (xorshift32). */
export function noise(length: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}

function pixels({ width = 64, height = 48, seed = 1 }: PictureOptions): ReturnType<typeof sharp> {
  return sharp(noise(width * height * 3, seed), { raw: { width, height, channels: 3 } });
}

/** A JPEG that every viewer opens; `bytes` makes the file exactly that long. */
export async function makeJpeg(options: JpegOptions = {}): Promise<Buffer> {
  const picture = await pixels(options).jpeg({ quality: 70 }).toBuffer();
  if (options.bytes === undefined) return picture;
  const missing = options.bytes - picture.length;
  if (missing < 0) throw new Error(`The bare picture already has ${picture.length} bytes`);
  const filling = options.padding === 'trailing' ? noise(missing, 7) : makeComments(missing);
  const at = options.padding === 'trailing' ? picture.length : 2;
  return Buffer.concat([picture.subarray(0, at), filling, picture.subarray(at)]);
}

/** JPEG comment segments of exactly `length` bytes together; a remainder too short for one is fill bytes (0xFF). */
export function makeComments(length: number): Buffer {
  const parts: Buffer[] = [];
  let left = length;
  while (left >= 4) {
    const size = Math.min(left, 65_537);
    const head = Buffer.from([0xff, 0xfe, 0, 0]);
    head.writeUInt16BE(size - 2, 2);
    parts.push(head, noise(size - 4, left));
    left -= size;
  }
  parts.push(Buffer.alloc(left, 0xff));
  return Buffer.concat(parts);
}

export async function makeProgressiveJpeg(options: PictureOptions = {}): Promise<Buffer> {
  return pixels(options).jpeg({ progressive: true }).toBuffer();
}

/** A JPEG whose EXIF holds a whole smaller JPEG, as cameras write it: its dimensions are not those of the photo. */
export async function makeJpegWithThumbnail(options: PictureOptions = {}): Promise<Buffer> {
  const [picture, thumbnail] = await Promise.all([makeJpeg(options), makeJpeg({ width: 16, height: 12 })]);
  const body = Buffer.concat([Buffer.from('Exif\0\0II*\0\x08\0\0\0', 'latin1'), thumbnail]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([picture.subarray(0, 2), head, body, picture.subarray(2)]);
}

export async function makePng(options: PictureOptions = {}): Promise<Buffer> {
  return pixels(options).png().toBuffer();
}

/** `simple` is a lossy file with its size in the frame, `lossless` another coding, `extended` has a canvas header. */
export async function makeWebp(
  options: PictureOptions & { form?: 'simple' | 'lossless' | 'extended' } = {},
): Promise<Buffer> {
  const { form = 'simple' } = options;
  const image = form === 'extended' ? pixels(options).withExif({ IFD0: { Make: 'Test' } }) : pixels(options);
  return image.webp({ lossless: form === 'lossless' }).toBuffer();
}

export interface HeicOptions extends PictureOptions {
  /** Major brand, default `heic`. */
  brand?: string;
  compatible?: string[];
  /** Puts the picture data before the description, which is allowed and which some phones do. */
  metaLast?: boolean;
  /** Length of the coded picture (noise). Default 2,000. */
  bytes?: number;
}

/** A HEIC whose boxes are true and whose picture is noise; like a phone's, with smaller tiles beside the whole picture. */
export function makeHeic(options: HeicOptions = {}): Buffer {
  const {
    width = 64,
    height = 48,
    brand = 'heic',
    compatible = ['mif1', 'heic'],
    metaLast = false,
  } = options;
  const ftyp = box('ftyp', Buffer.from(brand), Buffer.alloc(4), Buffer.from(compatible.join('')));
  const properties = box('ipco', ispe(16, 12), box('hvcC', Buffer.alloc(30)), ispe(width, height));
  const meta = box(
    'meta',
    Buffer.alloc(4),
    box('hdlr', Buffer.alloc(8), Buffer.from('pict'), Buffer.alloc(13)),
    box('pitm', Buffer.from([0, 0, 0, 0, 0, 1])),
    box('iprp', properties),
  );
  const data = box('mdat', noise(options.bytes ?? 2_000, options.seed ?? 1));
  return Buffer.concat(metaLast ? [ftyp, data, meta] : [ftyp, meta, data]);
}

function ispe(width: number, height: number): Buffer {
  const body = Buffer.alloc(12);
  body.writeUInt32BE(width, 4);
  body.writeUInt32BE(height, 8);
  return box('ispe', body);
}

/** One box of ISO/IEC 14496-12: length, type, content. */
export function box(type: string, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

function pngChunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A PNG of under 100 bytes that declares 400 megapixels: whoever decodes it asks for more than a gigabyte. */
export function makeBomb(options: { width?: number; height?: number } = {}): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(options.width ?? 20_000, 0);
  header.writeUInt32BE(options.height ?? 20_000, 4);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', Buffer.from('789c030000000001', 'hex')),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The first part of a picture, as a lost connection leaves it. `part` is a share between 0 and 1. */
export function truncate(picture: Buffer, part = 0.6): Buffer {
  return picture.subarray(0, Math.floor(picture.length * part));
}

/** A file that is a JPEG from its front and a ZIP archive from its end (where ZIP readers look). */
export async function makeJpegZip(options: PictureOptions = {}): Promise<Buffer> {
  return Buffer.concat([await makeJpeg(options), emptyZip()]);
}

function emptyZip(): Buffer {
  return Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
}

/** A JPEG with a page of script in its comment: a JPEG all the same. */
export async function makeJpegHtml(options: PictureOptions = {}): Promise<Buffer> {
  const picture = await makeJpeg(options);
  const body = Buffer.from('<html><script>alert(1)</script><?php echo 1; ?></html>');
  const head = Buffer.from([0xff, 0xfe, 0, body.length + 2]);
  return Buffer.concat([picture.subarray(0, 2), head, body, picture.subarray(2)]);
}

/** A GIF header with a whole JPEG behind it: by its front, and so for us, a GIF. */
export async function makeGifJpeg(options: PictureOptions = {}): Promise<Buffer> {
  return Buffer.concat([Buffer.from('GIF89a\x01\0\x01\0\0\0\0;', 'latin1'), await makeJpeg(options)]);
}

/** Files whose name and declared type lie about the bytes: `type` is the real one. */
export async function makeMislabelled(): Promise<
  { filename: string; declared: string; type: string | undefined; bytes: Buffer }[]
> {
  return [
    { filename: 'photo.jpg', declared: 'image/jpeg', type: 'image/png', bytes: await makePng() },
    { filename: 'photo.png', declared: 'image/png', type: 'image/jpeg', bytes: await makeJpeg() },
    { filename: 'photo.jpg', declared: 'image/jpeg', type: 'image/heic', bytes: makeHeic() },
    {
      filename: 'photo.heic',
      declared: 'application/octet-stream',
      type: 'image/webp',
      bytes: await makeWebp(),
    },
    {
      filename: 'photo.jpg',
      declared: 'image/jpeg',
      type: undefined,
      bytes: Buffer.from('%PDF-1.7\n%%EOF\n'),
    },
    {
      filename: 'photo.jpg',
      declared: 'image/jpeg',
      type: undefined,
      bytes: Buffer.from('<html>no photo</html>'),
    },
  ];
}
