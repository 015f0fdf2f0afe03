/** docs/scale.md: its tables are what the simulation says, and the simulation says what queueing theory says. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readCosts } from '../scripts/scale/costs.ts';
import { assumptions, simulate, sizeCell } from '../scripts/scale/simulate.ts';
import { renderScalePage } from '../scripts/simulate-scale.ts';

const costs = readCosts();
const cell = sizeCell(costs, 100, 2);

test('the tables of docs/scale.md are current', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../docs/scale.md'), 'utf8');
  expect(page).toBe(renderScalePage(page));
});

test('the same seed tells the same story, another one nearly the same', () => {
  const first = simulate(costs, cell, { seed: 7 });
  expect(simulate(costs, cell, { seed: 7 })).toEqual(first);
  const other = simulate(costs, cell, { seed: 8 });
  expect(other).not.toEqual(first);
  expect(other.delivered[0] / first.delivered[0]).toBeGreaterThan(0.8);
  expect(other.delivered[0] / first.delivered[0]).toBeLessThan(1.25);
});

test('how busy the parts are is rate × time, and what is open is rate × stay (Little)', () => {
  const { busy, open } = simulate(costs, cell);
  for (const share of Object.values(busy)) expect(share).toBeLessThan(assumptions.busy * 1.15);
  // The mean of a log-normal line; the most at once lies above it.
  const stay = (assumptions.phoneMs.median * Math.exp(assumptions.phoneMs.sigma ** 2 / 2)) / 1_000;
  expect(open.uploads).toBeGreaterThan(100 * stay);
  expect(open.uploads).toBeLessThan(100 * stay * 1.5);
});

test('a part that is too small shows: deliveries wait for a worker, and for PostgreSQL', () => {
  const calm = simulate(costs, cell);
  const load = { ...cell, photosPerSecond: 100 * Math.ceil(4 * cell.workers) };
  expect(simulate(costs, load, { seconds: 4 }).delivered[0]).toBeGreaterThan(5 * calm.delivered[0]);
  // With one photo a second nobody waits for anybody: the stay is the sum of the medians, nearly.
  const alone = simulate(costs, { ...cell, photosPerSecond: 1 }, { seconds: 300 });
  expect(alone.open.waiting).toBeLessThanOrEqual(2);
  expect(alone.delivered[0]).toBeGreaterThan(assumptions.receiverMs.median);
  expect(alone.delivered[0]).toBeLessThan(assumptions.receiverMs.median * 4);
});
