/**
 * Turns a key into a sentence of the page's language: fills in the blanks, picks the plural form, and writes
 * dates, times and sizes as that language does.
 */
import { words as english, type Plural, type Words } from './words/en.ts';

type Values = Record<string, string | number>;
type KeyOf<T> = { [K in keyof Words]: Words[K] extends T ? K : never }[keyof Words];
export type PlainKey = KeyOf<string>;
export type CountedKey = KeyOf<Plural>;

export interface Speech {
  say(key: PlainKey, values?: Values): string;
  /** `count` picks the plural form and fills `{count}`. */
  count(key: CountedKey, count: number, values?: Values): string;
  /** "3 March"; with the year when it is not the year of `now` (both milliseconds since 1970). */
  day(at: number, now: number): string;
  /** "14:05", in the phone's own time zone. */
  time(at: number): string;
  /** Bytes as megabytes (1,048,576 bytes) with one decimal at most. */
  size(bytes: number, round?: 'up' | 'down'): string;
}

/** Other languages load beside the first request for the session; the shell names the file in advance. */
const loaders: Record<string, () => Promise<{ words: Words }>> = {
  ar: () => import('./words/ar.ts'),
  de: () => import('./words/de.ts'),
  es: () => import('./words/es.ts'),
  fr: () => import('./words/fr.ts'),
  it: () => import('./words/it.ts'),
  ja: () => import('./words/ja.ts'),
  nl: () => import('./words/nl.ts'),
  pl: () => import('./words/pl.ts'),
  pt: () => import('./words/pt.ts'),
  tr: () => import('./words/tr.ts'),
  zh: () => import('./words/zh.ts'),
};

/** The words of `language`; English when the file cannot be had, because a page in English beats none. */
export async function loadSpeech(language: string, preferred: readonly string[]): Promise<Speech> {
  const loader = loaders[language];
  if (loader === undefined) return createSpeech('en', english, preferred);
  try {
    return createSpeech(language, (await loader()).words, preferred);
  } catch {
    return createSpeech('en', english, preferred);
  }
}

/** `preferred`: the browser's languages; a region of the same language ("en-US") decides how dates are written. */
export function createSpeech(language: string, words: Words, preferred: readonly string[] = []): Speech {
  const region = preferred.find((tag) => tag.toLowerCase().split('-')[0] === language);
  const locale = region ?? (language === 'en' ? 'en-GB' : language);
  const plurals = new Intl.PluralRules(language);
  const integer = new Intl.NumberFormat(locale);
  const fill = (text: string, values: Values): string =>
    text.replace(/\{(\w+)\}/g, (blank, name: string) => {
      const value = values[name];
      if (value === undefined) return blank;
      return typeof value === 'number' ? integer.format(value) : value;
    });
  return {
    say: (key, values = {}) => fill(words[key], values),
    count(key, count, values = {}) {
      const forms = words[key];
      return fill(forms[plurals.select(count)] ?? forms.other, { ...values, count });
    },
    day(at, now) {
      const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
      const year = sameYear ? undefined : 'numeric';
      return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year }).format(at);
    },
    time: (at) => new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(at),
    size(bytes, round = 'up') {
      const tenths = (bytes / 1_048_576) * 10;
      const value = Math.max(1, round === 'up' ? Math.ceil(tenths) : Math.floor(tenths)) / 10;
      return fill(words.megabytes, {
        size: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value),
      });
    },
  };
}
