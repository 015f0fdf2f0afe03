/**
 * The headers of an event (contract §8.5).
 *
 * While a secret is being rotated two are valid. Headers that hold one signature cannot carry both, and the verifiers of
 * our SDKs compare such a header whole; so they bear the signature that the receiver was last seen to accept, the next
 * attempt after a refusal bears the other one, and both stand together in headers that are lists: `X-Apertur-Signatures`,
 * and `webhook-signature`, which the Standard Webhooks specification defines as a list.
 */
import type { SignatureMethod } from '../db/schema.ts';
import { signSvix, signTimestamped } from '../lib/signatures.ts';

export interface Secrets {
  method: SignatureMethod;
  current: string;
  /** Also valid, until the overlap of a rotation ends. */
  previous: string | undefined;
  /** Which of the two signs the headers that hold one signature. */
  primary: 'current' | 'previous';
}

export interface Signed {
  eventId: string;
  deliveryId: string;
  topic: string;
  body: string;
  /** Milliseconds; a retry is signed with its own time. */
  now: number;
}

/** All headers that this server sets. */
export function eventHeaders(secrets: Secrets, signed: Signed): Record<string, string> {
  const timestamp = String(Math.floor(signed.now / 1_000));
  const { method, current, previous } = secrets;
  const primary = secrets.primary === 'previous' && previous ? previous : current;
  const hmac = signTimestamped(primary, timestamp, signed.body);
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'User-Agent': 'Apertur-Webhooks/1.0',
    'X-Apertur-Signature': hmac,
    'X-Apertur-Timestamp': timestamp,
    'X-Aptr-Signature': hmac,
    'X-Aptr-Timestamp': timestamp,
    'X-Apertur-Event': signed.topic,
    'X-Apertur-Delivery-Id': signed.deliveryId,
    'X-APTR-Delivery-ID': signed.deliveryId,
  };
  const valid = previous ? [current, previous] : [current];
  if (previous) {
    headers['X-Apertur-Signatures'] = valid
      .map((secret) => signTimestamped(secret, timestamp, signed.body))
      .join(', ');
  }
  if (method === 'hmac_sha256') return headers;
  const svix = (secret: string): string => signSvix(secret, signed.eventId, timestamp, signed.body);
  for (const stem of ['svix', 'webhook']) {
    headers[`${stem}-id`] = signed.eventId;
    headers[`${stem}-timestamp`] = timestamp;
  }
  headers['svix-signature'] = svix(primary);
  headers['webhook-signature'] = valid.map(svix).join(' ');
  return headers;
}
