/** The photos of the page as its list shows them: a tile each, the newest choice first. */
import { isWaiting, type Photo } from '../queue/photo.ts';
import type { Speech } from '../words.ts';
import { createTile, type Move, type Tile, type TileActions } from './tile.ts';

export interface PhotoList {
  /** Brings the list in line with the photos that there are. */
  place(photos: readonly Photo[]): void;
  /** One photo has changed. */
  update(photo: Photo): void;
  /** Any of them may have changed. */
  updateAll(): void;
}

export interface ListActions extends Omit<TileActions, 'move'> {
  /** The person has put the photos into this order. */
  arrange(photos: readonly Photo[]): void;
  /** For the ear. */
  announce(text: string): void;
}

/** Milliseconds: five hundred photos chosen at once become tiles in slices, between which the page answers a finger. */
const SLICE = 8;

export function createPhotoList(list: HTMLElement, speech: Speech, actions: ListActions): PhotoList {
  const tiles = new Map<Photo, Tile>();
  let wanted: ReadonlySet<Photo> = new Set();

  function remove(photo: Photo): void {
    const tile = tiles.get(photo)?.element;
    const neighbour = tile?.nextElementSibling ?? tile?.previousElementSibling;
    actions.remove(photo);
    // The removed button takes the focus along.
    if (neighbour instanceof HTMLElement) neighbour.focus();
  }

  /** As they stand on the page; what the person sees is then the order in which photos leave. */
  const shown = (): Photo[] =>
    [...tiles].sort(([, a], [, b]) => (follows(a.element, b.element) ? 1 : -1)).map(([photo]) => photo);

  function move(photo: Photo, by: Move): void {
    const waiting = shown().filter(isWaiting);
    const from = waiting.indexOf(photo);
    const to = by === 'first' ? 0 : from + by;
    const tile = tiles.get(photo)?.element;
    const other = waiting[to] && tiles.get(waiting[to])?.element;
    if (tile === undefined || other === undefined || tile === other) return;
    const focused = document.activeElement;
    if (to < from) other.before(tile);
    else other.after(tile);
    // What is moved loses the focus.
    if (focused instanceof HTMLElement) focused.focus();
    actions.arrange(shown());
    const { name } = photo.file;
    actions.announce(speech.say('nowAt', { name, number: to + 1, count: waiting.length }));
  }

  function drop(photo: Photo): void {
    const tile = tiles.get(photo);
    tiles.delete(photo);
    tile?.element.remove();
    tile?.close();
  }

  /** In the order of `photos`, before what stood there first. */
  function build(photos: readonly Photo[], put: (tile: HTMLElement) => void, done: () => void): void {
    const until = performance.now() + SLICE;
    for (const [index, photo] of photos.entries()) {
      if (performance.now() > until) {
        setTimeout(() => build(photos.slice(index), put, done));
        return;
      }
      // It may have been removed while it waited for its tile.
      if (!wanted.has(photo)) continue;
      const tile = createTile(photo, speech, { ...actions, remove, move });
      tiles.set(photo, tile);
      put(tile.element);
    }
    done();
  }

  return {
    place(photos) {
      const fresh = photos.filter((photo) => !wanted.has(photo));
      wanted = new Set(photos);
      for (const photo of tiles.keys()) if (!wanted.has(photo)) drop(photo);
      if (fresh.length === 0) return;
      // In its own order: what was just taken is in sight.
      const chosen = fresh.filter((photo) => !photo.earlier);
      const end = document.createComment('');
      list.prepend(end);
      build(
        chosen,
        (tile) => end.before(tile),
        () => end.remove(),
      );
      build(
        fresh.filter((photo) => photo.earlier),
        (tile) => list.append(tile),
        () => {},
      );
    },
    updateAll() {
      for (const tile of tiles.values()) tile.update();
    },
    update(photo) {
      tiles.get(photo)?.update();
    },
  };
}

const follows = (a: Node, b: Node): boolean =>
  (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_PRECEDING) !== 0;
