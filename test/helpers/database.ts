/** A fresh database for a test, on both engines. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe } from 'vitest';
import type { Database, Engine } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { silentLogger } from '../../src/lib/logger.ts';

export interface TestDatabase {
  url?: string;
  file?: string;
  cleanup(): Promise<void>;
}

export interface TestEngine {
  readonly name: Engine;
  /** A fresh, migrated database; closed and removed after the test. */
  open(): Promise<Database>;
}

/** An empty place for a database: for tests that start the whole product. */
export async function createTestDatabase(engine: Engine): Promise<TestDatabase> {
  if (engine === 'postgres') throw new Error('PostgreSQL is not wired yet');
  const folder = mkdtempSync(join(tmpdir(), 'apertur-test-'));
  return {
    file: join(folder, 'apertur.db'),
    cleanup: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs the block once an engine. */
export function eachEngine(name: string, block: (engine: TestEngine) => void): void {
  for (const engine of ['sqlite'] as const) {
    describe(`${name} (${engine})`, () => {
      const undo: (() => Promise<void>)[] = [];
      afterEach(async () => {
        for (const step of undo.splice(0).reverse()) await step();
      });
      block({ name: engine, open: () => openFresh(engine, undo) });
    });
  }
}

async function openFresh(engine: Engine, undo: (() => Promise<void>)[]): Promise<Database> {
  const { url, file, cleanup } = await createTestDatabase(engine);
  undo.push(cleanup);
  const db = await openDatabase({ url, file, logger: silentLogger });
  undo.push(() => db.close());
  await migrate(db);
  return db;
}
