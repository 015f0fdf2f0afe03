/**
 * Kysely over `node:sqlite`. Everything is synchronous underneath, so an awaited query costs only microtasks: the
 * group commit (sqlite-writer.ts) stands on that.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  type QueryCompiler,
  type QueryExecutor,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  Transaction,
} from 'kysely';
import { type ImmediateConnection, shortenWay } from './compiled.ts';
import type { Schema } from './schema.ts';

/** More than the queries of the product; lists of varying length make new texts, and the oldest text goes. */
const keptStatements = 500;

interface Prepared {
  statement: StatementSync;
  returnsRows: boolean;
}

/** Prepared statements by their text: preparing costs several times as much as running. */
class Statements {
  readonly db: DatabaseSync;
  readonly #kept = new Map<string, Prepared>();

  constructor(db: DatabaseSync) {
    this.db = db;
  }

  execute<R>(query: CompiledQuery): QueryResult<R> {
    const { statement, returnsRows } = this.#prepare(query.sql);
    const parameters = query.parameters.map(toSqlite);
    if (returnsRows) {
      const rows = statement.all(...parameters) as R[];
      return { rows, numAffectedRows: isSelect(query) ? undefined : BigInt(rows.length) };
    }
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  /** A statement of its own: the kept one may be run again while these rows are being read. */
  iterate(query: CompiledQuery): Iterable<unknown> {
    return this.db.prepare(query.sql).iterate(...query.parameters.map(toSqlite));
  }

  #prepare(sql: string): Prepared {
    const kept = this.#kept.get(sql);
    if (kept !== undefined) {
      // Only when some may soon have to go does it matter which was used last.
      if (this.#kept.size > keptStatements / 2) {
        this.#kept.delete(sql);
        this.#kept.set(sql, kept);
      }
      return kept;
    }
    const statement = this.db.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    this.#kept.set(sql, prepared);
    if (this.#kept.size > keptStatements) this.#kept.delete(this.#kept.keys().next().value as string);
    return prepared;
  }
}

/** `node:sqlite` binds every number as REAL; a whole number has to arrive as an integer, as it does on PostgreSQL. */
function toSqlite(value: unknown): SQLInputValue {
  return Number.isSafeInteger(value) ? BigInt(value as number) : (value as SQLInputValue);
}

const isSelect = (query: CompiledQuery): boolean => query.query.kind === 'SelectQueryNode';

/** One a transaction, so that a query after its end fails instead of slipping into the transaction of another. */
class SqliteConnection implements ImmediateConnection {
  readonly #statements: Statements;
  ended = false;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.executeNow<R>(query);
  }

  executeNow<R>(query: CompiledQuery): QueryResult<R> {
    if (this.ended) throw new Error('The transaction has ended; this query came too late.');
    return this.#statements.execute<R>(query);
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize = 100): AsyncIterableIterator<QueryResult<R>> {
    let rows: R[] = [];
    for (const row of this.#statements.iterate(query)) {
      if (rows.push(row as R) < chunkSize) continue;
      yield { rows };
      rows = [];
    }
    if (rows.length > 0) yield { rows };
  }
}

/** A transaction is a savepoint: alone it begins one, in a group it can be undone without touching the others. */
class SqliteDriver implements Driver {
  readonly #db: DatabaseSync;
  readonly #statements: Statements;
  readonly #begin: StatementSync;
  readonly #release: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#statements = new Statements(db);
    this.#begin = db.prepare('savepoint one');
    this.#release = db.prepare('release one');
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteConnection> {
    return new SqliteConnection(this.#statements);
  }

  async beginTransaction(): Promise<void> {
    this.begin();
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    this.commit(connection);
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    this.rollBack(connection);
  }

  begin(): SqliteConnection {
    this.#begin.run();
    return new SqliteConnection(this.#statements);
  }

  commit(connection: SqliteConnection): void {
    connection.ended = true;
    this.#release.run();
  }

  rollBack(connection: SqliteConnection): void {
    connection.ended = true;
    // A full disk or an I/O error has undone the whole transaction already.
    if (this.#db.isTransaction) this.#db.exec('rollback to one; release one');
  }

  async releaseConnection(connection: SqliteConnection): Promise<void> {
    connection.ended = true;
  }

  /** The one who opened the database closes it. */
  async destroy(): Promise<void> {}
}

/** Transactions without the ways of a pool: there is one connection, and nothing on it ever waits. */
export class SqliteTransactions {
  readonly #dialect: SqliteDialect;
  readonly #driver: SqliteDriver;
  readonly #executor: QueryExecutor;

  constructor(db: DatabaseSync) {
    this.#dialect = new SqliteDialect(db);
    this.#driver = new SqliteDriver(db);
    this.#executor = new Kysely<Schema>({ dialect: this.#dialect }).getExecutor();
  }

  /** Runs `fn`; what it did is undone when it throws. */
  async run<T>(fn: (q: Transaction<Schema>) => Promise<T>): Promise<T> {
    const connection = this.#driver.begin();
    const executor = this.#executor.withConnectionProvider({
      provideConnection: (consumer) => consumer(connection),
    });
    const dialect = this.#dialect;
    const q = new Transaction<Schema>({ config: { dialect }, dialect, driver: this.#driver, executor });
    shortenWay(q, connection);
    try {
      const value = await fn(q);
      this.#driver.commit(connection);
      return value;
    } catch (error) {
      this.#driver.rollBack(connection);
      throw error;
    }
  }
}

export class SqliteDialect implements Dialect {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  createDriver(): Driver {
    return new SqliteDriver(this.#db);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new SqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}
