/** The delivery engine: the queue's loop, given deliveries to run. */
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { rememberLearnt } from '../destinations/destinations.ts';
import type { OAuthApps } from '../destinations/oauth-apps.ts';
import { createAccount } from '../destinations/oauth-tokens.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Outbound } from '../lib/outbound.ts';
import type { Sealer } from '../lib/sealed.ts';
import { createLoop } from '../queue/loop.ts';
import type { Observer } from '../queue/observer.ts';
import type { Random } from '../queue/retry.ts';
import { imageDeliveries, readLaneMessage } from '../queue/tables.ts';
import type { Storage } from '../storage/storage.ts';
import type { Watch } from '../storage/watched.ts';
import { attemptDelivery, createDeliverySettler } from './attempt.ts';
import type { Noted } from './carrier-words.ts';
import { type Carriers, createCarriers } from './carriers.ts';
import { type Connections, createConnections } from './connections.ts';
import { createDeliverySource } from './source.ts';

export interface DeliveryEngine {
  /** Listens and works. */
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
  config: Pick<
    Config,
    | 'retrySchedule'
    | 'deliveryConcurrency'
    | 'deliveryThreads'
    | 'workerConcurrency'
    | 'localRoots'
    | 'storageUrl'
    | 'dataDir'
    | 'allowPrivateNetworks'
  >;
  /** The id of this process among the workers. */
  worker: string;
  downloadUrl(imageId: string): string;
  oauthApps: OAuthApps;
  /** Hears of every attempt. */
  observer: Required<Observer>;
  /** Hears how the storage did, where somebody wants to know. */
  stored?: Watch | undefined;
}

export function createDeliveryEngine(options: EngineOptions): DeliveryEngine {
  const { db, clock, logger, config } = options;
  const connections = createConnections({
    outbound: options.outbound,
    logger,
    localRoots: config.localRoots,
    downloadUrl: options.downloadUrl,
    now: clock.now,
    remember: ({ id, projectId }, learnt) => db.write((tx) => rememberLearnt(tx, projectId, id, learnt)),
    accountOf: (target) => createAccount({ ...options, apps: options.oauthApps }, target),
    carriers: carriersOf(options),
  });
  const services = { ...options, connections, settler: createDeliverySettler(options) };
  const loop = createLoop({
    source: createDeliverySource({ db, worker: options.worker, laneLimit: config.deliveryConcurrency }),
    async run(job, signal) {
      const settle = await attemptDelivery(services, job, signal);
      return async () => {
        const nextAt = await settle();
        if (nextAt !== null) loop.expect(nextAt);
      };
    },
    clock,
    logger,
    laneLimit: config.deliveryConcurrency,
    slots: config.workerConcurrency,
  });
  let stopListening = (): void => {};

  return {
    connections,
    async start() {
      stopListening = db.listen(imageDeliveries.channel, (payload) => {
        const told = readLaneMessage(payload);
        if (told) loop.wake(told.lane, told.owner);
      });
      loop.start();
    },
    async stop(graceMs) {
      stopListening();
      await loop.stop(graceMs);
      await connections.close();
    },
    get inFlight() {
      return loop.inFlight;
    },
  };
}

/** Undefined when the main thread is to carry everything. */
function carriersOf({ config, clock, logger, outbound, stored }: EngineOptions): Carriers | undefined {
  if (config.deliveryThreads === 0) return undefined;
  const { storageUrl, dataDir, allowPrivateNetworks, localRoots } = config;
  return createCarriers(config.deliveryThreads, {
    settings: {
      storageUrl,
      dataDir,
      allowPrivateNetworks,
      localRoots,
      logLevel: logger.level,
      watchesStorage: stored !== undefined,
    },
    clock,
    logger,
    noted({ traffic, storage }: Noted) {
      // What carriers send counts as what this process sends.
      for (const name of ['requests', 'connections', 'reused'] as const)
        outbound.stats[name] += traffic[name];
      for (const { operation, durationMs, failed } of storage) stored?.(operation, durationMs, failed);
    },
  });
}
