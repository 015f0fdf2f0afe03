/** A migrated PostgreSQL database of its own for each story that scripts tell. The server starts with the first. */
import { Client } from 'pg';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { type PostgresServer, startPostgres } from '../helpers/postgres.ts';

export interface FreshDatabases {
  /** URL of a new database. `name` must be new. */
  create(name: string): Promise<string>;
  stop(): Promise<void>;
}

export function freshDatabases(): FreshDatabases {
  let server: PostgresServer | undefined;
  return {
    async create(name) {
      server ??= await startPostgres();
      const client = new Client({ connectionString: server.url() });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      await migrateDatabase(server.url(name));
      return server.url(name);
    },
    stop: async () => server?.stop(),
  };
}

export async function migrateDatabase(url: string): Promise<void> {
  const db = await openDatabase({ url, logger: silentLogger });
  await migrate(db);
  await db.close();
}
