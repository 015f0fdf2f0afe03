/** Amazon S3 and every store that speaks its protocol. Contract §6.3; guide in docs/destinations/s3.md. */
import type { DestinationKind } from '../destination.ts';
import { createStoreConnection } from '../object-store.ts';
import { templatePrefix } from '../templates.ts';
import { Bucket } from './bucket.ts';
import { checkBucket } from './check.ts';
import { holdsImage, putImage } from './put.ts';
import { config, credentials, prepareSettings, readSettings } from './settings.ts';

export const s3 = {
  kind: 's3',
  aliases: ['amazon_s3', 'aws_s3'],
  label: 'Amazon S3',
  category: 'cloud storage',
  carried: true,
  config,
  credentials,
  prepare: (settings) => ({ config: prepareSettings(settings.config), credentials: settings.credentials }),
  describe(stored) {
    const { bucket, template, endpoint } = readSettings(stored, {});
    const at = endpoint === undefined ? '' : ` at ${new URL(endpoint).host}`;
    return `s3://${bucket}/${templatePrefix(template)}${at}`;
  },
  connect(stored, services) {
    const settings = readSettings(stored.config, stored.credentials);
    const bucket = new Bucket(settings, services);
    const store = {
      put: putImage.bind(undefined, bucket),
      look: holdsImage.bind(undefined, bucket),
      url: (key: string) => bucket.url(key).href,
      check: (signal: AbortSignal) => checkBucket(bucket, services, signal),
      readPermission: 's3:GetObject and s3:ListBucket',
    };
    return createStoreConnection(store, settings);
  },
} satisfies DestinationKind;
