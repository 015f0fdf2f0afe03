/** How often what changes is shown: of a few photos at once, of many what changed in a quarter of a second. */
import { leftBehind } from './collector.ts';
import { createPulse } from './pulse.ts';
import type { Photo } from './queue/photo.ts';

export interface Pace {
  /** The photo is at another stage. */
  note(photo: Photo): void;
  /** More of it has left the phone; many times a second. */
  progress(photo: Photo): void;
}

/** So many photos are shown without haste. */
const FEW = 20;
/** Bytes that one look of the page leaves behind for each of many photos, more or less. */
const LOOK_BYTES = 65_536;
const PULSE = 250;

/** `count`: how many photos there are. */
export function createPace(count: () => number, show: (photos: readonly Photo[]) => void): Pace {
  const showAll = (photos: readonly Photo[]): void => {
    show(photos);
    if (count() > FEW) leftBehind(LOOK_BYTES * count());
  };
  const pulse = createPulse<Photo>(PULSE, showAll);
  return {
    note(photo) {
      if (count() > FEW) pulse(photo);
      else showAll([photo]);
    },
    progress: pulse,
  };
}
