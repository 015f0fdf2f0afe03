/** The apps that the operator registered, and where each kind's service is. */
import type { OAuthConfig } from '../config.ts';
import type { DestinationKind } from './destination.ts';
import type { Endpoints, OAuthApp, OAuthService } from './oauth.ts';

export interface OAuthKind extends DestinationKind {
  oauth: OAuthService;
}

export interface OAuthApps {
  /** Undefined when the operator registered none. */
  appOf(kind: OAuthKind): OAuthApp | undefined;
  /** The well-known addresses, or those that the operator set in their place. */
  endpointsOf(kind: OAuthKind): Endpoints;
}

export function createOAuthApps(config: OAuthConfig): OAuthApps {
  return {
    appOf: (kind) => config[kind.oauth.provider],
    endpointsOf(kind) {
      const known = Object.entries(kind.oauth.endpoints).map(([name, url]) => [
        name,
        url.replace('{tenant}', config.microsoftTenant).replace('{app_folder}', config.dropboxAppFolder),
      ]);
      return { ...Object.fromEntries(known), ...config.endpoints[kind.kind] };
    },
  };
}

export const isOAuthKind = (kind: DestinationKind): kind is OAuthKind => kind.oauth !== undefined;
