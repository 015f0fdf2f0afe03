import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs';
import { sql } from 'kysely';
import { ulid } from 'ulid';
import { expect, test } from 'vitest';
import { createTestDatabase, eachEngine, type TestEngine } from '../../../test/helpers/database.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { Database, Engine } from '../database.ts';
import { openDatabase } from '../open.ts';
import { makePartitions } from '../partitions.ts';
import { CopyError, copyDatabase } from './copy.ts';
import { snapshotSqlite, withSnapshot } from './snapshot.ts';

const now = 1_790_000_000_000;
const project = (id: string) => ({
  id,
  name: `Café ${id} "☀"`,
  webhook_secret: 's',
  plan: 'free',
  created_at: now,
  updated_at: now,
});
const attemptAt = (at: number) => ({
  id: `att_${ulid(at)}`,
  delivery_id: 'del_1',
  number: 1,
  started_at: at,
  duration_ms: 1.5,
  outcome: 'sent' as const,
});
const usage = (project_id: string, month: string, sessions: number) => ({ project_id, month, sessions });

async function fill(db: Database, projects: number): Promise<void> {
  await db.write(async ({ q }) => {
    for (let n = 0; n < projects; n += 1) {
      await q
        .insertInto('projects')
        .values(project(`proj_${n}`))
        .execute();
      await q
        .insertInto('usage')
        .values(usage(`proj_${n}`, '2026-11', n))
        .execute();
      await q
        .insertInto('live_events')
        .values({ session_id: `s${n}`, name: 'x', data: '{}', created_at: now })
        .execute();
    }
  });
}

async function opened(place: { url?: string; file?: string }): Promise<Database> {
  return openDatabase({ url: place.url, file: place.file, logger: silentLogger });
}

/** Both sides, of each pair of engines. */
async function pair(
  engine: TestEngine,
  other: Engine,
  run: (from: { db: Database; file: string }, to: Database) => Promise<void>,
) {
  const left = await engine.place({ migrated: true });
  const right = await createTestDatabase(other, { migrated: true });
  const [from, to] = [await opened(left), await opened(right)];
  try {
    await run({ db: from, file: left.file ?? '' }, to);
  } finally {
    await from.close();
    await to.close();
    await right.cleanup();
  }
}

