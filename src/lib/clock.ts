/** Time comes in as a parameter, so that a test can say what time it is. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** ISO 8601, UTC, milliseconds, `Z`: the form of every timestamp in an answer (contract §1.9). */
export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
