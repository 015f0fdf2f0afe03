import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  box,
  makeBomb,
  makeGifJpeg,
  makeHeic,
  makeJpeg,
  makeJpegHtml,
  makeJpegWithThumbnail,
  makeJpegZip,
  makePng,
  makeProgressiveJpeg,
  makeWebp,
  noise,
} from '../../test/helpers/pictures.ts';
import { type Inspection, Inspector } from './inspect.ts';

function inspect(...chunks: Buffer[]): Inspection {
  const inspector = new Inspector();
  for (const chunk of chunks) inspector.push(chunk);
  return inspector.finish();
}

function pieces(picture: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < picture.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(picture.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const size = { width: 37, height: 23 };
const pictures: [name: string, mimeType: string, bytes: Buffer][] = [
  ['JPEG', 'image/jpeg', await makeJpeg(size)],
  ['progressive JPEG', 'image/jpeg', await makeProgressiveJpeg(size)],
  ['JPEG with a thumbnail', 'image/jpeg', await makeJpegWithThumbnail(size)],
  ['JPEG with comments', 'image/jpeg', await makeJpeg({ ...size, bytes: 4_001 })],
  [
    'JPEG with fill bytes',
    'image/jpeg',
    await makeJpeg({ ...size, bytes: (await makeJpeg(size)).length + 3 }),
  ],
  ['JPEG with HTML', 'image/jpeg', await makeJpegHtml(size)],
  ['PNG', 'image/png', await makePng(size)],
  ['lossy WebP', 'image/webp', await makeWebp(size)],
  ['lossless WebP', 'image/webp', await makeWebp({ ...size, form: 'lossless' })],
  ['extended WebP', 'image/webp', await makeWebp({ ...size, form: 'extended' })],
  ['HEIC', 'image/heic', makeHeic({ ...size, bytes: 500 })],
  ['HEIC with its description last', 'image/heic', makeHeic({ ...size, bytes: 500, metaLast: true })],
];

describe.each(pictures)('%s', (_, mimeType, picture) => {
  const whole = { ok: true, mimeType, ...size };

  test('type and dimensions', () => {
    expect(inspect(picture)).toEqual(whole);
  });

  test('the same, wherever the chunks are cut', () => {
    expect(inspect(...pieces(picture, [1]))).toEqual(whole);
    for (let at = 1; at < picture.length; at++) {
      expect(inspect(picture.subarray(0, at), picture.subarray(at)), `cut at ${at}`).toEqual(whole);
    }
  });

  test('any shorter file is refused', () => {
    for (let length = 0; length < picture.length; length++) {
      const inspection = inspect(...pieces(picture.subarray(0, length), [97]));
      expect(inspection.ok, `${length} of ${picture.length} bytes`).toBe(false);
    }
    expect(inspect(picture.subarray(0, -1))).toEqual({ ok: false, problem: 'truncated', mimeType });
  });

  test('damaged bytes are answered, never thrown', () => {
    const damage = fc.array(fc.tuple(fc.nat(picture.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(damage, fc.integer({ min: 1, max: 300 }), (changes, length) => {
        const damaged = Buffer.from(picture);
        for (const [at, byte] of changes) damaged[at] = byte;
        expect(typeof inspect(...pieces(damaged, [length])).ok).toBe('boolean');
      }),
      { numRuns: 300 },
    );
  });
});

describe('dimensions', () => {
  test('of odd and large pictures are those that a decoder sees', async () => {
    for (const shape of [
      { width: 1, height: 1 },
      { width: 700, height: 3 },
      { width: 3, height: 1_025 },
    ]) {
      for (const picture of [
        await makeJpeg(shape),
        await makePng(shape),
        await makeWebp(shape),
        await makeWebp({ ...shape, form: 'lossless' }),
        await makeWebp({ ...shape, form: 'extended' }),
      ]) {
        const { width, height } = await sharp(picture).metadata();
        expect(inspect(picture)).toMatchObject({ ok: true, width, height });
      }
    }
  });

  test('of a bomb are read without decoding it', () => {
    expect(inspect(makeBomb())).toEqual({ ok: true, mimeType: 'image/png', width: 20_000, height: 20_000 });
  });

  test('of nothing are unreadable', () => {
    const unreadable = { ok: false, problem: 'unreadable' };
    expect(inspect(makeBomb({ width: 0 }))).toMatchObject(unreadable);
    const flat = Buffer.from('ffd8ffc0000b080000002501011100ffda0008010100003f00ffd9', 'hex');
    expect(inspect(flat)).toMatchObject(unreadable);
    expect(inspect(Buffer.from('ffd8ffe000104a46494600ffd9', 'hex'))).toMatchObject(unreadable);
    expect(inspect(box('ftyp', Buffer.from('heic'), Buffer.alloc(4)), box('mdat', noise(300)))).toMatchObject(
      unreadable,
    );
  });
});

describe('what is behind the end of a picture', () => {
  test('may be anything', async () => {
    for (const [, mimeType, picture] of pictures) {
      const inspection = inspect(picture, Buffer.alloc(300), noise(70_000));
      expect(inspection, mimeType).toEqual({ ok: true, mimeType, ...size });
    }
    expect(inspect(await makeJpegZip(size))).toMatchObject({ ok: true, mimeType: 'image/jpeg' });
  });

  test('a motion photo: a film of megabytes behind the JPEG', async () => {
    const film = Buffer.concat([box('ftyp', Buffer.from('mp42')), box('mdat', noise(2_000_000))]);
    const photo = Buffer.concat([await makeJpeg(size), film]);
    expect(inspect(...pieces(photo, [65_536]))).toMatchObject({ ok: true, ...size });
  });
});

describe('other files', () => {
  test('are unsupported', async () => {
    const unsupported = { ok: false, problem: 'unsupported', mimeType: undefined };
    expect(inspect()).toEqual(unsupported);
    expect(inspect(Buffer.alloc(0))).toEqual(unsupported);
    expect(inspect(Buffer.from('hello'))).toEqual(unsupported);
    expect(inspect(noise(100_000))).toEqual(unsupported);
    expect(inspect(await makeGifJpeg())).toEqual(unsupported);
    expect(inspect(makeHeic({ brand: 'avif', compatible: ['mif1'] }))).toEqual(unsupported);
  });

  test('are known as such early, so that nobody stores them', async () => {
    const inspector = new Inspector();
    inspector.push(noise(100));
    expect(inspector.unsupported).toBe(false);
    inspector.push(noise(200));
    expect(inspector.unsupported).toBe(true);
    const picture = new Inspector();
    picture.push(await makeJpeg());
    expect(picture).toMatchObject({ unsupported: false, mimeType: 'image/jpeg' });
  });

  test('a JPEG of nothing but empty segments ends soon', () => {
    const segments = Buffer.concat([
      Buffer.from([0xff, 0xd8]),
      Buffer.alloc(400_000, Buffer.from('fffe0002', 'hex')),
    ]);
    expect(inspect(segments)).toMatchObject({ ok: false, problem: 'unreadable' });
  });
});
