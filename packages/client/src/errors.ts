/** What goes wrong, as classes: `instanceof` tells the family, `code` the exact reason. */
import type { ErrorBody } from './schema.ts';

/** The server refused, with the members of its answer. */
export class AperturError extends Error {
  /** HTTP status. */
  readonly status: number;
  /** Upper snake case, e.g. `SESSION_EXPIRED`. */
  readonly code: string;
  /** Seconds until it is worth trying again; 429 and 503 only. */
  readonly retryAfter: number | undefined;

  constructor(body: ErrorBody) {
    super(body.message);
    this.name = new.target.name;
    this.status = body.statusCode;
    this.code = body.code;
    this.retryAfter = body.retryAfter;
  }
}

/** 400: the request is not understood. */
export class ValidationError extends AperturError {}
/** 401: the credential, or what protects it. */
export class AuthenticationError extends AperturError {}
/** 403: not with this credential, or not in this plan. */
export class PermissionError extends AperturError {}
/** 404: nothing has this id. */
export class NotFoundError extends AperturError {}
/** 429, after all retries. */
export class RateLimitError extends AperturError {}

/** No answer came: the network, a timeout of it, or an answer that is not of this API. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

const families: Record<number, new (body: ErrorBody) => AperturError> = {
  400: ValidationError,
  401: AuthenticationError,
  403: PermissionError,
  404: NotFoundError,
  429: RateLimitError,
};

/** The error of a refusal; `body` is whatever the server sent. */
export function toError(response: Response, body: unknown): Error {
  if (!isErrorBody(body)) {
    return new ConnectionError(`The server answered ${response.status}, and not as the Apertur API does.`);
  }
  return new (families[body.statusCode] ?? AperturError)(body);
}

function isErrorBody(body: unknown): body is ErrorBody {
  const { message, code, statusCode } = (body ?? {}) as Partial<ErrorBody>;
  return typeof message === 'string' && typeof code === 'string' && typeof statusCode === 'number';
}
