import { describe, expect, test } from 'vitest';
import type { Photo } from './queue/photo.ts';
import { describeScreen, type Situation } from './screens.ts';
import type { Session } from './session.ts';
import type { Screen } from './view/layout.ts';
import { words } from './words/en.ts';
import { createSpeech } from './words.ts';

const speech = createSpeech('en', words);
const nothing = (): void => {};
const wishes = { reload: nothing, tryNow: nothing, leave: nothing, comeBack: nothing, goOn: nothing };
const at = (day: number, hour: number, minute: number): number =>
  new Date(2026, 2, day, hour, minute).getTime();

const session: Session = {
  id: 'sess_1',
  status: 'active',
  expiresAt: new Date(at(3, 14, 5)).toISOString(),
  effectiveMaxImages: 5,
  effectiveAllowedMimeTypes: ['image/jpeg', 'image/png'],
  effectiveMaxImageDimension: null,
  password_protected: false,
  imagesUploaded: 0,
  projectName: 'Claims',
};

function photos(...states: Photo['state'][]): Photo[] {
  return states.map((state, index) => ({
    id: `photo-${index}`,
    open: async () => new Blob(),
    number: index + 1,
    file: new File(['x'], `${index}.jpg`),
    source: 'gallery',
    state,
    progress: state === 'received' ? 1 : 0,
  }));
}

function screenOf(change: Partial<Situation>): Screen {
  const situation: Situation = {
    link: 'open',
    session,
    held: 0,
    ended: undefined,
    password: 'none',
    photos: [],
    waitingFor: undefined,
    keeping: 0,
    troubles: [],
    notice: '',
    left: false,
    now: at(3, 13, 0),
    ...change,
  };
  return describeScreen(situation, speech, wishes);
}

const statusOf = (screen: Screen): string => (screen.status?.parts ?? []).map((part) => part.text).join(' ');

describe('before the first photo', () => {
  test('says for whom, how many and until when', () => {
    const screen = screenOf({});
    expect(screen).toMatchObject({ name: 'open', title: 'Photos for Claims', pick: { camera: true } });
    expect(screen.lead).toEqual([
      'Up to 5 photos. A tick means that a photo is stored and safe.',
      'This link is open until 14:05.',
    ]);
    expect(screen.status).toBeUndefined();
    expect(screen.action).toBeUndefined();
  });

  test('names the day when it is not today, and what others have sent', () => {
    const screen = screenOf({ held: 2, now: at(2, 9, 0) });
    expect(screen.lead).toEqual([
      '2 of 5 photos are already here.',
      'Up to 3 photos. A tick means that a photo is stored and safe.',
      'This link is open until 3 March at 14:05.',
    ]);
  });

  test('offers no camera where its JPEG would be refused', () => {
    const pngOnly = { ...session, effectiveAllowedMimeTypes: ['image/png'] };
    expect(screenOf({ session: pngOnly }).pick).toEqual({ camera: false, types: ['image/png'] });
  });

  test('offers HEIC where the server makes JPEG of it, which it cannot of what is sealed', () => {
    const offered = (change: Partial<Session>) =>
      screenOf({ session: { ...session, ...change } }).pick?.types;
    const photos = { gps: 'keep', imageFormat: 'jpeg', downscale: false } as const;
    expect(offered({ photos })).toEqual(['image/jpeg', 'image/png', 'image/heic']);
    expect(offered({ photos, effectiveAllowedMimeTypes: ['image/png'] })).toEqual(['image/png']);
    const sealed = { e2eEnabled: true, e2ePublicKey: 'PEM' };
    expect(offered({ photos, ...sealed })).toEqual(['image/jpeg', 'image/png']);
  });

  test('says what becomes of the place where a photo was taken', () => {
    const leadWith = (gps: 'keep' | 'strip' | 'coarse', change: Partial<Session> = {}) =>
      screenOf({
        session: { ...session, photos: { gps, imageFormat: 'original', downscale: false }, ...change },
      }).lead.slice(2);
    expect(leadWith('keep')).toEqual([]);
    expect(leadWith('strip')).toEqual(['The place where a photo was taken is removed from it.']);
    expect(leadWith('coarse')).toEqual(['Of the place where a photo was taken, only the area is kept.']);
    // Nobody but the recipient can reach into a sealed photo.
    const sealed = { e2eEnabled: true, e2ePublicKey: 'PEM' };
    expect(leadWith('strip', sealed)).toEqual([expect.stringMatching(/^Photos are encrypted/)]);
  });
});

