/**
 * The one claim-and-retry loop, for image deliveries and event deliveries alike.
 *
 * Words: a **job** is a row that is due. A **lane** is where jobs wait together, one a destination: it has at most
 * `laneLimit` jobs in flight. An **owner** is the project of a lane: owners take turns, so that neither a dead receiver
 * nor a busy project delays anyone else. A **lease** says until when a job is ours; it is renewed while the job runs,
 * and a job whose lease has ended is due again for everyone.
 *
 * Work is heard of in two ways: `wake(lane)` at the commit that made it (so there is no polling delay), and a slow sweep
 * that finds what nobody told us of: retries, other processes' work, and what a dead worker left.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import { type Logger, warnOfOutage } from '../lib/logger.ts';
import { createTurns } from './turns.ts';

export interface Lane {
  lane: string;
  owner: string;
}

export interface Job {
  id: string;
  lane: string;
}

export interface WantedLane {
  lane: string;
  /** Jobs to take at most. */
  limit: number;
  /** Jobs of this lane that run in this process at this moment. */
  running: number;
}

/** What a claim found out about a lane. */
export interface LaneReport {
  lane: string;
  /** Jobs in flight at most in this lane, over all processes; absent: the loop's own limit. */
  inFlight?: number;
  /** More may be due than was taken. */
  more: boolean;
  /** Not worth another look before this moment: a rate is kept, or another process is at it. */
  notBefore?: number | undefined;
}

export interface Claimed<J extends Job> {
  jobs: J[];
  lanes: LaneReport[];
}

export interface QueueSource<J extends Job> {
  /** Lanes that have due work, and when the next job is due that is not due yet (null: none known). */
  findDueLanes(now: number): Promise<{ lanes: Lane[]; nextDueAt: number | null }>;
  /** Takes due jobs under a lease until `leaseUntil`. */
  claim(wanted: WantedLane[], now: number, leaseUntil: number): Promise<Claimed<J>>;
  /** Renews the lease of the jobs that still run. */
  extend(ids: string[], leaseUntil: number): Promise<void>;
}

export interface LoopOptions<J extends Job> {
  source: QueueSource<J>;
  /**
   * Runs one job. `signal` aborts when we shut down: the job then returns its row unused. May return the rest of its work,
   * writing down how it ended: that keeps the lease, and no longer the place in the lane.
   */
  run(job: J, signal: AbortSignal): Promise<(() => Promise<void>) | undefined>;
  clock: Clock;
  logger: Logger;
  /** Jobs in flight in this process at most. */
  slots?: number;
  /** Jobs in flight a lane at most. */
  laneLimit: number;
  leaseMs?: number;
  sweepMs?: number;
  /**
   * Between two claims at least, so that what comes thick and fast is claimed together. Default 0. A lane where more is due than
   * was taken does not wait once three quarters of its places are free: it would run dry.
   */
  claimGapMs?: number;
}

export interface Loop {
  /** There may be work in this lane. */
  wake(lane: string, owner: string): void;
  /** A job will be due at this moment (milliseconds since 1970): looks then, not only at the next sweep. */
  expect(at: number): void;
  start(): void;
  /** Claims nothing more, lets running jobs end for `graceMs`, then aborts what is left and waits for its return. */
  stop(graceMs: number): Promise<void>;
  readonly inFlight: number;
}

