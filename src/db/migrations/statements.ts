/**
 * One text for both engines. Statements are written for PostgreSQL with `text`, `integer`, `bigint`, `double precision`
 * and `bigserial primary key`; here they become what makes the two behave alike: SQLite's tables are STRICT, so that it
 * refuses a fraction in an integer column as PostgreSQL does, and PostgreSQL's text compares by bytes as SQLite's does.
 */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../database.ts';

export async function runStatements(
  db: Kysely<unknown>,
  engine: Engine,
  statements: string[],
): Promise<void> {
  const translate = engine === 'sqlite' ? toSqlite : toPostgres;
  for (const statement of statements) await sql.raw(translate(statement)).execute(db);
}

function toSqlite(statement: string): string {
  const translated = statement
    .replace(/\bbigserial primary key\b/g, 'integer primary key autoincrement')
    .replace(/\bbigint\b/g, 'integer')
    .replace(/\bdouble precision\b/g, 'real');
  return translated.startsWith('create table') ? `${translated} strict` : translated;
}

function toPostgres(statement: string): string {
  return statement.replace(/ text\b/g, ' text collate "C"');
}
