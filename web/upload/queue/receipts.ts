/** What the server is known to have, from its answers and from the live events; an answer may get lost on its way. */
import type { ImageResult } from '../send.ts';
import type { Photo } from './photo.ts';

export interface Receipts {
  /** This image belongs to a photo here. */
  claim(image: ImageResult): void;
  /** A live event names an image. False when a photo here has it already. */
  notice(image: ImageResult): boolean;
  /** The image that this photo may have become: of its name and size, and claimed by no other. */
  findFor(photo: Photo): ImageResult | undefined;
}

export function createReceipts(): Receipts {
  /** Images that the server has and that no photo here has claimed yet, by id. */
  const stored = new Map<string, ImageResult>();
  const claimed = new Set<string>();
  return {
    claim({ id }) {
      claimed.add(id);
      stored.delete(id);
    },
    notice(image) {
      if (claimed.has(image.id)) return false;
      stored.set(image.id, image);
      return true;
    },
    findFor({ file }) {
      for (const image of stored.values()) {
        if (image.filename === file.name && image.size_bytes === file.size) return image;
      }
      return undefined;
    },
  };
}
