import { describe, expect, test } from 'vitest';
import { longestRetryAfter, planRetry } from './retry.ts';

const base = { schedule: [30, 60, 120, 240, 480], now: 1_000_000, random: () => 0.5 };

describe('planRetry', () => {
  test.each([
    [1, 30],
    [2, 60],
    [5, 480],
  ])('after attempt %i waits %i s', (attempts, seconds) => {
    expect(planRetry({ ...base, attempts }).nextAt).toBe(base.now + seconds * 1000);
  });

  test('ends after the last retry, and says so', () => {
    expect(planRetry({ ...base, attempts: 6 })).toEqual({ nextAt: null, reason: 'All 6 attempts failed.' });
    expect(planRetry({ ...base, schedule: [], attempts: 1 }).reason).toBe('All 1 attempt failed.');
  });

  test('jitter stays within ten percent either way', () => {
    expect(planRetry({ ...base, attempts: 1, random: () => 0 }).nextAt).toBe(base.now + 27_000);
    expect(planRetry({ ...base, attempts: 1, random: () => 0.999_999 }).nextAt).toBe(base.now + 33_000);
  });

  test('honours a longer pause that the receiver asked for, exactly', () => {
    const plan = planRetry({ ...base, attempts: 1, retryAfter: 90 });
    expect(plan.nextAt).toBe(base.now + 90_000);
    expect(plan.reason).toContain('asked for 90 s');
  });

  test('does not come sooner for a shorter one', () => {
    expect(planRetry({ ...base, attempts: 1, retryAfter: 1 }).nextAt).toBe(base.now + 30_000);
  });

  test('bounds what a receiver may ask for', () => {
    const plan = planRetry({ ...base, attempts: 1, retryAfter: 10 * longestRetryAfter });
    expect(plan.nextAt).toBe(base.now + longestRetryAfter * 1000);
  });
});
