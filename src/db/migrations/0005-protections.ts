/** What protects keys and the install across processes: counted requests, seen signatures, end-to-end keys. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, engine === 'postgres' ? [...statements, rateWindows] : statements);
}

const statements: string[] = [
  // A signature is good once; kept until its time is over.
  `create table seen_signatures (
    hash text primary key,
    seen_until bigint not null
  )`,
  // What is too old to keep.
  `create index seen_signatures_age on seen_signatures (seen_until)`,
  // The public key of the project's own pair, PEM; photos are encrypted with it in the browser.
  `alter table projects add column e2e_public_key text`,
  // 1: photos that are not encrypted with it are refused.
  `alter table projects add column e2e_required integer not null default 0`,
];

/**
 * Counted requests, shared by all processes. Unlogged: it costs no sync, and a crash of the database may forget a
 * minute of counting. Pages are left half empty so that counting up stays within its page. SQLite has one process, which
 * counts in its memory.
 */
const rateWindows = `create unlogged table rate_windows (
  name text primary key,
  count integer not null,
  reset_at bigint not null
) with (fillfactor = 50)`;
