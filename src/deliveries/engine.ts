/** The delivery engine: the queue's loop, given deliveries to run. */
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { Clock } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { Outbound } from '../lib/outbound.ts';
import type { Sealer } from '../lib/sealed.ts';
import { createLoop } from '../queue/loop.ts';
import type { Random } from '../queue/retry.ts';
import type { Storage } from '../storage/storage.ts';
import { attemptDelivery } from './attempt.ts';
import { type Connections, createConnections } from './connections.ts';
import { deliveriesQueued } from './enqueue.ts';
import { createDeliverySource } from './source.ts';
import { joinWorkers, leaveWorkers, thisProcess } from './workers.ts';

export interface DeliveryEngine {
  /** Takes what dead workers left, then listens and works. */
  start(): Promise<void>;
  /** Finishes or returns what it holds, without using up an attempt. */
  stop(graceMs: number): Promise<void>;
  readonly inFlight: number;
  /** Open connections, also for testing a destination. */
  readonly connections: Connections;
}

export interface EngineOptions {
  db: Database;
  sealer: Sealer;
  storage: Storage;
  outbound: Outbound;
  clock: Clock;
  random: Random;
  logger: Logger;
  config: Pick<Config, 'retrySchedule' | 'deliveryConcurrency' | 'localRoots'>;
  downloadUrl(imageId: string): string;
}

export function createDeliveryEngine(options: EngineOptions): DeliveryEngine {
  const { db, clock, logger, config } = options;
  const me = thisProcess(createId('wrk'));
  const connections = createConnections({
    outbound: options.outbound,
    logger,
    localRoots: config.localRoots,
    downloadUrl: options.downloadUrl,
    now: clock.now,
  });
  const services = { ...options, connections, worker: me.id };
  const loop = createLoop({
    source: createDeliverySource({ db, worker: me.id, laneLimit: config.deliveryConcurrency }),
    async run(job, signal) {
      const nextAt = await attemptDelivery(services, job, signal);
      if (nextAt !== null) loop.expect(nextAt);
    },
    clock,
    logger,
    laneLimit: config.deliveryConcurrency,
  });
  let stopListening = (): void => {};

  return {
    connections,
    async start() {
      const freed = await joinWorkers(db, me, clock.now());
      if (freed > 0) logger.info({ deliveries: freed }, 'Took over what an earlier process held');
      stopListening = db.listen(deliveriesQueued, (payload) => {
        const [destination, project] = payload.split(' ');
        if (destination && project) loop.wake(destination, project);
      });
      loop.start();
    },
    async stop(graceMs) {
      stopListening();
      await loop.stop(graceMs);
      await connections.close();
      await leaveWorkers(db, me.id).catch(() => undefined);
    },
    get inFlight() {
      return loop.inFlight;
    },
  };
}
