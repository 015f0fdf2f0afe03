/** Opens the one database of this process: SQLite in a file, or PostgreSQL when a URL names one. */
import type { Logger } from '../lib/logger.ts';
import type { Database } from './database.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

export interface OpenOptions {
  /** `postgres://…`; wins over `file`. */
  url?: string | undefined;
  /** Path of the SQLite file; made, with its folder, when it is not there. */
  file?: string | undefined;
  logger: Logger;
  /** PostgreSQL: connections at most, besides the one that listens. Default 10. */
  poolSize?: number | undefined;
  /** PostgreSQL: milliseconds between signs of life of the connection that listens. Default 5,000. */
  keepAliveMs?: number | undefined;
  /** SQLite: milliseconds that another process may hold the file before writes are refused. Default 5,000. */
  busyLimitMs?: number | undefined;
}

/** Throws, without a password in the message, when the database cannot be opened or does not answer. */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { url, file, logger, poolSize = 10, keepAliveMs = 5_000, busyLimitMs = 5_000 } = options;
  if (url !== undefined) {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new Error('The database URL must begin with postgres://');
    return await openPostgres({ url, logger, poolSize, keepAliveMs });
  }
  if (file !== undefined) return openSqlite({ file, logger, busyLimitMs });
  throw new Error('openDatabase needs a url or a file.');
}
