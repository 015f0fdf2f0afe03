/**
 * A part of the page's own code that comes after the page stands. It comes over the same line as everything else: when
 * that falls silent, the browser waits for a script without end and gives whoever asks again the same wait. So there is
 * a patience here, and each later attempt asks under an address of its own; whichever comes first is taken.
 */
import { retryDelay } from './retry.ts';

export interface Part<T> {
  /** Undefined while it is not here. */
  readonly here: T | undefined;
  /** Resolves when it is here, however long that takes. */
  readonly arrival: Promise<T>;
  /** How many attempts were met by silence. */
  readonly silences: number;
  /** Waits for one attempt; undefined when that brought nothing. More attempts follow by themselves. */
  get(): Promise<T | undefined>;
}

/** Milliseconds for a script of a few kilobytes. A slower line still brings it: nothing is called off. */
const PATIENCE = 20_000;

export function createPart<T>(load: (attempt: number) => Promise<T>, random = Math.random): Part<T> {
  let here: T | undefined;
  let arrive!: (part: T) => void;
  const arrival = new Promise<T>((resolve) => {
    arrive = resolve;
  });
  let asking: Promise<T | undefined> | undefined;
  let attempts = 0;
  let silences = 0;
  let again: ReturnType<typeof setTimeout> | undefined;

  function ask(): Promise<T | undefined> {
    clearTimeout(again);
    const nothing = new Promise<undefined>((resolve) => {
      const giveUp = (): void => {
        clearTimeout(watchdog);
        if (here !== undefined) return;
        asking = undefined;
        again = setTimeout(get, retryDelay(attempts, random));
        resolve(undefined);
      };
      const watchdog = setTimeout(() => {
        if (here === undefined) silences++;
        giveUp();
      }, PATIENCE);
      load(attempts++).then(take, giveUp);
    });
    return Promise.race([arrival, nothing]);
  }

  function take(part: T): void {
    clearTimeout(again);
    here ??= part;
    arrive(here);
  }

  function get(): Promise<T | undefined> {
    if (here !== undefined) return arrival;
    asking ??= ask();
    return asking;
  }

  return {
    arrival,
    get,
    get here() {
      return here;
    },
    get silences() {
      return silences;
    },
  };
}

/**
 * Imports a part: `first` by the address that the build knows; later by one that the browser has not asked for before,
 * which it makes of what the build has written into the page.
 */
export function importPart<T>(name: 'road' | 'seal', first: () => Promise<T>, attempt: number): Promise<T> {
  const address = document.querySelector<HTMLMetaElement>(`meta[name="apertur:${name}"]`)?.content;
  if (attempt === 0 || !address) return first();
  return import(/* @vite-ignore */ `${address}?${attempt}`);
}
