import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanFilename } from './filename.ts';

describe('file names', () => {
  test.each([
    [undefined, 'image.jpg'],
    ['', 'image.jpg'],
    ['.', 'image.jpg'],
    ['..', 'image.jpg'],
    ['../', 'image.jpg'],
    ['   ', 'image.jpg'],
    ['\u200b\u202e', 'image.jpg'],
    ['roof.jpg', 'roof.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\fakepath\\roof 1.jpg', 'roof 1.jpg'],
    ['/sdcard/DCIM/IMG_1.jpg', 'IMG_1.jpg'],
    ['a/b\\c.png', 'c.png'],
    ['ro\0of\r\n.jpg', 'roof.jpg'],
    ['photo\u202egpj.exe', 'photogpj.exe'],
    ['\ufeffroof.jpg', 'roof.jpg'],
    ['cafe\u0301.jpg', 'caf\u00e9.jpg'],
    ['屋根の写真.jpg', '屋根の写真.jpg'],
    ['.hidden', '.hidden'],
    ['roof\ud800.jpg', 'roof\ufffd.jpg'],
  ])('%j becomes %j', (name, expected) => {
    expect(cleanFilename(name)).toBe(expected);
  });

  test('a long name keeps its extension and no character is cut', () => {
    const name = cleanFilename(`${'屋'.repeat(200)}.jpeg`);
    expect(name).toBe(`${'屋'.repeat(83)}.jpeg`);
    expect(Buffer.byteLength(name)).toBe(254);
    expect(cleanFilename(`${'x'.repeat(300)}.jpg`)).toBe(`${'x'.repeat(251)}.jpg`);
    expect(cleanFilename(`${'x'.repeat(252)}👍🏽.jpg`)).toBe(`${'x'.repeat(251)}.jpg`);
  });

  test('a name cut behind a word does not end in a space', () => {
    expect(cleanFilename(`${'x'.repeat(254)} photo`)).toBe('x'.repeat(254));
  });

  test('an endless extension is cut too', () => {
    expect(cleanFilename(`a.${'x'.repeat(300)}`)).toBe(`a.${'x'.repeat(253)}`);
  });

  test('whatever comes in, what comes out is safe, short and stays the same when cleaned again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (raw) => {
        const name = cleanFilename(raw);
        expect(name).not.toMatch(/[/\\]|\p{Cc}/u);
        expect(name.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        expect(['', '.', '..']).not.toContain(name);
        expect(cleanFilename(name)).toBe(name);
      }),
      { numRuns: 2_000 },
    );
  });
});
