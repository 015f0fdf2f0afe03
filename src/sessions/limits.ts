/** How long, how many, which types: the limits that a session is given, held against its key's and its plan's. */
import { AppError, invalid } from '../errors.ts';
import type { Plan } from '../projects/plans.ts';
import { imageTypes } from './session.ts';

export interface LimitsInput {
  expiresInHours?: number | undefined;
  /** Seconds. */
  expiresIn?: number | undefined;
  /** Milliseconds since 1970. */
  expiresAt?: number | undefined;
  maxImages?: number | undefined;
  allowedMimeTypes?: string[] | undefined;
  maxImageDimension?: number | null | undefined;
  maxImageSizeMb?: number | null | undefined;
}

const hour = 3_600_000;
const longest = 168 * hour;

/** The moment of expiry in milliseconds since 1970; one hour from now when nothing is asked for. */
export function expiryOf(input: LimitsInput, plan: Plan, now: number): number {
  const given = [input.expiresInHours, input.expiresIn, input.expiresAt].filter(
    (value) => value !== undefined,
  );
  if (given.length > 1) {
    throw invalid('Give one of expires_in_hours, expires_in and expires_at, not several.');
  }
  let expiresAt = now + hour;
  if (input.expiresInHours !== undefined) expiresAt = now + input.expiresInHours * hour;
  if (input.expiresIn !== undefined) expiresAt = now + input.expiresIn * 1000;
  if (input.expiresAt !== undefined) expiresAt = input.expiresAt;
  return checkExpiry(expiresAt, plan, now);
}

/** Refuses the past (400), more than 168 hours ahead (400), and more than the plan allows (403). */
export function checkExpiry(expiresAt: number, plan: Plan, now: number): number {
  if (expiresAt <= now) throw invalid('expires_at must be in the future.');
  if (expiresAt > now + longest) throw invalid('expires_at may be at most 168 hours (7 days) ahead.');
  if (expiresAt > now + plan.longestExpiryHours * hour) {
    throw new AppError(
      403,
      'PLAN_LIMIT',
      `The ${plan.name} plan allows at most ${plan.longestExpiryHours} hours.`,
    );
  }
  return expiresAt;
}

const spellings: Record<string, string> = { 'image/jpg': 'image/jpeg', 'image/heif': 'image/heic' };

/** The types of a session: all four when none are named; throws 400 for unknown ones and for none that the key allows. */
export function chooseTypes(asked: string[] | undefined, keyTypes: readonly string[]): string[] {
  const types = [
    ...new Set((asked ?? []).map((type) => spellings[type.toLowerCase()] ?? type.toLowerCase())),
  ];
  const unknown = types.find((type) => !(imageTypes as readonly string[]).includes(type));
  if (unknown !== undefined) {
    throw invalid(`allowed_mime_types: "${unknown.slice(0, 60)}" is not one of ${imageTypes.join(', ')}.`);
  }
  const wanted = types.length === 0 ? [...imageTypes] : types;
  const allowed = keyTypes.length === 0 ? wanted : wanted.filter((type) => keyTypes.includes(type));
  if (allowed.length === 0) {
    throw invalid(`allowed_mime_types: the API key allows only ${keyTypes.join(', ')}.`);
  }
  return wanted;
}
