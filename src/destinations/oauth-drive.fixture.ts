/** What the tests of cloud drives share: an account with fixed tokens, and templates as their settings hold them. */
import { DeliveryError } from './destination.ts';
import type { Account, Endpoints } from './oauth.ts';

/** An account whose tokens come from `renew`, one after the other as they are refused. */
export function accountWith(
  endpoints: Endpoints,
  first: string,
  renew?: (refused: string) => Promise<string>,
): Account {
  let token = first;
  return {
    endpoints,
    async token(_signal, refused) {
      if (refused === token) {
        if (!renew) throw new DeliveryError('The account must be connected again.', { fate: 'reconnect' });
        token = await renew(refused);
      }
      return token;
    },
  };
}

/** `a/b/{filename}` as the two settings of a drive. */
export function splitTemplate(template: string): { subfolder_template: string; file_template: string } {
  const at = template.lastIndexOf('/');
  return { subfolder_template: template.slice(0, Math.max(0, at)), file_template: template.slice(at + 1) };
}

/** The endpoints of a server, reached at another place (a proxy before it). */
export function endpointsAt(
  endpoints: Record<string, string>,
  at: { host: string; port: number },
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(endpoints).map(([name, url]) => {
      // A place inside the service.
      if (url.startsWith('/')) return [name, url];
      const moved = new URL(url);
      moved.host = `${at.host}:${at.port}`;
      return [name, moved.href.replace(/\/$/, '')];
    }),
  );
}
