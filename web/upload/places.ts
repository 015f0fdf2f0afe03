/**
 * Where photos went after they were received: told live, and asked for where the telling is no longer kept (a reload an
 * hour later, a phone that slept). Also holds what earlier visits sent from this phone.
 */
import type { Photo } from './queue/photo.ts';
import { loadPlaces } from './session.ts';

export interface Place {
  destinationId: string;
  /** Null where it has no name that a phone may read. */
  destinationName: string | null;
  state: 'delivering' | 'delivered' | 'failed';
  /** How the copy was held against the photo; of a delivered one. */
  verifiedBy?: 'hash' | 'size' | 'none' | null;
  /** ISO 8601, after an attempt that failed when there will be another. */
  nextAttemptAt?: string | null;
  /** It takes nothing until its account is connected again; then the photo goes there by itself. */
  held?: boolean;
}

export interface PlacesOptions {
  sessionId: string;
  /** The photos of this visit. */
  own(): readonly Photo[];
  /** Undefined when the server cannot be asked. */
  load?: typeof loadPlaces;
  /** Something is known about a photo that was not before; undefined: about several. */
  onChange(photo?: Photo): void;
}

export interface Places {
  /** Photos that earlier visits sent from this phone. */
  readonly earlier: readonly Photo[];
  remember(photos: readonly Photo[]): void;
  of(photo: Photo): readonly Place[];
  /** A live event names a place of an image. */
  hear(imageId: string, place: Place): void;
  /** Asks about every photo that is not yet known to have arrived everywhere. */
  locate(): Promise<void>;
}

/** Images in one question. */
const AT_ONCE = 50;

export function createPlaces({ sessionId, own, onChange, load = loadPlaces }: PlacesOptions): Places {
  const places = new Map<string, Map<string, Place>>();
  const earlier: Photo[] = [];
  const all = (): Photo[] => [...own(), ...earlier];

  function note(imageId: string, place: Place): void {
    const known = places.get(imageId) ?? new Map<string, Place>();
    places.set(imageId, known);
    // Events may be told again from the first one on, and a copy that was made stays one when it is made anew.
    const before = known.get(place.destinationId);
    if (before?.state === 'delivered' && place.state === 'delivering') return;
    known.set(place.destinationId, place);
  }

  const of = (photo: Photo): readonly Place[] => [...(places.get(photo.image?.id ?? '')?.values() ?? [])];

  return {
    earlier,
    of,
    remember(photos) {
      earlier.push(...photos.filter(({ id }) => !all().some((other) => other.id === id)));
      onChange();
    },
    hear(imageId, place) {
      note(imageId, place);
      const photo = all().find(({ image }) => image?.id === imageId);
      if (photo !== undefined) onChange(photo);
    },
    async locate() {
      const open = all().filter((photo) => photo.image !== undefined && !isEverywhere(photo, of(photo)));
      for (let at = 0; at < open.length; at += AT_ONCE) {
        const ids = open.slice(at, at + AT_ONCE).map(({ image }) => image!.id);
        const found = await load(sessionId, ids);
        if (found === undefined) return;
        for (const image of found) for (const place of image.places) note(image.imageId, place);
      }
      if (open.length > 0) onChange();
    },
  };
}

/** How many places the photo has: as many as its receipt said, or as there turned out to be. */
export const placesWanted = (photo: Photo, places: readonly Place[]): number =>
  Math.max(photo.image?.destinations ?? 0, places.length);

export const isDelivered = ({ state }: Place): boolean => state === 'delivered';

export const isEverywhere = (photo: Photo, places: readonly Place[]): boolean =>
  places.length > 0 && places.filter(isDelivered).length === placesWanted(photo, places);

/** A place that photos have not reached, and what becomes of them. */
export interface Trouble {
  place: string | null;
  count: number;
  /** Milliseconds since 1970, of the first next attempt; undefined when there will be none. */
  nextAt: number | undefined;
  /** It will go there by itself, later. */
  held: boolean;
}

/** One for each place, and apart those that are tried again and those that are not. */
export function findTroubles(photos: readonly Photo[], of: Places['of']): Trouble[] {
  const troubles = new Map<string, Trouble>();
  for (const place of photos.flatMap((photo) => of(photo))) {
    const next = place.state === 'delivering' ? place.nextAttemptAt : undefined;
    const held = place.state === 'delivering' && place.held === true;
    if (place.state !== 'failed' && !next && !held) continue;
    const key = `${place.destinationId} ${held ? 'held' : place.state}`;
    const nextAt = next ? Date.parse(next) : undefined;
    const before = troubles.get(key);
    troubles.set(key, {
      place: place.destinationName,
      count: (before?.count ?? 0) + 1,
      nextAt: nextAt === undefined ? undefined : Math.min(before?.nextAt ?? nextAt, nextAt),
      held,
    });
  }
  return [...troubles.values()];
}
