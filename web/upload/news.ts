/** What is heard of the session while the page is open: told live, and asked for where nothing is told. */
import { followSession } from './live.ts';
import type { Answered } from './opening.ts';
import type { Places } from './places.ts';
import type { ImageResult } from './send.ts';
import { loadSession } from './session.ts';

export interface NewsOptions {
  sessionId: string;
  places: Pick<Places, 'hear' | 'locate'>;
  /** A fresh view of the session. */
  onSession(answer: Answered): void;
  /** The session has an image, from whichever phone. */
  onImage(image: ImageResult): void;
}

export interface News {
  /** From now on, or anew where the line fell. */
  follow(): void;
  stop(): void;
  /** Asks for the session. */
  refresh(): Promise<void>;
  /** Several events in a row ask for one look. */
  refreshSoon(): void;
  /** Nothing live is told of a photo whose place takes nothing for now. */
  locateSoon(): void;
}

export function createNews({ sessionId, places, onSession, onImage }: NewsOptions): News {
  let refreshTimer: ReturnType<typeof setTimeout> | undefined;
  let placesTimer: ReturnType<typeof setTimeout> | undefined;
  let stop = (): void => {};

  async function refresh(): Promise<void> {
    const answer = await loadSession(sessionId);
    if (answer.kind !== 'unreachable') onSession(answer);
  }

  function refreshSoon(): void {
    clearTimeout(refreshTimer);
    refreshTimer = setTimeout(() => void refresh(), 800);
  }

  return {
    follow() {
      stop();
      stop = followSession(sessionId, {
        onConnected() {
          refreshSoon();
          void places.locate();
        },
        onReady({ imageId: id, filename, sizeBytes }) {
          onImage({ id, filename, size_bytes: sizeBytes, destinations: 0 });
          refreshSoon();
        },
        onPlace: places.hear,
        // Full or closed, and until when: the session itself says it best.
        onEnded: () => void refresh(),
      });
    },
    stop: () => stop(),
    refresh,
    refreshSoon,
    locateSoon() {
      clearTimeout(placesTimer);
      placesTimer = setTimeout(() => void places.locate(), 3_000);
    },
  };
}
