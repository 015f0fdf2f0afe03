import { expect, test } from 'vitest';
import { waitAfter } from './sign-in-attempts.ts';

test('a few wrong passwords are free, then each waits twice as long, up to a quarter of an hour', () => {
  expect([0, 1, 4].map(waitAfter)).toEqual([0, 0, 0]);
  expect([5, 6, 7, 8].map(waitAfter)).toEqual([5_000, 10_000, 20_000, 40_000]);
  expect([13, 40, 2_000].map(waitAfter)).toEqual([900_000, 900_000, 900_000]);
});
