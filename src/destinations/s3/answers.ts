/**
 * What a store's refusal means for the delivery and for people. Codes and their meaning:
 * docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; those of other stores are named beside them.
 */
import type { OutboundResponse } from '../../lib/outbound.ts';
import type { CheckStep, Fate } from '../destination.ts';
import { detailsOf, TransferError } from '../transfer.ts';

export interface S3Error {
  code: string;
  message: string;
  /** Where the bucket really is, when the store says so. */
  region: string | undefined;
}

/** The error in an answer; its code is empty when there is none. Also in a 200: a completed upload can still fail. */
export function readError(answer: OutboundResponse): S3Error {
  const text = answer.body.toString('utf8');
  const error = /<Error\b[^>]*>([\s\S]*)/.exec(text)?.[1] ?? '';
  return {
    code: element(error, 'Code'),
    message: element(error, 'Message'),
    region: answer.headers['x-amz-bucket-region'] ?? (element(error, 'Region') || undefined),
  };
}

/** The text of an XML element without children; empty when it is not there. */
export function element(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]{0,4000})</${name}>`).exec(xml)?.[1] ?? '';
  return text
    .replace(/&(lt|gt|quot|apos|amp|#34|#39);/g, (_, entity: string) => entities[entity] ?? '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
}

const entities: Record<string, string> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
  '#34': '"',
  '#39': "'",
};

interface Meaning {
  fate: Fate;
  step: CheckStep['step'];
  says: string;
  advice: string;
}

/** What sentences name. */
export interface Place {
  bucket: string;
  key: string;
  host: string;
  region: string;
}

const credentials = (says: string, advice: string): Meaning => ({
  fate: 'reconnect',
  step: 'sign in',
  says,
  advice,
});
const later = (says: string, advice: string): Meaning => ({ fate: 'retry', step: 'write', says, advice });
const final = (says: string, advice: string): Meaning => ({ fate: 'give-up', step: 'write', says, advice });

const renew = 'Put a valid access key into the destination.';
const wait = 'Nothing needs to be done; it will be tried again.';

const badKeyId = credentials('{host} does not know the access key ID ({status}).', renew);
const badSecret = credentials(
  '{host} did not accept the signature ({status}).',
  'Check the secret access key: it does not belong to the access key ID, or a character is missing.',
);
const expired = credentials('The access key has expired or was revoked ({status}).', renew);
const refused = later(
  'The bucket refused the write ({status}).',
  'The key may lack s3:PutObject on {folder}*, or a bucket policy denies it.',
);
const full = later(
  'The store is full: its quota is used up ({status}).',
  'Raise the quota or free some space.',
);
const busy = later('The store asked to slow down ({status}).', wait);
const damaged = later('The photo was damaged on its way to the store ({status}).', wait);
const badName = final('The store does not take {key} as a key ({status}).', 'Change key_template.');
const elsewhere = later(
  'The bucket {bucket} is not in {region} ({status}).',
  'Put its region, or the endpoint of its region, into the destination.',
);

const meanings: Record<string, Meaning> = {
  InvalidAccessKeyId: badKeyId,
  SignatureDoesNotMatch: badSecret,
  InvalidSecurity: badSecret,
  AuthorizationHeaderMalformed: credentials(
    '{host} could not read the signature ({status}).',
    'Check the region and the access key ID.',
  ),
  ExpiredToken: expired,
  InvalidToken: expired,
  TokenRefreshRequired: expired,
  Unauthorized: badKeyId,
  RequestTimeTooSkewed: later(
    'The clocks of this server and of the store differ too much ({status}).',
    'Set the clock of this server (NTP).',
  ),
  AccessDenied: refused,
  AllAccessDisabled: refused,
  AccountProblem: later('There is a problem with the account of the bucket ({status}).', 'Ask the provider.'),
  NoSuchBucket: later(
    'There is no bucket {bucket} at {host} ({status}).',
    'Create it, or correct the name, the region or the endpoint.',
  ),
  PermanentRedirect: elsewhere,
  TemporaryRedirect: elsewhere,
  IllegalLocationConstraintException: elsewhere,
  SlowDown: busy,
  ServiceUnavailable: busy,
  ThrottlingException: busy,
  RequestTimeout: busy,
  InternalError: later('The store had a fault of its own ({status}).', wait),
  OperationAborted: busy,
  ConditionalRequestConflict: busy,
  QuotaExceeded: full,
  XMinioStorageFull: full,
  XMinioAdminBucketQuotaExceeded: full,
  InsufficientStorage: full,
  BadDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  XAmzContentChecksumMismatch: damaged,
  IncompleteBody: damaged,
  EntityTooLarge: final('The photo is larger than the store takes ({status}).', 'Limit the size of photos.'),
  KeyTooLongError: badName,
  InvalidObjectName: badName,
  XMinioInvalidObjectName: badName,
  InvalidURI: badName,
};

/** For answers without a code that we know; HEAD has no body at all. */
function meaningOfStatus(status: number): Meaning {
  if (status === 401) return badKeyId;
  if (status === 403) return refused;
  if (status === 429 || status === 503) return busy;
  if (status === 413) return meanings.EntityTooLarge!;
  if (status === 507) return full;
  if (status >= 500) return meanings.InternalError!;
  if (status >= 300 && status < 400) return elsewhere;
  return later('{host} did not take the photo ({status}).', 'Check that the endpoint is an S3 store.');
}

/** The failure that an answer stands for. `secrets` never appear in it, whatever the store repeats. */
export function failureFromAnswer(
  answer: OutboundResponse,
  place: Place,
  now: number,
  secrets: readonly string[],
): TransferError {
  const { code, message } = readError(answer);
  const meaning = (Object.hasOwn(meanings, code) && meanings[code]) || meaningOfStatus(answer.status);
  const known = meaning !== undefined && Object.hasOwn(meanings, code);
  const shownCode = /^\w{1,60}$/.test(code) ? code : '';
  const fill = (text: string): string =>
    text
      .replaceAll('{status}', known || !shownCode ? String(answer.status) : `${answer.status} ${shownCode}`)
      .replaceAll('{folder}', place.key.includes('/') ? place.key.slice(0, place.key.indexOf('/') + 1) : '')
      .replaceAll('{bucket}', place.bucket)
      .replaceAll('{host}', place.host)
      .replaceAll('{region}', place.region)
      .replaceAll('{key}', place.key.slice(0, 200));
  const excerpt = scrub([shownCode, message].filter(Boolean).join(': ').slice(0, 1_000), secrets) || null;
  const details = detailsOf(answer, meaning.fate, excerpt, now);
  return new TransferError(meaning.step, fill(meaning.says), fill(meaning.advice), details);
}

function scrub(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => (secret.length < 4 ? rest : rest.replaceAll(secret, '…')), text);
}