eachEngine('a copy from', (engine) => {
  for (const other of ['sqlite', 'postgres'] as const) {
    test(`to ${other} holds every row, follows what changes, and says so`, async () => {
      await pair(engine, other, async (from, to) => {
        await fill(from.db, 1203);
        const copy = () => withSnapshot(from, (source) => copyDatabase(source, to));
        const first = await copy();
        const told = (tables: typeof first, name: string) => tables.find(({ table }) => table === name)!;
        expect(told(first, 'projects')).toMatchObject({ rows: 1203, changed: 1203 });
        expect(told(first, 'usage')).toMatchObject({ rows: 1203, changed: 1203 });
        expect(first.map(({ table }) => table)).not.toContain('schema_migrations');

        const again = await copy();
        expect(again.map(({ changed }) => changed)).toEqual(again.map(() => 0));
        expect(again.map(({ sha256 }) => sha256)).toEqual(first.map(({ sha256 }) => sha256));

        await from.db.write(async ({ q }) => {
          await q.deleteFrom('usage').where('project_id', '=', 'proj_7').execute();
          await q.deleteFrom('projects').where('id', '=', 'proj_7').execute();
          await q.updateTable('projects').set({ name: 'renamed' }).where('id', '=', 'proj_8').execute();
        });
        const third = await copy();
        expect(told(third, 'projects')).toMatchObject({ rows: 1202, changed: 2 });
        expect(told(third, 'usage')).toMatchObject({ rows: 1202, changed: 1 });
        const kept = await to.read
          .selectFrom('projects')
          .selectAll()
          .where('id', '=', 'proj_8')
          .executeTakeFirstOrThrow();
        expect({ ...kept }).toMatchObject({ ...project('proj_8'), name: 'renamed' });
      });
    });

    test(`to ${other}: numbers go on after the highest`, async () => {
      await pair(engine, other, async (from, to) => {
        await fill(from.db, 3);
        await withSnapshot(from, (source) => copyDatabase(source, to));
        const seqs = async (db: Database) =>
          (await db.read.selectFrom('live_events').select('seq').orderBy('seq').execute()).map(
            ({ seq }) => seq,
          );
        const before = await seqs(to);
        await to.write(({ q }) =>
          q
            .insertInto('live_events')
            .values({ session_id: 's', name: 'x', data: '{}', created_at: now })
            .execute(),
        );
        expect(Math.max(...(await seqs(to)))).toBeGreaterThan(Math.max(...before));
        expect(await seqs(to)).toHaveLength(4);
      });
    });
  }

  test('what lies in partitions is one table of the copy, wherever its rows go', async () => {
    await pair(engine, 'postgres', async (from, to) => {
      const day = 86_400_000;
      const attempts = Array.from({ length: 2_500 }, (_, n) =>
        attemptAt(Date.now() + ((n % 3) - 1) * 40 * day),
      );
      await from.db.write(async ({ q }) => {
        for (let at = 0; at < attempts.length; at += 500)
          await q
            .insertInto('attempts')
            .values(attempts.slice(at, at + 500))
            .execute();
      });
      await makePartitions(to, { now: Date.now() + 40 * day, width: 'month' });
      const copy = () => withSnapshot(from, (source) => copyDatabase(source, to));
      const first = await copy();
      expect(first.find(({ table }) => table === 'attempts')).toMatchObject({ rows: 2_500, changed: 2_500 });
      expect(first.map(({ table }) => table).filter((name) => /_(start|rest|\d+)$/.test(name))).toEqual([]);
      const places = await sql`select distinct tableoid from attempts`.execute(to.read);
      expect(places.rows.length).toBeGreaterThan(1);
      await from.db.write(({ q }) =>
        q.deleteFrom('attempts').where('id', 'in', [attempts[0]!.id, attempts[1]!.id]).execute(),
      );
      const again = await copy();
      expect(again.find(({ table }) => table === 'attempts')).toMatchObject({ rows: 2_498, changed: 2 });
    });
  });

  test('into the database of another install is refused, and changes nothing', async () => {
    await pair(engine, 'sqlite', async (from, to) => {
      await fill(from.db, 2);
      await to.write(({ q }) => q.insertInto('projects').values(project('proj_theirs')).execute());
      const copy = withSnapshot(from, (source) => copyDatabase(source, to));
      await expect(copy).rejects.toThrow(/another install/);
      expect(await to.read.selectFrom('projects').select('id').execute()).toHaveLength(1);
    });
  });

  test('what is written meanwhile is not in it', async () => {
    await pair(engine, 'sqlite', async (from, to) => {
      await fill(from.db, 2);
      await withSnapshot(from, async (source) => {
        await source.q.selectFrom('projects').select('id').execute();
        await from.db.write(({ q }) => q.insertInto('projects').values(project('proj_late')).execute());
        await copyDatabase(source, to);
      });
      expect(await to.read.selectFrom('projects').select('id').execute()).toHaveLength(2);
    });
  });

  test('a target with other tables is refused', async () => {
    await pair(engine, 'sqlite', async (from, to) => {
      await to.write(({ q }) => sql`alter table projects add column more text`.execute(q));
      const error = await withSnapshot(from, (source) => copyDatabase(source, to)).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(CopyError);
      expect((error as Error).message).toMatch(/apertur migrate/);
    });
  });
});

test('a damaged database is told, not copied', async () => {
  const place = await createTestDatabase('sqlite', { migrated: true });
  try {
    const broken = `${place.file}.broken`;
    copyFileSync(place.file!, broken);
    const file = openSync(broken, 'r+');
    // Every page but the first, which says that it is a database.
    for (let page = 1; page < 20; page += 1) writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
    closeSync(file);
    expect(() => snapshotSqlite(broken, `${broken}.copy`)).toThrow(/malformed|corrupt/);
  } finally {
    await place.cleanup();
  }
});
