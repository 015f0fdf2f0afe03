/** What people look through: the deliveries of a whole project, newest first. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, statements);
}

const statements: string[] = [
  `create index deliveries_project on deliveries (project_id, created_at, id)`,
  `create index webhook_deliveries_project on webhook_deliveries (project_id, created_at, id)`,
];
