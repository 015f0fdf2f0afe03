import decodeQR from 'qr/decode.js';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { contentTypes, parseQrOptions, renderQr } from './qr.ts';

const link = 'http://192.168.178.123:3000/u/sess_01J9Z3V7Q2M8D4K6T1R5W0XABC';

interface Picture {
  width: number;
  height: number;
  data: Buffer;
  at(x: number, y: number): string;
}

async function toPicture(bytes: Buffer): Promise<Picture> {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): string => data.subarray((y * info.width + x) * 4).toString('hex', 0, 3);
  return { width: info.width, height: info.height, data, at };
}

/** Without a time limit, so that a busy machine decodes what an idle one decodes. */
const decode = (picture: Picture): string =>
  decodeQR(picture, { effort: Number.POSITIVE_INFINITY, timeLimit: Number.POSITIVE_INFINITY });

const refusal = (query: Record<string, unknown>): string => {
  try {
    parseQrOptions(query);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ status: 400, code: 'VALIDATION_ERROR' });
    return (error as AppError).message;
  }
  return 'accepted';
};

describe('every look of the code decodes to its exact text', () => {
  const colours = [
    ['000000', 'ffffff'],
    ['949494', 'ffffff'],
    ['1f6f5c', 'fbfbfa'],
    ['000', 'ff0'],
    ['b3261e', 'f2f2f0'],
    ['00f', 'fff'],
    ['000000', '5cc2a8'],
  ];
  const looks = ['png', 'svg', 'jpeg'].flatMap((format) =>
    ['square', 'rounded'].flatMap((style) => colours.map(([fg, bg]) => ({ format, style, fg, bg }))),
  );

  test.each(looks)('$format $style $fg on $bg', async (look) => {
    for (const size of [64, 79, 96, 130, 300, 777]) {
      const options = parseQrOptions({ ...look, size: String(size) });
      const { bytes, contentType } = await renderQr({ ...options, text: link });
      expect(contentType).toBe(contentTypes[options.format]);
      const metadata = await sharp(bytes).metadata();
      expect(metadata).toMatchObject({ format: look.format, width: size, height: size });
      expect(decode(await toPicture(bytes)), `${size} px`).toBe(link);
    }
  });

  test('from the shortest to the longest link, as small as it may be', async () => {
    for (const text of [
      'https://a.ca/s/x',
      link,
      `${link}?${'x'.repeat(140)}`,
      `${link}?${'ü'.repeat(200)}`,
    ]) {
      for (const style of ['square', 'rounded']) {
        const needed = await renderQr({ ...parseQrOptions({ size: 64, style }), text }).then(
          () => 64,
          (error: AppError) => Number(/Ask for (\d+) or more/.exec(error.message)?.[1]),
        );
        for (const size of [needed, needed + 1, needed + 7]) {
          const { bytes } = await renderQr({ ...parseQrOptions({ size, style }), text });
          expect(decode(await toPicture(bytes)), `${text.length} characters, ${size} px`).toBe(text);
        }
      }
    }
  });

  test('also at the largest size, in a frame', async () => {
    const options = parseQrOptions({ size: '2048', borderSize: '100', style: 'rounded' });
    expect(decode(await toPicture((await renderQr({ ...options, text: link })).bytes))).toBe(link);
  });
});

describe('the picture', () => {
  test('has its colours, its frame, and four light modules around the code', async () => {
    for (const format of ['png', 'svg']) {
      for (const size of [70, 300, 511]) {
        const query = { format, size, fg: '123', bg: 'f8fafc', borderSize: '3', borderColor: 'b3261e' };
        const picture = await toPicture(
          (await renderQr({ ...parseQrOptions(query), text: 'https://a.ca/s/x' })).bytes,
        );
        const middle = Math.floor(size / 2);
        expect(picture.at(0, 0)).toBe('b3261e');
        expect(picture.at(2, middle)).toBe('b3261e');
        expect(picture.at(size - 3, size - 3)).toBe('b3261e');
        expect(picture.at(3, 3)).toBe('f8fafc');
        // Version 2: 25 modules from the first dark pixel to the last.
        let left = 3;
        while (picture.at(left, left) === 'f8fafc') left++;
        let right = size - 4;
        while (picture.at(right, left) === 'f8fafc') right--;
        const module = (right + 1 - left) / 25;
        expect(picture.at(left, left)).toBe('112233');
        expect(left - 3).toBeGreaterThanOrEqual(4 * module);
        expect(size - 4 - right).toBeGreaterThanOrEqual(4 * module);
      }
    }
  });

  test('is the same for the same link and options', async () => {
    for (const format of ['png', 'svg', 'jpeg']) {
      const options = { ...parseQrOptions({ format, style: 'rounded' }), text: link };
      expect((await renderQr(options)).bytes.equals((await renderQr(options)).bytes)).toBe(true);
    }
  });

  test('is refused with the size that would do when it is too small', async () => {
    const longer = `${link}?${'x'.repeat(60)}`;
    await expect(renderQr({ ...parseQrOptions({ size: '64' }), text: longer })).rejects.toMatchObject({
      status: 400,
      message: 'size 64 is too small for this link: its modules would blur. Ask for 80 or more',
    });
    await expect(
      renderQr({ ...parseQrOptions({ size: '300', borderSize: '140' }), text: link }),
    ).rejects.toThrow(/size 300 is too small for this link and a border of 140.* Ask for 342 or more/);
    await expect(
      renderQr({ ...parseQrOptions({ size: '64', borderSize: '512' }), text: link }),
    ).rejects.toThrow(/Ask for 1086 or more/);
    await expect(renderQr({ ...parseQrOptions({}), text: 'x'.repeat(1_025) })).rejects.toThrow(/too long/);
  });
});

