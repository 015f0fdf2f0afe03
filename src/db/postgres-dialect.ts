/**
 * Kysely over a pool of `pg`, with named prepared statements: the server parses and plans a text once a connection,
 * which doubles what it answers a second (docs/adr/0002).
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import {
  type CompiledQuery,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  type QueryResult,
} from 'kysely';
import { DatabaseError, type QueryResult as PgResult, type Pool, type PoolClient } from 'pg';
import type { PostingConnection } from './compiled.ts';
import { DatabaseBusyError } from './database.ts';

/** The server keeps a plan for every name on every connection, so names have an end. */
const namedTexts = 500;
/** Callers that wait for a connection; each also waits at most the connection timeout. */
const waitingLimit = 1_000;

/** The name is a hash of the text, so that all connections and processes call it the same. */
export class StatementNames {
  readonly #names = new Map<string, string>();
  /** Off when something between us and the server (a pooler) does not keep prepared statements. */
  enabled = true;

  nameOf(text: string): string | undefined {
    if (!this.enabled) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= namedTexts) return known;
    const name = createHash('sha256').update(text).digest('base64url').slice(0, 24);
    this.#names.set(text, name);
    return name;
  }
}

/** SQLSTATEs of a prepared statement that is not there, or is there already. */
const lostNames: readonly unknown[] = ['26000', '42P05'];

/**
 * The plan behind a name does not fit any more: a migration changed the table, or a pooler gave us another session.
 * The statement did nothing yet, so it may be said again.
 */
export function isStalePlan(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return lostNames.includes(error.code) || error.routine === 'RevalidateCachedQuery';
}

/** The server took the connection away before the transaction began: nothing happened, a new one may do it. */
export class StaleConnectionError extends Error {}

/**
 * In a transaction, statements that are issued in one turn of the loop travel together and are answered together; `post`
 * does not wait for an answer at all. The server still runs them one after the other, as they were issued.
 */
class PostgresConnection implements PostingConnection {
  readonly client: PoolClient;
  readonly #settings: Settings;
  /** The pool must not hand it out again. */
  broken = false;
  #begun: Promise<unknown> | undefined;
  /** What went wrong first of what nobody waited for; the server then refuses whatever comes after it. */
  #failure: Error | undefined;
  #ended = false;

  constructor(client: PoolClient, settings: Settings) {
    this.client = client;
    this.#settings = settings;
  }

  /** Begins a transaction, with the first of its statements. */
  begin(): void {
    this.#begun = this.run(this.#settings.begin).catch((cause: unknown) => {
      this.broken = true;
      this.#failure ??= new StaleConnectionError('PostgreSQL closed the connection.', { cause });
    });
  }

  async commit(): Promise<void> {
    // A connection that breaks before the begin is answered may be tried again, so until then no commit is on its way.
    await this.#begun;
    if (this.#failure) throw this.#failure;
    const { command } = await this.run('commit').catch((error: unknown) => {
      throw this.#failure ?? error;
    });
    if (this.#failure) throw this.#failure;
    // PostgreSQL answers a commit after a failed statement with ROLLBACK, and calls that a success.
    if (command !== 'COMMIT')
      throw new Error('A statement of the transaction failed and its error was swallowed.');
  }

  end(): void {
    this.#ended = true;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const name = this.#settings.names.nameOf(query.sql);
    try {
      return toKysely(await this.run<R>(query.sql, query.parameters, name));
    } catch (error) {
      // Inside a transaction the error has ended it; `write` begins another.
      if (this.#failure) throw this.#failure;
      if (!this.#isStale(error) || this.#begun) throw error;
      return toKysely(await this.run<R>(query.sql, query.parameters));
    }
  }

  post({ sql, parameters }: CompiledQuery): void {
    this.#assertOpen();
    this.run(sql, parameters, this.#settings.names.nameOf(sql)).catch((error: Error) => {
      if (this.#failure) return;
      this.#isStale(error);
      this.#failure = error;
    });
  }

  #isStale(error: unknown): boolean {
    if (!isStalePlan(error)) return false;
    this.broken = true;
    if (lostNames.includes((error as DatabaseError).code)) this.#settings.names.enabled = false;
    return true;
  }

  async run<R>(text: string, values: readonly unknown[] = [], name?: string): Promise<PgResult<R & object>> {
    this.#assertOpen();
    this.#gather();
    try {
      const config = { text, values: [...values], query_timeout: this.#settings.queryTimeoutMs };
      return await this.client.query<R & object>(name === undefined ? config : { ...config, name });
    } catch (error) {
      if (!(error instanceof DatabaseError)) this.broken = true;
      throw error;
    }
  }

  #assertOpen(): void {
    if (this.#ended) throw new Error('This transaction has ended.');
  }

  /** What is written in this turn of the loop leaves in one piece. */
  #gather(): void {
    const { stream } = (this.client as unknown as { connection: { stream: Socket } }).connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  // biome-ignore lint/correctness/useYield: the interface wants a generator
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('Streaming rows is not supported: read pages.');
  }
}

const changing: readonly string[] = ['INSERT', 'UPDATE', 'DELETE', 'MERGE'];

function toKysely<R>({ command, rowCount, rows }: PgResult<R & object>): QueryResult<R> {
  const numAffectedRows = changing.includes(command) ? BigInt(rowCount ?? 0) : undefined;
  return { rows: rows ?? [], numAffectedRows };
}

interface Settings {
  names: StatementNames;
  /** The words that begin a transaction. */
  begin: string;
  /** Milliseconds until a server that does not answer is given up; 0: never. */
  queryTimeoutMs: number;
}

class PostgresDriver implements Driver {
  readonly #pool: Pool;
  readonly #settings: Settings;

  constructor(pool: Pool, settings: Settings) {
    this.#pool = pool;
    this.#settings = settings;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    if (this.#pool.waitingCount >= waitingLimit) {
      throw new DatabaseBusyError('Too many callers wait for a connection to PostgreSQL.');
    }
    return new PostgresConnection(await this.#pool.connect(), this.#settings);
  }

  async beginTransaction(connection: PostgresConnection): Promise<void> {
    connection.begin();
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    await connection.commit();
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    try {
      await connection.run('rollback');
    } catch {
      // What made us roll back is the error to tell; this connection goes.
      connection.broken = true;
    }
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.end();
    connection.client.release(connection.broken);
  }

  /** The one who made the pool ends it. */
  async destroy(): Promise<void> {}
}

export class PostgresDialect implements Dialect {
  readonly #pool: Pool;
  readonly #settings: Settings;

  constructor(pool: Pool, settings: Settings) {
    this.#pool = pool;
    this.#settings = settings;
  }

  createDriver(): Driver {
    return new PostgresDriver(this.#pool, this.#settings);
  }

  createQueryCompiler(): QueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new PostgresAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new PostgresIntrospector(db);
  }
}
