/** PostgreSQL: a pool for queries, and one connection for wake-ups. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { Client, DatabaseError, Pool, type PoolConfig, types } from 'pg';
import { type Logger, warnOfOutage } from '../lib/logger.ts';
import { shortenWay } from './compiled.ts';
import type { Database, LockableTable, Queries, Tx, WriteOptions } from './database.ts';
import { Listeners, Notifications } from './listeners.ts';
import { isOneOf } from './lists.ts';
import { PostgresBridge } from './postgres-bridge.ts';
import { isStalePlan, PostgresDialect, StaleConnectionError, StatementNames } from './postgres-dialect.ts';
import type { Schema } from './schema.ts';

export interface PostgresOptions {
  url: string;
  logger: Logger;
  /** Connections at most, besides the one that listens. */
  poolSize: number;
  /** Milliseconds; see PostgresBridge. */
  keepAliveMs: number;
}

/** Milliseconds. A statement of ours takes a few; these bound what happens when something is wrong. */
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 30_000;
/** Longer than the server's own: this one is for a server that cannot answer any more. */
const queryTimeoutMs = 35_000;
const pingTimeoutMs = 5_000;
const idleConnectionMs = 60_000;
const closeTimeoutMs = 2_000;

const writeAttempts = 4;
/** serialization_failure, deadlock_detected */
const conflicts: readonly unknown[] = ['40001', '40P01'];
/** bigint, and what sum() makes of one. */
const int8 = 20;
const numeric = 1700;

class PostgresDatabase implements Database {
  readonly engine = 'postgres';
  readonly read: Queries;
  readonly #pool: Pool;
  readonly #writers: { plain: Queries; relaxed: Queries; patient: Queries };
  readonly #listeners: Listeners;
  readonly #bridge: PostgresBridge;
  readonly #clients = new Set<Client>();
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor({ url, logger, poolSize, keepAliveMs }: PostgresOptions) {
    this.#listeners = new Listeners(logger);
    this.#pool = createPool({ ...connection(url), max: poolSize }, logger);
    this.#pool.on('connect', (client) => this.#clients.add(client));
    this.#pool.on('remove', (client) => this.#clients.delete(client));
    const names = new StatementNames();
    const kysely = (begin: string, timeout = queryTimeoutMs): Queries =>
      new Kysely<Schema>({
        dialect: new PostgresDialect(this.#pool, { names, begin, queryTimeoutMs: timeout }),
      });
    this.read = kysely('begin read only');
    this.#writers = {
      plain: kysely('begin'),
      relaxed: kysely('begin; set local synchronous_commit = off'),
      patient: kysely('begin; set local statement_timeout = 0', 0),
    };
    this.#bridge = new PostgresBridge({
      client: connection(url),
      dispatch: (told) => this.#listeners.dispatch(told),
      logger,
      keepAliveMs,
    });
  }

  async write<T>(fn: (tx: Tx) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    if (this.#closing !== undefined) throw new Error('The database is closed.');
    const running = this.#write(fn, options);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #write<T>(fn: (tx: Tx) => Promise<T>, options: WriteOptions): Promise<T> {
    const writer = this.#writers[options.patient ? 'patient' : options.relaxed ? 'relaxed' : 'plain'];
    for (let attempt = 1; ; attempt += 1) {
      const told = new Notifications();
      try {
        const value = await writer.transaction().execute(async (q) => {
          await q.getExecutor().provideConnection(async (connection) => shortenWay(q, connection));
          return fn({ q, notify: (channel, payload) => told.add(channel, payload) });
        });
        this.#tell(told);
        return value;
      } catch (error) {
        if (attempt >= writeAttempts || !mayRepeat(error)) throw error;
        await sleep(5 * attempt);
      }
    }
  }

  async lockRows({ q }: Tx, table: LockableTable, ids: readonly string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    // `no key`: a new session may refer to a destination while its deliveries are being claimed.
    const rows = await q
      .selectFrom(table)
      .select('id')
      .where(isOneOf('postgres', sql.ref('id'), ids))
      .orderBy('id')
      .forNoKeyUpdate()
      .skipLocked()
      .execute();
    return rows.map((row) => row.id);
  }

  listen(channel: string, handler: (payload: string) => void): () => void {
    this.#bridge.start();
    return this.#listeners.add(channel, handler);
  }

  async ping(): Promise<void> {
    const query = { text: 'select 1', query_timeout: pingTimeoutMs };
    await this.#pool.query(query);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running);
    const ended = this.#pool.end();
    // A connection that is dead without a word never says goodbye; it shall not keep the process.
    await Promise.race([ended, sleep(closeTimeoutMs, undefined, { ref: false })]);
    // `unref` is public, and missing from the types.
    for (const client of this.#clients) (client as Client & { unref(): void }).unref();
    await this.#bridge.stop();
  }

  /** This process at once, the others over the wire. */
  #tell(told: Notifications): void {
    if (told.size === 0) return;
    this.#listeners.dispatch(told);
    this.#bridge.tell(told);
  }
}

/** Connects once, so that a wrong address shows now. Throws a sentence without the password. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const db = new PostgresDatabase(options);
  try {
    await db.ping();
    return db;
  } catch (cause) {
    await db.close();
    const { host, port, database } = new Client(connection(options.url));
    const { message, code } = cause as { message?: string; code?: string };
    throw new Error(`PostgreSQL at ${host}:${port}, database ${database}: ${message || code}`, { cause });
  }
}

function connection(url: string): PoolConfig {
  return {
    connectionString: url,
    application_name: 'apertur',
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // Whoever awaits something else inside a transaction must not hold its locks for ever.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser: numbers },
  };
}

/** A connection that breaks says so with an event; unheard, that event would end the process. */
function createPool(config: PoolConfig, logger: Logger): Pool {
  const pool = new Pool({ ...config, pipeline: true, idleTimeoutMillis: idleConnectionMs });
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', (error) => warnOfOutage(logger, error, 'an idle connection to PostgreSQL broke'));
  return pool;
}

/** Numbers as SQLite gives them: as numbers, or as an error where a number could not hold them. */
const numbers = ((oid: number, format?: 'text') => {
  if (oid === int8) return toSafeInteger;
  if (oid === numeric) return Number;
  return types.getTypeParser(oid, format);
}) as typeof types.getTypeParser;

function toSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large for a number.`);
  return value;
}

function mayRepeat(error: unknown): boolean {
  if (error instanceof StaleConnectionError || isStalePlan(error)) return true;
  return error instanceof DatabaseError && conflicts.includes(error.code);
}
