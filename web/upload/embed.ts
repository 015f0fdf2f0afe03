/**
 * Messages to the page that embeds this one (contract §13). The target origin is open because the parent is
 * unknown; nothing secret is ever in a message.
 */
import type { ImageResult } from './send.ts';

export interface Embed {
  imageReceived(image: ImageResult): void;
  /** The session has a photo, from whichever phone. */
  imageStored(image: { id: string; filename: string; size_bytes: number }): void;
  sessionComplete(imageCount: number): void;
  error(message: string): void;
}

export function createEmbed(frame: Window, sessionId: string): Embed {
  const post = (type: string, data: Record<string, unknown>): void => {
    if (frame.parent !== frame) frame.parent.postMessage({ type: `apertur:${type}`, data }, '*');
  };
  let lastCount = -1;
  const stored = new Set<string>();
  return {
    imageReceived: (image) => post('image:received', { ...image, sessionId }),
    imageStored(image) {
      // A stream that begins anew tells of the same images again.
      if (stored.has(image.id)) return;
      stored.add(image.id);
      post('image:stored', { ...image, sessionId });
    },
    sessionComplete(imageCount) {
      // Full, then closed by its owner, then "Done": one completion, told once.
      if (imageCount === lastCount) return;
      lastCount = imageCount;
      post('session:complete', { sessionId, imageCount });
    },
    error: (message) => post('error', { message }),
  };
}
