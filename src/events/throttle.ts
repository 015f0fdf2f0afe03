/**
 * At most so many requests a second to one receiver, over all processes: a cell of the generic cell rate algorithm (ITU-T
 * I.371) in the webhook's row. The cell holds the moment up to which requests have been spoken for; it is read and
 * written under the row's lock. Requests are spread evenly, with a small burst, so that a second carries at most 5 %
 * (or one request) more than the rate.
 */
export interface Permits {
  /** Requests that may begin now. */
  count: number;
  /** When one more may begin after those (milliseconds since 1970). */
  nextAt: number;
}

const second = 1_000_000;

const burstOf = (rate: number): number => Math.max(1, Math.floor(rate / 20));

/** `cell` in microseconds, `rate` a second, `now` in milliseconds. */
export function permitsOf(cell: number, rate: number, now: number): Permits {
  const step = second / rate;
  const burst = burstOf(rate);
  const spoken = Math.max(cell, now * 1_000);
  const count = Math.max(0, Math.floor((burst * step - (spoken - now * 1_000)) / step + 1e-6));
  return { count, nextAt: Math.ceil((spoken + count * step - (burst - 1) * step) / 1_000) };
}

/** The cell after `count` more requests have begun. */
export function speakFor(cell: number, rate: number, count: number, now: number): number {
  return Math.round(Math.max(cell, now * 1_000) + (count * second) / rate);
}
