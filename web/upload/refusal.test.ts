import { expect, test } from 'vitest';
import { refusalSentence } from './refusal.ts';
import type { Session } from './session.ts';
import { words } from './words/en.ts';
import { createSpeech } from './words.ts';

const session = { effectiveMaxImageDimension: 2_048 } as Session;
const photos = { gps: 'keep', imageFormat: 'original', downscale: true } as const;

test.each<[string, Partial<Session>, string]>([
  [
    'the longest side that the session takes',
    {},
    'This photo is too large. The limit is 2,048 pixels on the longer side. Choose a smaller one.',
  ],
  [
    'no side, where photos that are only too long are made smaller',
    { photos },
    'This photo has more pixels than are taken here. Choose a smaller one.',
  ],
  [
    'no side, where the session names none',
    { effectiveMaxImageDimension: null },
    'This photo has more pixels than are taken here. Choose a smaller one.',
  ],
])('too many pixels: names %s', (_what, change, sentence) => {
  const speech = createSpeech('en', words);
  expect(refusalSentence({ reason: 'too-many-pixels' }, { ...session, ...change }, speech)).toBe(sentence);
});
