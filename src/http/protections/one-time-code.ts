/** One-time codes (contract §1.6): `X-APTR-TOTP` with every request of a key that asks for them. A code is good once. */
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';
import type { ApiKey } from '../../projects/keys.ts';
import { findTotpStep, useTotpStep } from '../../projects/protections.ts';
import { tooMany } from '../rate-limit.ts';
import type { Services } from '../services.ts';

/** Throws AppError 401 without a right code, 429 when too many were tried: six digits can be guessed. */
export async function checkOneTimeCode(
  { db, sealer, clock }: Services,
  request: FastifyRequest,
  key: ApiKey,
): Promise<void> {
  const { totpSecret } = key.protections;
  if (totpSecret === null) return;
  const header = request.headers['x-aptr-totp'];
  if (typeof header !== 'string' || header.trim() === '') {
    throw new AppError(401, 'TOTP_REQUIRED', 'This API key needs a one-time code in the header X-APTR-TOTP.');
  }
  const now = clock.now();
  const state = await request.server.rates.take('totp', key.id);
  if (!state.allowed) throw tooMany(state, now);
  const step = await findTotpStep(sealer, key.id, totpSecret, { code: header, now });
  if (step === undefined) throw new AppError(401, 'TOTP_INVALID', 'The one-time code is not right.');
  if (!(await useTotpStep(db, key.id, step))) {
    throw new AppError(401, 'TOTP_INVALID', 'The one-time code was used already. Wait for the next one.');
  }
}
