/**
 * Guessing a password has an end: after a few wrong ones for an address, each further one has to wait, up to a quarter of
 * an hour. It counts by the address that was tried, whether or not it has an account, so that it tells nothing.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { normalEmail } from './people.ts';

const free = 5;
const longestMs = 15 * 60_000;
/** A day without a guess, and it begins anew. */
const memoryMs = 86_400_000;

const hashOf = (email: string): string =>
  createHash('sha256')
    .update(`sign-in ${normalEmail(email)}`)
    .digest('hex');

/** Milliseconds that the next try has to wait after so many wrong ones. */
export const waitAfter = (failures: number): number =>
  failures < free ? 0 : Math.min(longestMs, 5_000 * 2 ** (failures - free));

/** Throws AppError 429 while this address has to wait. */
export async function requireAttempt(db: Database, email: string, now: number): Promise<void> {
  const row = await db.read
    .selectFrom('sign_in_failures')
    .select('blocked_until')
    .where('hash', '=', hashOf(email))
    .executeTakeFirst();
  const wait = (row?.blocked_until ?? 0) - now;
  if (wait <= 0) return;
  const seconds = Math.ceil(wait / 1_000);
  throw new AppError(
    429,
    'RATE_LIMIT',
    `Too many wrong passwords for this address. Try again in ${seconds} s, or ask for a new password.`,
    { retryAfter: seconds },
  );
}

export async function noteFailure(db: Database, email: string, now: number): Promise<void> {
  const hash = hashOf(email);
  await db.write(async (tx) => {
    const row = await tx.q
      .insertInto('sign_in_failures')
      .values({ hash, failures: 1, blocked_until: 0, updated_at: now })
      .onConflict((conflict) =>
        conflict.column('hash').doUpdateSet({
          failures: sql`case when sign_in_failures.updated_at < ${now - memoryMs} then 1 else sign_in_failures.failures + 1 end`,
          updated_at: now,
        }),
      )
      .returning('failures')
      .executeTakeFirstOrThrow();
    const wait = waitAfter(row.failures);
    if (wait === 0) return;
    await tx.q
      .updateTable('sign_in_failures')
      .set({ blocked_until: now + wait })
      .where('hash', '=', hash)
      .execute();
  });
}

export async function forgetFailures(db: Database, email: string): Promise<void> {
  const hash = hashOf(email);
  const known = await db.read
    .selectFrom('sign_in_failures')
    .select('hash')
    .where('hash', '=', hash)
    .executeTakeFirst();
  if (!known) return;
  await db.write(async (tx) => {
    await tx.q.deleteFrom('sign_in_failures').where('hash', '=', hash).execute();
  });
}
