/** Brings the schema forward, step by step, and refuses to work on one that it does not know. Forward only. */
import { type Kysely, sql } from 'kysely';
import { type Clock, systemClock } from '../lib/clock.ts';
import { type Database, type Engine, SchemaVersionError, type Tx } from './database.ts';
import { type Migration, migrations } from './migrations/index.ts';
import { runStatements } from './migrations/statements.ts';

interface MigrationTable {
  schema_migrations: { version: number; name: string; applied_at: number };
}

export interface Migrated {
  /** Version before and after; 0 is an empty database. */
  from: number;
  to: number;
}

/** Any number, the same in every version of this program. */
const advisoryLock = 4_715_273_011;

/**
 * Applies what is missing, each step in a transaction of its own, one process at a time. Doing it again does nothing.
 * Throws SchemaVersionError when the database is newer than `steps`.
 */
export async function migrate(
  db: Database,
  { steps = migrations, clock = systemClock }: { steps?: readonly Migration[]; clock?: Clock } = {},
): Promise<Migrated> {
  const from = await schemaVersion(db);
  while (await db.write((tx) => applyNext(tx, db.engine, steps, clock), { patient: true }));
  return { from, to: await schemaVersion(db) };
}

/** Throws SchemaVersionError unless the schema on disk is the one of this program. */
export async function assertSchema(db: Database, { steps = migrations } = {}): Promise<void> {
  const version = await schemaVersion(db);
  const known = latest(steps);
  if (version > known) throw newer(version, known);
  if (version < known) {
    const state = version === 0 ? 'is empty' : `has schema ${version}, this program needs ${known}`;
    throw new SchemaVersionError(`The database ${state}. Run \`apertur migrate\`, then start again.`);
  }
}

/** The version of the schema on disk; 0 when there is none. */
export async function schemaVersion(db: Database): Promise<number> {
  return await versionOf(db.read as unknown as Kysely<unknown>, db.engine);
}

async function applyNext(
  tx: Tx,
  engine: Engine,
  steps: readonly Migration[],
  clock: Clock,
): Promise<boolean> {
  const q = tx.q as unknown as Kysely<MigrationTable>;
  if (engine === 'postgres') await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(q);
  const version = await versionOf(q, engine);
  if (version > latest(steps)) throw newer(version, latest(steps));
  const step = steps.find((candidate) => candidate.version > version);
  if (step === undefined) return false;
  if (version === 0) await runStatements(tx.q as unknown as Kysely<unknown>, engine, [table]);
  await step.up(tx.q as unknown as Kysely<unknown>, engine);
  const row = { version: step.version, name: step.name, applied_at: clock.now() };
  await q.insertInto('schema_migrations').values(row).execute();
  return true;
}

const table = `create table if not exists schema_migrations (
  version integer primary key,
  name text not null,
  applied_at bigint not null
)`;

/** Asks the catalog's rows: `to_regclass` may answer from a cache that is older than the lock we waited for. */
async function versionOf<T>(q: Kysely<T>, engine: Engine): Promise<number> {
  const found =
    engine === 'sqlite'
      ? sql`select 1 from sqlite_master where name = 'schema_migrations'`
      : sql`select 1 from pg_tables where tablename = 'schema_migrations' and schemaname = current_schema()`;
  if ((await found.execute(q)).rows.length === 0) return 0;
  const { rows } = await sql<{ version: number }>`
    select coalesce(max(version), 0) as version from schema_migrations`.execute(q);
  return rows[0]?.version ?? 0;
}

const latest = (steps: readonly Migration[]): number => Math.max(0, ...steps.map((step) => step.version));

const newer = (version: number, known: number): SchemaVersionError =>
  new SchemaVersionError(
    `This program is older than the database: the database has schema ${version}, this program knows ${known}. ` +
      'Start the newer program, or restore the backup made before the upgrade.',
  );
