/** The photos of the page as its list shows them: a tile each, the newest choice first. */
import type { Photo } from '../queue/photo.ts';
import type { Speech } from '../words.ts';
import { createTile, type Tile, type TileActions } from './tile.ts';

export interface PhotoList {
  /** Brings the list in line with the photos that there are. */
  place(photos: readonly Photo[]): void;
  /** One photo has changed. */
  update(photo: Photo): void;
  /** Any of them may have changed. */
  updateAll(): void;
}

export function createPhotoList(list: HTMLElement, speech: Speech, actions: TileActions): PhotoList {
  const tiles = new Map<Photo, Tile>();

  function remove(photo: Photo): void {
    const tile = tiles.get(photo)?.element;
    const neighbour = tile?.nextElementSibling ?? tile?.previousElementSibling;
    actions.remove(photo);
    // The removed button takes the focus along.
    if (neighbour instanceof HTMLElement) neighbour.focus();
  }

  function drop(photo: Photo): void {
    const tile = tiles.get(photo);
    tiles.delete(photo);
    tile?.element.remove();
    tile?.close();
  }

  return {
    place(photos) {
      const there = new Set(photos);
      for (const photo of tiles.keys()) if (!there.has(photo)) drop(photo);
      const fresh = photos.filter((photo) => !tiles.has(photo));
      if (fresh.length === 0) return;
      for (const photo of fresh) tiles.set(photo, createTile(photo, speech, { ...actions, remove }));
      // In its own order: what was just taken is in sight.
      const elements = (chosen: Photo[]): HTMLElement[] => chosen.map((photo) => tiles.get(photo)!.element);
      list.prepend(...elements(fresh.filter((photo) => !photo.earlier)));
      list.append(...elements(fresh.filter((photo) => photo.earlier)));
    },
    updateAll() {
      for (const tile of tiles.values()) tile.update();
    },
    update(photo) {
      tiles.get(photo)?.update();
    },
  };
}
