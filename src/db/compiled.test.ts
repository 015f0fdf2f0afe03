import { expect, test } from 'vitest';
import { eachEngine } from '../../test/helpers/database.ts';
import { compileOnce } from './compiled.ts';

const insert = compileOnce((q, frame: { session: string; data: string; at: number }) =>
  q
    .insertInto('live_events')
    .values({ session_id: frame.session, name: 'image:ready', data: frame.data, created_at: frame.at }),
);

let built = 0;
const find = compileOnce((q, of: { session: string; since: number }) => {
  built += 1;
  return q
    .selectFrom('live_events')
    .select(['data', 'created_at'])
    .where('session_id', '=', of.session)
    .where('created_at', '>=', of.since)
    .orderBy('seq');
});

const move = compileOnce((q, to: { session: string; at: number }) =>
  q
    .updateTable('live_events')
    .set({ created_at: to.at })
    .where('session_id', '=', to.session)
    .returning('data'),
);

eachEngine('a query that is compiled once', (engine) => {
  test('runs with the values of each call, inside a transaction and outside', async () => {
    const db = await engine.open();
    const rows = await db.write(async (tx) => {
      for (const [index, session] of ['a', 'b', 'a'].entries()) {
        expect(await insert(tx.q, { session, data: `"${index} ' ?"`, at: index })).toEqual([]);
      }
      return find(tx.q, { session: 'a', since: 0 });
    });
    expect(rows).toEqual([
      { data: `"0 ' ?"`, created_at: 0 },
      { data: `"2 ' ?"`, created_at: 2 },
    ]);
    expect(await find(db.read, { session: 'a', since: 1 })).toEqual([{ data: `"2 ' ?"`, created_at: 2 }]);
    expect(await find(db.read, { session: 'c', since: 0 })).toEqual([]);
    expect(await db.write((tx) => move(tx.q, { session: 'b', at: 9 }))).toEqual([{ data: `"1 ' ?"` }]);
  });

  test('is built once a database, however many are opened', async () => {
    const [first, second] = [await engine.open(), await engine.open()];
    built = 0;
    for (const db of [first, second, first, second]) await find(db.read, { session: 'x', since: 0 });
    expect(built).toBe(2);
  });
});
