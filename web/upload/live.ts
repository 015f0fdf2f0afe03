/**
 * What happens to the session while the page is open, as server-sent events (contract §5.1). The browser
 * reconnects by itself and names the last event it saw; only a refusal ends that, and then we begin anew.
 */
import type { Place } from './places.ts';
import { retryDelay } from './retry.ts';
import { uploadPath } from './session.ts';

export interface LiveHandlers {
  /** The stream stands: whatever happened before it must be asked for. */
  onConnected(): void;
  onReady(image: { imageId: string; filename: string; sizeBytes: number }): void;
  /** What became of an image at one of its destinations. */
  onPlace(imageId: string, place: Place): void;
  onEnded(how: 'completed' | 'expired'): void;
}

/** Answers the function that ends it. */
export function followSession(sessionId: string, handlers: LiveHandlers): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  const open = (): void => {
    // From the first event that is kept: the receipt of a photo whose answer got lost may be the very first one,
    // and before it there is no last event that the browser could name when it reconnects.
    source = new EventSource(`${uploadPath(sessionId, 'events')}?lastEventId=0`);
    source.addEventListener('connected', () => {
      failures = 0;
      handlers.onConnected();
    });
    source.addEventListener('image:ready', (event) => handlers.onReady(JSON.parse(event.data)));
    for (const state of ['delivering', 'delivered', 'failed'] as const) {
      source.addEventListener(`image:${state}`, (event) => {
        const { imageId, destinationName = null, ...place } = JSON.parse(event.data);
        handlers.onPlace(imageId, { ...place, destinationName, state });
      });
    }
    source.addEventListener('session:completed', () => handlers.onEnded('completed'));
    source.addEventListener('session:expired', () => handlers.onEnded('expired'));
    source.addEventListener('error', () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(open, 5_000 + retryDelay(++failures, Math.random));
    });
  };
  open();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
