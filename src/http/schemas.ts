/** The shapes that several routes share. */
import {
  type Static,
  type TObjectOptions,
  type TProperties,
  type TSchema,
  type TSchemaOptions,
  Type,
} from 'typebox';
import type { Attempt } from '../deliveries/history.ts';
import type { ErrorBody } from '../errors.ts';
import { e2eType } from '../images/envelope.ts';
import { toIso } from '../lib/clock.ts';

export const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);

/** An object that has a name: it stands once in the OpenAPI document, and clients made from that get a type of this name. */
export const shape = <Properties extends TProperties>(
  title: string,
  properties: Properties,
  options: TObjectOptions = {},
) => Type.Object(properties, { title, ...options });

/** One of some words: narrower for clients than a string, and as quick to write. */
export const oneOf = <const Words extends readonly string[]>(words: Words, options: TSchemaOptions = {}) =>
  Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], ...options });

export const Environment = oneOf(['live', 'test'], { description: 'Of the key that made it.' });

export const Timestamp = Type.String({ format: 'date-time', examples: ['2026-03-02T08:15:30.250Z'] });

export const ErrorShape = shape('ErrorBody', {
  statusCode: Type.Integer(),
  error: Type.String(),
  message: Type.String(),
  code: Type.String(),
  retryAfter: Type.Optional(Type.Integer({ minimum: 1 })),
} satisfies Record<keyof Omit<ErrorBody, 'details'>, TSchema>);

/** What stored bytes may be; the last is a photo that only its project can open. */
export const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/heic', e2eType];

/** Pages are clamped, not refused (contract §1.12), so the query is read as text. */
export const PageQuery = Type.Object({
  page: Type.Optional(Type.String()),
  pageSize: Type.Optional(Type.String()),
});

export const LimitQuery = Type.Object({ limit: Type.Optional(Type.String()) });

/** A whole number from a query, clamped into its range; `fallback` when it is none. */
export function clampInteger(text: string | undefined, fallback: number, min: number, max: number): number {
  const value = Number.parseInt(text ?? '', 10);
  if (Number.isNaN(value)) return fallback;
  return Math.min(max, Math.max(min, value));
}

export function readPage(query: { page?: string; pageSize?: string }): { page: number; pageSize: number } {
  return {
    page: clampInteger(query.page, 1, 1, 1_000_000),
    pageSize: clampInteger(query.pageSize, 20, 1, 100),
  };
}

export const pageOf = <S extends TSchema>(row: S) =>
  Type.Object({
    data: Type.Array(row),
    total: Type.Integer(),
    page: Type.Integer(),
    pageSize: Type.Integer(),
    totalPages: Type.Integer(),
  });

/** One attempt of a delivery, of an image or of an event. */
export const AttemptShape = shape('Attempt', {
  number: Type.Integer(),
  startedAt: Timestamp,
  durationMs: Type.Number(),
  phases: nullable(Type.Record(Type.String(), Type.Number())),
  address: nullable(Type.String()),
  outcome: Type.String(),
  statusCode: nullable(Type.Integer()),
  responseExcerpt: nullable(Type.String()),
  error: nullable(Type.String()),
  nextAt: nullable(Timestamp),
  nextReason: nullable(Type.String()),
});

export function showAttempt(attempt: Attempt): Static<typeof AttemptShape> {
  return {
    ...attempt,
    startedAt: toIso(attempt.startedAt),
    nextAt: attempt.nextAt === null ? null : toIso(attempt.nextAt),
  };
}
