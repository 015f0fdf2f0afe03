/**
 * What a refusal of Cloud Storage or of Google's token endpoint means. Reasons:
 * cloud.google.com/storage/docs/json_api/v1/status-codes
 */
import type { OutboundResponse } from '../../lib/outbound.ts';
import {
  credentialsRefused,
  failureOf,
  type Meaning,
  nothingToDo,
  shownCode,
  triedAgain,
} from '../meanings.ts';
import type { TransferError } from '../transfer.ts';

/** What sentences name. */
export interface Place {
  bucket: string;
  name: string;
  email: string;
}

const role = 'Give {email} the role Storage Object User (roles/storage.objectUser) on the bucket.';

const signedOut = credentialsRefused(
  'Google did not accept the access of {email} ({status}).',
  'Put a new key of the service account into the destination, and see that the account is enabled.',
);
const refused = triedAgain('The bucket {bucket} refused the write ({status}).', role);
const noBucket = triedAgain('There is no bucket {bucket} ({status}).', 'Create it, or correct the name.');
const busy = triedAgain('Google asked to slow down ({status}).', nothingToDo);
const fault = triedAgain('Google had a fault of its own ({status}).', nothingToDo);
const quota = triedAgain(
  'A quota of the project is used up ({status}).',
  'Raise it in the Google Cloud console.',
);
const locked = triedAgain(
  'The object {name} cannot be replaced ({status}, {code}).',
  'End its hold or retention, or use a template with {image_id}.',
);
const account = triedAgain(
  'There is a problem with the Google Cloud account ({status}, {code}).',
  'Look at the project and its billing in the Google Cloud console.',
);
const tooLarge: Meaning = {
  ...triedAgain('The photo is larger than the bucket takes ({status}).', 'Limit the size of photos.'),
  fate: 'give-up',
};

const meanings: Record<string, Meaning> = {
  authError: signedOut,
  required: signedOut,
  forbidden: refused,
  insufficientPermissions: refused,
  notFound: noBucket,
  rateLimitExceeded: busy,
  userRateLimitExceeded: busy,
  usageLimitsRateLimitExceeded: busy,
  quotaExceeded: quota,
  accountDisabled: account,
  userProjectAccountProblem: account,
  userProjectMissing: account,
  retentionPolicyNotMet: locked,
  objectUnderActiveHold: locked,
  backendError: fault,
  internalError: fault,
  uploadTooLarge: tooLarge,
};

function meaningOfStatus(status: number): Meaning {
  if (status === 401) return signedOut;
  if (status === 403) return refused;
  if (status === 404 || status === 410) return noBucket;
  if (status === 413) return tooLarge;
  if (status === 408 || status === 429) return busy;
  if (status >= 500) return fault;
  return triedAgain('Google did not take the photo ({reason}).', 'Check the settings of the destination.');
}

export interface GoogleError {
  reason: string;
  message: string;
}

/** `{ "error": { "message", "errors": [{ "reason" }] } }`, or `{ "error", "error_description" }` for tokens. */
export function readError(answer: OutboundResponse): GoogleError {
  const body = readJson(answer);
  const error = body.error;
  if (typeof error === 'string') return { reason: error, message: String(body.error_description ?? '') };
  const { message = '', errors = [] } = (error ?? {}) as {
    message?: unknown;
    errors?: { reason?: unknown }[];
  };
  const reason = Array.isArray(errors) ? errors[0]?.reason : undefined;
  return { reason: typeof reason === 'string' ? reason : '', message: String(message).slice(0, 1_000) };
}

/** An answer's JSON object; empty when it is none. */
export function readJson(answer: OutboundResponse): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(answer.body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** The failure that an answer of the storage stands for. */
export function failureFromAnswer(answer: OutboundResponse, place: Place, now: number): TransferError {
  const { reason, message } = readError(answer);
  const code = shownCode(reason);
  const meaning = (Object.hasOwn(meanings, code) && meanings[code]) || meaningOfStatus(answer.status);
  const shown = code === '' ? String(answer.status) : `${answer.status} ${code}`;
  const words = { ...place, name: place.name.slice(0, 200), reason: shown };
  return failureOf({ answer, code, message }, meaning, { words, secrets: [], now });
}

/** The failure that an answer of the token endpoint stands for. */
export function failureFromTokenAnswer(answer: OutboundResponse, email: string, now: number): TransferError {
  const { reason, message } = readError(answer);
  const code = shownCode(reason);
  const advice = /timeframe/.test(message)
    ? 'Set the clock of this server (NTP).'
    : 'Put a new key of the service account into the destination, and see that the account is there and enabled.';
  const refusal = credentialsRefused(
    'Google did not accept the service account {email} ({status} {code}).',
    advice,
  );
  const meaning = answer.status === 429 ? busy : answer.status >= 500 ? fault : refusal;
  return failureOf(
    { answer, code, message },
    { ...meaning, step: 'sign in' },
    { words: { email }, secrets: [], now },
  );
}
