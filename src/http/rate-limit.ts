/**
 * Requests a minute (contract §1.8). A fixed window a key and bucket; the window begins with its first request, so that
 * `X-RateLimit-Reset` is exact.
 */
import type { Clock } from '../lib/clock.ts';

export type Bucket = 'create' | 'list' | 'rest' | 'public' | 'password';

/** Requests a minute. `public` and `password` count a client address, the others a key. */
export const bucketLimits: Record<Bucket, number> = {
  create: 100,
  list: 300,
  rest: 200,
  public: 1_200,
  password: 20,
};

export interface RateState {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Milliseconds since 1970. */
  resetAt: number;
}

export interface RateLimiter {
  take(bucket: Bucket, who: string): RateState;
}

const windowMs = 60_000;
const mostWindows = 100_000;

export function createRateLimiter(clock: Clock): RateLimiter {
  const windows = new Map<string, { count: number; resetAt: number }>();
  let nextSweep = 0;

  function sweep(now: number): void {
    if (now < nextSweep && windows.size < mostWindows) return;
    nextSweep = now + windowMs;
    for (const [name, window] of windows) if (window.resetAt <= now) windows.delete(name);
  }

  return {
    take(bucket, who) {
      const now = clock.now();
      sweep(now);
      const name = `${bucket} ${who}`;
      let window = windows.get(name);
      if (!window || window.resetAt <= now) {
        window = { count: 0, resetAt: now + windowMs };
        windows.set(name, window);
      }
      window.count += 1;
      const limit = bucketLimits[bucket];
      return {
        allowed: window.count <= limit,
        limit,
        remaining: Math.max(0, limit - window.count),
        resetAt: window.resetAt,
      };
    },
  };
}
