/** What refusals mean: a fate for the engine, a step for the connection test, and two sentences for people. */
import type { OutboundResponse } from '../lib/outbound.ts';
import type { CheckStep, Fate } from './destination.ts';
import { detailsOf, TransferError } from './transfer.ts';

export interface Meaning {
  fate: Fate;
  step: CheckStep['step'];
  /** What happened. Words in braces are filled in: `{status}`, `{code}` and those that the kind brings. */
  says: string;
  /** What a person can do. */
  advice: string;
}

export const credentialsRefused = (says: string, advice: string): Meaning => ({
  fate: 'reconnect',
  step: 'sign in',
  says,
  advice,
});
export const triedAgain = (says: string, advice: string): Meaning => ({
  fate: 'retry',
  step: 'write',
  says,
  advice,
});
export const givenUp = (says: string, advice: string): Meaning => ({
  fate: 'give-up',
  step: 'write',
  says,
  advice,
});

export const nothingToDo = 'Nothing needs to be done; it will be tried again.';

export interface Refusal {
  answer: OutboundResponse;
  /** The service's own word for it; may be empty. */
  code: string;
  /** What the service says about it; shown as the excerpt. */
  message: string;
}

/** The failure that an answer stands for. `secrets` never appear in it, whatever the service repeats. */
export function failureOf(
  { answer, code, message }: Refusal,
  meaning: Meaning,
  context: { words: Record<string, string>; secrets: readonly string[]; now: number },
): TransferError {
  const words: Record<string, string> = { ...context.words, status: String(answer.status), code };
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(words, name) ? words[name]! : whole));
  const told = [code, message].filter(Boolean).join(': ').slice(0, 1_000);
  const excerpt = hideSecrets(told, context.secrets) || null;
  const details = detailsOf(answer, meaning.fate, excerpt, context.now);
  return new TransferError(meaning.step, fill(meaning.says), fill(meaning.advice), details);
}

export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => (secret.length < 4 ? rest : rest.replaceAll(secret, '…')), text);
}

/** The text of an XML element without children, as one line; empty when it is not there. */
export function xmlText(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]{0,4000})</${name}>`).exec(xml)?.[1] ?? '';
  return text
    .replace(/&(lt|gt|quot|apos|amp|#34|#39);/g, (_, entity: string) => entities[entity] ?? '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

const entities: Record<string, string> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
  '#34': '"',
  '#39': "'",
};

/** A code as it may be shown: the service's, unless it looks like something else. */
export const shownCode = (code: string): string => (/^\w{1,60}$/.test(code) ? code : '');

/** The folder that a permission would be given for: `uploads/` of `uploads/x/1.jpg`. */
export const topFolder = (key: string): string =>
  key.includes('/') ? key.slice(0, key.indexOf('/') + 1) : '';
