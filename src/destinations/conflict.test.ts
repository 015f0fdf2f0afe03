import { describe, expect, test } from 'vitest';
import { type Conflict, type Found, placeImage, suffixPath } from './conflict.ts';
import { failure } from './contract.ts';

describe('a name with something added', () => {
  test.each([
    ['a/b/roof.jpg', ' (2)', 'a/b/roof (2).jpg'],
    ['roof', ' (2)', 'roof (2)'],
    ['.hidden', ' (2)', '.hidden (2)'],
    ['a.b/roof.tar.gz', ' (2)', 'a.b/roof.tar (2).gz'],
  ])('%s', (path, suffix, expected) => {
    expect(suffixPath(path, suffix)).toBe(expected);
  });

  test('stays within 255 bytes, and no character is cut', () => {
    const name = suffixPath(`a/${'📷'.repeat(62)}.jpg`, ' (2)').split('/')[1]!;
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^(📷)+ \(2\)\.jpg$/u);
  });
});

/** A folder with what is in it, and whether one may look. */
async function place(conflict: Exclude<Conflict, 'overwrite'>, files: Record<string, string>, blind = false) {
  const look = async (path: string): Promise<Found> =>
    blind ? 'unknown' : !(path in files) ? 'nothing' : files[path] === 'ours' ? 'ours' : 'another';
  const placed = await placeImage({ id: 'img_1' }, 'x/a.jpg', conflict, {
    look,
    writeIfFree: async (path) => {
      if (path in files) return 'taken';
      files[path] = 'ours';
      return 'done';
    },
    overwrite: async (path) => {
      files[path] = 'ours';
      return 'done';
    },
  });
  return { ...placed, files };
}

test.each([
  ['skip', {}, 'written', 'x/a.jpg'],
  ['skip', { 'x/a.jpg': 'theirs' }, 'kept', 'x/a.jpg'],
  ['skip', { 'x/a.jpg': 'ours' }, 'ours', 'x/a.jpg'],
  ['fail', {}, 'written', 'x/a.jpg'],
  ['fail', { 'x/a.jpg': 'ours' }, 'ours', 'x/a.jpg'],
  ['rename', { 'x/a.jpg': 'theirs' }, 'written', 'x/a (2).jpg'],
  ['rename', { 'x/a.jpg': 'theirs', 'x/a (2).jpg': 'theirs' }, 'written', 'x/a (3).jpg'],
  ['rename', { 'x/a.jpg': 'theirs', 'x/a (2).jpg': 'theirs', 'x/a (3).jpg': 'ours' }, 'ours', 'x/a (3).jpg'],
] as const)('%s with %j', async (conflict, files, outcome, path) => {
  expect(await place(conflict, { ...files })).toMatchObject({ outcome, path });
});

test('fail with another file ends the delivery', async () => {
  expect((await failure(place('fail', { 'x/a.jpg': 'theirs' }))).fate).toBe('give-up');
});

test('rename without looking takes the name of the photo, and takes it again', async () => {
  const files = { 'x/a.jpg': 'theirs' };
  expect((await place('rename', files, true)).path).toBe('x/a (img_1).jpg');
  expect((await place('rename', files, true)).path).toBe('x/a (img_1).jpg');
  expect(Object.keys(files)).toHaveLength(2);
});

test('a folder full of that name ends the delivery', async () => {
  const files: Record<string, string> = { 'x/a.jpg': 'theirs' };
  for (let number = 2; number <= 1_000; number++) files[`x/a (${number}).jpg`] = 'theirs';
  expect((await failure(place('rename', files))).message).toMatch(/Add \{image_id\}/);
});
