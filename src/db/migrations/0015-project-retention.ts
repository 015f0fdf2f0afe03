/** A project may keep its photos for a shorter time than the install does. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, [`alter table projects add column retention_days integer`]);
}
