/**
 * What changes many times a second, told a few times a second: every look of the page is worked out and painted anew, and
 * on an old phone that is time and memory which the photos need.
 */

/** Answers the function that notes a change; `tell` hears of all that changed, `ms` milliseconds after the first of it. */
export function createPulse<T>(ms: number, tell: (changed: T[]) => void): (changed: T) => void {
  const waiting = new Set<T>();
  return (changed) => {
    if (waiting.size === 0) {
      setTimeout(() => {
        const all = [...waiting];
        waiting.clear();
        tell(all);
      }, ms);
    }
    waiting.add(changed);
  };
}
