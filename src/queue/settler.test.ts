import { expect, test } from 'vitest';
import { eachEngine } from '../../test/helpers/database.ts';
import type { Database } from '../db/database.ts';
import { silentLogger } from '../lib/logger.ts';
import { createSettler } from './settler.ts';

const never = new AbortController().signal;

eachEngine('the settler', ({ open }) => {
  test('what ends together shares a transaction', async () => {
    const db = await open();
    const groups: number[][] = [];
    const settler = createSettler<number>({
      db,
      logger: silentLogger,
      batch: 10,
      async write(_tx, results) {
        groups.push(results);
        return results.map((result) => result % 2 === 0);
      },
    });
    const mine = await Promise.all(Array.from({ length: 25 }, (_, n) => settler.settle(n, never)));
    expect(mine).toEqual(Array.from({ length: 25 }, (_, n) => n % 2 === 0));
    expect(groups.map((group) => group.length)).toEqual([10, 10, 5]);
  });

  test('what waits for the gap goes along with another write', async () => {
    const db = await open();
    const groups: number[][] = [];
    const settler = createSettler<number>({
      db,
      logger: silentLogger,
      batch: 10,
      gapMs: 3_600_000,
      async write(_tx, results) {
        groups.push(results);
        return results.map(() => true);
      },
    });
    await settler.settle(1, never);
    const later = [settler.settle(2, never), settler.settle(3, never)];
    settler.flush();
    await Promise.all(later);
    settler.flush();
    expect(groups).toEqual([[1], [2, 3]]);
  });

  test('one result that cannot be written keeps none of the others', async () => {
    const db = await open();
    const written = new Set<number>();
    let poisoned = true;
    const settler = createSettler<number>({
      db,
      logger: silentLogger,
      batch: 8,
      async write(_tx, results) {
        if (poisoned && results.includes(3)) throw new Error('unwritable');
        for (const result of results) written.add(result);
        return results.map(() => true);
      },
    });
    const all = Array.from({ length: 8 }, (_, n) => settler.settle(n, never));
    await Promise.all(all.filter((_, n) => n !== 3));
    expect(written.has(3)).toBe(false);
    poisoned = false;
    expect(await all[3]).toBe(true);
  });

  test('a database that is away is waited for, unless we are stopping', async () => {
    const db = await open();
    let away = true;
    const flaky: Database = {
      ...db,
      write: async (fn, options) => {
        if (away) throw new Error('away');
        return db.write(fn, options);
      },
    };
    const settler = createSettler<number>({
      db: flaky,
      logger: silentLogger,
      write: async (_tx, results) => results.map(() => true),
    });
    await expect(settler.settle(1, AbortSignal.abort())).rejects.toThrow('away');
    const held = settler.settle(2, never);
    away = false;
    expect(await held).toBe(true);
  });
});