describe('while photos are on their way', () => {
  test('counts what the session has', () => {
    const screen = screenOf({ photos: photos('received', 'received', 'sending'), held: 2 });
    expect(screen.title).toBe('2 of 5 photos');
    expect(statusOf(screen)).toBe('Sending 1 photo. Keep this page open.');
    expect(screen.action).toBeUndefined();
    expect(screen.stored).toBe(false);
  });

  test('says what is kept when the line is lost, and offers to try', () => {
    const screen = screenOf({ photos: photos('waiting', 'queued', 'sending'), waitingFor: 'connection' });
    expect(statusOf(screen)).toContain('Waiting for a connection. 3 photos are kept on this phone.');
    expect(screen.status?.action?.label).toBe('Try now');
  });

  test('takes no more while the last places are being filled', () => {
    const filling = { held: 3, photos: photos('received', 'received', 'received', 'sending', 'queued') };
    expect(screenOf(filling).pick).toBeUndefined();
    expect(screenOf({ ...filling, photos: photos('received', 'sending', 'refused') }).pick).toBeDefined();
  });

  test('says that the service is busy', () => {
    const screen = screenOf({ photos: photos('waiting'), waitingFor: 'service' });
    expect(statusOf(screen)).toContain('The service is busy.');
  });

  test('promises safety only when nothing is missing', () => {
    expect(statusOf(screenOf({ photos: photos('received', 'sending'), held: 1 }))).not.toContain('safe');
    const all = screenOf({ photos: photos('received'), held: 1 });
    expect(statusOf(all)).toBe('Received. Your photo is safe.');
    expect(all).toMatchObject({ stored: true, opening: 1, action: { label: 'Done' } });
    const some = screenOf({ photos: photos('received', 'refused'), held: 1 });
    expect(statusOf(some)).toBe(
      'Received. Your photo is safe. 1 photo was not sent. What to do is written beside it.',
    );
    expect(some.stored).toBe(false);
  });

  test('says what became of the last choice', () => {
    expect(statusOf(screenOf({ notice: 'That photo was already sent.' }))).toBe(
      'That photo was already sent.',
    );
  });
});

describe('at the end', () => {
  test.each<[string, Partial<Situation>, string, string]>([
    ['full before anything was sent', { held: 5 }, 'full', 'This link is full'],
    [
      'full by photos of this visit',
      { held: 5, photos: photos('received') },
      'complete',
      '5 of 5 photos received',
    ],
    ['full, and closed for that', { held: 5, ended: 'completed' }, 'full', 'This link is full'],
    ['closed by its owner', { held: 2, ended: 'completed' }, 'completed', 'This link is closed'],
    ['expired', { ended: 'expired' }, 'expired', 'This link has expired'],
    ['expired after it was full', { held: 5, ended: 'expired' }, 'expired', 'This link has expired'],
    ['deleted', { ended: 'gone' }, 'not-found', 'This link does not work'],
    ['unknown', { link: 'unknown', session: undefined }, 'not-found', 'This link does not work'],
    ['done', { left: true, held: 1, photos: photos('received') }, 'thanks', 'Thank you'],
  ])('%s', (_name, change, name, title) => {
    const screen = screenOf(change);
    expect(screen).toMatchObject({ name, title });
    expect(screen.pick).toBeUndefined();
  });

  test('an expired link says when, and what became of the photos', () => {
    const screen = screenOf({ ended: 'expired', held: 2, photos: photos('received', 'received', 'refused') });
    expect(screen.lead).toEqual([
      'This link expired on 3 March at 14:05. Ask for a new one.',
      'The 2 photos that you sent are safe.',
    ]);
    expect(statusOf(screen)).toBe('1 photo was not sent. What to do is written beside it.');
  });

  test('a full session waits for photos of this visit that are still under way', () => {
    expect(screenOf({ held: 5, photos: photos('received', 'sending') }).name).toBe('open');
  });

  test('who is done and adds a photo is back', () => {
    expect(screenOf({ left: true, held: 1, photos: photos('received', 'sending') }).name).toBe('open');
  });
});

test.each([
  ['offline', 'No connection'],
  ['unavailable', 'Not reachable right now'],
] as const)('%s at the start offers to try again', (link, title) => {
  expect(screenOf({ link, session: undefined })).toMatchObject({
    name: link,
    title,
    action: { primary: true },
  });
});

test('the password is asked before anything else can be done', () => {
  const screen = screenOf({ password: 'ask' });
  expect(screen).toMatchObject({ name: 'password', password: true });
  expect(screen.pick).toBeUndefined();
  expect(screenOf({ password: 'changed' }).lead[0]).toContain('Your photos are kept on this phone.');
});
