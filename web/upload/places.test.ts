import { describe, expect, test } from 'vitest';
import { createPlaces, findTroubles, type Place } from './places.ts';
import type { Photo } from './queue/photo.ts';
import { describePlaces, describeTroubles } from './view/place-words.ts';
import { words } from './words/en.ts';
import { createSpeech } from './words.ts';

const speech = createSpeech('en', words);
const at = new Date(2026, 2, 3, 14, 7);

function photoOf(image: string, destinations = 1): Photo {
  return {
    id: `photo of ${image}`,
    open: async () => new Blob(),
    number: 1,
    file: new File(['x'], `${image}.jpg`),
    source: 'gallery',
    state: 'received',
    progress: 1,
    image: { id: image, filename: `${image}.jpg`, size_bytes: 1, destinations },
  };
}

const place = (destinationId: string, change: Partial<Place> = {}): Place => ({
  destinationId,
  destinationName: `${destinationId} bucket`,
  state: 'delivered',
  verifiedBy: 'hash',
  ...change,
});

const delayed = (destinationId: string): Place =>
  place(destinationId, { state: 'delivering', verifiedBy: null, nextAttemptAt: at.toISOString() });

describe('what is heard', () => {
  test('counts also when it is told before the receipt, and once however often it is told', () => {
    const own: Photo[] = [];
    const changed: (Photo | undefined)[] = [];
    const places = createPlaces({ sessionId: 's', own: () => own, onChange: (photo) => changed.push(photo) });
    places.hear('a', place('one'));
    own.push(photoOf('a'));
    expect(places.of(own[0]!)).toEqual([place('one')]);
    places.hear('a', place('one'));
    expect(places.of(own[0]!)).toHaveLength(1);
    expect(changed).toEqual([own[0]]);
  });

  test('again from the first event on takes nothing back', () => {
    const own = [photoOf('a')];
    const places = createPlaces({ sessionId: 's', own: () => own, onChange: () => {} });
    places.hear('a', place('one'));
    places.hear('a', place('one', { state: 'delivering' }));
    expect(places.of(own[0]!)).toMatchObject([{ state: 'delivered' }]);
  });
});

describe('what is asked', () => {
  test('is fifty at a time, and only of photos that are not known to be everywhere', async () => {
    const own = Array.from({ length: 121 }, (_, index) => photoOf(`img_${index}`));
    const asked: number[] = [];
    const places = createPlaces({
      sessionId: 's',
      own: () => own,
      onChange: () => {},
      async load(_, images) {
        asked.push(images.length);
        return images.map((imageId) => ({ imageId, places: [place('one')] }));
      },
    });
    places.hear('img_0', place('one'));
    await places.locate();
    expect(asked).toEqual([50, 50, 20]);
    await places.locate();
    expect(asked).toEqual([50, 50, 20]);
  });

  test('is also about what earlier visits sent; without an answer nothing is claimed', async () => {
    let answer: Place[] | undefined;
    const places = createPlaces({
      sessionId: 's',
      own: () => [],
      onChange: () => {},
      load: async (_, [imageId]) => answer && [{ imageId: imageId!, places: answer }],
    });
    places.remember([photoOf('a')]);
    places.remember([photoOf('a')]);
    expect(places.earlier).toHaveLength(1);
    await places.locate();
    expect(places.of(places.earlier[0]!)).toEqual([]);
    answer = [place('one')];
    await places.locate();
    expect(places.of(places.earlier[0]!)).toEqual(answer);
  });
});

describe('what is said', () => {
  const said = (places: Place[], wanted = 1) => describePlaces(photoOf('a', wanted), places, speech);

  test('is received until a place has it', () => {
    const nowhere = { everywhere: false, checked: false, caption: 'Received', detail: '', spoken: '' };
    expect(said([])).toEqual(nowhere);
    expect(said([place('Claims', { state: 'delivering' })])).toEqual(nowhere);
  });

  test('names the place, and says that the copy was checked only when it was', () => {
    const there = { everywhere: true, caption: 'In Claims bucket' };
    const spoken = 'Checked: the copy is whole';
    expect(said([place('Claims')])).toEqual({ ...there, checked: true, detail: 'Checked', spoken });
    const bySize = said([place('Claims', { verifiedBy: 'size' })]);
    expect(bySize.checked).toBe(true);
    const unchecked = said([place('Claims', { verifiedBy: 'none' })]);
    expect(unchecked).toEqual({ ...there, checked: false, detail: '', spoken: '' });
    expect(said([place('Claims', { destinationName: null, verifiedBy: 'none' })]).caption).toBe('Delivered');
  });

  test('counts several places, and names them for the ear', () => {
    const some = said([place('A'), place('B'), delayed('C')], 3);
    expect(some).toMatchObject({ everywhere: false, caption: '2 of 3 places' });
    expect(some.detail).toBe('Next try at 14:07');
    expect(some.spoken).toBe('Checked: the copy is whole. In A bucket. In B bucket. Next try at 14:07');
    expect(said([place('A'), place('B', { verifiedBy: 'none' })], 2)).toMatchObject({
      everywhere: true,
      checked: false,
      caption: '2 of 2 places',
    });
  });

  test('says calmly that a place which takes nothing for now gets the photo later', () => {
    const held = place('Claims', { state: 'delivering', verifiedBy: null, held: true });
    expect(said([held])).toMatchObject({
      caption: 'Received',
      detail: 'Delivered later',
      spoken: 'Delivered later',
    });
    const troubles = findTroubles([photoOf('a')], () => [held]);
    expect(describeTroubles(troubles, speech)).toEqual([
      {
        tone: 'calm',
        text: 'Claims bucket: 1 photo is kept safely and will be delivered later. You need not do anything.',
      },
    ]);
    // Connected again, it is on its way as any other.
    const places = createPlaces({ sessionId: 's', own: () => [], onChange: () => {} });
    places.hear('a', held);
    places.hear('a', place('Claims', { state: 'delivering' }));
    expect(findTroubles([photoOf('a')], places.of)).toEqual([]);
  });

  test('says what a failure means: once a place, with the first next try', () => {
    const own = [photoOf('a', 2), photoOf('b', 2), photoOf('c', 2)];
    const known: Record<string, Place[]> = {
      a: [place('A'), delayed('B')],
      b: [place('A', { state: 'failed' }), delayed('B')],
      c: [place('A'), place('B')],
    };
    const troubles = findTroubles(own, ({ image }) => known[image!.id]!);
    expect(describeTroubles(troubles, speech).map(({ text }) => text)).toEqual([
      'B bucket: 2 photos are kept safely. They could not be delivered yet and are tried again at 14:07.',
      'A bucket: 1 photo is kept safely but could not be delivered. You need not do anything: the recipient sees it and can try again.',
    ]);
  });
});
