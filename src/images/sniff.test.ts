import { describe, expect, test } from 'vitest';
import {
  box,
  makeBomb,
  makeGifJpeg,
  makeHeic,
  makeJpeg,
  makeJpegHtml,
  makeJpegZip,
  makeMislabelled,
  makePng,
  makeWebp,
} from '../../test/helpers/pictures.ts';
import { extensionOf, sniffType } from './sniff.ts';

describe('the type from the first bytes', () => {
  test('real pictures', async () => {
    expect(sniffType(await makeJpeg())).toBe('image/jpeg');
    expect(sniffType(await makePng())).toBe('image/png');
    for (const form of ['simple', 'lossless', 'extended'] as const) {
      expect(sniffType(await makeWebp({ form })), form).toBe('image/webp');
    }
    expect(sniffType(makeBomb())).toBe('image/png');
  });

  test.each([
    ['heic', ['mif1', 'heic'], 'image/heic'],
    ['heix', [], 'image/heic'],
    ['hevc', ['msf1'], 'image/heic'],
    ['hevx', [], 'image/heic'],
    ['heim', [], 'image/heic'],
    ['heis', [], 'image/heic'],
    ['mif1', ['heic'], 'image/heic'],
    ['msf1', [], 'image/heic'],
    ['mif1', [], 'image/heic'],
    ['mif1', ['avif', 'miaf'], undefined],
    ['avif', ['mif1', 'miaf'], undefined],
    ['avis', ['msf1'], undefined],
    ['isom', ['mp41'], undefined],
    ['qt  ', [], undefined],
  ])('brand %s with %j is %s', (brand, compatible, type) => {
    expect(sniffType(makeHeic({ brand, compatible }))).toBe(type);
  });

  test('a brand beyond the end of the ftyp box does not count', () => {
    const ftyp = box('ftyp', Buffer.from('isom'), Buffer.alloc(4));
    expect(sniffType(Buffer.concat([ftyp, Buffer.from('heicheic')]))).toBeUndefined();
  });

  test('name and declared type play no part', async () => {
    for (const file of await makeMislabelled()) expect(sniffType(file.bytes), file.declared).toBe(file.type);
  });

  test('polyglots are what their front says', async () => {
    expect(sniffType(await makeJpegZip())).toBe('image/jpeg');
    expect(sniffType(await makeJpegHtml())).toBe('image/jpeg');
    expect(sniffType(await makeGifJpeg())).toBeUndefined();
  });

  test('too little to tell is no type', async () => {
    expect(sniffType(Buffer.alloc(0))).toBeUndefined();
    expect(sniffType(Buffer.from([0xff, 0xd8]))).toBeUndefined();
    for (const picture of [await makePng(), await makeWebp(), makeHeic()]) {
      expect(sniffType(picture.subarray(0, 7))).toBeUndefined();
    }
  });

  test('extensions', () => {
    expect(extensionOf('image/jpeg')).toBe('jpg');
    expect(extensionOf('image/heic')).toBe('heic');
    expect(extensionOf('application/vnd.apertur.e2e+json')).toBe('enc');
  });
});
