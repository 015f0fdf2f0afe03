/**
 * Tries of a session's password. Only wrong ones are counted (contract §1.8, §2.8): whoever knows the password may send as
 * many photos at once as the session takes.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../lib/clock.ts';
import { isProvenPassword, verifyAnyPassword } from '../sessions/password.ts';
import type { Session } from '../sessions/session.ts';
import { countRequest } from './auth.ts';
import { countedAddress } from './client-address.ts';
import { tooMany } from './rate-limit.ts';

/** The last try of each client and session: one at a time, so that a crowd of guesses is stopped where it has to be. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Whether one of the candidates is the password of the session; a session without one takes any. Throws AppError 429 once a
 * client has guessed wrong too often, and then says no more whether a guess is right.
 */
export async function tryPassword(
  request: FastifyRequest,
  reply: FastifyReply,
  { session, candidates, clock }: { session: Session; candidates: readonly string[]; clock: Clock },
): Promise<boolean> {
  const stored = session.passwordHash;
  if (stored === null || isProvenPassword(candidates, stored)) return true;
  const who = `${countedAddress(request.ip)} ${session.id}`;
  return inTurn(who, async () => {
    const now = clock.now();
    const spent = request.server.rates.spent('password', who);
    if (spent) throw tooMany(spent, now);
    if (await verifyAnyPassword(candidates, stored)) return true;
    await countRequest(request, reply, 'password', who, now);
    return false;
  });
}

function inTurn<T>(who: string, run: () => Promise<T>): Promise<T> {
  const mine = (turns.get(who) ?? Promise.resolve()).then(run, run);
  turns.set(who, mine);
  const leave = (): void => {
    if (turns.get(who) === mine) turns.delete(who);
  };
  mine.then(leave, leave);
  return mine;
}
