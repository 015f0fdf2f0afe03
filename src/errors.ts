/**
 * What the API may say out loud. Everything else that is thrown is our fault and answers 500 with one fixed
 * sentence. Contract §1.11: `message` is one string that a person understands, `code` is upper snake case.
 */
import { STATUS_CODES } from 'node:http';

export type ErrorCode =
  | 'VALIDATION_ERROR'
  | 'INVALID_JSON'
  | 'DECRYPTION_FAILED'
  | 'E2E_REQUIRED'
  | 'IMAGE_UNREADABLE'
  | 'IMAGE_DIMENSION_EXCEEDED'
  | 'AUTHENTICATION_FAILED'
  | 'TOTP_REQUIRED'
  | 'TOTP_INVALID'
  | 'CLIENT_CERT_REQUIRED'
  | 'CLIENT_CERT_INVALID'
  | 'SIGNATURE_REQUIRED'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_EXPIRED'
  | 'SIGNATURE_REPLAYED'
  | 'SESSION_PASSWORD_REQUIRED'
  | 'SESSION_PASSWORD_INVALID'
  | 'FORBIDDEN'
  | 'IP_NOT_ALLOWED'
  | 'DOMAIN_NOT_ALLOWED'
  | 'PLAN_LIMIT'
  | 'INSUFFICIENT_SCOPE'
  | 'NOT_FOUND'
  | 'THUMBNAIL_UNAVAILABLE'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'SESSION_COMPLETED'
  | 'CONFLICT'
  | 'ALREADY_ACKNOWLEDGED'
  | 'POLLING_COMPLETE'
  | 'SESSION_EXPIRED'
  | 'GONE'
  | 'FILE_TOO_LARGE'
  | 'CHECKSUM_MISMATCH'
  | 'PRECONDITION_FAILED'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'SESSION_FULL'
  | 'RATE_LIMIT'
  | 'QUOTA_EXCEEDED'
  | 'INTERNAL_ERROR'
  | 'SERVICE_UNAVAILABLE';

export interface ErrorBody {
  statusCode: number;
  error: string;
  message: string;
  code: string;
  retryAfter?: number;
  details?: unknown[];
}

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  /** Whole seconds, at least 1; 429 and 503 only. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    options: { retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.status = status;
    this.retryAfter =
      options.retryAfter === undefined ? undefined : Math.max(1, Math.ceil(options.retryAfter));
  }

  toBody(): ErrorBody {
    const body: ErrorBody = {
      statusCode: this.status,
      error: STATUS_CODES[this.status] ?? 'Error',
      message: this.message,
      code: this.code,
    };
    if (this.retryAfter !== undefined) body.retryAfter = this.retryAfter;
    return body;
  }
}

export const invalid = (message: string): AppError => new AppError(400, 'VALIDATION_ERROR', message);
export const notFound = (what: string): AppError =>
  new AppError(404, 'NOT_FOUND', `No such ${what}. Check the id, and that it belongs to this project.`);
