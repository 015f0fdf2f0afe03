/**
 * What the dashboard says. `w` holds the words of the chosen language; the whole tree is drawn anew when the language
 * changes, so that a component simply reads `w` while it renders.
 */
import { words as english, type Plural, type Words } from './words/en.ts';

export const languages = { en: 'English', fr: 'Français', es: 'Español' } as const;
export type Language = keyof typeof languages;

export let w: Words = english;
export let language: Language = 'en';
let locale = 'en-GB';

const loaders: Record<Exclude<Language, 'en'>, () => Promise<{ words: Words }>> = {
  fr: () => import('./words/fr.ts'),
  es: () => import('./words/es.ts'),
};

const isLanguage = (text: string | null | undefined): text is Language =>
  typeof text === 'string' && Object.hasOwn(languages, text);

/** The chosen language, else the first of the browser's that we speak, else English. */
export function preferredLanguage(): Language {
  const chosen = localStorage.getItem('apertur.language');
  if (isLanguage(chosen)) return chosen;
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'en';
}

export async function speak(wanted: Language): Promise<void> {
  w = wanted === 'en' ? english : (await loaders[wanted]()).words;
  language = wanted;
  // A region of the same language ("en-US") decides how dates and figures are written.
  locale =
    navigator.languages.find((tag) => tag.toLowerCase().startsWith(wanted)) ??
    (wanted === 'en' ? 'en-GB' : wanted);
  document.documentElement.lang = wanted;
}

type Values = Record<string, string | number>;

export function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (blank, name: string) => {
    const value = values[name];
    if (value === undefined) return blank;
    return typeof value === 'number' ? figure(value) : value;
  });
}

export function counted(forms: Plural, count: number, values: Values = {}): string {
  const form = new Intl.PluralRules(language).select(count) === 'one' ? forms.one : forms.other;
  return fill(form, { count, ...values });
}

export const figure = (value: number, digits = 0): string =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);

export function size(bytes: number): string {
  const step = bytes < 1024 * 1024 ? (['kilobyte', 1024] as const) : (['megabyte', 1024 * 1024] as const);
  const style = { style: 'unit', unit: step[0], unitDisplay: 'short', maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale, style).format(bytes / step[1]);
}

export function milliseconds(ms: number): string {
  const seconds = ms >= 1_000;
  const style = {
    style: 'unit',
    unit: seconds ? 'second' : 'millisecond',
    unitDisplay: 'short',
    maximumFractionDigits: seconds ? 1 : 0,
  } as const;
  return new Intl.NumberFormat(locale, style).format(seconds ? ms / 1_000 : ms);
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** "5 minutes ago", "in 2 days". */
export function ago(time: string | number, now = Date.now()): string {
  const difference = new Date(time).getTime() - now;
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const [unit, ms] = steps.find(([, length]) => Math.abs(difference) >= length) ?? ['second', 1_000];
  if (unit === 'second' && Math.abs(difference) < 10_000) return relative.format(0, 'second');
  return relative.format(Math.trunc(difference / ms), unit);
}

export const exact = (time: string | number): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }).format(new Date(time));

export const moment = (time: string | number): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time));

export const clockTime = (time: string | number): string =>
  new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(new Date(time));

export const shortDay = (time: string | number): string =>
  new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }).format(new Date(time));
