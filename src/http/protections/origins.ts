/** From where a key may be used: client addresses, and the sites whose pages call us (contract §1.6). */
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors.ts';
import type { KeyProtections } from '../../projects/protections.ts';
import { isInNetwork, parseAddress } from '../client-address.ts';

/** Throws AppError 403 when the client's address, seen past trusted proxies, is not in the list. */
export function checkAddress(request: FastifyRequest, { allowedIps }: KeyProtections): void {
  if (allowedIps.length === 0) return;
  const address = parseAddress(request.ip);
  if (address && allowedIps.some((entry) => isInNetwork(address, entry))) return;
  throw new AppError(
    403,
    'IP_NOT_ALLOWED',
    `This API key may not be used from ${request.ip}. Its allowed addresses are in the key's settings.`,
  );
}

/**
 * Throws AppError 403 when a page of a site that is not in the list sends the request. Only browsers say where they come
 * from, so a request without `Origin` and `Referer` passes.
 */
export function checkDomain(request: FastifyRequest, { allowedDomains }: KeyProtections): void {
  if (allowedDomains.length === 0) return;
  const from = request.headers.origin ?? request.headers.referer;
  if (from === undefined) return;
  const host = URL.canParse(from) ? new URL(from).hostname : '';
  if (host !== '' && allowedDomains.some((domain) => isAllowed(host, domain))) return;
  throw new AppError(
    403,
    'DOMAIN_NOT_ALLOWED',
    `This API key may not be used by pages of ${host || 'this site'}. Its allowed domains are in the key's settings.`,
  );
}

/** `*.shop.example` is every host below shop.example, and not shop.example itself. */
export function isAllowed(host: string, domain: string): boolean {
  return domain.startsWith('*.') ? host.endsWith(domain.slice(1)) : host === domain;
}
