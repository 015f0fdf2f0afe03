import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { createTestDatabase } from '../../test/helpers/database.ts';
import { silentLogger } from '../lib/logger.ts';
import { type Database, DatabaseBusyError, type Tx, WriteMisusedError } from './database.ts';
import { openDatabase } from './open.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function open(options: { busyLimitMs?: number } = {}): Promise<{ db: Database; file: string }> {
  const { file = '', cleanup } = await createTestDatabase('sqlite', { migrated: true });
  undo.push(cleanup);
  const db = await openDatabase({ file, logger: silentLogger, ...options });
  undo.push(() => db.close());
  return { db, file };
}

const insert = (tx: Tx, id: string, host = 'h') =>
  tx.q.insertInto('workers').values({ id, host, pid: 1, started_at: 1, seen_at: 1 }).execute();
const count = async (db: Database) =>
  (
    await db.read
      .selectFrom('workers')
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
  ).n;

/** Frames in the log are what was synced: a commit of one row writes at least one. */
const logBytes = (file: string) => statSync(`${file}-wal`).size;

test('the file is for its owner only, and every commit is synced', async () => {
  const { db, file } = await open();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await db.write(async ({ q }) => {
    const pragma = async (name: string) =>
      Object.values((await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(q)).rows[0] ?? {})[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
  });
});

test('only relaxed writes that are alone do without the sync, and whoever needs it gets it', async () => {
  const { db } = await open();
  const syncOf = async ({ q }: Tx) =>
    (await sql<{ synchronous: number }>`pragma synchronous`.execute(q)).rows[0]!.synchronous;
  const relaxed = () => db.write(syncOf, { relaxed: true });
  expect(await relaxed()).toBe(1);
  expect(await db.write(syncOf)).toBe(2);
  expect(await Promise.all([relaxed(), relaxed()])).toEqual([1, 1]);
  expect(await Promise.all([relaxed(), db.write(syncOf), relaxed()])).toEqual([2, 2, 2]);
  // One that comes while a relaxed group runs does not slip into it.
  let late: Promise<number> | undefined;
  await db.write(
    async (tx) => {
      late = db.write(syncOf);
      await syncOf(tx);
    },
    { relaxed: true },
  );
  expect(await late).toBe(2);
});

test('a write is in the file, for every other process, before it resolves and before anyone is notified', async () => {
  const { db, file } = await open();
  const other = new DatabaseSync(file, { readOnly: true });
  undo.push(() => other.close());
  const found = () => other.prepare('select count(*) as n from workers').get()?.n;
  const seen: unknown[] = [];
  db.listen('work', () => seen.push(found()));
  await db.write(async (tx) => {
    tx.notify('work', '');
    await insert(tx, 'a');
    seen.push(found());
  });
  seen.push(found());
  expect(seen).toEqual([0, 1, 1]);
});

test('writes of the same moment share one commit', async () => {
  const { db, file } = await open();
  await db.write((tx) => insert(tx, 'first'));
  const before = logBytes(file);
  await db.write((tx) => insert(tx, 'alone'));
  const alone = logBytes(file) - before;
  await Promise.all(Array.from({ length: 40 }, (_, i) => db.write((tx) => insert(tx, `together-${i}`))));
  expect(alone).toBeGreaterThan(0);
  expect(logBytes(file) - before - alone).toBeLessThan(alone * 10);
  expect(await count(db)).toBe(42);
});

test('a write that awaits anything but its queries fails, and harms nobody', async () => {
  const { db } = await open();
  let late: Promise<unknown> | undefined;
  const results = await Promise.allSettled([
    db.write((tx) => insert(tx, 'a')),
    db.write(async (tx) => {
      await insert(tx, 'b');
      await sleep(5);
      late = insert(tx, 'c');
      late.catch(() => {});
      await late;
    }),
    db.write(() => db.write((tx) => insert(tx, 'nested'))),
    db.write((tx) => insert(tx, 'd')),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  for (const result of [results[1], results[2]]) {
    expect((result as PromiseRejectedResult).reason).toBeInstanceOf(WriteMisusedError);
  }
  await expect.poll(() => late === undefined).toBe(false);
  await expect(late).rejects.toThrow();
  await expect.poll(() => count(db)).toBe(3); // a, d, and the nested one, which was a write of its own
});

test('more writes than a group takes all arrive', async () => {
  const { db } = await open();
  await Promise.all(Array.from({ length: 1_500 }, (_, i) => db.write((tx) => insert(tx, `w${i}`))));
  expect(await count(db)).toBe(1_500);
});

test('refuses when too much waits, and goes on afterwards', async () => {
  const { db } = await open();
  const writes = Array.from({ length: 10_100 }, (_, i) => db.write((tx) => insert(tx, `w${i}`)));
  const results = await Promise.allSettled(writes);
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(100);
  for (const { reason } of refused) expect(reason).toBeInstanceOf(DatabaseBusyError);
  expect(await count(db)).toBe(10_000);
});

/** Holds the write lock in another process until its input ends. */
const holder = `
  const { DatabaseSync } = require('node:sqlite');
  const db = new DatabaseSync(process.argv[1]);
  db.exec("begin immediate; insert into workers values ('other', 'h', 1, 1, 1)");
  console.log('held');
  process.stdin.resume().on('end', () => { db.exec('commit'); db.close(); });
`;

async function holdElsewhere(file: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ['-e', holder, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  undo.push(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return async () => {
    child.stdin.end();
    await once(child, 'exit');
  };
}

test('waits for another process that writes, without holding the event loop, and goes on', async () => {
  const { db, file } = await open();
  const release = await holdElsewhere(file);
  let settled = false;
  const write = db
    .write((tx) => insert(tx, 'a'))
    .finally(() => {
      settled = true;
    });
  const turns: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    await sleep(10);
    turns.push(await count(db));
  }
  expect(turns).toEqual([0, 0, 0, 0, 0]);
  expect(settled).toBe(false);
  await release();
  await write;
  expect(await count(db)).toBe(2);
});

test('gives up when another process holds on for too long, and works when it is gone', async () => {
  const { db, file } = await open({ busyLimitMs: 100 });
  const release = await holdElsewhere(file);
  await expect(db.write((tx) => insert(tx, 'a'))).rejects.toThrow(DatabaseBusyError);
  await release();
  await db.write((tx) => insert(tx, 'b'));
  expect(await count(db)).toBe(2);
});

/** The kernel refuses to let files grow beyond this: a full disk, for this process only. */
const limitFiles = (bytes: number | 'unlimited') =>
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);

test('a full disk fails the writes that it hits, and nothing else; afterwards all is well', async () => {
  const { db, file } = await open();
  await db.write((tx) => insert(tx, 'before'));
  limitFiles(logBytes(file));
  try {
    const large = 'x'.repeat(50_000);
    const writes = ['a', 'b', 'c'].map((id) => db.write((tx) => insert(tx, id, large)));
    for (const result of await Promise.allSettled(writes)) expect(result.status).toBe('rejected');
    await expect(db.write((tx) => insert(tx, 'd', large))).rejects.toThrow();
    expect(await count(db)).toBe(1);
  } finally {
    limitFiles('unlimited');
  }
  await db.write((tx) => insert(tx, 'after'));
  expect(await count(db)).toBe(2);
});

test('SQLite undoing everything in the middle of a group fails that group, and only that', async () => {
  const { db } = await open();
  const pages = async (limit: number) =>
    await db.write(({ q }) => sql.raw(`pragma max_page_count = ${limit}`).execute(q));
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db.read);
  await pages((rows[0]?.page_count ?? 0) + 2);
  const results = await Promise.allSettled([
    db.write((tx) => insert(tx, 'a')),
    db.write((tx) => insert(tx, 'b', 'x'.repeat(100_000))),
  ]);
  expect(results[1]?.status).toBe('rejected');
  await pages(1_000_000);
  await db.write((tx) => insert(tx, 'c'));
  expect(await count(db)).toBe(results[0]?.status === 'fulfilled' ? 2 : 1);
});

test('a file that is no database is refused', async () => {
  const { file = '', cleanup } = await createTestDatabase('sqlite');
  undo.push(cleanup);
  writeFileSync(file, 'holiday photos '.repeat(1_000));
  await expect(openDatabase({ file, logger: silentLogger })).rejects.toThrow('not a database');
  expect(readFileSync(file, 'utf8')).toContain('holiday photos');
});
