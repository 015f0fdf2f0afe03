/** A view of a database that stands still while it is copied, also when the product is running on it. */
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { Schema } from '../schema.ts';
import { SqliteDialect } from '../sqlite-dialect.ts';
import type { Source } from './copy.ts';

/**
 * Runs `use` on a view that stands still. SQLite: a copy of the file beside it (needs as much room again), removed
 * afterwards. PostgreSQL: one transaction.
 */
export async function withSnapshot<T>(
  from: { db: Database; file: string },
  use: (source: Source) => Promise<T>,
): Promise<T> {
  if (from.db.engine === 'sqlite') return withSqliteSnapshot(from.file, use);
  return from.db.read.transaction().execute(async (q) => {
    await sql`set transaction isolation level repeatable read`.execute(q);
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(q);
    return use({ q, engine: 'postgres' });
  });
}

async function withSqliteSnapshot<T>(file: string, use: (source: Source) => Promise<T>): Promise<T> {
  const copy = `${file}.${process.pid}.snapshot`;
  try {
    snapshotSqlite(file, copy);
    const reading = new DatabaseSync(copy, { readOnly: true });
    try {
      return await use({ q: new Kysely<Schema>({ dialect: new SqliteDialect(reading) }), engine: 'sqlite' });
    } finally {
      reading.close();
    }
  } finally {
    await rm(copy, { force: true });
  }
}

/** Writes what is committed at this moment into a new file; a running server goes on. Throws when `copy` exists. */
export function snapshotSqlite(file: string, copy: string): void {
  // Made empty first: SQLite would let everyone read it.
  closeSync(openSync(copy, 'wx', 0o600));
  const reading = new DatabaseSync(file, { readOnly: true, timeout: 30_000 });
  try {
    reading.prepare('vacuum into ?').run(path.resolve(copy));
  } finally {
    reading.close();
  }
}
