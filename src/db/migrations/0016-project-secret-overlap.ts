/** The webhook secret of a project is rotated with an overlap, in which each receiver moves when it likes. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, [
    `alter table projects add column previous_webhook_secret text`,
    `alter table projects add column previous_webhook_until bigint`,
    `alter table destinations add column follows_until bigint`,
  ]);
}
