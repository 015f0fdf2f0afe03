import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { words as ar } from './words/ar.ts';
import { words as de } from './words/de.ts';
import { words as en, type Plural, type Words } from './words/en.ts';
import { words as es } from './words/es.ts';
import { words as fr } from './words/fr.ts';
import { words as it } from './words/it.ts';
import { words as ja } from './words/ja.ts';
import { words as nl } from './words/nl.ts';
import { words as pl } from './words/pl.ts';
import { words as pt } from './words/pt.ts';
import { words as tr } from './words/tr.ts';
import { words as zh } from './words/zh.ts';
import { createSpeech } from './words.ts';

const languages = { ar, de, en, es, fr, it, ja, nl, pl, pt, tr, zh };
const blanks = (text: string): string => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join();
const keys = Object.keys(en) as (keyof Words)[];

/** What a language says with other blanks than English, or not at all. */
function mismatches(words: Words): string[] {
  return keys.filter((key) => {
    const [ours, english] = [words[key], en[key]];
    if (typeof ours === 'string') return ours.trim() === '' || blanks(ours) !== blanks(english as string);
    return blanks(ours.other) !== blanks((english as Plural).other);
  });
}

describe.each(Object.entries(languages))('%s', (_language, words) => {
  test('says everything, with the blanks of the English text', () => {
    expect(Object.keys(words).sort()).toEqual([...keys].sort());
    expect(mismatches(words)).toEqual([]);
  });

  test('does not shout', () => {
    expect(JSON.stringify(words)).not.toMatch(/[!¡]|oops|ups/i);
  });
});

test('the button for pages of others speaks what the page speaks', () => {
  const widget = readFileSync(new URL('./widget/widget.js', import.meta.url), 'utf8');
  const spoken = [...widget.matchAll(/^ {4}(\w\w): \['/gm)].map(([, language]) => language);
  expect(spoken).toEqual(Object.keys(languages));
});

test('counts take the plural form of the language', () => {
  expect(createSpeech('en', en).count('sendingPhotos', 1)).toBe('Sending 1 photo.');
  expect(createSpeech('en', en).count('sendingPhotos', 3)).toBe('Sending 3 photos.');
  // French counts nought as one.
  expect(createSpeech('fr', fr).count('sendingPhotos', 0)).toBe('Envoi de 0 photo.');
  expect(createSpeech('es', es).count('waitingConnection', 1_000_000)).toContain('fotos');
});

test('the sentences that people know by heart', () => {
  const speech = createSpeech('en', en);
  expect(speech.count('allSafe', 1)).toBe('Received. Your photo is safe.');
  expect(speech.count('waitingConnection', 3)).toBe(
    'Waiting for a connection. 3 photos are kept on this phone.',
  );
});

test('every plural form that a language has is said', () => {
  const missing = Object.entries(languages).flatMap(([language, words]) =>
    keys.flatMap((key) => {
      const said = words[key];
      if (typeof said === 'string') return [];
      const counts = [1, 2, 3, 5, 11, 21, 100];
      const wanted = new Set(counts.map((count) => new Intl.PluralRules(language).select(count)));
      return [...wanted]
        .filter((form) => said[form] === undefined)
        .map((form) => `${language} ${key} ${form}`);
    }),
  );
  expect(missing).toEqual([]);
});

describe('dates and sizes', () => {
  const at = new Date(2026, 2, 3, 14, 5).getTime();
  const sameYear = new Date(2026, 5, 1).getTime();

  test('are written as the language writes them', () => {
    const said = (language: 'en' | 'fr' | 'es'): string => {
      const speech = createSpeech(language, languages[language]);
      return speech.say('expired', { day: speech.day(at, sameYear), time: speech.time(at) });
    };
    expect(said('en')).toBe('This link expired on 3 March at 14:05. Ask for a new one.');
    expect(said('fr')).toBe('Ce lien a expiré le 3 mars à 14:05. Demandez-en un nouveau.');
    expect(said('es')).toBe('Este enlace caducó el 3 de marzo a las 14:05. Pida uno nuevo.');
  });

  test('follow the region of the browser where it speaks the same language', () => {
    expect(createSpeech('en', en, ['fr-FR', 'en-US']).day(at, sameYear)).toBe('March 3');
    expect(createSpeech('en', en, ['de-DE']).day(at, sameYear)).toBe('3 March');
  });

  test('name the year when it is another', () => {
    expect(createSpeech('en', en).day(at, new Date(2027, 0, 1).getTime())).toBe('3 March 2026');
  });

  test('a size is never said to be within the limit that it exceeds', () => {
    const speech = createSpeech('en', en);
    const limit = 20 * 1_048_576;
    expect(speech.size(limit, 'down')).toBe('20 MB');
    expect(speech.size(limit + 1)).toBe('20.1 MB');
    expect(createSpeech('fr', fr).size(limit + 1)).toBe('20,1 Mo');
  });
});
