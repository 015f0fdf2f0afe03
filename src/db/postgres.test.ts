import { createServer, connect as openSocket, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createTestDatabase } from '../../test/helpers/database.ts';
import { startPostgres } from '../../test/helpers/postgres.ts';
import { silentLogger } from '../lib/logger.ts';
import { compileOnce, compileWrite } from './compiled.ts';
import { type Database, isAway, isUniqueViolation, type Tx } from './database.ts';
import { migrate } from './migrate.ts';
import { openDatabase } from './open.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function place(): Promise<string> {
  const { url = '', cleanup } = await createTestDatabase('postgres', { migrated: true });
  undo.push(cleanup);
  return url;
}

async function open(
  url: string,
  options: { poolSize?: number; keepAliveMs?: number } = {},
): Promise<Database> {
  const db = await openDatabase({ url, logger: silentLogger, ...options });
  undo.push(() => db.close());
  return db;
}

const insert = (tx: Tx, id: string) =>
  tx.q.insertInto('workers').values({ id, host: 'h', pid: 1, started_at: 1, seen_at: 1 }).execute();
const insertLater = compileWrite((q, of: { id: string }) =>
  q.insertInto('workers').values({ id: of.id, host: 'h', pid: 1, started_at: 1, seen_at: 1 }),
);
const findId = compileOnce((q, of: { id: string }) =>
  q.selectFrom('workers').select('id').where('id', '=', of.id),
);
const ids = async (db: Database) =>
  (await db.read.selectFrom('workers').select('id').orderBy('id').execute()).map((row) => row.id);
const tell = (db: Database, payload: string) => db.write(async (tx) => tx.notify('work', payload));
const run = async <T>(db: Database, text: string): Promise<T[]> =>
  (await sql.raw<T>(text).execute(db.read)).rows;

/** Tells until it is heard: a listener that is only just connecting may miss the first ones. */
async function expectHeard(from: Database, heard: string[], payload: string): Promise<void> {
  await vi.waitFor(
    async () => {
      await tell(from, payload);
      expect(heard).toContain(payload);
    },
    { timeout: 20_000, interval: 20 },
  );
}

