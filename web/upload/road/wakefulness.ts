/** Keeps the screen on while photos are on their way: a phone that goes dark sends nothing. */

export interface Surroundings {
  /** Undefined in browsers that do not know it, and where the page around has not allowed it. */
  locks: Pick<WakeLock, 'request'> | undefined;
  page: Pick<Document, 'visibilityState' | 'addEventListener'>;
}

/** Answers the function that is told whether the screen is wanted on. */
export function createWakefulness({ locks, page }: Surroundings = here()): (wanted: boolean) => void {
  let wanted = false;
  let asking = false;
  let lock: WakeLockSentinel | undefined;

  async function ask(): Promise<void> {
    if (!wanted || asking || lock !== undefined || page.visibilityState !== 'visible') return;
    asking = true;
    // Refused on a low battery: then the screen goes dark as always.
    const got = await locks?.request('screen').catch(() => undefined);
    asking = false;
    if (got === undefined) return;
    lock = got;
    // The browser takes it back whenever the page is hidden.
    got.addEventListener('release', () => {
      if (lock === got) lock = undefined;
    });
    if (!wanted) letGo();
  }

  function letGo(): void {
    void lock?.release();
    lock = undefined;
  }

  page.addEventListener('visibilitychange', () => void ask());
  return (now) => {
    if (wanted === now) return;
    wanted = now;
    if (wanted) void ask();
    else letGo();
  };
}

/** Older than the standard that replaced it, and the only way to ask without an error in the log of the page around. */
type Policied = Document & { featurePolicy?: { allowsFeature(name: string): boolean } };

function here(): Surroundings {
  const isAllowed =
    window.parent === window ||
    (document as Policied).featurePolicy?.allowsFeature('screen-wake-lock') === true;
  return { locks: isAllowed ? navigator.wakeLock : undefined, page: document };
}
