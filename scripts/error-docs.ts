/** Writes `docs/errors.md`: every code that the API answers with, its cause, and what to do. A test keeps them equal. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ErrorCode } from '../src/errors.ts';

/** Status, cause, what to do. The compiler asks for every code that can be thrown. */
export const meanings: Record<ErrorCode, readonly [string, string, string]> = {
  VALIDATION_ERROR: ['400', 'A field has a value that cannot be used.', 'The message names the field and what is wanted; `details` lists all of them.'],
  INVALID_JSON: ['400', 'The body is not valid JSON.', 'Send JSON with `Content-Type: application/json`, or no body at all.'],
  DECRYPTION_FAILED: ['400', 'The encrypted photo cannot be opened.', 'Fetch the key again (`GET /encryption/server-key`) and seal the photo with it; a key is good for eight days after it was replaced.'],
  E2E_REQUIRED: ['400', 'The session takes only end-to-end encrypted photos.', 'Seal the photo with the project\'s key and send `X-Aptr-Encrypted: e2e`.'],
  IMAGE_UNREADABLE: ['400', 'The photo is empty, cut off or damaged.', 'Choose the photo again. Trying again with the same bytes does not help.'],
  IMAGE_DIMENSION_EXCEEDED: ['400', 'The photo has more pixels than the session or the plan takes.', 'Make it smaller, or raise the limit of the session.'],
  AUTHENTICATION_FAILED: ['401', 'There is no credential, or it opens nothing.', 'Send `Authorization: Bearer aptr_…` with a key that was not deleted. Live and test keys differ.'],
  TOTP_REQUIRED: ['401', 'The key wants a one-time code.', 'Send the code of this moment in `X-APTR-TOTP`.'],
  TOTP_INVALID: ['401', 'The code is wrong, was used, or is of another moment.', 'Wait for the next code. Check the clock of the device.'],
  CLIENT_CERT_REQUIRED: ['401', 'The key wants a client certificate.', 'Connect to the port for client certificates, or through the proxy that hands them on.'],
  CLIENT_CERT_INVALID: ['401', 'The client certificate is another one, or has expired.', 'Show the certificate that the key knows; set the new one with `PUT …/client-cert`.'],
  SIGNATURE_REQUIRED: ['401', 'The key wants signed requests.', 'Send `X-Aptr-Timestamp` and `X-Aptr-Signature`.'],
  SIGNATURE_INVALID: ['401', 'The signature does not fit the request.', 'Sign the path and query as they stand on the request line, and the exact bytes of the body.'],
  SIGNATURE_EXPIRED: ['401', 'The timestamp is more than 300 seconds away.', 'Set the clock (NTP) and sign again.'],
  SIGNATURE_REPLAYED: ['401', 'This signature was used before.', 'Sign again a second later.'],
  SESSION_PASSWORD_REQUIRED: ['401', 'The session has a password.', 'Send it in `x-session-password`.'],
  SESSION_PASSWORD_INVALID: ['401', 'The password is not the one of this session.', 'Ask for it again; after a few wrong ones each try has to wait.'],
  FORBIDDEN: ['403', 'The credential may not do this.', 'The message says who may.'],
  IP_NOT_ALLOWED: ['403', 'The key may not be used from this address.', 'Add the address to `allowedIps`. Behind a proxy, set `APERTUR_TRUST_PROXY`.'],
  DOMAIN_NOT_ALLOWED: ['403', 'The key may not be used from this page.', 'Add its host to `allowedDomains`.'],
  PLAN_LIMIT: ['403', 'The plan does not include it, or not as much of it.', 'Change the plan, or remove what is no longer needed.'],
  INSUFFICIENT_SCOPE: ['403', 'The token was not given the scope for this.', 'Ask for the scope that the message names, and sign in again.'],
  NOT_FOUND: ['404', 'There is no such thing, or it is of another project.', 'Check the id, and whose key it is.'],
  THUMBNAIL_UNAVAILABLE: ['404', 'This photo has no thumbnail: it is sealed, or cannot be drawn.', 'Show the file name.'],
  METHOD_NOT_ALLOWED: ['405', 'The path exists, the method does not.', 'The header `Allow` lists those that do.'],
  REQUEST_TIMEOUT: ['408', 'The upload stood still for 30 seconds.', 'Send the photo again.'],
  SESSION_COMPLETED: ['409', 'The session was ended.', 'Make a new session.'],
  CONFLICT: ['409', 'It would clash with what is there, or was changed meanwhile.', 'Read it again, then decide.'],
  ALREADY_ACKNOWLEDGED: ['409', 'The photo was acknowledged before.', 'Nothing; it is yours.'],
  POLLING_COMPLETE: ['410', 'The session has ended and every photo was acknowledged.', 'Stop asking.'],
  SESSION_EXPIRED: ['410', 'The link has expired.', 'Make a new session, or a longer one.'],
  GONE: ['410', 'It was here, and its retention has ended, or it was taken back.', 'Raise `APERTUR_RETENTION_DAYS` if it should have been kept.'],
  FILE_TOO_LARGE: ['413', 'The photo, or the body, is larger than is taken.', 'Make it smaller, or raise `max_image_bytes` of the session or the plan.'],
  CHECKSUM_MISMATCH: ['460', 'A piece of a resumable upload differs from its checksum.', 'Send the piece again.'],
  PRECONDITION_FAILED: ['412', 'The resumable protocol has another version, or a condition is not met.', 'The message names it.'],
  UNSUPPORTED_MEDIA_TYPE: ['415', 'The bytes are no photo of a type that the session takes, or the request has a wrong type.', 'Send JPEG, PNG, WebP or HEIC as `multipart/form-data`.'],
  SESSION_FULL: ['422', 'The session holds as many photos as it takes.', 'Make a new session, or a larger one.'],
  RATE_LIMIT: ['429', 'Too many requests in a minute.', 'Wait for `Retry-After` seconds; `X-RateLimit-*` say how many are left.'],
  QUOTA_EXCEEDED: ['429', 'The plan\'s photos of this month are used up.', 'Wait for the next month, or change the plan.'],
  INTERNAL_ERROR: ['500', 'A fault of ours.', 'Try again later. The log of the server has its stack, at the level error.'],
  SERVICE_UNAVAILABLE: ['503', 'The database or the storage does not answer or is full, or the process is stopping.', 'Try again after `Retry-After` seconds: phones do so by themselves. `apertur doctor` says what is wrong.'],
}; // biome-ignore format: one line a code

/** The page. */
export function renderErrorDocs(): string {
  const rows = Object.entries(meanings).map(
    ([code, [status, cause, remedy]]) => `## ${code}\n\n**${status}.** ${cause}\n\n${remedy}\n`,
  );
  return `${head}\n${rows.join('\n')}`;
}

const head = `# When something is refused

Every refusal has one form: a status, and a body with \`code\`, a \`message\` for people, and \`retryAfter\` in seconds where waiting helps.

\`\`\`json
{"statusCode": 410, "error": "Gone", "message": "This link expired on 3 March at 14:05. Ask for a new one.", "code": "SESSION_EXPIRED"}
\`\`\`

Decide by \`code\`; messages may change. This page is written from the codes in \`src/errors.ts\` by \`node scripts/error-docs.ts\`.

Deliveries have no codes: each attempt says in a sentence what happened and what to do, in the deliveries page, \`GET …/delivery-status\` and the log. Guides for each
destination: [destinations.md](destinations.md).
`;

if (import.meta.main)
  writeFileSync(path.resolve(import.meta.dirname, '../docs/errors.md'), renderErrorDocs());
