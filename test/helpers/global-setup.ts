/** Once a run: a PostgreSQL server, and in it an empty migrated database that tests copy. */
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { memoryFolder } from './memory-folder.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's, with the database `postgres`. */
    postgresUrl: string;
  }
}

export const template = 'apertur_template';

let server: PostgresServer | undefined;

export async function setup(project: TestProject): Promise<void> {
  server = await startPostgres({ parent: memoryFolder() });
  const admin = new Client({ connectionString: server.url() });
  await admin.connect();
  await admin.query(`create database ${template}`);
  await admin.end();
  const db = await openDatabase({ url: server.url(template), logger: silentLogger });
  await migrate(db);
  await db.close();
  project.provide('postgresUrl', server.url());
}

export async function teardown(): Promise<void> {
  await server?.stop();
}
