/** The kinds of destination with their schemas, from which forms are drawn (docs/destinations.md). */
import { type Static, Type } from 'typebox';
import type { DestinationKind } from '../../destinations/destination.ts';
import { isOAuthKind } from '../../destinations/oauth-apps.ts';
import { kinds } from '../../destinations/registry.ts';
import type { AddRoute } from '../route.ts';
import type { Services } from '../services.ts';

const KindShape = Type.Object({
  kind: Type.String(),
  label: Type.String(),
  category: Type.String(),
  oauth: Type.Boolean({ description: 'It is connected by signing in at the service.' }),
  available: Type.Boolean({ description: 'false: this install has not been set up for it.' }),
  config: Type.Unknown({ description: 'JSON Schema of the settings; order and titles are those of a form.' }),
  credentials: Type.Unknown({ description: 'JSON Schema of the secrets: sent once, never shown again.' }),
});

export function addDestinationKindRoutes(add: AddRoute, services: Services): void {
  const { config, oauthApps } = services;
  const isAvailable = (kind: DestinationKind): boolean => {
    if (kind.kind === 'local') return config.localRoots.length > 0;
    return !isOAuthKind(kind) || oauthApps.appOf(kind) !== undefined;
  };
  const show = (kind: DestinationKind): Static<typeof KindShape> => ({
    kind: kind.kind,
    label: kind.label,
    category: kind.category,
    oauth: kind.oauth !== undefined,
    available: isAvailable(kind),
    config: kind.config,
    credentials: kind.credentials,
  });
  add({
    method: 'GET',
    paths: ['/destination-kinds'],
    summary: 'Every kind of destination, with the schemas of its settings',
    tag: 'Destinations',
    access: 'public',
    response: { 200: Type.Array(KindShape) },
    handler: () => kinds.map(show),
  });
}
