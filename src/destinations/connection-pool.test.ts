import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSessionPool, type PooledSession, type PoolOptions } from './connection-pool.ts';

class Session implements PooledSession {
  usable = true;
  lost = false;
  readonly number: number;
  constructor(number: number) {
    this.number = number;
  }
  end(): void {
    this.usable = false;
  }
  /** As when the other side hangs up. */
  breaks(): void {
    this.usable = false;
    this.lost = true;
  }
}

function poolOf(options: Partial<PoolOptions<Session>> = {}) {
  const opened: Session[] = [];
  const pool = createSessionPool<Session>({
    open: async () => {
      const session = new Session(opened.length);
      opened.push(session);
      return session;
    },
    limit: 2,
    ...options,
  });
  onTestFinished(() => pool.close());
  return { pool, opened };
}

const never = (): AbortSignal => new AbortController().signal;

/** Work that ends when it is told to. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, finish: resolve };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

describe('a pool of sessions', () => {
  test('gives the same session to one photo after another', async () => {
    const { pool, opened } = poolOf();
    const seen: [number, boolean][] = [];
    for (let turn = 0; turn < 3; turn++) {
      await pool.use(never(), async (session, reused) => {
        seen.push([session.number, reused]);
      });
    }
    expect(seen).toEqual([
      [0, false],
      [0, true],
      [0, true],
    ]);
    expect(opened).toHaveLength(1);
  });

  test('opens no more than the limit, and serves those in line in their order', async () => {
    const { pool, opened } = poolOf();
    const order: number[] = [];
    let atOnce = 0;
    let most = 0;
    await Promise.all(
      [0, 1, 2, 3, 4, 5].map((number) =>
        pool.use(never(), async () => {
          most = Math.max(most, ++atOnce);
          await sleep(1);
          order.push(number);
          atOnce -= 1;
        }),
      ),
    );
    expect(most).toBe(2);
    expect(opened).toHaveLength(2);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('ends a session that had nothing to do for a while', async () => {
    const { pool, opened } = poolOf({ idleMs: 20 });
    await pool.use(never(), async () => undefined);
    expect(pool.size).toBe(1);
    await until(() => pool.size === 0);
    expect(opened[0]!.usable).toBe(false);
  });

  test('does not use one again that broke, and passes its failure on', async () => {
    const { pool, opened } = poolOf();
    const failing = pool.use(never(), async (session) => {
      session.breaks();
      throw new Error('cut');
    });
    await expect(failing).rejects.toThrow('cut');
    await pool.use(never(), async (session) => expect(session.number).toBe(1));
    expect(opened).toHaveLength(2);
  });

  test('does the work once more when a session had died while it was idle', async () => {
    const { pool } = poolOf();
    await pool.use(never(), async () => undefined);
    const tried: number[] = [];
    const outcome = await pool.use(never(), async (session, reused) => {
      tried.push(session.number);
      if (!reused) return 'done';
      session.breaks();
      throw new Error('died of age');
    });
    expect(outcome).toBe('done');
    expect(tried).toEqual([0, 1]);
  });

  test('does not repeat work that was refused on a session that is well', async () => {
    const { pool, opened } = poolOf();
    await pool.use(never(), async () => undefined);
    await expect(pool.use(never(), () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    expect(opened).toHaveLength(1);
    expect(opened[0]!.usable).toBe(true);
  });

  test('waits for its own sessions when the server has no room for more', async () => {
    let opened = 0;
    const { pool } = poolOf({
      limit: 4,
      open: async () => {
        if (opened === 1) throw new Error('too many');
        opened += 1;
        return new Session(opened);
      },
      isCrowded: (error) => (error as Error).message === 'too many',
    });
    const done = await Promise.all([1, 2, 3, 4, 5].map(() => pool.use(never(), async () => sleep(1, true))));
    expect(done).toEqual([true, true, true, true, true]);
    expect(pool.size).toBe(1);
  });

  test('fails when the server has no room at all', async () => {
    const { pool } = poolOf({ open: () => Promise.reject(new Error('too many')), isCrowded: () => true });
    await expect(pool.use(never(), async () => undefined)).rejects.toThrow('too many');
    expect(pool.size).toBe(0);
  });

  test('one that is stopped ends its session; one that waits leaves the line', async () => {
    const { pool, opened } = poolOf({ limit: 1 });
    const first = held();
    const stopFirst = new AbortController();
    const running = pool.use(stopFirst.signal, first.work);
    const stopSecond = new AbortController();
    const waiting = pool.use(stopSecond.signal, async () => undefined);
    const third = pool.use(never(), async (session) => session.number);
    await until(() => opened.length === 1);
    stopSecond.abort(new Error('second stopped'));
    await expect(waiting).rejects.toThrow('second stopped');
    stopFirst.abort();
    expect(opened[0]!.usable).toBe(false);
    first.finish();
    await running;
    expect(await third).toBe(1);
  });

  test('closed, it ends what is idle and what is in use', async () => {
    const { pool, opened } = poolOf();
    const busy = held();
    const running = pool.use(never(), busy.work);
    await pool.use(never(), async () => undefined);
    pool.close();
    expect(opened.map(({ usable }) => usable)).toEqual([false, false]);
    busy.finish();
    await running;
    expect(pool.size).toBe(0);
  });
});
