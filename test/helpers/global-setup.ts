/** Once a run: a PostgreSQL server, an empty migrated database on either engine that tests copy, and a server key. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/db/migrate.ts';
import { type OpenOptions, openDatabase } from '../../src/db/open.ts';
import { generateServerKey, type ServerKeyPair } from '../../src/images/server-key.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { memoryFolder } from './memory-folder.ts';
import { type PostgresServer, startPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The superuser's, with the database `postgres`. */
    postgresUrl: string;
    /** What makes `create database` copy files instead of writing each page to the log, where it must be said (15 and later). */
    copyFiles: string;
    /** A migrated database file. */
    sqliteTemplate: string;
    /** Making one takes long. */
    serverKey: ServerKeyPair;
  }
}

export const template = 'apertur_template';

let server: PostgresServer | undefined;
let folder: string | undefined;

export async function setup(project: TestProject): Promise<void> {
  server = await startPostgres({ parent: memoryFolder() });
  const admin = new Client({ connectionString: server.url() });
  await admin.connect();
  await admin.query(`create database ${template}`);
  const { rows } = await admin.query("select current_setting('server_version_num')::int >= 150000 as said");
  await admin.end();
  await makeTemplate({ url: server.url(template) });
  project.provide('postgresUrl', server.url());
  project.provide('copyFiles', rows[0].said ? 'strategy file_copy' : '');
  folder = mkdtempSync(join(memoryFolder(), 'apertur-template-'));
  const file = join(folder, 'apertur.db');
  await makeTemplate({ file });
  project.provide('sqliteTemplate', file);
  project.provide('serverKey', await generateServerKey());
}

async function makeTemplate(place: Pick<OpenOptions, 'url' | 'file'>): Promise<void> {
  const db = await openDatabase({ ...place, logger: silentLogger });
  await migrate(db);
  await db.close();
}

export async function teardown(): Promise<void> {
  await server?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
}
