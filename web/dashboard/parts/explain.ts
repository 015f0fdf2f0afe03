/** A refusal in the language of whoever reads it: said by its code, because the server speaks English alone. */
import { AperturError, ConnectionError } from '../../../packages/client/src/index.ts';
import { w as chosen, fill, language } from '../words.ts';

export interface Explanation {
  text: string;
  /** The server's own words, in English. */
  quote?: string;
}

export function explain(error: unknown, w = chosen, spoken: string = language): Explanation {
  if (error instanceof ConnectionError) return { text: w.problem.offline };
  if (!(error instanceof AperturError))
    return { text: error instanceof Error ? error.message : String(error) };
  const { code, message, retryAfter } = error;
  if (error.status === 429 && retryAfter !== undefined && code !== 'QUOTA_EXCEEDED')
    return { text: fill(w.problem.tooMany, { seconds: retryAfter }) };
  const said = (w.refusals as Record<string, string>)[code] ?? w.refusals.other;
  if (!said.endsWith(':')) return { text: said };
  return spoken === 'en' ? { text: message } : { text: said, quote: message };
}
