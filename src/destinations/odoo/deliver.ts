/** One call for one photo: Odoo fetches the bytes itself, from the link in the body. Contract §9.6. */
import { excerptOf, readRetryAfter } from '../../lib/outbound/answers.ts';
import { OutboundError, type OutboundResponse } from '../../lib/outbound.ts';
import { type BodySignatures, createBodySigners, type SigningSecrets } from '../../lib/signatures.ts';
import type { ConnectionServices, DeliverableImage, Receipt } from '../destination.ts';
import { failureWithoutAnswer, stopped, TransferError } from '../transfer.ts';
import { messageOf, readVerdict } from './message.ts';

export interface OdooSettings {
  /** Of the webhook. */
  url: string;
  secrets: SigningSecrets;
}

export interface Sending {
  settings: OdooSettings;
  services: Pick<ConnectionServices, 'outbound' | 'now' | 'downloadUrl'>;
}

/**
 * Odoo answers after it has fetched the photo (30 s, then once more with its own key) and written its message. Giving up
 * earlier would tell it of the photo twice.
 */
const answerMs = 120_000;

export async function deliver(
  sending: Sending,
  image: DeliverableImage,
  signal: AbortSignal,
): Promise<Receipt> {
  if (signal.aborted) throw stopped();
  const body = messageOf(image, sending.services.downloadUrl(image.id));
  const signatures = signaturesOf(sending, body, image.signWith);
  const answer = await post(sending, body, signatures, signal);
  const verdict = readVerdict(answer);
  if (answer.status !== 200 || verdict.status !== 'ok') throw failureOf(sending, answer);
  return {
    remotePath: null,
    bytes: image.sizeBytes,
    verifiedBy: 'none',
    status: answer.status,
    excerpt: excerptOf(answer),
    phases: answer.phases,
    address: answer.address,
    signedWith: signatures.signedWith,
  };
}

export function signaturesOf(
  { settings, services }: Sending,
  body: string,
  first?: DeliverableImage['signWith'],
): BodySignatures {
  const signers = createBodySigners(settings.secrets, services.now(), first);
  signers.update(body);
  return signers.sign();
}

/** Any answer. Never sent twice by itself: Odoo posts one message for each call. */
export async function post(
  { settings, services }: Sending,
  body: string,
  { single, list }: BodySignatures,
  signal: AbortSignal,
  deadlineMs = answerMs,
): Promise<OutboundResponse> {
  try {
    return await services.outbound.request({
      method: 'POST',
      url: settings.url,
      headers: {
        'Content-Type': 'application/json',
        'X-Apertur-Signature': single,
        ...(list === undefined ? {} : { 'X-Apertur-Signatures': list }),
        'User-Agent': 'Apertur',
      },
      body,
      deadlineMs,
      once: true,
      signal,
    });
  } catch (error) {
    throw error instanceof OutboundError ? failureWithoutAnswer(error) : error;
  }
}

/** What an answer other than `ok` means. Everything is tried again (contract §6.5). */
export function failureOf({ services }: Sending, answer: OutboundResponse): TransferError {
  const { says, advice } = explain(answer);
  return new TransferError('write', says, advice, {
    fate: 'retry',
    status: answer.status,
    excerpt: excerptOf(answer),
    phases: answer.phases,
    address: answer.address,
    retryAfter: readRetryAfter(answer.headers['retry-after'], services.now()),
  });
}

function explain(answer: OutboundResponse): { says: string; advice: string } {
  const { status } = answer;
  if (status >= 300 && status < 400) {
    const to = answer.headers.location ?? '';
    const advice = /web\/database|web\/login/.test(to)
      ? 'Odoo does not know which database is meant. Set dbfilter there, or use the address of one.'
      : 'Put the address that it leads to into the destination.';
    return { says: `Odoo answered ${status}, a redirect.`, advice };
  }
  if (status === 404) {
    return {
      says: 'Odoo does not know /apertur/webhook (404).',
      advice: 'Install the Apertur module there, and check the address.',
    };
  }
  if (status !== 200) return { says: `Odoo answered ${status}.`, advice: 'Its log says more.' };
  const verdict = readVerdict(answer);
  const said = 'message' in verdict ? verdict.message.replace(/\.$/, '') : '';
  if (verdict.status === 'no envelope') {
    return {
      says: `Odoo answered, but ${said}.`,
      advice: 'Check the address: it is that of the Odoo site, where the Apertur module is installed.',
    };
  }
  const aboutSecret = /signature|secret/i.test(said);
  return {
    says: `Odoo did not take the photo: ${said}.`,
    advice: aboutSecret
      ? 'Put the same webhook secret here and into the settings of Apertur in Odoo.'
      : 'Its log says more.',
  };
}
