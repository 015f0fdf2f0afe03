/** What an answer says besides its status: when to come back, and the beginning of its body for people to read. */
import type { OutboundResponse } from '../outbound.ts';

/** Bytes of an answer that are kept with the attempt (contract §8.6). */
export const excerptBytes = 4_096;

/**
 * Seconds until the time that `Retry-After` names, as number or date (RFC 9110 §10.2.3). Undefined when it names none
 * that lies ahead: then the usual schedule is as good.
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) || undefined;
  // Only the forms of a date that begin with a day: Date.parse takes much for a date that is none.
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
  const seconds = Math.ceil((at - now) / 1_000);
  return seconds > 0 ? seconds : undefined;
}

/** The beginning of an answer as one line of plain text; null when there is none. */
export function excerptOf({ body, headers }: Pick<OutboundResponse, 'body' | 'headers'>): string | null {
  if (body.length === 0) return null;
  const encoding = headers['content-encoding'];
  if (encoding && encoding !== 'identity')
    return `(${body.length} bytes, ${printable(encoding).slice(0, 40)})`;
  const text = printable(body.subarray(0, excerptBytes).toString('utf8'));
  return text === '' ? null : text;
}

/** Control and other unseen characters become spaces; the replacement character at a cut is dropped. */
function printable(text: string): string {
  return text
    .replace(/\ufffd+$/u, '')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}
