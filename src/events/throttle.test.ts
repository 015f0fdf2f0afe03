import { expect, test } from 'vitest';
import { permitsOf, speakFor } from './throttle.ts';

/** Takes whatever is allowed at every moment that it names itself; returns when each request began. */
function run(rate: number, forMs: number): number[] {
  const begun: number[] = [];
  let cell = 0;
  for (let now = 1_000_000; now < 1_000_000 + forMs; ) {
    const { count, nextAt } = permitsOf(cell, rate, now);
    for (let n = 0; n < count; n++) begun.push(now);
    cell = speakFor(cell, rate, count, now);
    expect(nextAt).toBeGreaterThan(now);
    now = nextAt;
  }
  return begun;
}

test.each([1, 2, 7, 20, 50, 333, 1_000, 5_000])('%i a second are reached and kept to', (rate) => {
  const begun = run(rate, 5_000);
  expect(begun.length).toBeGreaterThanOrEqual(rate * 4.9);
  const most = Math.max(
    ...begun.map((from) => begun.filter((at) => at >= from && at < from + 1_000).length).slice(0, 2_000),
  );
  expect(most).toBeLessThanOrEqual(Math.max(rate + 1, Math.ceil(rate * 1.05) + 1));
});

test('what was not used is not saved up', () => {
  const { count } = permitsOf(0, 100, 1_000_000);
  expect(count).toBe(5);
});
