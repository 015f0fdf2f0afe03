/**
 * Every signature that this project makes or checks. All are HMAC-SHA256; they differ in what is signed, how the key
 * is read and how the result is written. Contract §1.7 (requests to us), §8.5 (events), §9.3 (image deliveries).
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

type Bytes = string | Uint8Array;

const prefix = 'sha256=';

/**
 * Signs an image delivery: the raw body and nothing else (contract §9.3). Returns `sha256=` + lower-case hex. The key
 * is the UTF-8 bytes of the secret.
 */
export function signBody(secret: string, chunks: Bytes | Iterable<Bytes>): string {
  const signer = createBodySigner(secret);
  const whole = typeof chunks === 'string' || chunks instanceof Uint8Array;
  for (const chunk of whole ? [chunks] : chunks) signer.update(chunk);
  return signer.sign();
}

/** `signBody` for a body that passes by in pieces; `sign` may be called once. */
export function createBodySigner(secret: string): { update(chunk: Bytes): void; sign(): string } {
  const hmac = createHmac('sha256', secret);
  return {
    update: (chunk) => {
      hmac.update(chunk);
    },
    sign: () => prefix + hmac.digest('hex'),
  };
}

/** What signs image deliveries; for a time after a rotation, two secrets do. */
export interface SigningSecrets {
  current: string;
  /** The one before; `until` in milliseconds since 1970. */
  previous?: { secret: string; until: number } | undefined;
}

/** The signatures of one image delivery. */
export interface BodySignatures {
  /** For the headers that hold one, which receivers compare whole. */
  single: string;
  /** Which secret made it; undefined when there is one secret only. */
  signedWith: 'current' | 'previous' | undefined;
  /** During a rotation: both, with a comma between them, the new one first. */
  list: string | undefined;
}

/** `createBodySigner` with the secrets that are valid at `now`; `first` makes the single signature during a rotation. */
export function createBodySigners(
  { current, previous }: SigningSecrets,
  now: number,
  first: 'current' | 'previous' = 'current',
): { update(chunk: Bytes): void; sign(): BodySignatures } {
  const signer = createBodySigner(current);
  const other = previous && now < previous.until ? createBodySigner(previous.secret) : undefined;
  return {
    update(chunk) {
      signer.update(chunk);
      other?.update(chunk);
    },
    sign() {
      const [fresh, old] = [signer.sign(), other?.sign()];
      if (old === undefined) return { single: fresh, signedWith: undefined, list: undefined };
      const single = first === 'previous' ? old : fresh;
      return { single, signedWith: first, list: `${fresh}, ${old}` };
    },
  };
}

/**
 * Signs an event: `timestamp.body`, so that an old one cannot be played again (contract §8.5, hmac_sha256). `timestamp`
 * is unix seconds. Returns `sha256=` + lower-case hex.
 */
export function signTimestamped(secret: string, timestamp: number | string, body: Bytes): string {
  return prefix + createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex');
}

/**
 * Signs an event the Svix way: `id.timestamp.body`, the key being the bytes that the hex secret spells (contract §8.5,
 * svix). Returns `v1,` + standard base64. Throws Error when the secret is not hex: half a key would be worse than none.
 */
export function signSvix(hexSecret: string, id: string, timestamp: number | string, body: Bytes): string {
  if (!/^([0-9a-f]{2})+$/i.test(hexSecret)) throw new Error('A Svix secret is written in hex.');
  const hmac = createHmac('sha256', Buffer.from(hexSecret, 'hex')).update(`${id}.${timestamp}.`).update(body);
  return `v1,${hmac.digest('base64')}`;
}

export interface SignedRequest {
  secret: string;
  /** Unix seconds as they stand in `X-Aptr-Timestamp`. */
  timestamp: number | string;
  method: string;
  /** Path and query exactly as sent. */
  target: string;
  /** Lower-case hex SHA-256 of the raw body: `hashBody`. */
  bodyHash: string;
}

/** Signs a request to our API (contract §1.7). Returns 64 lower-case hex digits; the header adds `sha256=`. */
export function signRequest({ secret, timestamp, method, target, bodyHash }: SignedRequest): string {
  const message = `${timestamp}.${method.toUpperCase()}.${target}.${bodyHash}`;
  return createHmac('sha256', secret).update(message).digest('hex');
}

/** Lower-case hex SHA-256 of a body; of nothing when there is none (contract §1.7). */
export function hashBody(body: Bytes = ''): string {
  return createHash('sha256').update(body).digest('hex');
}

/**
 * Whether two signatures are the same text, in a time that does not tell where they differ. Compares the whole text,
 * prefix included. A missing one never matches.
 */
export function verifySignature(expected: string, given: string | null | undefined): boolean {
  // Hashed first, so that texts of different length can be compared without saying so.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given ?? '')) && given != null;
}
