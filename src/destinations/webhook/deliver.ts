/** One POST for one image: sign in a first pass over the stored bytes, send in a second one. */
import { createHash } from 'node:crypto';
import { excerptOf } from '../../lib/outbound/answers.ts';
import { OutboundError, type OutboundResponse } from '../../lib/outbound.ts';
import { type BodySignatures, createBodySigners, type SigningSecrets } from '../../lib/signatures.ts';
import {
  type ConnectionServices,
  type DeliverableImage,
  DeliveryError,
  type Receipt,
} from '../destination.ts';
import { failureFromAnswer, failureWithoutAnswer } from './answers.ts';
import { type Body, createBody, type Format } from './bodies.ts';
import { deliveryHeaders } from './headers.ts';

export interface WebhookSettings {
  url: string;
  format: Format;
  headers: Record<string, string>;
  secrets: SigningSecrets;
}

export interface Sending {
  settings: WebhookSettings;
  services: Pick<ConnectionServices, 'outbound' | 'now'>;
  /** Over connect, headers and body of the answer. Contract §9.4: 30 s. */
  deadlineMs: number;
  /** Beside those of every delivery. */
  extraHeaders?: Record<string, string>;
}

/** Images up to this size are read once and sent from memory; larger ones are read twice and never held. */
const wholeUpTo = 256 * 1_024;

/** Resolves when the receiver answered 2xx; that is all a webhook says. Throws DeliveryError. */
export async function deliver(
  sending: Sending,
  image: DeliverableImage,
  signal: AbortSignal,
): Promise<Receipt> {
  const { answer, signedWith } = await post(sending, image, signal);
  if (answer.status < 200 || answer.status > 299) throw failureFromAnswer(answer, sending.services.now());
  return {
    remotePath: null,
    bytes: image.sizeBytes,
    verifiedBy: 'none',
    status: answer.status,
    excerpt: excerptOf(answer),
    phases: answer.phases,
    address: answer.address,
    signedWith,
  };
}

/** Any answer, and which secret signed for it during a rotation. Throws DeliveryError when there is none. */
export async function post(
  { settings, services, deadlineMs, extraHeaders }: Sending,
  image: DeliverableImage,
  signal: AbortSignal,
): Promise<{ answer: OutboundResponse; signedWith: BodySignatures['signedWith'] }> {
  const signer = createBodySigners(settings.secrets, services.now(), image.signWith);
  const { contentType, body, signatures } = await sign(
    createBody(settings.format, image),
    image,
    signer,
    signal,
  );
  try {
    const answer = await services.outbound.request({
      method: 'POST',
      url: settings.url,
      headers: {
        ...settings.headers,
        ...deliveryHeaders(image, services.now()),
        ...extraHeaders,
        'Content-Type': contentType,
        ...signatureHeaders(signatures),
      },
      body,
      deadlineMs,
      signal,
    });
    return { answer, signedWith: signatures.signedWith };
  } catch (error) {
    throw error instanceof OutboundError ? failureWithoutAnswer(error) : error;
  }
}

interface SignedBody {
  contentType: string;
  body: Buffer | Body;
  signatures: BodySignatures;
}

/** Contract §9.2; the list stands beside them while the project's secret is being rotated, as with events (§8.5). */
function signatureHeaders({ single, list }: BodySignatures): Record<string, string> {
  return {
    'X-Apertur-Signature': single,
    'X-Aptr-Signature': single,
    ...(list === undefined ? {} : { 'X-Apertur-Signatures': list }),
  };
}

/** Reads the stored bytes once: signs what will be sent, and makes sure that they are still those that came in. */
async function sign(
  body: Body,
  image: DeliverableImage,
  signer: ReturnType<typeof createBodySigners>,
  signal: AbortSignal,
): Promise<SignedBody> {
  const hash = createHash('sha256');
  const whole: Buffer[] | null = image.sizeBytes <= wholeUpTo ? [] : null;
  for await (const chunk of body.open((stored) => hash.update(stored))) {
    if (signal.aborted) throw new DeliveryError('The delivery was stopped.', { fate: 'cancelled' });
    signer.update(chunk);
    whole?.push(chunk);
  }
  // A photo that changed in storage must not leave with a good signature; trying again does not bring it back.
  if (hash.digest('hex') !== image.sha256) throw new DeliveryError(damaged, { fate: 'give-up' });
  return {
    contentType: body.contentType,
    body: whole ? Buffer.concat(whole) : body,
    signatures: signer.sign(),
  };
}

const damaged =
  'The stored photo is no longer the one that was received: its SHA-256 differs. It was not sent. Check the storage.';
