import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import { eachEngine, type TestEngine } from '../../test/helpers/database.ts';
import { silentLogger } from '../lib/logger.ts';
import { type Database, SchemaVersionError } from './database.ts';
import { assertSchema, migrate, schemaVersion } from './migrate.ts';
import type { Migration } from './migrations/index.ts';
import { migrations } from './migrations/index.ts';
import { runStatements } from './migrations/statements.ts';
import { openDatabase } from './open.ts';

const latest = Math.max(...migrations.map((step) => step.version));

const step = (version: number, ...statements: string[]): Migration => ({
  version,
  name: `step-${version}`,
  up: (db, engine) => runStatements(db, engine, statements),
});

async function withEmpty(engine: TestEngine, use: (db: Database) => Promise<void>): Promise<void> {
  const { url, file } = await engine.place();
  const db = await openDatabase({ url, file, logger: silentLogger });
  try {
    await use(db);
  } finally {
    await db.close();
  }
}

eachEngine('migrations', (engine) => {
  test('an empty database is refused until it is migrated', () =>
    withEmpty(engine, async (db) => {
      const refusal = assertSchema(db);
      await expect(refusal).rejects.toThrow(SchemaVersionError);
      await expect(refusal).rejects.toThrow('Run `apertur migrate`');
      expect(await migrate(db, { clock: { now: () => 1_790_000_000_000 } })).toEqual({ from: 0, to: latest });
      await assertSchema(db);
      const { rows } = await sql`select * from schema_migrations order by version`.execute(db.read);
      expect(rows).toEqual(
        migrations.map(({ version, name }) => ({ version, name, applied_at: 1_790_000_000_000 })),
      );
    }));

  test('doing it again, also twice at the same time, changes nothing', () =>
    withEmpty(engine, async (db) => {
      await Promise.all([migrate(db), migrate(db), migrate(db)]);
      expect(await migrate(db)).toEqual({ from: latest, to: latest });
    }));

  test('a step that fails leaves nothing of itself and keeps the ones before it', () =>
    withEmpty(engine, async (db) => {
      const one = step(1, 'create table ones (id text primary key)');
      const broken = step(
        2,
        'create table twos (id text primary key)',
        'create table ones (id text primary key)',
      );
      await expect(migrate(db, { steps: [one, broken] })).rejects.toThrow('ones');
      expect(await schemaVersion(db)).toBe(1);
      await expect(assertSchema(db, { steps: [one, broken] })).rejects.toThrow(
        'has schema 1, this program needs 2',
      );
      const mended = step(2, 'create table twos (id text primary key)');
      expect(await migrate(db, { steps: [one, mended] })).toEqual({ from: 1, to: 2 });
    }));

  test('a database of a newer program is refused and not touched', () =>
    withEmpty(engine, async (db) => {
      const steps = [
        step(1, 'create table ones (id text primary key)'),
        step(2, 'create index i on ones (id)'),
      ];
      await migrate(db, { steps });
      const older = { steps: steps.slice(0, 1) };
      for (const refusal of [assertSchema(db, older), migrate(db, older)]) {
        await expect(refusal).rejects.toThrow(SchemaVersionError);
        await expect(refusal).rejects.toThrow('This program is older than the database');
      }
      expect(await schemaVersion(db)).toBe(2);
    }));

  test('the two engines agree on what a column takes and how it sorts', () =>
    withEmpty(engine, async (db) => {
      await migrate(db, {
        steps: [step(1, 'create table things (id text primary key, size bigint, ms double precision)')],
      });
      const q = db.read as unknown as Kysely<{ things: { id: string; size: number | null; ms: number } }>;
      const insert = (id: string, size: unknown) =>
        db.write((tx) =>
          sql`insert into things (id, size, ms) values (${id}, ${size}, ${1.25})`.execute(tx.q),
        );
      await insert('b', 2 ** 53 - 1);
      await insert('B', null);
      await insert('_', 0);
      await expect(insert('x', 1.5)).rejects.toThrow();
      await expect(insert('x', 'many')).rejects.toThrow();
      const rows = await q.selectFrom('things').selectAll().orderBy('id').execute();
      expect(rows.map(({ id, size, ms }) => [id, size, ms])).toEqual([
        ['B', null, 1.25],
        ['_', 0, 1.25],
        ['b', 2 ** 53 - 1, 1.25],
      ]);
    }));
});
