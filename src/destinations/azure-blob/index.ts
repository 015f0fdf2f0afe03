/** Azure Blob Storage. Contract §6.3; guide in docs/destinations/azure-blob.md. */
import type { DestinationKind } from '../destination.ts';
import { createStoreConnection } from '../object-store.ts';
import { templatePrefix } from '../templates.ts';
import { checkContainer } from './check.ts';
import { Container } from './container.ts';
import { holdsImage, putImage } from './put.ts';
import { config, credentials, prepareSettings, readSettings } from './settings.ts';

export const azureBlob = {
  kind: 'azure_blob',
  aliases: ['azure', 'azure_blob_storage'],
  label: 'Azure Blob Storage',
  category: 'cloud storage',
  carried: true,
  config,
  credentials,
  prepare: prepareSettings,
  describe(stored) {
    const { account, container, template, endpoint } = readSettings(stored, {});
    const own = stored.endpoint === undefined ? '' : ` at ${new URL(endpoint).host}`;
    return `azure://${account}/${container}/${templatePrefix(template)}${own}`;
  },
  connect(stored, services) {
    const settings = readSettings(stored.config, stored.credentials);
    const container = new Container(settings, services);
    const store = {
      put: putImage.bind(undefined, container),
      look: holdsImage.bind(undefined, container),
      url: (name: string) => container.url(name),
      check: (signal: AbortSignal) => checkContainer(container, services, signal),
      readPermission: 'Read (r) in the SAS token',
    };
    return createStoreConnection(store, settings);
  },
} satisfies DestinationKind;
