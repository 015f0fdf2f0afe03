/** One short story of random faults; longer ones: `npm run faults -- --seed 7 --minutes 3`. */
import { expect, test } from 'vitest';
import { runFaults } from './run.ts';

const seed = Number(process.env.FAULT_SEED ?? 3);

test(`random faults break nothing (seed ${seed})`, { timeout: 600_000 }, async () => {
  const report = await runFaults({ seed, ms: 20_000 });
  expect(report.broken).toEqual([]);
  // Each phone ends what it has begun.
  expect(report.acknowledged).toBeGreaterThanOrEqual(5);
  expect(Object.keys(report.faults).length).toBeGreaterThan(0);
  expect(report.delivered + report.failed).toBeGreaterThanOrEqual(3 * report.acknowledged);
});
