import { expect, test } from 'vitest';
import { type ConsentWords, chooseLanguage } from './consent-words.ts';

const placesOf = (words: ConsentWords): string[] =>
  Object.entries(words).flatMap(([name, text]) =>
    typeof text === 'string' ? [...text.matchAll(/\{\w+\}/g)].map(([place]) => `${name} ${place}`) : [],
  );

test('each language says the same and fills the same places', () => {
  const [en, fr, es] = ['en', 'fr', 'es'].map((code) => chooseLanguage(code, undefined).words);
  for (const other of [fr!, es!]) {
    expect(placesOf(other).sort()).toEqual(placesOf(en!).sort());
    expect(Object.keys(other.scopes)).toEqual(Object.keys(en!.scopes));
  }
});

test.each([
  ['fr', 'en', 'fr'],
  [null, 'de-DE,es;q=0.8,en;q=0.5', 'es'],
  [null, 'de', 'en'],
  [undefined, undefined, 'en'],
  ['constructor', '__proto__', 'en'],
])('a person with %s at a browser with %s reads %s', (own, accepted, code) => {
  expect(chooseLanguage(own, accepted).code).toBe(code);
});
