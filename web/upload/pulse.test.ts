import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPulse } from './pulse.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('many changes are told at once, each thing once, and later ones later', () => {
  const told: string[][] = [];
  const note = createPulse<string>(250, (changed) => told.push(changed));
  for (const name of ['a', 'b', 'a', 'b', 'a']) note(name);
  vi.advanceTimersByTime(249);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([['a', 'b']]);
  note('b');
  vi.advanceTimersByTime(250);
  expect(told).toEqual([['a', 'b'], ['b']]);
  vi.advanceTimersByTime(10_000);
  expect(told).toHaveLength(2);
});

test('one thing that changes again and again is told no more often', () => {
  const told: string[][] = [];
  const note = createPulse<string>(250, (changed) => told.push(changed));
  for (let ms = 0; ms < 1_000; ms += 50) {
    note('a');
    vi.advanceTimersByTime(50);
  }
  expect(told).toEqual([['a'], ['a'], ['a'], ['a']]);
});
