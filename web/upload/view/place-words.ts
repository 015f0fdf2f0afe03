/** What is said of a photo that the server has: how far it is on its way to its places. Pure. */
import { isDelivered, isEverywhere, type Place, placesWanted, type Trouble } from '../places.ts';
import type { Photo } from '../queue/photo.ts';
import type { Speech } from '../words.ts';
import type { StatusPart } from './layout.ts';

export interface PlaceWords {
  everywhere: boolean;
  /** Every copy that was made was held against the photo and is whole. */
  checked: boolean;
  caption: string;
  /** Under the caption, for the eye; empty for nothing. */
  detail: string;
  /** All of it in sentences, for the ear. */
  spoken: string;
}

export function describePlaces(photo: Photo, places: readonly Place[], speech: Speech): PlaceWords {
  const wanted = placesWanted(photo, places);
  const done = places.filter(isDelivered);
  const checked =
    done.length > 0 && done.every(({ verifiedBy }) => verifiedBy === 'hash' || verifiedBy === 'size');
  const next = places.find(({ state, nextAttemptAt }) => state === 'delivering' && nextAttemptAt);
  const failed = places.some(({ state }) => state === 'failed');
  let detail = checked ? speech.say('checked') : '';
  if (failed) detail = speech.say('notDelivered');
  if (places.some(({ state, held }) => state === 'delivering' && held)) detail = speech.say('later');
  else if (next) detail = speech.say('nextTry', { time: speech.time(Date.parse(next.nextAttemptAt!)) });
  const caption =
    done.length === 0
      ? speech.say('received')
      : wanted === 1
        ? nameOf(done[0]!, speech)
        : speech.count('inPlaces', wanted, { done: done.length });
  const spoken = [
    ...(checked ? [speech.say('checkedWhole')] : []),
    ...(wanted > 1 ? done.map((place) => nameOf(place, speech)) : []),
    ...(detail === '' || detail === speech.say('checked') ? [] : [detail]),
  ];
  return {
    everywhere: isEverywhere(photo, places),
    checked,
    caption,
    detail,
    spoken: spoken.filter(Boolean).join('. '),
  };
}

const nameOf = ({ destinationName: place }: Place, speech: Speech): string =>
  place === null ? speech.say('delivered') : speech.say('inPlace', { place });

/** The sentences under the heading: what it means for the photos, and what to do. */
export function describeTroubles(troubles: readonly Trouble[], speech: Speech): StatusPart[] {
  return troubles.map(({ place, count, nextAt, held }) => {
    const text = held
      ? speech.count('held', count)
      : nextAt === undefined
        ? speech.count('undelivered', count)
        : speech.count('delayed', count, { time: speech.time(nextAt) });
    return { tone: held ? 'calm' : 'warn', text: place === null ? text : `${place}: ${text}` };
  });
}
