/** When to try again. Times in milliseconds. */

const FIRST = 1_000;
const LONGEST = 30_000;
const LONGEST_ASKED = 15 * 60_000;

/** Doubles from 1 s to 30 s; the random half keeps a room full of phones from trying in step. */
export function retryDelay(attempt: number, random: () => number): number {
  const whole = Math.min(LONGEST, FIRST * 2 ** Math.max(0, attempt - 1));
  return whole / 2 + (random() * whole) / 2;
}

/** A Retry-After header, whole seconds or an HTTP date (RFC 9110 §10.2.3), bounded to 1 s … 15 min. */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const asked = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  if (Number.isNaN(asked)) return undefined;
  return Math.min(LONGEST_ASKED, Math.max(1_000, asked));
}
