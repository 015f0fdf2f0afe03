/** A carrier's own side: what runs in the thread. Loads only the kinds that it is asked for, so that it stays small. */
import { parentPort, workerData } from 'node:worker_threads';
import { pino } from 'pino';
import type { CheckResult, Connection, ConnectionServices, Receipt } from '../destinations/destination.ts';
import { loadKind } from '../destinations/load-kind.ts';
import type { Logger } from '../lib/logger.ts';
import { createOutbound } from '../lib/outbound/client.ts';
import { createGuard } from '../lib/outbound/guard.ts';
import { openStorage } from '../storage/open.ts';
import { watchStorage } from '../storage/watched.ts';
import {
  type CarrierSettings,
  type FromCarrier,
  type Noted,
  packFailure,
  type ToCarrier,
} from './carrier-words.ts';

const port = parentPort!;
const settings = workerData as CarrierSettings;
const say = (words: FromCarrier): void => port.postMessage(words);

const logger: Logger = pino(
  { level: settings.logLevel, base: undefined, timestamp: false },
  { write: (line: string) => say({ say: 'log', line }) },
);
const outbound = createOutbound({ guard: createGuard({ allow: settings.allowPrivateNetworks }), logger });
const bare = await openStorage({ url: settings.storageUrl, dataDir: settings.dataDir, logger });
const noted: Noted['storage'] = [];
const storage = settings.watchesStorage
  ? watchStorage(bare, (operation, durationMs, failed) => noted.push({ operation, durationMs, failed }))
  : bare;

const connections = new Map<number, Promise<Connection>>();
const running = new Map<number, AbortController>();
const remembering = new Map<number, PromiseWithResolvers<void>>();
let aheadMs = 0;
let lastId = 0;
let told: Noted['traffic'] = { requests: 0, connections: 0, reused: 0 };

function note(): Noted {
  const { requests, connections: opened, reused } = outbound.stats;
  const traffic = {
    requests: requests - told.requests,
    connections: opened - told.connections,
    reused: reused - told.reused,
  };
  told = { requests, connections: opened, reused };
  return { traffic, storage: noted.splice(0) };
}

function servicesOf(connection: number): ConnectionServices {
  return {
    outbound,
    logger,
    localRoots: settings.localRoots,
    now: () => Date.now() + aheadMs,
    remember(config) {
      const id = ++lastId;
      const kept = Promise.withResolvers<void>();
      remembering.set(id, kept);
      say({ say: 'remember', id, connection, config });
      return kept.promise;
    },
    // A kind that needs these is none that is carried.
    get projectSecrets(): never {
      throw new Error('A carrier has no secrets of a project');
    },
    downloadUrl() {
      throw new Error('A carrier makes no links');
    },
  };
}

async function connect({ connection, kind, settings: given }: ToCarrier & { say: 'connect' }) {
  return (await loadKind(kind)).connect(given, servicesOf(connection));
}

type Asked = ToCarrier & { say: 'errand' };

async function perform({ id, connection, errand }: Asked, signal: AbortSignal) {
  const opened = await connections.get(connection)!;
  if (errand.do === 'check') return await opened.check(signal);
  if (errand.do === 'deliver') {
    const { storageKey, ...image } = errand.image;
    const bytes = {
      open: (range?: { start: number; end: number }) => storage.open(storageKey, range),
      makeWay: () => say({ say: 'way', id }),
    };
    return await opened.deliver({ ...image, ...bytes }, signal);
  }
  connections.delete(connection);
  return await opened.close();
}

async function answer(asked: Asked): Promise<void> {
  const { id, errand } = asked;
  aheadMs = asked.aheadMs;
  const stop = new AbortController();
  running.set(id, stop);
  try {
    const value: Receipt | CheckResult | undefined = (await perform(asked, stop.signal)) ?? undefined;
    say({ say: 'done', id, value, noted: note() });
  } catch (error) {
    const key = errand.do === 'deliver' ? errand.image.storageKey : '';
    say({ say: 'failed', id, failure: packFailure(error, key), noted: note() });
  } finally {
    running.delete(id);
  }
}

port.on('message', (words: ToCarrier) => {
  if (words.say === 'errand') void answer(words);
  else if (words.say === 'stop') running.get(words.id)?.abort();
  else if (words.say === 'connect') {
    const opening = connect(words);
    // Whoever uses the connection hears of it.
    opening.catch(() => undefined);
    connections.set(words.connection, opening);
  } else {
    const kept = remembering.get(words.id);
    remembering.delete(words.id);
    if (words.problem === undefined) kept?.resolve();
    else kept?.reject(new Error(words.problem));
  }
});
