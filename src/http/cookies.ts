/** Cookies of a request, and whether a browser may change something with them. */
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors.ts';

/** The values of a cookie as they came, undecoded. A name may come more than once; the first is the most specific. */
export function readCookie(request: FastifyRequest, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

/** The origin that a browser sees: the public one, or the one it asked. Cookies belong to it. */
export function browserOrigin(request: FastifyRequest, publicUrl: string | undefined): string {
  return publicUrl ?? `${request.protocol}://${request.host}`;
}

/**
 * Refuses what another site's page made a browser send along with our cookie: AppError 403. Browsers say where a request
 * comes from in `Origin` or `Sec-Fetch-Site`, and pages cannot change either; a change without both is refused.
 */
export function requireSameOrigin(request: FastifyRequest, publicUrl: string | undefined): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined) {
    if (origin !== publicUrl && origin !== browserOrigin(request, undefined)) throw forged();
    return;
  }
  const changes = !['GET', 'HEAD', 'OPTIONS'].includes(request.method);
  // A reader that says nothing (a tool, an old browser) reads only what its cookie lets it read anyway.
  const good = changes
    ? site === 'same-origin'
    : site === undefined || site === 'same-origin' || site === 'none';
  if (!good) throw forged();
}

const forged = (): AppError =>
  new AppError(
    403,
    'FORBIDDEN',
    'This request came from the page of another site. Open the dashboard and try again.',
  );
