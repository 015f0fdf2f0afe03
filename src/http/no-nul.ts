/**
 * U+0000 is in no text that a person or a program means, and PostgreSQL stores none: refused at the door, alike on both
 * engines, before it comes back as a failure from the database.
 */
import type { FastifyInstance } from 'fastify';
import { invalid } from '../errors.ts';

const refusal = () => invalid('The request holds the character U+0000, which is in no text.');

/** Refuses it in addresses: AppError 400. */
export function refuseNulInUrls(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    if (request.url.includes('%00')) throw refusal();
  });
}

/** Refuses it in a JSON body: `text` is as it came, `parsed` what it means. Throws AppError 400. */
export function refuseNul(text: string, parsed: unknown): void {
  // Where the letters of the escape are not, nothing has to be walked.
  if (text.includes('\\u0000') && holdsNul(parsed)) throw refusal();
}

function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\u0000');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, item]) => name.includes('\u0000') || holdsNul(item));
}
