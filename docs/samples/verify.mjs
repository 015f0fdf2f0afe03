// Checks the signature of a webhook. Reads the raw body from standard input; see docs/verifying-webhooks.md.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

// `timestamp` is X-Apertur-Timestamp for events, undefined for photos.
export function isGenuine(secret, signature, body, timestamp) {
  const hmac = createHmac('sha256', secret);
  if (timestamp !== undefined) {
    if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
    hmac.update(`${timestamp}.`);
  }
  const expected = Buffer.from(`sha256=${hmac.update(body).digest('hex')}`);
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

const { SECRET, SIGNATURE, TIMESTAMP } = process.env;
process.exit(isGenuine(SECRET, SIGNATURE, readFileSync(0), TIMESTAMP) ? 0 : 1);
