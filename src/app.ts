/** The one place where objects are made and handed to each other. A test builds the whole app with this. */
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createSignIn } from './accounts/sign-in.ts';
import { choresOf } from './chores.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { assertSchema, migrate } from './db/migrate.ts';
import { openDatabase } from './db/open.ts';
import { createDeliveryEngine, type DeliveryEngine } from './deliveries/engine.ts';
import { createImageReplays } from './deliveries/replay.ts';
import { createOAuthApps } from './destinations/oauth-apps.ts';
import { createEventEngine, type EventEngine } from './events/engine.ts';
import { createEventReplays } from './events/replay.ts';
import { closeServer, watchUnused } from './http/close-server.ts';
import { createMetrics } from './http/metrics.ts';
import { createOperationsListener } from './http/operations.ts';
import { createOrigin } from './http/origin.ts';
import { createServer } from './http/server.ts';
import type { Services } from './http/services.ts';
import { createTlsListener, type TlsListener } from './http/tls-listener.ts';
import { createDownloadLinks, type DownloadLinks } from './images/download-link.ts';
import { openServerKeys, type ServerKeyPair } from './images/server-key.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { createId } from './lib/ids.ts';
import { createLogger, type Logger } from './lib/logger.ts';
import { createMailer } from './lib/mail.ts';
import { createOutbound } from './lib/outbound/client.ts';
import { createGuard } from './lib/outbound/guard.ts';
import type { Outbound } from './lib/outbound.ts';
import { loadSealer, type Sealer } from './lib/sealed.ts';
import { createSmsSender } from './lib/sms.ts';
import { createStripe } from './projects/billing/stripe.ts';
import { ensureInstallSecret } from './projects/install-secrets.ts';
import { defaultPlans, readPlansFile, writePlans } from './projects/plans.ts';
import { watchedBy } from './queue/observer.ts';
import type { ReplaySources } from './queue/replays.ts';
import type { Random } from './queue/retry.ts';
import { joinWorkers, leaveWorkers, thisProcess } from './queue/workers.ts';
import { openStorage } from './storage/open.ts';
import { createScratch } from './storage/scratch.ts';
import type { Storage } from './storage/storage.ts';
import { watchStorage } from './storage/watched.ts';

/** What a test may bring along. */
export interface Overrides {
  clock?: Clock;
  random?: Random;
  logger?: Logger;
  /** Longest silence of a sender in the middle of an upload, in milliseconds. Default 30,000. */
  uploadIdleMs?: number;
  /** A key pair made before, for the first start of many apps. */
  serverKey?: () => Promise<ServerKeyPair>;
  /** Milliseconds for one attempt to deliver an event. Default 30,000. */
  eventDeadlineMs?: number;
}

export interface AppOptions {
  /** Serve HTTP. */
  api: boolean;
  /** Deliver, and do the chores. */
  worker: boolean;
}

export interface App {
  config: Config;
  db: Database;
  storage: Storage;
  sealer: Sealer;
  clock: Clock;
  logger: Logger;
  outbound: Outbound;
  links: DownloadLinks;
  deliveries: DeliveryEngine;
  events: EventEngine;
  /** Undefined without `api`. */
  server: FastifyInstance | undefined;
  /** Where client certificates are asked for, once it listens. */
  tls: TlsListener | undefined;
  /** Begins to work; listens when there is a server. Resolves to the address, e.g. `http://127.0.0.1:3000`. */
  start(): Promise<string | undefined>;
  /** Answers what is held, finishes or returns deliveries, closes everything. */
  stop(): Promise<void>;
}

const graceMs = 8_000;

/** How long a link in a delivery opens: a receiver may queue it for a while before it fetches. */
const linkLifetimeMs = 24 * 3_600_000;

/** The foundations: what a command needs that does not serve. */
export async function openFoundations(config: Config, overrides: Overrides = {}) {
  const clock = overrides.clock ?? systemClock;
  const logger = overrides.logger ?? createLogger({ level: config.logLevel, pretty: config.logPretty });
  const db = await openDatabase({
    url: config.databaseUrl,
    file: path.join(config.dataDir, 'apertur.db'),
    logger,
  });
  // A SQLite file belongs to this install alone, so it is brought forward here; PostgreSQL waits for `migrate`.
  if (db.engine === 'sqlite') await migrate(db, { clock });
  const sealer = await loadSealer({
    secretKey: config.secretKey,
    file: path.join(config.dataDir, 'secret.key'),
  });
  return { clock, logger, db, sealer };
}

