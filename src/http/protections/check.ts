/** All protections of a key, one after the other: a request passes when it passes each (contract §1.6, §1.7). */
import type { FastifyRequest } from 'fastify';
import type { ApiKey } from '../../projects/keys.ts';
import type { Services } from '../services.ts';
import { checkClientCertificate } from './client-certificate.ts';
import { checkOneTimeCode } from './one-time-code.ts';
import { checkAddress, checkDomain } from './origins.ts';
import { checkSignature } from './signature.ts';

/** Throws AppError 401 or 403. The one-time code comes last, because it is used up by being right. */
export async function checkProtections(
  services: Services,
  request: FastifyRequest,
  key: ApiKey,
): Promise<void> {
  const { protections } = key;
  checkAddress(request, protections);
  checkDomain(request, protections);
  checkClientCertificate(services.config, request, protections, services.clock.now());
  await checkSignature(services, request, key);
  await checkOneTimeCode(services, request, key);
}
