/** Every step of the schema in its order. Steps only ever get added, one line each; a released one never changes. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import * as start from './0001-start.ts';
import * as webhooks from './0002-webhooks.ts';
import * as publicApi from './0003-public-api.ts';
import * as oauthDestinations from './0004-oauth-destinations.ts';
import * as protections from './0005-protections.ts';
import * as plans from './0006-plans.ts';
import * as accounts from './0007-accounts.ts';
import * as thumbnailsShare from './0008-thumbnails-share.ts';
import * as resumableUploads from './0009-resumable-uploads.ts';
import * as dashboard from './0013-dashboard.ts';
import * as partitions from './0014-partitions.ts';
import * as projectRetention from './0015-project-retention.ts';
import * as projectSecretOverlap from './0016-project-secret-overlap.ts';
import * as removals from './0017-removals.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly up: (db: Kysely<unknown>, engine: Engine) => Promise<void>;
}

export const migrations: readonly Migration[] = [
  { version: 1, name: 'start', up: start.up },
  { version: 2, name: 'webhooks', up: webhooks.up },
  { version: 3, name: 'public-api', up: publicApi.up },
  { version: 4, name: 'oauth-destinations', up: oauthDestinations.up },
  { version: 5, name: 'protections', up: protections.up },
  { version: 6, name: 'plans', up: plans.up },
  { version: 7, name: 'accounts', up: accounts.up },
  { version: 8, name: 'thumbnails-share', up: thumbnailsShare.up },
  { version: 9, name: 'resumable-uploads', up: resumableUploads.up },
  { version: 13, name: 'dashboard', up: dashboard.up },
  { version: 14, name: 'partitions', up: partitions.up },
  { version: 15, name: 'project-retention', up: projectRetention.up },
  { version: 16, name: 'project-secret-overlap', up: projectSecretOverlap.up },
  { version: 17, name: 'removals', up: removals.up },
];
