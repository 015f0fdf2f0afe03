/** The embedded engine: one file, one connection that writes, one that reads what is committed. */
import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import type { Logger } from '../lib/logger.ts';
import type { Database, LockableTable, Queries, Tx, WriteOptions } from './database.ts';
import { Listeners, type Notification } from './listeners.ts';
import type { Schema } from './schema.ts';
import { SqliteDialect, SqliteTransactions } from './sqlite-dialect.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/** How long a connection waits for another process inside SQLite, in milliseconds. */
const busyTimeoutMs = 5_000;
/** The writer holds the event loop while it waits, so it waits little and comes again (sqlite-writer.ts). */
const writerBusyTimeoutMs = 5;

const shared = `
  pragma foreign_keys = on;
  pragma cache_size = -16000;
  pragma temp_store = memory;
`;

const forWriting = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma journal_size_limit = 67108864;
  pragma wal_autocheckpoint = 4000;
  ${shared}
  pragma busy_timeout = ${writerBusyTimeoutMs};
`;

export interface SqliteOptions {
  file: string;
  logger: Logger;
  /** See WriterOptions. */
  busyLimitMs: number;
}

class SqliteDatabase implements Database {
  readonly engine = 'sqlite';
  readonly read: Queries;
  readonly #writing: DatabaseSync;
  readonly #reading: DatabaseSync;
  readonly #writer: SqliteWriter;
  readonly #listeners: Listeners;
  #closing: Promise<void> | undefined;

  constructor(writing: DatabaseSync, reading: DatabaseSync, { logger, busyLimitMs }: SqliteOptions) {
    this.#writing = writing;
    this.#reading = reading;
    this.#listeners = new Listeners(logger);
    this.read = new Kysely<Schema>({ dialect: new SqliteDialect(reading) });
    const transactions = new SqliteTransactions(writing);
    const dispatch = (told: Iterable<Notification>) => this.#listeners.dispatch(told);
    this.#writer = new SqliteWriter({ db: writing, transactions, dispatch, busyLimitMs });
  }

  async write<T>(fn: (tx: Tx) => Promise<T>, { relaxed = false }: WriteOptions = {}): Promise<T> {
    if (this.#closing !== undefined) throw new Error('The database is closed.');
    return await this.#writer.write(fn, relaxed);
  }

  async lockRows(_tx: Tx, _table: LockableTable, ids: readonly string[]): Promise<string[]> {
    return [...new Set(ids)].sort();
  }

  listen(channel: string, handler: (payload: string) => void): () => void {
    return this.#listeners.add(channel, handler);
  }

  async ping(): Promise<void> {
    await sql`select count(*) from sqlite_master`.execute(this.read);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** The reader first: the last one to close moves the log into the file. */
  async #close(): Promise<void> {
    await this.#writer.idle();
    this.#reading.close();
    this.#writing.close();
  }
}

/** Opens or creates the file. Throws when it cannot be opened or is no database. */
export function openSqlite(options: SqliteOptions): Database {
  const { file } = options;
  createFile(file);
  const writing = new DatabaseSync(file, { timeout: busyTimeoutMs });
  try {
    writing.exec(forWriting);
    const reading = new DatabaseSync(file, { timeout: busyTimeoutMs, readOnly: true });
    reading.exec(shared);
    syncFolder(dirname(file));
    return new SqliteDatabase(writing, reading, options);
  } catch (error) {
    writing.close();
    throw error;
  }
}

/**
 * A new file is for its owner only; SQLite gives the log the same mode. An existing file is left alone: opening and
 * closing it here would drop the locks that this process holds on it.
 */
function createFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** So that a power cut cannot take the file's name. Windows has no such thing, and refuses. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
