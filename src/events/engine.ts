/** The event engine: the queue's loop, given events to deliver to webhooks. */
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Outbound } from '../lib/outbound.ts';
import type { Sealer } from '../lib/sealed.ts';
import { createLoop } from '../queue/loop.ts';
import { type Observer, watchedBy } from '../queue/observer.ts';
import { createSettler } from '../queue/settler.ts';
import { eventDeliveries, readLaneMessage } from '../queue/tables.ts';
import { attemptEvent } from './attempt.ts';
import { type Settled, settleEvents } from './settle.ts';
import { createEventSource } from './source.ts';

export interface EventEngine {
  /** Listens and works. */
  start(): void;
  /** Finishes or returns what it holds, without using up an attempt. */
  stop(graceMs: number): Promise<void>;
  readonly inFlight: number;
}

export interface EventEngineOptions {
  db: Database;
  sealer: Sealer;
  outbound: Outbound;
  clock: Clock;
  logger: Logger;
  config: Pick<Config, 'webhookConcurrency' | 'workerConcurrency'>;
  /** The id of this process among the workers. */
  worker: string;
  /** Milliseconds for one attempt. Default 30,000 (contract §8.6). */
  deadlineMs?: number | undefined;
  /** Hears of every attempt. */
  observer?: Required<Observer>;
}

/** Results that share a transaction at most: a few milliseconds of work. */
const settledTogether = 250;
/**
 * Milliseconds. Each claim and each settling is a commit, so at full speed they are few and large; an event that comes alone
 * waits for neither.
 */
const settleGapMs = 5;
const claimGapMs = 3;

export function createEventEngine(options: EventEngineOptions): EventEngine {
  const { db, sealer, clock, logger, config, worker, deadlineMs = 30_000 } = options;
  const settler = createSettler<Settled>({
    db,
    logger,
    batch: settledTogether,
    gapMs: settleGapMs,
    // The next event of its session waits for it.
    isUrgent: ({ job }) => job.orderKey !== null,
    write: (tx, results) => settleEvents(db, tx, results),
  });
  const services = {
    outbound: options.outbound,
    clock,
    // A line an attempt, made of ids and numbers: looking it through for secrets costs more than writing it.
    logger: logger.child({}, { redact: [] }),
    worker,
    settler,
    deadlineMs,
    observer: options.observer ?? watchedBy([]),
  };
  const laneLimit = config.webhookConcurrency;
  const source = createEventSource({ db, sealer, worker, laneLimit });
  const loop = createLoop({
    source: {
      ...source,
      claim(wanted, now, leaseUntil) {
        settler.flush();
        return source.claim(wanted, now, leaseUntil);
      },
    },
    async run(job, signal) {
      const settle = await attemptEvent(services, job, signal);
      return async () => {
        const nextAt = await settle();
        if (nextAt !== null) loop.expect(nextAt);
      };
    },
    claimGapMs,
    clock,
    logger,
    laneLimit,
    slots: config.workerConcurrency,
  });
  let stopListening = (): void => {};

  return {
    start() {
      stopListening = db.listen(eventDeliveries.channel, (payload) => {
        const told = readLaneMessage(payload);
        if (told) loop.wake(told.lane, told.owner);
      });
      loop.start();
    },
    async stop(graceMs) {
      stopListening();
      await loop.stop(graceMs);
    },
    get inFlight() {
      return loop.inFlight;
    },
  };
}
