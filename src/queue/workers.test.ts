import { expect, test } from 'vitest';
import { eachEngine } from '../../test/helpers/database.ts';
import { joinWorkers, leaveWorkers } from './workers.ts';

const day = 86_400_000;
const now = 1_790_000_000_000;

eachEngine('workers', (engine) => {
  test('who died elsewhere is forgotten after a month, so that the rows do not pile up', async () => {
    const db = await engine.open();
    const join = (id: string, host: string, at: number) =>
      joinWorkers(db, { id, host, pid: process.pid }, at);
    const ids = async () =>
      (await db.read.selectFrom('workers').select('id').orderBy('id').execute()).map(({ id }) => id);
    await db.write(async ({ q }) => {
      const row = { pid: process.pid, seen_at: 0 };
      await q
        .insertInto('workers')
        .values([
          { ...row, id: 'wrk_dead', host: 'gone', started_at: now - 31 * day },
          { ...row, id: 'wrk_young', host: 'other', started_at: now - 29 * day },
        ])
        .execute();
    });
    await join('wrk_me', 'here', now);
    // A file of SQLite is of one machine, whatever its name was: its dead are noticed at once.
    expect(await ids()).toEqual(engine.name === 'sqlite' ? ['wrk_me'] : ['wrk_me', 'wrk_young']);
    await leaveWorkers(db, 'wrk_me');
    expect(await ids()).not.toContain('wrk_me');
  });
});
