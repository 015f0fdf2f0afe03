import { expect, test } from 'vitest';
import { createId } from './ids.ts';

test('ids ascend, never repeat, and say what they name', () => {
  const ids = Array.from({ length: 5_000 }, () => createId('img'));
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^img_[0-9A-HJKMNP-TV-Z]{26}$/);
});

test('their random part uses every letter, each about as often', async () => {
  const counts = new Map<string, number>();
  let last = '';
  // Only the first id of a millisecond is drawn anew; the others count on from it.
  for (const end = Date.now() + 5_000; Date.now() < end && (counts.get('0') ?? 0) < 40; ) {
    const id = createId('img').slice(4);
    if (id.slice(0, 10) !== last)
      for (const letter of id.slice(10)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    last = id.slice(0, 10);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  expect(counts.size).toBe(32);
  for (const count of counts.values()) expect(count / total).toBeLessThan(3 / 32);
});
