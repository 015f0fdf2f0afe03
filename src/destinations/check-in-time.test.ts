import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { checkInTime } from './check-in-time.ts';
import { never } from './contract.fixture.ts';
import type { CheckResult, Connection } from './destination.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const stuckAt = (step: CheckResult['steps'][number]['step']): CheckResult => ({
  success: false,
  error: `${step} failed`,
  message: 'Stopped.',
  steps: [
    { step: 'settings', outcome: 'ok', durationMs: 0 },
    { step, outcome: 'failed', durationMs: 30_990, message: 'Stopped.', advice: 'Nothing needs to be done.' },
  ],
});

/** A kind that goes on until it is stopped. */
const until = (result: CheckResult): Pick<Connection, 'check'> => ({
  check: (signal) => new Promise((done) => signal.addEventListener('abort', () => done(result))),
});

test('a test that is not done in time says at which step it stood, and what to do', async () => {
  const checked = checkInTime(until(stuckAt('sign in')), never());
  await vi.advanceTimersByTimeAsync(31_000);
  expect(await checked).toEqual({
    success: false,
    error: 'sign in failed',
    message: expect.stringMatching(/31 s.*right protocol/),
    steps: [
      { step: 'settings', outcome: 'ok', durationMs: 0 },
      {
        step: 'sign in',
        outcome: 'failed',
        durationMs: 30_990,
        message: 'Not done after the 31 s that a test may take.',
        advice: expect.stringMatching(/how busy/),
      },
    ],
  });
  expect(vi.getTimerCount()).toBe(0);
});

test('what cannot be stopped is not waited for', async () => {
  const checked = checkInTime({ check: () => new Promise(() => {}) }, never());
  await vi.advanceTimersByTimeAsync(33_000);
  const { success, steps } = await checked;
  expect([success, steps.map(({ outcome }) => outcome)]).toEqual([false, ['failed']]);
});

test('what was written stays written, also when cleaning up took too long', async () => {
  const result = { success: true, steps: [{ step: 'clean up', outcome: 'noted', durationMs: 1 } as const] };
  const checked = checkInTime(until(result), never());
  await vi.advanceTimersByTimeAsync(31_000);
  expect(await checked).toBe(result);
});

test('a failure in time, and a test that somebody stopped, are told as they are', async () => {
  const failed = stuckAt('write');
  expect(await checkInTime({ check: async () => failed }, never())).toBe(failed);
  const stop = new AbortController();
  const stopped = checkInTime(until(failed), stop.signal);
  stop.abort();
  expect(await stopped).toBe(failed);
  const broken = checkInTime({ check: () => Promise.reject(new Error('a fault of ours')) }, never());
  await expect(broken).rejects.toThrow('a fault of ours');
  expect(vi.getTimerCount()).toBe(0);
});
