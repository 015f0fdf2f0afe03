/** Fresh databases for a benchmark of both: SQLite in a folder, PostgreSQL in a server of this run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Database, Engine } from '../src/db/database.ts';
import { openDatabase } from '../src/db/open.ts';
import { silentLogger } from '../src/lib/logger.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import type { Report } from './report.ts';
import { postgresVersion } from './versions.ts';

export interface Place {
  engine: Engine;
  /** A new database, empty. Whoever opens it closes it. */
  open(name: string): Promise<Database>;
  /** For secrets; gone at the end. */
  folder: string;
}

/** Runs `measure` on SQLite and then on PostgreSQL. */
export async function onBothEngines(report: Report, measure: (place: Place) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'apertur-bench-'));
  const postgres = await startPostgres();
  try {
    report.version('PostgreSQL', await postgresVersion(postgres.url()));
    await measure({
      engine: 'sqlite',
      folder,
      open: (name) => openDatabase({ file: join(folder, `${name}.db`), logger: silentLogger }),
    });
    await measure({
      engine: 'postgres',
      folder,
      async open(name) {
        await createDatabase(postgres.url(), name);
        return openDatabase({ url: postgres.url(name), logger: silentLogger });
      },
    });
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function createDatabase(server: string, name: string): Promise<void> {
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
}
