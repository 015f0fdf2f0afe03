/** Every refusal is the JSON of contract §1.11, whatever went wrong and wherever. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DatabaseBusyError, isAway, isOutOfRoom } from '../db/database.ts';
import { AppError, invalid } from '../errors.ts';
import { type Logger, warnOfOutage } from '../lib/logger.ts';
import { StorageFullError } from '../storage/storage.ts';
import type { KnownPaths } from './route.ts';

/**
 * What cannot be read as HTTP has no request that could be answered the usual way: the same form, written by hand, and
 * the connection ends.
 */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = broken[error.code ?? '']?.() ?? invalid('The request is not valid HTTP.');
  const body = JSON.stringify(refusal.toBody());
  const head = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  // Who goes on sending does not hold the connection open.
  socket.destroySoon();
}

const broken: Record<string, () => AppError> = {
  HPE_HEADER_OVERFLOW: () =>
    new AppError(431, 'VALIDATION_ERROR', 'The headers of the request are larger than 16 KB.'),
  ERR_HTTP_REQUEST_TIMEOUT: () =>
    new AppError(408, 'REQUEST_TIMEOUT', 'The request did not arrive in time. Send it again.'),
};

export function installErrors(app: FastifyInstance, known: KnownPaths, logger: Logger): void {
  app.setErrorHandler((error: FastifyError | AppError | Error, request, reply) => {
    const refusal = toAppError(error);
    if (isAway(error)) warnOfOutage(logger, error, 'Requests are refused: the database does not answer');
    else if (refusal.status >= 500) request.log.error({ err: error }, 'A request failed');
    return answer(reply, refusal);
  });
  app.setNotFoundHandler((request, reply) => answer(reply, unknownRoute(request, reply, known)));
}

/** What the router refuses before there is a route: a path that is no URL, an id that is too long. */
export function refuseUnroutable(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  answer(reply, toAppError(error));
}

function answer(reply: FastifyReply, refusal: AppError): FastifyReply {
  if (refusal.retryAfter !== undefined) reply.header('Retry-After', refusal.retryAfter);
  return reply
    .code(refusal.status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(refusal.toBody());
}

function unknownRoute(request: FastifyRequest, reply: FastifyReply, known: KnownPaths): AppError {
  const path = request.url.split('?')[0]!;
  const methods = known.methodsOf(path);
  if (methods.length === 0) {
    return new AppError(404, 'NOT_FOUND', `There is nothing at ${request.method} ${path.slice(0, 200)}.`);
  }
  reply.header('Allow', methods.join(', '));
  return new AppError(
    405,
    'METHOD_NOT_ALLOWED',
    `${request.method} is not for this path. Use ${methods.join(' or ')}.`,
  );
}

/** What may be said of an error. Anything that is not meant for the outside becomes one fixed sentence. */
export function toAppError(error: FastifyError | AppError | Error): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof StorageFullError || isOutOfRoom(error)) {
    return comeBack('There is no room for the photo right now. Keep it and try again.', 30, error);
  }
  if (error instanceof DatabaseBusyError) {
    return comeBack('Too much is going on right now. Try again in a moment.', 2, error);
  }
  if (isAway(error)) {
    return comeBack('The database does not answer right now. Nothing was lost; try again.', 5, error);
  }
  const { validation, validationContext, code } = error as FastifyError;
  if (validation?.[0])
    return new AppError(400, 'VALIDATION_ERROR', sayInvalid(validation[0], validationContext));
  const known = code === undefined ? undefined : ofFastify[code];
  if (known) return known();
  const { statusCode } = error as FastifyError;
  // Fastify's own refusals that have no words of ours are still the fault of the request.
  if (code?.startsWith('FST_') && statusCode && statusCode >= 400 && statusCode < 500) {
    return new AppError(statusCode, 'VALIDATION_ERROR', 'The request is not understood.');
  }
  return new AppError(
    500,
    'INTERNAL_ERROR',
    'Something went wrong on our side. Nothing was lost; try again.',
    {
      cause: error,
    },
  );
}

function comeBack(message: string, retryAfter: number, cause: Error): AppError {
  return new AppError(503, 'SERVICE_UNAVAILABLE', message, { retryAfter, cause });
}

const ofFastify: Record<string, () => AppError> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new AppError(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'This content type is not taken here. Send application/json.',
    ),
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new AppError(413, 'FILE_TOO_LARGE', 'The body of the request is too large.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new AppError(
      400,
      'VALIDATION_ERROR',
      'The body of the request is not as long as its Content-Length says.',
    ),
  FST_ERR_BAD_URL: () => new AppError(400, 'VALIDATION_ERROR', 'The path of the request is not a valid URL.'),
  FST_ERR_CTP_EMPTY_JSON_BODY: () =>
    new AppError(400, 'INVALID_JSON', 'The body is empty where JSON is needed.'),
  FST_ERR_MAX_PARAM_LENGTH: () => new AppError(404, 'NOT_FOUND', 'An id in the path is too long.'),
};

interface Invalid {
  instancePath: string;
  keyword: string;
  params: Record<string, unknown>;
  message?: string;
}

function sayInvalid(first: Invalid, context: string | undefined): string {
  const field = first.instancePath.slice(1).replaceAll('/', '.');
  if (first.keyword === 'required') return `${first.params.missingProperty} is required.`;
  if (first.keyword === 'enum') {
    return `${field} must be one of ${(first.params.allowedValues as unknown[]).join(', ')}.`;
  }
  return `${field || `The ${context ?? 'body'}`} ${first.message ?? 'is not right'}.`;
}
