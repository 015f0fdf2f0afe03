/**
 * The one way to the rows, on two engines. Repositories see Kysely and nothing of the engine; what differs (locks,
 * wake-ups, grouping of commits) is behind this interface.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** What a finder takes: it works inside a transaction and outside. */
export type Queries = Kysely<Schema>;

export interface Tx {
  readonly q: Transaction<Schema>;
  /**
   * Wakes listeners of `channel`, in this process and in others, after the commit and only if there is one.
   * Equal (channel, payload) pairs of one transaction are told once. A wake-up may be lost: it is a hint, never the
   * only way to learn of work.
   */
  notify(channel: string, payload: string): void;
}

export interface WriteOptions {
  /** Commit without waiting for the disk. Only where doing the work twice is harmless. */
  relaxed?: boolean;
  /** PostgreSQL: no statement is too slow. For migrations. */
  patient?: boolean;
}

export type Engine = 'sqlite' | 'postgres';

/** The tables of lanes (queue/tables.ts). */
export type LockableTable = 'destinations' | 'webhooks';

export interface Database {
  readonly engine: Engine;
  /** Reads of what is committed. */
  readonly read: Queries;
  /**
   * Runs `fn` in a transaction and resolves after the commit is durable. If it throws, nothing of it remains.
   * On SQLite concurrent calls share one commit, and nothing but queries may be awaited inside: no I/O, no timers,
   * no second `write` (the transaction is refused with a `WriteMisusedError`). On PostgreSQL a deadlock or a stale
   * connection runs `fn` again, so what it does outside of `tx` must bear repeating.
   * Throws `DatabaseBusyError` when too much is waiting.
   */
  write<T>(fn: (tx: Tx) => Promise<T>, options?: WriteOptions): Promise<T>;
  /**
   * Locks the rows of `table` named by `ids` until the end of the transaction and returns those it got, skipping the
   * ones another process holds. On SQLite the transaction already excludes everyone else.
   */
  lockRows(tx: Tx, table: LockableTable, ids: readonly string[]): Promise<string[]>;
  /** Hears `notify`; returns the way to stop. */
  listen(channel: string, handler: (payload: string) => void): () => void;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The schema on disk is older or newer than the code: the message says what to do. */
export class SchemaVersionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SchemaVersionError';
  }
}

/** Too much waits for the database, or another process holds it for too long: trying again later may help. */
export class DatabaseBusyError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DatabaseBusyError';
  }
}

/** A mistake in our own code: the function given to `write` awaited something that is not a query. */
export class WriteMisusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WriteMisusedError';
  }
}

/** SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE. */
const sqliteUnique: readonly unknown[] = [1555, 2067];

/**
 * Whether a row with that key was there already. On PostgreSQL the transaction is lost with the error, so this is for
 * the caller of `write`; inside, `on conflict do nothing` says the same and goes on.
 */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === '23505' || (code === 'ERR_SQLITE_ERROR' && sqliteUnique.includes(errcode));
}

/** SQLITE_FULL */
const sqliteFull = 13;

/** Whether the database has no room left. Then nothing of the write is there: both engines undo it. */
export function isOutOfRoom(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  // disk_full
  return code === '53100' || (code === 'ERR_SQLITE_ERROR' && errcode === sqliteFull);
}

/** SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PROTOCOL. */
const sqliteAway: readonly unknown[] = [10, 14, 8, 15];
/** Of the connection itself, from Node. */
const socketAway: readonly unknown[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
];
/** `pg` has words and no code for these. */
const wordsAway =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout|PostgreSQL closed the connection)/;

/**
 * Whether the database does not answer, or cannot do its work at this moment: nothing is wrong with what it was asked, and the
 * same may be asked again later.
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof DatabaseBusyError || isOutOfRoom(error)) return true;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (code === 'ERR_SQLITE_ERROR') return sqliteAway.includes(Number(errcode) & 0xff);
  if (socketAway.includes(code) || wordsAway.test(error.message)) return true;
  // connection_exception, operator_intervention (shutdown, starting up), too_many_connections
  return typeof code === 'string' && /^(08...|57P0[1-4]|53300)$/.test(code);
}
