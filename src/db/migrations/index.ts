/** Every step of the schema in its order. Steps only ever get added, one line each; a released one never changes. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import * as start from './0001-start.ts';
import * as publicApi from './0003-public-api.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly up: (db: Kysely<unknown>, engine: Engine) => Promise<void>;
}

export const migrations: readonly Migration[] = [
  { version: 1, name: 'start', up: start.up },
  { version: 3, name: 'public-api', up: publicApi.up },
];
