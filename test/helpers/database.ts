/** A fresh database for a test, on both engines. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, describe, inject } from 'vitest';
import type { Database, Engine } from '../../src/db/database.ts';
import { openDatabase } from '../../src/db/open.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { memoryFolder } from './memory-folder.ts';

/** Exactly one of `url` and `file` is set: hand both to `openDatabase`, or to the product's settings. */
export interface TestDatabase {
  url?: string;
  file?: string;
  cleanup(): Promise<void>;
}

export interface TestEngine {
  readonly name: Engine;
  /** A fresh, migrated database; closed and removed after the test. */
  open(): Promise<Database>;
  /** A place for a database, empty unless `migrated`; removed after the test, so close first what you opened there. */
  place(options?: { migrated?: boolean }): Promise<TestDatabase>;
}

/** A place for a database, for tests that start the whole product. Empty unless `migrated`. */
export async function createTestDatabase(engine: Engine, { migrated = false } = {}): Promise<TestDatabase> {
  return engine === 'postgres' ? await createPostgres(migrated) : await createSqlite(migrated);
}

/** Runs the block once an engine. */
export function eachEngine(name: string, block: (engine: TestEngine) => void): void {
  for (const engine of ['sqlite', 'postgres'] as const) {
    describe(`${name} (${engine})`, () => {
      const undo: (() => Promise<void>)[] = [];
      afterEach(async () => {
        for (const step of undo.splice(0).reverse()) await step();
      });
      const place = async (options?: { migrated?: boolean }): Promise<TestDatabase> => {
        const database = await createTestDatabase(engine, options);
        undo.push(() => database.cleanup());
        return database;
      };
      const open = async (): Promise<Database> => {
        const { url, file } = await place({ migrated: true });
        const db = await openDatabase({ url, file, logger: silentLogger });
        undo.push(() => db.close());
        return db;
      };
      block({ name: engine, open, place });
    });
  }
}

async function createSqlite(migrated: boolean): Promise<TestDatabase> {
  const folder = mkdtempSync(join(memoryFolder(), 'apertur-test-'));
  const file = join(folder, 'apertur.db');
  if (migrated) copyFileSync(inject('sqliteTemplate'), file);
  return { file, cleanup: async () => rmSync(folder, { recursive: true, force: true }) };
}

/** Copying a migrated database is much faster than migrating. */
async function createPostgres(migrated: boolean): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = migrated ? 'apertur_template' : 'template0';
  await administer(`create database ${name} template ${template} ${inject('copyFiles')}`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return { url: url.href, cleanup: () => administer(`drop database if exists ${name} with (force)`) };
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
