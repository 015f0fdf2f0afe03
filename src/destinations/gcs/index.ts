/** Google Cloud Storage. Contract §6.3; guide in docs/destinations/gcs.md. */
import type { DestinationKind } from '../destination.ts';
import { createStoreConnection } from '../object-store.ts';
import { templatePrefix } from '../templates.ts';
import { GcsBucket } from './bucket.ts';
import { checkGcsBucket } from './check.ts';
import { holdsImage, putImage } from './put.ts';
import { config, credentials, prepareSettings, readServiceAccount, readSettings } from './settings.ts';

export const gcs = {
  kind: 'gcs',
  aliases: ['google_cloud_storage'],
  label: 'Google Cloud Storage',
  category: 'cloud storage',
  carried: true,
  config,
  credentials,
  prepare: prepareSettings,
  describe(stored) {
    const { bucket, template } = readSettings(stored);
    const own = stored.endpoint === undefined ? '' : ` at ${new URL(stored.endpoint as string).host}`;
    return `gs://${bucket}/${templatePrefix(template)}${own}`;
  },
  connect(stored, services) {
    const settings = readSettings(stored.config);
    const account = readServiceAccount(stored.credentials.credentials_json as string);
    const bucket = new GcsBucket(settings, account, services);
    const store = {
      put: putImage.bind(undefined, bucket),
      look: holdsImage.bind(undefined, bucket),
      url: (name: string) => bucket.pageUrl(name),
      check: (signal: AbortSignal) => checkGcsBucket(bucket, services, signal),
      readPermission: 'storage.objects.get and storage.objects.list',
    };
    return createStoreConnection(store, settings);
  },
} satisfies DestinationKind;
