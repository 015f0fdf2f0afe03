/** When an event is tried again (contract §8.2). Pure, so that what is shown is what happens. */
import { planRetry, type RetryPlan } from '../queue/retry.ts';
import { defaults } from './webhooks.ts';

export interface RetrySettings {
  maxRetries: number;
  /** Seconds; the last one repeats. */
  retryIntervals: readonly number[];
}

/** Seconds before each retry, one a retry. */
export function scheduleOf({ maxRetries, retryIntervals }: RetrySettings): number[] {
  const intervals = retryIntervals.length > 0 ? retryIntervals : defaults.retryIntervals;
  return Array.from({ length: maxRetries }, (_, n) => intervals[Math.min(n, intervals.length - 1)]!);
}

/**
 * Plans the attempt after a failed one. Exact, without jitter: a person may rely on the preview, and what keeps a receiver
 * that comes back from a rush is the limit of requests in flight.
 */
export function planAttempt(
  settings: RetrySettings,
  input: { attempts: number; retryAfter?: number | undefined; now: number },
): RetryPlan {
  return planRetry({ ...input, schedule: scheduleOf(settings), random: () => 0.5 });
}

export interface PlannedAttempt {
  number: number;
  /** Seconds after the attempt before it. */
  afterSeconds: number;
  at: number;
}

/** Every attempt of an event that happens at `from` and whose attempts all fail at once. */
export function previewAttempts(settings: RetrySettings, from: number): PlannedAttempt[] {
  const planned: PlannedAttempt[] = [{ number: 1, afterSeconds: 0, at: from }];
  for (;;) {
    const { number, at } = planned.at(-1)!;
    const { nextAt } = planAttempt(settings, { attempts: number, now: at });
    if (nextAt === null) return planned;
    planned.push({ number: number + 1, afterSeconds: (nextAt - at) / 1_000, at: nextAt });
  }
}
