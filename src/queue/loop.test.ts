import { describe, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { silentLogger } from '../lib/logger.ts';
import { createLoop, type Job, type Lane, type LaneReport, type LoopOptions } from './loop.ts';
import { createTurns } from './turns.ts';

interface TestJob extends Job {
  owner: string;
}

/** Jobs in memory, claimed as the database would: once each, oldest first. */
function jobsIn(waiting: TestJob[]) {
  const claimed: string[] = [];
  const source: LoopOptions<TestJob>['source'] = {
    async findDueLanes() {
      const lanes = new Map(
        waiting.map((job): [string, Lane] => [job.lane, { lane: job.lane, owner: job.owner }]),
      );
      return { lanes: [...lanes.values()], nextDueAt: null };
    },
    async claim(wanted) {
      const got: TestJob[] = [];
      const lanes: LaneReport[] = [];
      for (const { lane, limit } of wanted) {
        const ofLane = waiting.filter((job) => job.lane === lane).slice(0, limit);
        for (const job of ofLane) waiting.splice(waiting.indexOf(job), 1);
        got.push(...ofLane);
        lanes.push({ lane, more: ofLane.length === limit });
      }
      claimed.push(...got.map((job) => job.id));
      return { jobs: got, lanes };
    },
    async extend() {},
  };
  return { source, claimed };
}

const job = (id: string, lane: string, owner = 'p1'): TestJob => ({ id, lane, owner });
const loopOf = (options: Pick<LoopOptions<TestJob>, 'source' | 'run'> & Partial<LoopOptions<TestJob>>) =>
  createLoop<TestJob>({ clock: systemClock, logger: silentLogger, laneLimit: 2, ...options });

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('It did not come to pass within 10 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the loop', () => {
  test('runs what waits in every lane, each job once', async () => {
    const waiting = Array.from({ length: 50 }, (_, n) => job(`j${n}`, `lane${n % 7}`, `p${n % 3}`));
    const { source } = jobsIn(waiting);
    const done: string[] = [];
    const loop = loopOf({
      source,
      run: async ({ id }) => {
        done.push(id);
        return undefined;
      },
    });
    loop.start();
    await until(() => done.length === 50);
    await loop.stop(0);
    expect(new Set(done).size).toBe(50);
  });

  test('never has more in flight in a lane than its limit', async () => {
    const { source } = jobsIn(Array.from({ length: 20 }, (_, n) => job(`j${n}`, 'lane')));
    let inFlight = 0;
    let most = 0;
    let done = 0;
    const loop = loopOf({
      source,
      async run() {
        most = Math.max(most, ++inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        done += 1;
      },
    });
    loop.start();
    await until(() => done === 20);
    await loop.stop(0);
    expect(most).toBe(2);
  });

  test('a lane that hangs delays no other, and one owner takes at most half of the slots', async () => {
    const hanging = Array.from({ length: 20 }, (_, n) => job(`dead${n}`, `dead-lane${n}`, 'dead'));
    const { source } = jobsIn([
      ...hanging,
      ...Array.from({ length: 30 }, (_, n) => job(`ok${n}`, 'fine', 'other')),
    ]);
    let hung = 0;
    const done: string[] = [];
    const loop = loopOf({
      source,
      slots: 8,
      async run({ id }, signal) {
        if (!id.startsWith('dead')) {
          done.push(id);
          return undefined;
        }
        hung += 1;
        await new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => resolve(), { once: true }),
        );
      },
    });
    loop.start();
    await until(() => done.length === 30);
    expect(hung).toBe(4);
    await loop.stop(0);
  });

  test('a wake-up starts work without waiting for the sweep', async () => {
    const waiting: TestJob[] = [];
    const { source } = jobsIn(waiting);
    const done: string[] = [];
    const loop = loopOf({
      source,
      run: async ({ id }) => {
        done.push(id);
        return undefined;
      },
      sweepMs: 3_600_000,
    });
    loop.start();
    await until(() => true);
    waiting.push(job('late', 'lane'));
    loop.wake('lane', 'p1');
    await until(() => done.length === 1);
    await loop.stop(0);
  });

  test('claims keep their distance, but a lane with more to do does not run dry over it', async () => {
    const { source } = jobsIn(Array.from({ length: 100 }, (_, n) => job(`j${n}`, 'lane')));
    const limits: number[] = [];
    let done = 0;
    const loop = loopOf({
      source: {
        ...source,
        claim(wanted, now, leaseUntil) {
          limits.push(...wanted.map(({ limit }) => limit));
          return source.claim(wanted, now, leaseUntil);
        },
      },
      async run() {
        await new Promise((resolve) => setImmediate(resolve));
        done += 1;
      },
      laneLimit: 8,
      claimGapMs: 3_600_000,
    });
    loop.start();
    await until(() => done === 100);
    await loop.stop(0);
    expect(Math.min(...limits)).toBeGreaterThanOrEqual(6);
  });

  test('a failing claim is tried again', async () => {
    const { source } = jobsIn([job('a', 'lane')]);
    let failures = 3;
    const flaky: typeof source = {
      ...source,
      async claim(wanted, now, leaseUntil) {
        if (failures-- > 0) throw new Error('database away');
        return source.claim(wanted, now, leaseUntil);
      },
    };
    const done: string[] = [];
    const loop = loopOf({
      source: flaky,
      run: async ({ id }) => {
        done.push(id);
        return undefined;
      },
      sweepMs: 1,
    });
    loop.start();
    await until(() => done.length === 1);
    await loop.stop(0);
  });

  test('stopping lets running jobs end, then aborts the rest', async () => {
    const { source } = jobsIn([job('quick', 'a'), job('slow', 'b')]);
    const ended: string[] = [];
    let finishQuick = (): void => {};
    const loop = loopOf({
      source,
      async run({ id }, signal) {
        await new Promise<void>((resolve) => {
          if (id === 'quick') finishQuick = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        ended.push(signal.aborted ? `${id} aborted` : id);
      },
    });
    loop.start();
    await until(() => loop.inFlight === 2);
    const stopped = loop.stop(20);
    finishQuick();
    await stopped;
    expect(ended).toEqual(['quick', 'slow aborted']);
    expect(loop.inFlight).toBe(0);
  });
});

describe('turns', () => {
  test('owners take turns whatever the number of their lanes', () => {
    const turns = createTurns();
    for (let n = 0; n < 5; n++) turns.add(`busy${n}`, 'busy');
    turns.add('only', 'small');
    const first = turns.take(2, () => 1).map((pick) => pick.owner);
    expect(first.sort()).toEqual(['busy', 'small']);
  });

  test('a lane without room keeps waiting', () => {
    const turns = createTurns();
    turns.add('full', 'p');
    expect(turns.take(10, () => 0)).toEqual([]);
    expect(turns.has('full')).toBe(true);
    expect(turns.take(10, () => 3)).toEqual([{ lane: 'full', owner: 'p', limit: 3 }]);
    expect(turns.has('full')).toBe(false);
  });
});
