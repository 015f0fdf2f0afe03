import { expect, test } from 'vitest';
import { createGate, GateFullError } from './gate.ts';

test('so many run at a time, the others in their order, and the line has an end', async () => {
  const gate = createGate({ most: 2, waiting: 3 });
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const work = (id: number) =>
    gate.run(() => {
      started.push(id);
      return new Promise<number>((resolve) => ends.push(() => resolve(id)));
    });
  const all = [1, 2, 3, 4, 5].map(work);
  await expect(work(6)).rejects.toBeInstanceOf(GateFullError);
  expect(started).toEqual([1, 2]);
  for (let done = 0; done < 5; done++) {
    ends[done]!();
    await all[done];
    await Promise.resolve();
    expect(started).toEqual([1, 2, 3, 4, 5].slice(0, Math.min(5, done + 3)));
  }
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5]);
});

test('work that fails gives its place free', async () => {
  const gate = createGate({ most: 1, waiting: 0 });
  await expect(gate.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await gate.run(async () => 'yes')).toBe('yes');
});
