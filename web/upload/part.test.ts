import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPart } from './part.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Loads that are decided by hand, one an attempt. */
function loads() {
  const attempts: { arrive(part: string): void; fail(): void }[] = [];
  const load = (attempt: number): Promise<string> =>
    new Promise((resolve, reject) => {
      attempts[attempt] = { arrive: resolve, fail: () => reject(new Error('no line')) };
    });
  return { attempts, load };
}

const random = (): number => 1;

test('is loaded once and then there for everyone', async () => {
  const { attempts, load } = loads();
  const part = createPart(load, random);
  const asked = [part.get(), part.get()];
  expect(part.here).toBeUndefined();
  attempts[0]!.arrive('road');
  expect(await Promise.all(asked)).toEqual(['road', 'road']);
  expect(await part.get()).toBe('road');
  expect([part.here, attempts.length, part.silences]).toEqual(['road', 1, 0]);
});

test('silence ends after 20 seconds, and it is asked for again by itself', async () => {
  const { attempts, load } = loads();
  const part = createPart(load, random);
  const asked = part.get();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await asked).toBeUndefined();
  expect([part.silences, attempts.length]).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(attempts.length).toBe(2);
  attempts[1]!.arrive('second');
  expect(await part.arrival).toBe('second');
});

test('a slow line still brings what was asked for first', async () => {
  const { attempts, load } = loads();
  const part = createPart(load, random);
  void part.get();
  await vi.advanceTimersByTimeAsync(25_000);
  const asked = part.get();
  attempts[0]!.arrive('first');
  expect(await asked).toBe('first');
  attempts[1]!.arrive('second');
  await vi.advanceTimersByTimeAsync(120_000);
  expect([await part.get(), part.here, attempts.length]).toEqual(['first', 'first', 2]);
});

test('a failure is told at once; whoever asks meanwhile need not wait for the next attempt', async () => {
  const { attempts, load } = loads();
  const part = createPart(load, random);
  const asked = part.get();
  attempts[0]!.fail();
  expect(await asked).toBeUndefined();
  const again = part.get();
  expect(attempts.length).toBe(2);
  attempts[1]!.arrive('road');
  expect([await again, part.silences]).toEqual(['road', 0]);
});
