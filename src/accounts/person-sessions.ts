/**
 * The sessions of people. The cookie carries the session's token and a signature with a secret of the install, as the
 * sign-in library writes them; it is read here, so that requests of a signed-in page cost one query and no library.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Queries, Tx } from '../db/database.ts';
import { type Person, toPerson } from './people.ts';

export const cookiePrefix = 'apertur';

export interface SignedIn {
  person: Person;
  /** Of the row; never the token. */
  sessionId: string;
}

/** The cookie of a session. Over https its name begins with `__Secure-`, which browsers keep to https. */
export const sessionCookieName = (secure: boolean): string =>
  `${secure ? '__Secure-' : ''}${cookiePrefix}.session_token`;

/** The token in a cookie's value, when its signature is right. */
export function openSessionCookie(value: string, secret: string): string | undefined {
  let text: string;
  try {
    text = decodeURIComponent(value);
  } catch {
    return undefined;
  }
  const dot = text.lastIndexOf('.');
  if (dot < 1) return undefined;
  const token = text.slice(0, dot);
  const given = Buffer.from(text.slice(dot + 1));
  const right = Buffer.from(createHmac('sha256', secret).update(token).digest('base64'));
  return given.length === right.length && timingSafeEqual(given, right) ? token : undefined;
}

/** Who is signed in with this token; undefined when nobody, or no longer. */
export async function findSignedIn(q: Queries, token: string, now: number): Promise<SignedIn | undefined> {
  const row = await q
    .selectFrom('person_sessions')
    .innerJoin('people', 'people.id', 'person_sessions.person_id')
    .selectAll('people')
    .select('person_sessions.id as session_id')
    .where('person_sessions.token', '=', token)
    .where('person_sessions.expires_at', '>', now)
    .executeTakeFirst();
  return row && { person: toPerson(row), sessionId: row.session_id };
}

export interface PersonSession {
  id: string;
  address: string | null;
  userAgent: string | null;
  createdAt: number;
  usedAt: number;
  expiresAt: number;
}

/** Newest first. */
export async function listPersonSessions(
  q: Queries,
  personId: string,
  now: number,
): Promise<PersonSession[]> {
  const rows = await q
    .selectFrom('person_sessions')
    .select(['id', 'ip_address', 'user_agent', 'created_at', 'updated_at', 'expires_at'])
    .where('person_id', '=', personId)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .limit(200)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    address: row.ip_address,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    usedAt: row.updated_at,
    expiresAt: row.expires_at,
  }));
}

/** Ends one session of a person; whether there was one. */
export async function endPersonSession(tx: Tx, personId: string, id: string): Promise<boolean> {
  const result = await tx.q
    .deleteFrom('person_sessions')
    .where('id', '=', id)
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Ends all sessions of a person, but the one named; returns how many. */
export async function endPersonSessions(tx: Tx, personId: string, but: string | undefined): Promise<number> {
  let query = tx.q.deleteFrom('person_sessions').where('person_id', '=', personId);
  if (but !== undefined) query = query.where('id', '<>', but);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}

/** Forgets what is over: sessions, verifications, guesses, codes and tokens of apps. Returns how many rows. */
export async function pruneAccounts(tx: Tx, now: number): Promise<number> {
  const dayAgo = now - 86_400_000;
  const { q } = tx;
  const results = [
    await q.deleteFrom('person_sessions').where('expires_at', '<', now).executeTakeFirst(),
    await q.deleteFrom('verifications').where('expires_at', '<', now).executeTakeFirst(),
    await q.deleteFrom('sign_in_failures').where('updated_at', '<', dayAgo).executeTakeFirst(),
    await q.deleteFrom('oauth_codes').where('expires_at', '<', dayAgo).executeTakeFirst(),
    await q.deleteFrom('oauth_tokens').where('expires_at', '<', now).executeTakeFirst(),
  ];
  return results.reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0);
}
