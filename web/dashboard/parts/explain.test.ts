import { expect, test } from 'vitest';
import { AperturError, ConnectionError } from '../../../packages/client/src/index.ts';
import { words as english } from '../words/en.ts';
import { words as french } from '../words/fr.ts';
import { explain } from './explain.ts';

const refusal = (statusCode: number, code: string, message: string, retryAfter?: number): AperturError =>
  new AperturError({ statusCode, error: '', code, message, ...(retryAfter ? { retryAfter } : {}) });

const inFrench = (error: unknown) => explain(error, french, 'fr');

test('a refusal is said in the language of the reader, with what the server adds to it', () => {
  const limit = refusal(403, 'PLAN_LIMIT', 'The free plan allows at most 12 hours.');
  expect(explain(limit, english, 'en')).toEqual({ text: 'The free plan allows at most 12 hours.' });
  expect(inFrench(limit)).toEqual({
    text: 'L’offre ne comprend pas cela :',
    quote: 'The free plan allows at most 12 hours.',
  });
  expect(inFrench(refusal(418, 'TEAPOT', 'Short and stout.'))).toEqual({
    text: 'Le serveur a refusé :',
    quote: 'Short and stout.',
  });
});

test('what its code says in full needs no English', () => {
  expect(inFrench(refusal(400, 'INVALID_PASSWORD', 'Invalid password.'))).toEqual({
    text: 'Ce mot de passe n’est pas le bon.',
  });
  expect(inFrench(refusal(429, 'RATE_LIMIT', 'Too many.', 7)).text).toContain('7 s');
  expect(inFrench(new ConnectionError('The server cannot be reached.')).text).toBe(french.problem.offline);
});

test('each is known to the API or to signing in', async () => {
  const { readFile } = await import('node:fs/promises');
  const codes = await readFile(new URL('../../../src/errors.ts', import.meta.url), 'utf8');
  const { BASE_ERROR_CODES } = await import('@better-auth/core/error');
  const { TWO_FACTOR_ERROR_CODES } = await import('better-auth/plugins/two-factor');
  const known = { ...BASE_ERROR_CODES, ...TWO_FACTOR_ERROR_CODES };
  const made = Object.keys(english.refusals).filter(
    (code) => code !== 'other' && !codes.includes(`'${code}'`) && !(code in known),
  );
  expect(made).toEqual([]);
});