describe('wake-ups', () => {
  test('cross from one process to another, once, and do not come back', async () => {
    const url = await place();
    const [one, two] = [await open(url), await open(url)];
    const heard: { one: string[]; two: string[] } = { one: [], two: [] };
    one.listen('work', (payload) => heard.one.push(payload));
    two.listen('work', (payload) => heard.two.push(payload));
    await expectHeard(one, heard.two, 'warm-up');
    await expectHeard(two, heard.one, 'warm-up back');
    await tell(one, 'A "quoted" ü');
    expect(heard.one).toContain('A "quoted" ü');
    await tell(two, 'B');
    await vi.waitFor(() => expect(heard.one).toContain('B'));
    // B came after A on the same wire, so A's echo would be here by now.
    expect(heard.one.filter((payload) => payload.startsWith('A'))).toHaveLength(1);
    expect(heard.two).toContain('A "quoted" ü');
  });

  test('tell nothing of a write that failed', async () => {
    const url = await place();
    const [one, two] = [await open(url), await open(url)];
    const heard: string[] = [];
    two.listen('work', (payload) => heard.push(payload));
    await expectHeard(one, heard, 'warm-up');
    const failing = one.write(async (tx) => {
      tx.notify('work', 'never');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await expectHeard(one, heard, 'after');
    expect(heard).not.toContain('never');
  });

  test('are heard again after the listening connection was terminated', async () => {
    const url = await place();
    const [one, two] = [await open(url), await open(url)];
    const heard: string[] = [];
    two.listen('work', (payload) => heard.push(payload));
    await expectHeard(one, heard, 'before');
    // Both listening connections, and every idle one of the pools.
    await run(
      one,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await expectHeard(one, heard, 'after');
  });

  test('are heard again after the connection went dead without a word', async () => {
    const url = await place();
    const proxy = await startProxy(Number(new URL(url).port));
    const proxied = new URL(url);
    proxied.port = String(proxy.port);
    const [one, two] = [await open(url), await open(proxied.href, { keepAliveMs: 150 })];
    const heard: string[] = [];
    two.listen('work', (payload) => heard.push(payload));
    await expectHeard(one, heard, 'before');
    proxy.freeze();
    await expectHeard(one, heard, 'after');
  });
});

/** Carries bytes to PostgreSQL, until `freeze`: then those connections stay open and carry nothing. `sent` counts pieces. */
async function startProxy(target: number): Promise<{ port: number; freeze(): void; sent(): number }> {
  const sockets: Socket[] = [];
  let sent = 0;
  const server = createServer((near) => {
    const far = openSocket(target, '127.0.0.1');
    sockets.push(near, far);
    near.on('data', () => sent++);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const freeze = () => {
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { port: (server.address() as { port: number }).port, freeze, sent: () => sent };
}

describe('transactions', () => {
  test('a deadlock is settled by running one of the two again', async () => {
    const db = await open(await place());
    await db.write(async (tx) => {
      await insert(tx, 'a');
      await insert(tx, 'b');
    });
    let meet: () => void = () => {};
    const met = new Promise<void>((resolve) => {
      meet = resolve;
    });
    let inside = 0;
    let runs = 0;
    const touch = (first: string, second: string) =>
      db.write(async ({ q }) => {
        runs += 1;
        await sql`set local deadlock_timeout = '20ms'`.execute(q);
        const add = (id: string) =>
          q
            .updateTable('workers')
            .set(({ eb }) => ({ pid: eb('pid', '+', 1) }))
            .where('id', '=', id)
            .execute();
        await add(first);
        inside += 1;
        if (inside === 2) meet();
        await met;
        await add(second);
      });
    await Promise.all([touch('a', 'b'), touch('b', 'a')]);
    expect(runs).toBe(3);
    const rows = await db.read.selectFrom('workers').select('pid').execute();
    expect(rows.map((row) => row.pid)).toEqual([3, 3]);
  });

  test('an error that the function swallowed does not pass for a commit', async () => {
    const db = await open(await place());
    const write = db.write(async (tx) => {
      await insert(tx, 'a');
      await insert(tx, 'a').catch(() => {});
    });
    await expect(write).rejects.toThrow('swallowed');
    expect(await ids(db)).toEqual([]);
  });

  test('a write that nobody waits for fails the commit with its own error, and leaves nothing', async () => {
    const db = await open(await place());
    await db.write((tx) => insert(tx, 'taken'));
    const write = db.write(async (tx) => {
      await insert(tx, 'a');
      await insertLater(tx.q, { id: 'taken' });
      await insertLater(tx.q, { id: 'b' });
    });
    expect(isUniqueViolation(await write.catch((error: unknown) => error))).toBe(true);
    const reading = db.write(async (tx) => {
      await insertLater(tx.q, { id: 'taken' });
      await findId(tx.q, { id: 'taken' });
    });
    expect(isUniqueViolation(await reading.catch((error: unknown) => error))).toBe(true);
    expect(await ids(db)).toEqual(['taken']);
    await db.write(async (tx) => insertLater(tx.q, { id: 'b' }));
    expect(await ids(db)).toEqual(['b', 'taken']);
  });

  test('a query after the end is refused', async () => {
    const db = await open(await place());
    const left = await db.write(async (tx) => tx.q);
    await expect(findId(left, { id: 'a' })).rejects.toThrow('has ended');
    await expect(insertLater(left, { id: 'a' })).rejects.toThrow('has ended');
    expect(await ids(db)).toEqual([]);
  });

  test('what is asked together, and what nobody waits for, is one way there and back', async () => {
    const url = await place();
    const proxy = await startProxy(Number(new URL(url).port));
    const proxied = new URL(url);
    proxied.port = String(proxy.port);
    const db = await open(proxied.href, { poolSize: 1 });
    const work = () =>
      db.write(async (tx) => {
        const found = await Promise.all([findId(tx.q, { id: 'a' }), findId(tx.q, { id: 'b' })]);
        expect(found).toEqual([[], []]);
        for (const id of ['c', 'd', 'e']) await insertLater(tx.q, { id });
      });
    await work();
    await db.write(({ q }) => q.deleteFrom('workers').execute());
    const before = proxy.sent();
    await work();
    // The begin goes with the questions, the commit with the writes.
    expect(proxy.sent() - before).toBeLessThanOrEqual(2);
    expect(await ids(db)).toEqual(['c', 'd', 'e']);
  });

  test('a relaxed write is a write', async () => {
    const db = await open(await place());
    const setting = await db.write(
      async (tx) => {
        await insert(tx, 'a');
        return (await sql<{ synchronous_commit: string }>`show synchronous_commit`.execute(tx.q)).rows[0];
      },
      { relaxed: true },
    );
    expect(setting?.synchronous_commit).toBe('off');
    expect(await ids(db)).toEqual(['a']);
    expect(await run(db, 'show synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
  });

  test('locks the destinations that nobody else holds, and lets sessions refer to them', async () => {
    const url = await place();
    const [one, two] = [await open(url), await open(url)];
    await one.write(async ({ q }) => {
      const times = { created_at: 1, updated_at: 1 };
      await q
        .insertInto('projects')
        .values({ id: 'p', name: 'P', webhook_secret: 's', plan: 'free', ...times })
        .execute();
      const base = {
        project_id: 'p',
        session_id: null,
        type: 'local',
        config: '{}',
        credentials: null,
        ...times,
      };
      const rows = ['x', 'y', 'z'].map((id) => ({
        ...base,
        id,
        name: id,
        is_active: 1 as const,
        deleted_at: null,
      }));
      await q.insertInto('destinations').values(rows).execute();
    });
    await one.write(async (tx) => {
      expect(await one.lockRows(tx, 'destinations', ['y', 'gone', 'x'])).toEqual(['x', 'y']);
      await two.write(async (other) => {
        expect(await two.lockRows(other, 'destinations', ['x', 'z', 'y'])).toEqual(['z']);
        // The lock that a foreign key takes.
        const { rows } = await sql`select 1 from destinations where id = 'x' for key share nowait`.execute(
          other.q,
        );
        expect(rows).toHaveLength(1);
      });
    });
    await two.write(async (tx) => expect(await two.lockRows(tx, 'destinations', ['x'])).toEqual(['x']));
    await two.write(async (tx) => expect(await two.lockRows(tx, 'destinations', [])).toEqual([]));
  });
});

describe('connections', () => {
  test('use prepared statements, and survive a table that changes under them', async () => {
    const db = await open(await place(), { poolSize: 1 });
    const workers = () => db.read.selectFrom('workers').selectAll().execute();
    await workers();
    expect(
      await run(
        db,
        `select count(*) as n from pg_prepared_statements where statement like 'select * from "workers"%'`,
      ),
    ).toEqual([{ n: 1 }]);
    await db.write(({ q }) => sql`alter table workers add column shoe_size integer`.execute(q));
    expect(await workers()).toEqual([]);
    await db.write(async (tx) => {
      await insert(tx, 'a');
      await tx.q.selectFrom('workers').selectAll().execute();
    });
    await db.write(({ q }) => sql`alter table workers drop column shoe_size`.execute(q));
    const found = await db.write(({ q }) => q.selectFrom('workers').selectAll().execute());
    expect(found).toHaveLength(1);
  });

  test('that were terminated while idle are replaced, without an error for the next write', async () => {
    const url = await place();
    const [one, two] = [await open(url, { poolSize: 2 }), await open(url)];
    await Promise.all([one.ping(), one.ping()]);
    await run(
      two,
      `select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await one.write((tx) => insert(tx, 'a'));
    expect(await ids(one)).toEqual(['a']);
  });

  test('come back after the server was restarted', async () => {
    const server = await startPostgres();
    undo.push(() => server.stop());
    const db = await open(server.url());
    await migrate(db);
    const heard: string[] = [];
    db.listen('work', (payload) => heard.push(payload));
    await db.write((tx) => insert(tx, 'before'));
    const cut = db.write(async (tx) => {
      await insert(tx, 'during');
      await server.restart();
      await insert(tx, 'too late');
    });
    await expect(cut).rejects.toThrow();
    await vi.waitFor(() => db.write((tx) => insert(tx, 'after')), { timeout: 20_000 });
    expect(await ids(db)).toEqual(['after', 'before']);
    const other = await open(server.url());
    await expectHeard(other, heard, 'after');
  });

  test('that wait for a turn are bounded', async () => {
    const db = await open(await place(), { poolSize: 1 });
    const results = await Promise.allSettled(Array.from({ length: 1_200 }, () => run(db, 'select 1')));
    const refused = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
    expect(refused.filter(({ name }) => name === 'DatabaseBusyError').length).toBeGreaterThan(100);
    // On a slow machine some of those that may wait do so for too long.
    expect(refused.filter((reason) => !isAway(reason))).toEqual([]);
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('that cannot be made are told as a sentence, without the password', async () => {
    const url = new URL(await place());
    url.password = 'hunter2';
    const wrong = openDatabase({ url: url.href, logger: silentLogger });
    await expect(wrong).rejects.toThrow(
      /^PostgreSQL at 127\.0\.0\.1:\d+, database test_\w+: password authentication/,
    );
    await expect(wrong).rejects.not.toThrow('hunter2');
    const nobody = openDatabase({ url: 'postgres://u:hunter2@127.0.0.1:1/d', logger: silentLogger });
    await expect(nobody).rejects.toThrow('ECONNREFUSED');
    await expect(openDatabase({ url: 'mysql://u@h/d', logger: silentLogger })).rejects.toThrow('postgres://');
    await expect(openDatabase({ logger: silentLogger })).rejects.toThrow('url or a file');
  });
});
