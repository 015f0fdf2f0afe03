import { expect, test } from 'vitest';
import { canRead, inspectFile } from './inspect.ts';

const heads = {
  jpeg: '\xff\xd8\xff\xe0',
  png: '\x89PNG\r\n\x1a\n',
  webp: 'RIFF\x10\0\0\0WEBPVP8 ',
  heic: '\0\0\0\x18ftypheic',
  unknown: 'GIF89a',
};
const fileOf = (head: string, length = 64): Blob => {
  const bytes = new Uint8Array(length);
  bytes.set(Uint8Array.from(head, (char) => char.charCodeAt(0)).subarray(0, length));
  return new Blob([bytes]);
};
const all = ['image/jpeg', 'image/png', 'image/webp', 'image/heic'];

test.each(Object.entries(heads))('%s passes where every type is taken', async (_name, head) => {
  expect(await inspectFile(fileOf(head), { maxBytes: 64, types: all })).toBeUndefined();
});

test.each(['jpeg', 'png', 'webp', 'heic'] as const)('%s is refused where it is not taken', async (name) => {
  const types = all.filter((type) => type !== `image/${name}`);
  expect(await inspectFile(fileOf(heads[name]), { maxBytes: 64, types })).toEqual({ reason: 'wrong-type' });
});

test('what only the server can tell is left to it', async () => {
  const limits = { maxBytes: undefined, types: ['image/png'] };
  expect(await inspectFile(fileOf(heads.unknown), limits)).toBeUndefined();
});

test('a file over the limit is refused before a byte is sent, one at the limit is not', async () => {
  const limits = { maxBytes: 63, types: all };
  expect(await inspectFile(fileOf(heads.jpeg, 64), limits)).toEqual({ reason: 'too-large', size: 64 });
  expect(await inspectFile(fileOf(heads.jpeg, 63), limits)).toBeUndefined();
});

test('an empty file is called empty', async () => {
  expect(await inspectFile(new Blob([]), { maxBytes: 64, types: all })).toEqual({ reason: 'empty' });
});

test('a file that cannot be read any more is told apart from a lost line', async () => {
  const gone = fileOf(heads.jpeg);
  gone.slice = () => {
    throw new DOMException('The file has gone', 'NotReadableError');
  };
  expect(await canRead(gone)).toBe(false);
  expect(await inspectFile(gone, { maxBytes: 64, types: all })).toEqual({ reason: 'lost-file' });
});
