import { expect, test } from 'vitest';
import { parseRetryAfter, retryDelay } from './retry.ts';

test('waits double from one second to thirty, at least half of each', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelay(attempt, () => 1))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
  expect(retryDelay(3, () => 0)).toBe(2_000);
});

test.each([
  ['20', 20_000],
  ['0', 1_000],
  ['999999', 900_000],
  ['Thu, 01 Jan 1970 00:02:00 GMT', 60_000],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 1_000],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('Retry-After %j is %j ms', (header, expected) => {
  expect(parseRetryAfter(header, 60_000)).toBe(expected);
});
