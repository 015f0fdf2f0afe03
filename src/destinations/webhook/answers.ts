/** What a receiver's answer means, for the engine (fate, when to come back) and for people (a sentence, an excerpt). */
import type { OutboundError, OutboundResponse } from '../../lib/outbound.ts';
import { DeliveryError } from '../destination.ts';

/** Bytes of an answer that are kept with the attempt (contract §8.6). */
const excerptBytes = 4_096;

interface Meaning {
  message: string;
  /** What to do; none where waiting is all there is to do. */
  advice?: string;
}

const advices: Record<number, string> = {
  400: 'It did not understand the body. Check the format of the destination.',
  401: 'Check the secret, or the headers that it expects.',
  403: 'Check the secret, or the headers that it expects.',
  404: 'Check the path of the URL.',
  405: 'Check that the URL takes POST.',
  410: 'The address is gone for good. Put the new one into the destination.',
  411: 'It needs a length that a server before it may have removed.',
  413: 'The photo is too large for it. Raise its limit, or use the binary format.',
  415: 'Choose another format for the destination.',
  431: 'The headers are too large for it. Send fewer tags or custom headers.',
};

/** What a status that is not 2xx says. */
export function describeStatus(status: number): Meaning {
  if (status >= 300 && status < 400) {
    const advice = 'Put the address that it leads to into the destination.';
    return { message: `The receiver answered ${status}, a redirect. Redirects are not followed.`, advice };
  }
  if (status === 429) return { message: 'The receiver asked to slow down (429).' };
  const advice = advices[status];
  return { message: `The receiver answered ${status}.`, ...(advice ? { advice } : {}) };
}

/** Everything but 2xx is a failure, and every failure is tried again (contract §6.5, §9.4). */
export function failureFromAnswer(answer: OutboundResponse, now: number): DeliveryError {
  const { message, advice } = describeStatus(answer.status);
  return new DeliveryError(advice ? `${message} ${advice}` : message, {
    fate: 'retry',
    retryAfter: readRetryAfter(answer.headers['retry-after'], now),
    status: answer.status,
    excerpt: excerptOf(answer),
    phases: answer.phases,
    address: answer.address,
  });
}

/** No answer at all: tried again, too, unless it was us who stopped. */
export function failureWithoutAnswer(error: OutboundError): DeliveryError {
  const { phases, address } = error;
  const fate = error.stage === 'aborted' ? 'cancelled' : 'retry';
  return new DeliveryError(error.message, { fate, phases, address, cause: error });
}

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
