/** What the public API adds: protections of a key, pull delivery with its leases, and secrets of the install. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, statements);
}

const statements: string[] = [
  // Sealed secrets that belong to no project, by name.
  `create table install_secrets (
    name text primary key,
    value text not null,
    created_at bigint not null
  )`,
  // Sealed; a TOTP secret counts once it was confirmed by a code.
  `alter table keys add column totp_secret text`,
  `alter table keys add column totp_enabled integer not null default 0`,
  // The last time step that was used: a code is good once.
  `alter table keys add column totp_last_step bigint`,
  `alter table keys add column client_cert_fingerprint text`,
  `alter table keys add column signing_secret text`,
  `alter table keys add column signature_required integer not null default 0`,
  // Until when a waiting poll has handed out this image (contract §4).
  `alter table images add column leased_until bigint`,
  // What still waits to be fetched and acknowledged.
  `create index images_waiting on images (session_id, position) where acknowledged_at is null`,
];
