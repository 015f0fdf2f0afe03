/** Bytes that are to be removed, so that a crash in between forgets none. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, [
    `create table removals (
      storage_key text primary key,
      due_at bigint not null
    )`,
    `create index removals_due on removals (due_at)`,
  ]);
}
