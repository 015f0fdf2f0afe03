/**
 * When to try again: pure functions, so that the schedule that a person is shown is the schedule that runs.
 * Contract §6.5 (image deliveries) and §8.2 (event webhooks).
 */

/** What is drawn for jitter: a number from 0 up to 1. */
export type Random = () => number;

export interface RetryPlan {
  /** Milliseconds since 1970, or null when there is no further attempt. */
  nextAt: number | null;
  /** One sentence for people: why then, or why never. */
  reason: string;
}

export interface RetryInput {
  /** Attempts made so far, the one that just failed included. */
  attempts: number;
  /** Seconds before each retry. */
  schedule: readonly number[];
  /** Seconds that the other side asked for. */
  retryAfter?: number | undefined;
  now: number;
  random: Random;
}

/** The other side may ask for a longer pause, within this bound (seconds). */
export const longestRetryAfter = 24 * 3600;

/** Plans the attempt after a failed one. A named pause is honoured when it is longer than ours, up to a day. */
export function planRetry({ attempts, schedule, retryAfter, now, random }: RetryInput): RetryPlan {
  const delay = schedule[attempts - 1];
  if (delay === undefined) {
    return { nextAt: null, reason: `All ${count(attempts, 'attempt')} failed.` };
  }
  const asked = Math.min(retryAfter ?? 0, longestRetryAfter);
  const position = `retry ${attempts} of ${schedule.length}`;
  if (asked > delay) {
    return { nextAt: now + asked * 1000, reason: `${position}; the receiver asked for ${asked} s` };
  }
  const jittered = delay * (0.9 + 0.2 * random());
  return { nextAt: now + Math.round(jittered * 1000), reason: `${position}, after ${delay} s` };
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
