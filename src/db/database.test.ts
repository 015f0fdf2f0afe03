import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { eachEngine } from '../../test/helpers/database.ts';
import { type Database, isUniqueViolation, type Tx } from './database.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';

const worker = (id: string) => ({ id, host: 'h', pid: 1, started_at: 1_790_000_000_000, seen_at: 2 });
const insert = (tx: Tx, id: string) => tx.q.insertInto('workers').values(worker(id)).execute();
const ids = async (db: Database) =>
  (await db.read.selectFrom('workers').select('id').orderBy('id').execute()).map((row) => row.id);

eachEngine('a database', (engine) => {
  test('keeps what was written, numbers as numbers', async () => {
    const db = await engine.open();
    const back = await db.write(async (tx) => {
      await insert(tx, 'a');
      return 'done';
    });
    expect(back).toBe('done');
    const row = await db.read.selectFrom('workers').selectAll().executeTakeFirstOrThrow();
    expect({ ...row }).toEqual(worker('a'));
    const { n, total } = await db.read
      .selectFrom('workers')
      .select(({ fn }) => [fn.countAll<number>().as('n'), fn.sum<number>('started_at').as('total')])
      .executeTakeFirstOrThrow();
    expect([n, total]).toEqual([1, 1_790_000_000_000]);
  });

  test('a write that fails leaves nothing of itself, and everything of those that shared its commit', async () => {
    const db = await engine.open();
    const results = await Promise.allSettled([
      db.write((tx) => insert(tx, 'a')),
      db.write(async (tx) => {
        await insert(tx, 'b');
        throw new Error('no');
      }),
      db.write(async (tx) => {
        await insert(tx, 'c');
        await insert(tx, 'c');
      }),
      db.write((tx) => insert(tx, 'd')),
    ]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect((results[1] as PromiseRejectedResult).reason.message).toBe('no');
    expect(isUniqueViolation((results[2] as PromiseRejectedResult).reason)).toBe(true);
    expect(await ids(db)).toEqual(['a', 'd']);
  });

  test('a read outside never sees what is not committed', async () => {
    const db = await engine.open();
    let seen: string[] | undefined;
    await db.write(async (tx) => {
      await insert(tx, 'a');
      seen = engine.name === 'sqlite' ? await ids(db) : await ids(db);
    });
    expect(seen).toEqual([]);
    expect(await ids(db)).toEqual(['a']);
  });

  test('says how many rows a statement changed', async () => {
    const db = await engine.open();
    await db.write(async (tx) => {
      await insert(tx, 'a');
      await insert(tx, 'b');
      const updated = await tx.q.updateTable('workers').set({ seen_at: 9 }).executeTakeFirstOrThrow();
      expect(updated.numUpdatedRows).toBe(2n);
      const returned = await tx.q.deleteFrom('workers').where('id', '=', 'a').returning('id').execute();
      expect(returned.map((row) => row.id)).toEqual(['a']);
      const none = await tx.q.deleteFrom('workers').where('id', '=', 'a').executeTakeFirstOrThrow();
      expect(none.numDeletedRows).toBe(0n);
    });
  });

  test('refuses a fraction in a column of whole numbers', async () => {
    const db = await engine.open();
    const write = db.write((tx) =>
      tx.q
        .insertInto('workers')
        .values({ ...worker('a'), seen_at: 1.5 })
        .execute(),
    );
    await expect(write).rejects.toThrow();
  });

  test('a query after the end of its transaction fails', async () => {
    const db = await engine.open();
    const tx = await db.write(async (tx) => tx);
    await expect(insert(tx, 'a')).rejects.toThrow();
    expect(await ids(db)).toEqual([]);
  });

  test('notifies after the commit only, and equal ones once', async () => {
    const db = await engine.open();
    const heard: string[] = [];
    const stop = db.listen('work', (payload) => heard.push(payload));
    db.listen('work', () => {
      throw new Error('a broken listener');
    });
    db.listen('other', (payload) => heard.push(`other ${payload}`));
    await db.write(async (tx) => {
      tx.notify('work', '1');
      tx.notify('work', '2');
      tx.notify('work', '1');
      await insert(tx, 'a');
      expect(heard).toEqual([]);
    });
    expect(heard).toEqual(['1', '2']);
    await db
      .write(async (tx) => {
        tx.notify('work', '3');
        throw new Error('no');
      })
      .catch(() => {});
    stop();
    await db.write(async (tx) => tx.notify('work', '4'));
    expect(heard).toEqual(['1', '2']);
  });

  test('answers a ping until it is closed', async () => {
    const db = await engine.open();
    await db.ping();
    const last = db.write((tx) => insert(tx, 'a'));
    await db.close();
    await last;
    await db.close();
    await expect(db.ping()).rejects.toThrow();
    await expect(db.write((tx) => sql`select 1`.execute(tx.q))).rejects.toThrow();
  });

  test('migrating again changes nothing', async () => {
    const db = await engine.open();
    const newest = Math.max(...migrations.map((step) => step.version));
    expect(await migrate(db)).toEqual({ from: newest, to: newest });
  });
});
