import { expect, test } from 'vitest';
import { planAttempt, previewAttempts, scheduleOf } from './schedule.ts';

const settings = { maxRetries: 5, retryIntervals: [30, 60, 300] };

test('the last interval repeats, an empty list means the default', () => {
  expect(scheduleOf(settings)).toEqual([30, 60, 300, 300, 300]);
  expect(scheduleOf({ maxRetries: 0, retryIntervals: [1] })).toEqual([]);
  expect(scheduleOf({ maxRetries: 6, retryIntervals: [] })).toEqual([30, 60, 300, 900, 3600, 3600]);
});

test('the preview is what happens, to the millisecond', () => {
  const from = 1_800_000_000_123;
  const preview = previewAttempts(settings, from);
  expect(preview.map((attempt) => attempt.afterSeconds)).toEqual([0, 30, 60, 300, 300, 300]);
  let at = from;
  for (const [made, next] of preview.slice(1).entries()) {
    const plan = planAttempt(settings, { attempts: made + 1, now: at });
    expect(plan.nextAt).toBe(next.at);
    at = plan.nextAt as number;
  }
  expect(planAttempt(settings, { attempts: 6, now: at }).nextAt).toBeNull();
});

test('a longer Retry-After wins over the interval', () => {
  expect(planAttempt(settings, { attempts: 1, retryAfter: 90, now: 0 }).nextAt).toBe(90_000);
  expect(planAttempt(settings, { attempts: 1, retryAfter: 5, now: 0 }).nextAt).toBe(30_000);
});