export function createLoop<J extends Job>(options: LoopOptions<J>): Loop {
  const { source, clock, logger, laneLimit, slots = 256, leaseMs = 10_000, sweepMs = 1_000 } = options;
  const { claimGapMs = 0 } = options;
  const ready = createTurns();
  const running = new Map<string, { controller: AbortController; done: Promise<void> }>();
  const inLane = new Map<string, number>();
  /** What a lane's own limit was at the last claim, while it has jobs in flight. */
  const limits = new Map<string, number>();
  /** Lanes where the last claim left due work behind. */
  const deep = new Set<string>();
  /** Ends the gap between two claims. */
  let hurry: (() => void) | undefined;
  /** Lanes that are looked at again at a moment of their own. */
  const alarms = new Map<string, NodeJS.Timeout>();
  const ofOwner = new Map<string, number>();
  /** Jobs that hold a place; those that only write down how they ended do not. */
  let busy = 0;
  let claimedAt = Number.NEGATIVE_INFINITY;
  /** No owner may hold more than half of the slots, however many of its receivers hang. */
  const ownerLimit = Math.max(1, Math.floor(slots / 2));
  let pumping: Promise<void> | undefined;
  let pumpAgain = false;
  let stopped = true;
  let sweepTimer: NodeJS.Timeout | undefined;
  let renewTimer: NodeJS.Timeout | undefined;

  const room = (lane: string, owner: string): number =>
    Math.min(
      (limits.get(lane) ?? laneLimit) - (inLane.get(lane) ?? 0),
      ownerLimit - (ofOwner.get(owner) ?? 0),
    );

  function start(job: J, owner: string): void {
    // Its lease had ended while the database was away, and we took it again: it runs already.
    if (running.has(job.id)) return;
    const controller = new AbortController();
    busy += 1;
    count(inLane, job.lane, 1);
    count(ofOwner, owner, 1);
    const done = options
      .run(job, controller.signal)
      .finally(() => leave(job.lane, owner))
      .then((finish) => finish?.())
      .catch((error: unknown) =>
        warnOfOutage(logger, error, 'A job ended without settling; its lease will end'),
      )
      .finally(() => running.delete(job.id));
    running.set(job.id, { controller, done });
  }

  function leave(lane: string, owner: string): void {
    busy -= 1;
    count(ofOwner, owner, -1);
    count(inLane, lane, -1);
    if (deep.has(lane) && runsDry(lane)) hurry?.();
    if (!inLane.has(lane)) limits.delete(lane);
    if (ready.size > 0) pump();
  }

  const runsDry = (lane: string): boolean =>
    (inLane.get(lane) ?? 0) <= Math.floor((limits.get(lane) ?? laneLimit) / 4);

  async function claimOnce(): Promise<boolean> {
    const picks = ready.take(slots - busy, room);
    if (picks.length === 0) return false;
    const now = clock.now();
    claimedAt = performance.now();
    try {
      const wanted = picks.map(({ lane, limit }) => ({ lane, limit, running: inLane.get(lane) ?? 0 }));
      for (const { lane } of picks) deep.delete(lane);
      const { jobs, lanes } = await source.claim(wanted, now, now + leaseMs);
      const owners = new Map(picks.map(({ lane, owner }) => [lane, owner]));
      for (const job of jobs) start(job, owners.get(job.lane)!);
      for (const report of lanes) heed(report, owners.get(report.lane)!);
      return true;
    } catch (error) {
      warnOfOutage(logger, error, 'Could not claim work; trying again');
      for (const pick of picks) ready.add(pick.lane, pick.owner);
      scheduleSweep(sweepMs);
      return false;
    }
  }

  function heed({ lane, inFlight, more, notBefore }: LaneReport, owner: string): void {
    if (inFlight !== undefined && inLane.has(lane)) limits.set(lane, inFlight);
    if (!more) return;
    if (notBefore === undefined) {
      ready.add(lane, owner);
      deep.add(lane);
    } else if (!alarms.has(lane)) alarms.set(lane, setTimeout(ring, Math.max(1, notBefore - clock.now())));

    function ring(): void {
      alarms.delete(lane);
      ready.add(lane, owner);
      pump();
    }
  }

  /** The end of this turn of the event loop, so that what ends or arrives together is claimed together; or the gap's. */
  async function nextClaim(): Promise<void> {
    const wait = claimedAt + claimGapMs - performance.now();
    if (wait > 0 && ![...deep].some(runsDry)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        hurry = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      hurry = undefined;
    }
    await nextTurn();
  }

  /** Claims for as long as there is something to claim and room for it. */
  function pump(): void {
    if (stopped) return;
    if (pumping) {
      pumpAgain = true;
      return;
    }
    pumping = (async () => {
      do {
        await nextClaim();
        pumpAgain = false;
      } while (!stopped && busy < slots && ((await claimOnce()) || pumpAgain));
    })().finally(() => {
      pumping = undefined;
    });
  }

  async function sweep(): Promise<void> {
    let wait = sweepMs;
    try {
      const { lanes, nextDueAt } = await source.findDueLanes(clock.now());
      for (const { lane, owner } of lanes) ready.add(lane, owner);
      if (nextDueAt !== null) wait = Math.max(5, Math.min(sweepMs, nextDueAt - clock.now()));
      if (lanes.length > 0) pump();
    } catch (error) {
      warnOfOutage(logger, error, 'Could not look for due work; trying again');
    }
    scheduleSweep(wait);
  }

  function scheduleSweep(ms: number): void {
    clearTimeout(sweepTimer);
    if (!stopped) sweepTimer = setTimeout(sweep, ms);
  }

  async function renew(): Promise<void> {
    if (running.size === 0) return;
    await source
      .extend([...running.keys()], clock.now() + leaseMs)
      .catch((error: unknown) => warnOfOutage(logger, error, 'Could not renew leases; trying again'));
  }

  return {
    wake(lane, owner) {
      ready.add(lane, owner);
      pump();
    },
    expect(at) {
      const ms = Math.max(0, at - clock.now());
      if (ms < sweepMs) scheduleSweep(ms);
    },
    start() {
      stopped = false;
      renewTimer = setInterval(renew, leaseMs / 3);
      void sweep();
    },
    async stop(graceMs) {
      stopped = true;
      clearTimeout(sweepTimer);
      for (const alarm of alarms.values()) clearTimeout(alarm);
      alarms.clear();
      hurry?.();
      await pumping;
      const all = () => Promise.allSettled([...running.values()].map((job) => job.done));
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([all(), grace]);
      clearTimeout(timer);
      for (const { controller } of running.values()) controller.abort();
      await all();
      clearInterval(renewTimer);
    },
    get inFlight() {
      return running.size;
    },
  };
}

function count(counts: Map<string, number>, key: string, by: 1 | -1): void {
  const value = (counts.get(key) ?? 0) + by;
  if (value > 0) counts.set(key, value);
  else counts.delete(key);
}
