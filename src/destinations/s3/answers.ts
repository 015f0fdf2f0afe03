/**
 * What a store's refusal means for the delivery and for people. Codes and their meaning:
 * docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; those of other stores are named beside them.
 */
import type { OutboundResponse } from '../../lib/outbound.ts';
import {
  credentialsRefused,
  failureOf,
  givenUp,
  type Meaning,
  nothingToDo,
  shownCode,
  topFolder,
  triedAgain,
  xmlText,
} from '../meanings.ts';
import type { TransferError } from '../transfer.ts';

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
    code: xmlText(error, 'Code'),
    message: xmlText(error, 'Message'),
    region: answer.headers['x-amz-bucket-region'] ?? (xmlText(error, 'Region') || undefined),
  };
}

/** What sentences name. */
export interface Place {
  bucket: string;
  key: string;
  host: string;
  region: string;
}

const renew = 'Put a valid access key into the destination.';

const badKeyId = credentialsRefused('{host} does not know the access key ID ({status}).', renew);
const badSecret = credentialsRefused(
  '{host} did not accept the signature ({status}).',
  'Check the secret access key: it does not belong to the access key ID, or a character is missing.',
);
const expired = credentialsRefused('The access key has expired or was revoked ({status}).', renew);
const refused = triedAgain(
  'The bucket refused the write ({status}).',
  'The key may lack s3:PutObject on {folder}*, or a bucket policy denies it.',
);
const full = triedAgain(
  'The store is full: its quota is used up ({status}).',
  'Raise the quota or free some space.',
);
const busy = triedAgain('The store asked to slow down ({status}).', nothingToDo);
const damaged = triedAgain('The photo was damaged on its way to the store ({status}).', nothingToDo);
const badName = givenUp('The store does not take {key} as a key ({status}).', 'Change key_template.');
const elsewhere = triedAgain(
  'The bucket {bucket} is not in {region} ({status}).',
  'Put its region, or the endpoint of its region, into the destination.',
);

const meanings: Record<string, Meaning> = {
  InvalidAccessKeyId: badKeyId,
  SignatureDoesNotMatch: badSecret,
  InvalidSecurity: badSecret,
  AuthorizationHeaderMalformed: credentialsRefused(
    '{host} could not read the signature ({status}).',
    'Check the region and the access key ID.',
  ),
  ExpiredToken: expired,
  InvalidToken: expired,
  TokenRefreshRequired: expired,
  Unauthorized: badKeyId,
  RequestTimeTooSkewed: triedAgain(
    'The clocks of this server and of the store differ too much ({status}).',
    'Set the clock of this server (NTP).',
  ),
  AccessDenied: refused,
  AllAccessDisabled: refused,
  AccountProblem: triedAgain(
    'There is a problem with the account of the bucket ({status}).',
    'Ask the provider.',
  ),
  NoSuchBucket: triedAgain(
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
  InternalError: triedAgain('The store had a fault of its own ({status}).', nothingToDo),
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
  EntityTooLarge: givenUp(
    'The photo is larger than the store takes ({status}).',
    'Limit the size of photos.',
  ),
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
  return triedAgain('{host} did not take the photo ({reason}).', 'Check that the endpoint is an S3 store.');
}

/** The failure that an answer stands for. `secrets` never appear in it, whatever the store repeats. */
export function failureFromAnswer(
  answer: OutboundResponse,
  place: Place,
  now: number,
  secrets: readonly string[],
): TransferError {
  const error = readError(answer);
  const code = shownCode(error.code);
  const known = Object.hasOwn(meanings, code) ? meanings[code] : undefined;
  const words = {
    ...place,
    key: place.key.slice(0, 200),
    folder: topFolder(place.key),
    reason: code === '' ? String(answer.status) : `${answer.status} ${code}`,
  };
  const refusal = { answer, code, message: error.message };
  return failureOf(refusal, known ?? meaningOfStatus(answer.status), { words, secrets, now });
}