export async function buildApp(
  config: Config,
  options: AppOptions = { api: true, worker: true },
  overrides: Overrides = {},
): Promise<App> {
  const { clock, logger, db, sealer } = await openFoundations(config, overrides);
  await assertSchema(db).catch(async (error: unknown) => {
    await db.close();
    throw error;
  });
  const bareStorage = await openStorage({ url: config.storageUrl, dataDir: config.dataDir, logger });
  await bareStorage.sweep();
  const outbound = createOutbound({ guard: createGuard({ allow: config.allowPrivateNetworks }), logger });
  const measured = config.metrics || config.metricsPort !== undefined;
  const inFlight = { image: () => deliveries.inFlight, event: () => events.inFlight };
  const metrics = measured
    ? createMetrics({ db, clock, outbound, dataDir: config.dataDir, inFlight })
    : undefined;
  const traces = await openTraces(config, options);
  const observer = watchedBy([metrics, traces].filter((item) => item !== undefined));
  const storage = metrics ? watchStorage(bareStorage, metrics.stored) : bareStorage;
  const stopping = new AbortController();
  const origin = createOrigin(config);
  const links = createDownloadLinks(await ensureInstallSecret(db, sealer, 'download-links', clock.now()));
  const me = thisProcess(createId('wrk'));
  const oauthApps = createOAuthApps(config.oauth);
  const deliveries: DeliveryEngine = createDeliveryEngine({
    db,
    observer,
    sealer,
    storage,
    outbound,
    clock,
    random: overrides.random ?? Math.random,
    logger,
    config,
    worker: me.id,
    oauthApps,
    stored: metrics?.stored,
    downloadUrl: (imageId) => origin.fixed() + links.path(imageId, clock.now() + linkLifetimeMs),
  });
  await writePlans(db, config.plansFile ? readPlansFile(config.plansFile) : defaultPlans);
  const events: EventEngine = createEventEngine({
    db,
    observer,
    sealer,
    outbound,
    clock,
    logger,
    config,
    worker: me.id,
    deadlineMs: overrides.eventDeadlineMs,
  });
  const replays: ReplaySources = { events: createEventReplays(db), images: createImageReplays(db) };
  const serverKeys = await openServerKeys({ db, sealer, clock, logger }, overrides.serverKey);
  const scratch = createScratch({ directory: path.join(config.dataDir, 'tmp') });
  await scratch.sweep();
  const mailer = createMailer(config);
  const accountSecret = (await ensureInstallSecret(db, sealer, 'accounts', clock.now())).toString('hex');
  let ready = false;
  const services: Services = {
    config,
    db,
    storage,
    sealer,
    clock,
    logger,
    outbound,
    links,
    deliveries,
    replays,
    oauthApps,
    billing: config.stripe && createStripe(config.stripe, { db, outbound, clock }),
    mailer,
    signIn: createSignIn({
      db,
      secret: accountSecret,
      mailer,
      clock,
      logger,
      openRegistration: config.openRegistration,
    }),
    accountSecret,
    sms: createSmsSender(config, outbound),
    serverPublicKey: serverKeys.publicKey,
    unwrap: serverKeys.unwrap,
    scratch,
    originOf: (request: FastifyRequest) => origin.of(request),
    stopping: stopping.signal,
    uploadIdleMs: overrides.uploadIdleMs,
    isReady: () => ready,
    observer,
    metrics,
  };
  const server = options.api ? await createServer(services) : undefined;
  const unused = server && watchUnused(server.server);
  const tls = server && config.tls ? await createTlsListener(config.tls, server.server) : undefined;
  const operations =
    metrics && config.metricsPort !== undefined
      ? createOperationsListener(config.metricsPort, metrics, services)
      : undefined;
  const chores = choresOf({ config, db, replays, storage, sealer, clock, logger });

  return {
    config,
    db,
    storage,
    sealer,
    clock,
    logger,
    outbound,
    links,
    deliveries,
    events,
    server,
    tls,
    async start() {
      if (options.worker) {
        const freed = await joinWorkers(db, me, clock.now());
        if (freed > 0) logger.info({ deliveries: freed }, 'Took over what an earlier process held');
        await deliveries.start();
        events.start();
        chores.start();
      }
      const address = await server?.listen({ port: config.port, host: config.host || '::' }).catch(
        // Where there is no IPv6, all addresses are 0.0.0.0.
        (error: NodeJS.ErrnoException) => {
          if (config.host !== '' || error.code !== 'EAFNOSUPPORT') throw error;
          return server.listen({ port: config.port, host: '0.0.0.0' });
        },
      );
      if (tls) logger.info({ port: await tls.listen(config.host) }, 'Listening for client certificates');
      if (operations) {
        logger.info({ port: await operations.listen(config.host) }, 'Listening for operators');
      }
      if (server) origin.listening(server.addresses().filter((item) => typeof item === 'object'));
      ready = true;
      return address;
    },
    async stop() {
      ready = false;
      if (server && config.drainSeconds > 0) await pause(config.drainSeconds * 1_000);
      stopping.abort();
      // Together, so that the whole stop keeps within one grace: a photo that is still being received meanwhile is
      // delivered after the next start.
      await Promise.all([
        server && unused && closeServer(server, unused, { tls, graceMs }),
        deliveries.stop(graceMs),
        events.stop(graceMs),
        chores.stop(),
      ]);
      if (options.worker) await leaveWorkers(db, me.id).catch(() => undefined);
      await traces?.close();
      await operations?.close();
      serverKeys.close();
      mailer?.close();
      await outbound.close();
      await storage.close();
      await db.close();
    },
  };
}

/** Loaded only where somebody wants traces. */
async function openTraces(config: Config, { api, worker }: AppOptions) {
  if (!config.tracing) return undefined;
  const { createTraces } = await import('./queue/traces.ts');
  const service = api && worker ? 'apertur' : api ? 'apertur-api' : 'apertur-worker';
  return createTraces({ ...config.tracing, service });
}
