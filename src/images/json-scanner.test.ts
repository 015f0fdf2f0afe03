import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Base64Reader, decodeBase64 } from './base64-reader.ts';
import { JsonScanner, type ScanEvent } from './json-scanner.ts';

const long = new Set(['data']);

/** Cuts the bytes after each of these lengths, in turn. */
function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = Math.max(1, lengths[turn % lengths.length] ?? 1);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

function scan(bytes: Buffer, lengths: readonly number[] = [bytes.length], options = {}): ScanEvent[] {
  const scanner = new JsonScanner({ long, ...options });
  const events = [...cut(bytes, lengths)].flatMap((chunk) => scanner.push(Buffer.from(chunk)));
  scanner.finish();
  return events;
}

/** The members as a list, the long ones put together. */
function membersOf(events: ScanEvent[]): [string, unknown][] {
  const members: [string, unknown][] = [];
  let open: string | undefined;
  for (const event of events) {
    if (event.kind === 'member') members.push([event.name, event.value]);
    else if (event.kind === 'begin') {
      open = '';
      members.push([event.name, open]);
    } else if (event.kind === 'piece') members.at(-1)![1] = `${members.at(-1)![1]}${event.text}`;
  }
  return members;
}

const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const ascii = fc.string({ unit: 'binary-ascii', maxLength: 200 });

describe('one object, in any pieces', () => {
  test('is what JSON.parse makes of it', () => {
    const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'grapheme' }));
    const objects = fc.tuple(
      fc.dictionary(fc.string({ maxLength: 10 }), value, { maxKeys: 8 }),
      fc.option(ascii, { nil: undefined }),
      fc.constantFrom(undefined, 2),
      fc.boolean(),
    );
    fc.assert(
      fc.property(objects, lengths, ([object, data, indent, bom], pieces) => {
        const whole = { ...object, ...(data === undefined ? {} : { data }) };
        if (data === undefined) delete (whole as Record<string, unknown>).data;
        const text = JSON.stringify(whole, null, indent);
        const bytes = Buffer.from(bom ? `\ufeff${text}` : text);
        expect(membersOf(scan(bytes, pieces))).toEqual(Object.entries(JSON.parse(text)));
      }),
      { numRuns: 1_000 },
    );
  });

  test('escapes of every client come out, wherever a chunk ends', () => {
    const text = 'ab/+cd=="\\x';
    const asUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    const ways = [
      JSON.stringify(text),
      JSON.stringify(text).replaceAll('/', '\\/'),
      JSON.stringify(text).replaceAll('+', '\\u002B').replaceAll('=', '\\u003D'),
      `"${[...text].map(asUnit).join('')}"`,
      `"${'\\\\'.repeat(7)}\\/"`,
    ];
    for (const way of ways) {
      const bytes = Buffer.from(`{"data":${way},"iv":${way}}`);
      const expected = [
        ['data', JSON.parse(way)],
        ['iv', JSON.parse(way)],
      ];
      for (let first = 1; first < bytes.length; first++) {
        expect(membersOf(scan(bytes, [first, 1_000]))).toEqual(expected);
      }
      expect(membersOf(scan(bytes, [1]))).toEqual(expected);
    }
  });

  test('refuses what JSON.parse refuses', () => {
    const parses = (text: string): boolean => {
      try {
        const value = JSON.parse(text);
        return typeof value === 'object' && value !== null && !Array.isArray(value);
      } catch {
        return false;
      }
    };
    const scans = (bytes: Buffer, pieces: number[]): boolean => {
      try {
        scan(bytes, pieces);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ status: 400, code: 'INVALID_JSON' });
        return false;
      }
    };
    const good = '{"a":"x\\n","data":"QUJD","b":[1,{"c":null}],"d":-1.5e3,"e":true}';
    const damaged = fc
      .tuple(
        fc.nat(good.length),
        fc.nat(3),
        fc.string({ unit: fc.constantFrom(...'{}[]",:\\/u0a tf1-. '), maxLength: 3 }),
      )
      .map(([at, removed, added]) => good.slice(0, at) + added + good.slice(at + removed));
    fc.assert(
      fc.property(damaged, lengths, (text, pieces) => {
        expect([text, scans(Buffer.from(text), pieces)]).toEqual([text, parses(text)]);
      }),
      { numRuns: 5_000 },
    );
    for (const text of [
      '',
      ' ',
      '[]',
      '"x"',
      'null',
      '{',
      '{}x',
      '{}{}',
      '{"a":1,}',
      '{"data":"',
      '\xff\xd8\xff',
    ]) {
      expect(scans(Buffer.from(text, 'latin1'), [2])).toBe(false);
    }
  });

  test('has limits', () => {
    const refused = { status: 400, code: 'INVALID_JSON' };
    const push = (text: string) => () => scan(Buffer.from(text), [7], { memberBytes: 100, members: 3 });
    expect(push(`{"a":"${'x'.repeat(200)}"}`)).toThrow(expect.objectContaining(refused));
    expect(push(`{"${'x'.repeat(200)}":1}`)).toThrow(expect.objectContaining(refused));
    expect(push(`{"a":[${'[],'.repeat(100)}1]}`)).toThrow(expect.objectContaining(refused));
    expect(push('{"a":1,"b":2,"c":3,"d":4}')).toThrow(expect.objectContaining(refused));
    expect(membersOf(push(`{"data":"${'x'.repeat(500)}"}`)())).toEqual([['data', 'x'.repeat(500)]]);
  });
});

describe('base64', () => {
  test('in any pieces, alphabets and line lengths', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        lengths,
        fc.constantFrom('plain', 'url', 'bare', 'lines'),
        (bytes, pieces, way) => {
          const plain = Buffer.from(bytes).toString('base64');
          const text = {
            plain,
            url: Buffer.from(bytes).toString('base64url'),
            bare: plain.replace(/=+$/, ''),
            lines: plain.replace(/.{1,60}/g, '$&\n'),
          }[way];
          const reader = new Base64Reader();
          const read = [...cut(Buffer.from(text), pieces)].map((piece) => reader.push(piece.toString())!);
          expect(Buffer.concat([...read, reader.finish()!])).toEqual(Buffer.from(bytes));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test.each([
    'A',
    'AAAAA',
    'AA=',
    'AA===',
    'AA==AA',
    '====',
    'A#AA',
    'é',
    'AAA==',
    '=AAA',
    'AAAA#A',
    'AAAAAA=',
  ])('%s is none', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
    const reader = new Base64Reader();
    const pieces = [...text].map((letter) => reader.push(letter));
    expect(pieces.every((piece) => piece !== undefined) && reader.finish() !== undefined).toBe(false);
  });
});
