/**
 * The picture in a tile. Painted while the tile is in sight or a screen away from it, and empty otherwise: a browser keeps
 * what it has painted decoded, and five hundred of those were a third of the memory of the tab.
 */
import { decode } from '../thumbnail/draw.ts';
import { h } from './dom.ts';

export interface TilePicture {
  readonly element: HTMLCanvasElement;
  close(): void;
}

/** What the tiles do when they come near and go away. */
const tiles = new WeakMap<Element, (isNear: boolean) => void>();
let watcher: IntersectionObserver | undefined;

/** `small` is painted while `tile` is near. */
export function createPicture(tile: Element, small: Blob, name: string): TilePicture {
  const element = h('canvas', { role: 'img', 'aria-label': name, width: 0, height: 0 });
  let isWanted = false;

  async function paint(): Promise<void> {
    const picture = await decode(small);
    if (isWanted) {
      element.width = picture.width;
      element.height = picture.height;
      element.getContext('2d')?.drawImage(picture.source, 0, 0);
    }
    picture.release();
  }

  tiles.set(tile, (isNear) => {
    if (isNear === isWanted) return;
    isWanted = isNear;
    if (isNear) void paint().catch(() => undefined);
    else element.width = element.height = 0;
  });
  watcher ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) tiles.get(target)?.(isIntersecting);
    },
    { rootMargin: '100% 0px' },
  );
  watcher.observe(tile);
  return {
    element,
    close() {
      watcher?.unobserve(tile);
      tiles.delete(tile);
    },
  };
}
