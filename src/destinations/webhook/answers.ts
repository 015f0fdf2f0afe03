/** What a receiver's answer means, for the engine (fate, when to come back) and for people (a sentence, an excerpt). */
import { excerptOf, readRetryAfter } from '../../lib/outbound/answers.ts';
import type { OutboundError, OutboundResponse } from '../../lib/outbound.ts';
import { DeliveryError } from '../destination.ts';

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