describe('options', () => {
  test('default to a black 300 px PNG', () => {
    const expected = {
      format: 'png',
      size: 300,
      style: 'square',
      fg: '000000',
      bg: 'ffffff',
      borderSize: 0,
      borderColor: '000000',
    };
    expect(parseQrOptions({})).toEqual(expected);
    expect(parseQrOptions({ format: '', size: null, fg: undefined, nonsense: 'x' })).toEqual(expected);
  });

  test.each([
    [{ format: 'jpg' }, { format: 'jpeg' }],
    [{ format: 'SVG' }, { format: 'svg' }],
    [{ fg: '#1F6F5C' }, { fg: '1f6f5c', borderColor: '1f6f5c' }],
    [{ fg: '%231F6F5C' }, { fg: '1f6f5c' }],
    [{ fg: '123' }, { fg: '112233' }],
    [
      { border_size: '5', border_color: 'abc' },
      { borderSize: 5, borderColor: 'aabbcc' },
    ],
    [{ borderSize: '4', border_size: '5' }, { borderSize: 4 }],
    [{ borderSize: '0', border_size: '5' }, { borderSize: 0 }],
    [{ size: 64 }, { size: 64 }],
    [{ size: '2048' }, { size: 2048 }],
    [{ style: 'rounded' }, { style: 'rounded' }],
  ])('%j', (query, expected) => {
    expect(parseQrOptions(query)).toMatchObject(expected);
  });

  test.each([
    [{ format: 'gif' }, 'format must be png, svg or jpeg'],
    [{ style: 'dots' }, 'style must be square or rounded'],
    [{ size: '63' }, 'size must be a whole number of pixels from 64 to 2048'],
    [{ size: '2049' }, 'size must be a whole number of pixels from 64 to 2048'],
    [{ size: '300px' }, 'size must be a whole number of pixels from 64 to 2048'],
    [{ size: '-300' }, 'size must be a whole number of pixels from 64 to 2048'],
    [{ size: '3e2' }, 'size must be a whole number of pixels from 64 to 2048'],
    [{ size: ['300', '400'] }, 'size must be given once'],
    [{ border_size: '9999' }, 'borderSize must be a whole number of pixels from 0 to 512'],
    [{ fg: 'red' }, 'fg must be a colour of 3 or 6 hex digits, for example 1f6f5c'],
    [{ bg: 'ffffff80' }, 'bg must be a colour of 3 or 6 hex digits, for example 1f6f5c'],
    [
      { border_color: '"/><script>' },
      'borderColor must be a colour of 3 or 6 hex digits, for example 1f6f5c',
    ],
    [{ fg: { $gt: '' } }, 'fg must be given once'],
  ])('%j is refused: %s', (query, message) => {
    expect(refusal(query)).toBe(message);
  });

  test.each([
    [{ fg: 'ffff00' }, /fg ffff00 on bg ffffff has a contrast of 1\.0:1.*Choose a darker fg or a lighter bg/],
    [{ fg: 'bababa' }, /contrast of 1\.9:1/],
    [{ fg: '00ff00' }, /contrast of 1\.3:1/],
    [{ fg: 'ffffff' }, /contrast of 1\.0:1/],
    [{ bg: '000000' }, /contrast of 1\.0:1/],
    [{ fg: 'ffffff', bg: '000000' }, /fg ffffff is lighter than bg 000000.*Swap the two colours/],
    [{ fg: 'fbfbfa', bg: '1f6f5c' }, /Swap/],
  ])('%j cannot be scanned', (query, message) => {
    expect(refusal(query)).toMatch(message);
  });

  test('of the lowest contrast that is allowed are accepted', () => {
    expect(refusal({ fg: 'b4b4b4' })).toBe('accepted');
    expect(refusal({ fg: 'ff8800' })).toBe('accepted');
  });

  test('that cannot be scanned are refused by the drawing too', async () => {
    await expect(renderQr({ ...parseQrOptions({}), fg: 'eeeeee', text: link })).rejects.toThrow(/contrast/);
  });
});
