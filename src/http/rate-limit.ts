/**
 * Requests a minute (contract §1.8). A fixed window a bucket and caller; it begins with its first request, so that
 * `X-RateLimit-Reset` is exact. Where the windows are counted stands in `rate-windows.ts`.
 */
import { AppError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import { type CountedWindow, type RateWindows, windowMs } from './rate-windows.ts';

/**
 * - `create`, `list`, `rest`: requests of a key.
 * - `public`: requests of a client address to routes without a credential.
 * - `refused`: uploads of a client address that were refused. Good ones are bounded by their sessions.
 * - `password`: wrong passwords of a session from a client address.
 * - `totp`: one-time codes of a key, right or wrong. Codes change every 30 seconds, so nobody needs many.
 * - `join`: joins of live sockets from a client address.
 */
export type Bucket = 'create' | 'list' | 'rest' | 'public' | 'refused' | 'password' | 'totp' | 'join';

/** Requests a minute. */
export const bucketLimits: Record<Bucket, number> = {
  create: 100,
  list: 300,
  rest: 200,
  public: 1_200,
  refused: 1_200,
  password: 20,
  totp: 10,
  join: 300,
};

export interface RateState {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Milliseconds since 1970. */
  resetAt: number;
}

export interface RateLimiter {
  /** Counts one request. */
  take(bucket: Bucket, who: string): Promise<RateState>;
  /** The state when the limit is known to be spent, without counting anything and without asking anybody. */
  spent(bucket: Bucket, who: string): RateState | undefined;
}

const mostRemembered = 100_000;

export function createRateLimiter(windows: RateWindows, clock: Clock): RateLimiter {
  /** Windows that are full stay full until they end, so that a flood costs the database nothing. */
  const full = new Map<string, CountedWindow>();

  function remember(name: string, window: CountedWindow): void {
    if (full.size >= mostRemembered) full.clear();
    full.set(name, window);
  }

  function stateOf(bucket: Bucket, { count, resetAt }: CountedWindow): RateState {
    const limit = bucketLimits[bucket];
    return { allowed: count <= limit, limit, remaining: Math.max(0, limit - count), resetAt };
  }

  function findFull(name: string): CountedWindow | undefined {
    const window = full.get(name);
    if (window === undefined || window.resetAt > clock.now()) return window;
    full.delete(name);
    return undefined;
  }

  return {
    async take(bucket, who) {
      const name = `${bucket} ${who}`;
      const known = findFull(name);
      if (known !== undefined) return { ...stateOf(bucket, known), allowed: false };
      const window = await windows.add(name);
      if (window.count >= bucketLimits[bucket]) remember(name, window);
      return stateOf(bucket, window);
    },
    spent(bucket, who) {
      const known = findFull(`${bucket} ${who}`);
      return known && { ...stateOf(bucket, known), allowed: false };
    },
  };
}

/** 429 with the whole seconds until the window ends, at least 1 (contract §1.8). */
export function tooMany({ limit, resetAt }: RateState, now: number): AppError {
  const seconds = Math.min(windowMs / 1000, Math.max(1, Math.ceil((resetAt - now) / 1000)));
  return new AppError(
    429,
    'RATE_LIMIT',
    `More than ${limit} requests in a minute. Try again in ${seconds} s.`,
    { retryAfter: seconds },
  );
}
