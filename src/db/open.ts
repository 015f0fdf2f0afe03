/** Opens the one database of this process: SQLite in a file, or PostgreSQL when a URL names one. */
import type { Logger } from '../lib/logger.ts';
import type { Database } from './database.ts';
import { openSqlite } from './sqlite.ts';

export interface OpenOptions {
  /** `postgres://…`; wins over `file`. */
  url?: string | undefined;
  /** Path of the SQLite file; made, with its folder, when it is not there. */
  file?: string | undefined;
  logger: Logger;
  /** PostgreSQL: connections at most, besides the one that listens. Default 10. */
  poolSize?: number | undefined;
}

/** Throws, without a password in the message, when the database cannot be opened or does not answer. */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { url, file, logger } = options;
  if (url !== undefined) throw new Error('PostgreSQL is not wired yet');
  if (file !== undefined) return openSqlite(file, logger);
  throw new Error('openDatabase needs a url or a file.');
}
