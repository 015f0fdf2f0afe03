/** Every refusal of contract §1.11 as a response of the OpenAPI document: its codes, its headers, an example. */
import { STATUS_CODES } from 'node:http';
import type { ErrorCode } from '../errors.ts';

interface Refusal {
  /** Name among the components. */
  name: string;
  when: string;
  codes: readonly ErrorCode[];
  message: string;
  retryAfter?: number;
}

export const refusals: Record<number, Refusal> = {
  400: {
    name: 'BadRequest',
    when: 'The request is not understood: bad JSON, a wrong type, a missing member, a value out of range.',
    codes: [
      'VALIDATION_ERROR',
      'INVALID_JSON',
      'DECRYPTION_FAILED',
      'IMAGE_UNREADABLE',
      'IMAGE_DIMENSION_EXCEEDED',
    ],
    message: 'expires_in_hours must be between 1 and 168.',
  },
  401: {
    name: 'Unauthorized',
    when: 'The credential is missing, malformed, unknown, deleted or switched off, or what protects it was not given.',
    codes: [
      'AUTHENTICATION_FAILED',
      'TOTP_REQUIRED',
      'TOTP_INVALID',
      'CLIENT_CERT_REQUIRED',
      'CLIENT_CERT_INVALID',
      'SIGNATURE_REQUIRED',
      'SIGNATURE_INVALID',
      'SIGNATURE_EXPIRED',
      'SIGNATURE_REPLAYED',
      'SESSION_PASSWORD_REQUIRED',
      'SESSION_PASSWORD_INVALID',
    ],
    message: 'This API key is unknown, deleted or switched off.',
  },
  403: {
    name: 'Forbidden',
    when: 'The credential is good and does not allow this: another project, a missing scope, a limit of the plan.',
    codes: ['FORBIDDEN', 'PLAN_LIMIT', 'INSUFFICIENT_SCOPE', 'IP_NOT_ALLOWED', 'DOMAIN_NOT_ALLOWED'],
    message: 'This API key belongs to another project.',
  },
  404: {
    name: 'NotFound',
    when: 'Nothing has this id.',
    codes: ['NOT_FOUND'],
    message: 'No such session. Check the id, and that it belongs to this project.',
  },
  408: {
    name: 'RequestTimeout',
    when: 'The sender fell silent in the middle of the body.',
    codes: ['REQUEST_TIMEOUT'],
    message: 'Nothing arrived for 30 seconds. Send it again.',
  },
  409: {
    name: 'Conflict',
    when: 'It is no longer, or not yet, in a state that allows this.',
    codes: ['SESSION_COMPLETED', 'ALREADY_ACKNOWLEDGED', 'CONFLICT'],
    message: 'This session is completed: it takes no more images.',
  },
  410: {
    name: 'Gone',
    when: 'It has expired, or its bytes are past their retention.',
    codes: ['SESSION_EXPIRED', 'POLLING_COMPLETE', 'GONE'],
    message: 'This session has expired.',
  },
  413: {
    name: 'PayloadTooLarge',
    when: 'The image or the body is larger than its limit.',
    codes: ['FILE_TOO_LARGE'],
    message: 'The image is larger than 20 MB.',
  },
  415: {
    name: 'UnsupportedMediaType',
    when: 'The type of the image is not allowed here, or the body has a content type that is not taken.',
    codes: ['UNSUPPORTED_MEDIA_TYPE'],
    message: 'This content type is not taken here. Send application/json.',
  },
  422: {
    name: 'SessionFull',
    when: 'The session holds as many images as it may.',
    codes: ['SESSION_FULL'],
    message: 'The session is full: it holds 10 images.',
  },
  429: {
    name: 'TooManyRequests',
    when: 'Too many requests in a minute, or the quota of the month is spent. `Retry-After` and `retryAfter` say when to come back.',
    codes: ['RATE_LIMIT', 'QUOTA_EXCEEDED'],
    message: 'More than 200 requests in a minute. Try again in 12 s.',
    retryAfter: 12,
  },
  503: {
    name: 'ServiceUnavailable',
    when: 'The database or the storage does not take it right now. Nothing was lost; come back after `Retry-After`.',
    codes: ['SERVICE_UNAVAILABLE'],
    message: 'The database does not answer right now. Nothing was lost; try again.',
    retryAfter: 5,
  },
};

/** The `responses` of the components. */
export function refusalComponents(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(refusals).map(([status, refusal]) => [refusal.name, component(Number(status), refusal)]),
  );
}

function component(status: number, { when, codes, message, retryAfter }: Refusal): Record<string, unknown> {
  const body = { statusCode: status, error: STATUS_CODES[status], message, code: codes[0] };
  return {
    description: `${when} \`code\` is ${list(codes.map((code) => `\`${code}\``))}.`,
    ...(retryAfter === undefined
      ? {}
      : { headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } } }),
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/ErrorBody' },
        example: retryAfter === undefined ? body : { ...body, retryAfter },
      },
    },
  };
}

function list(words: string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
