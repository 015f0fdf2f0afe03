/** Real threads: what goes to them and what comes back, how they end, and what happens when one breaks. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makePhoto, never, type PhotoOptions } from '../destinations/contract.fixture.ts';
import { DeliveryError } from '../destinations/destination.ts';
import { loadKind } from '../destinations/load-kind.ts';
import { kinds } from '../destinations/registry.ts';
import { silentLogger } from '../lib/logger.ts';
import { failureOf, serve, until } from '../lib/outbound/servers.fixture.ts';
import { createDiskStorage } from '../storage/disk.ts';
import { StorageMissingError } from '../storage/storage.ts';
import type { Noted, StoredImage } from './carrier-words.ts';
import { type Carriers, createCarriers } from './carriers.ts';

const year2030 = Date.UTC(2030, 0, 1);

interface Stage {
  carriers: Carriers;
  folder: string;
  noted: Noted[];
  /** What the next thread is made with. */
  settings: { storageUrl: string | undefined };
}

function stage({ count = 1, now = Date.now } = {}): Stage {
  const folder = mkdtempSync(path.join(tmpdir(), 'apertur-carriers-'));
  const noted: Noted[] = [];
  const settings = {
    storageUrl: undefined as string | undefined,
    dataDir: folder,
    allowPrivateNetworks: ['127.0.0.0/8'],
    localRoots: [path.join(folder, 'out')],
    logLevel: 'silent',
    watchesStorage: true,
  };
  const carriers = createCarriers(count, {
    settings,
    clock: { now },
    logger: silentLogger,
    noted: (told) => noted.push(told),
  });
  onTestFinished(async () => {
    await carriers.close();
    rmSync(folder, { recursive: true });
  });
  return { carriers, folder, noted, settings };
}

async function store(folder: string, options?: PhotoOptions): Promise<StoredImage & { bytes: Buffer }> {
  const photo = makePhoto(options);
  const storageKey = `2026-12-01/${photo.id}`;
  const writer = await createDiskStorage({ directory: path.join(folder, 'images') }).create(storageKey);
  const bytes = photo.bytes();
  await writer.write(bytes);
  await writer.commit();
  // As deliveries have it; a carrier opens the bytes by itself.
  const open = () => Promise.reject(new Error('opened on the main thread'));
  return { ...photo, storageKey, open, bytes };
}

const remember = async (): Promise<void> => {};

function local(conflict = 'overwrite') {
  const config = { path: '', path_template: '{image_id}.{ext}', conflict };
  return { kind: 'local', settings: { config, credentials: {} }, remember };
}

function s3(endpoint: string) {
  const credentials = { access_key_id: 'A', secret_access_key: 'S' };
  return { kind: 's3', settings: { config: { bucket: 'claims', endpoint }, credentials }, remember };
}

const threads = (): number =>
  readdirSync('/proc/self/task').filter(
    (id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim() === 'carrier',
  ).length;

test('every kind that is carried is found by its name alone', async () => {
  const carried = kinds.filter((kind) => kind.carried);
  expect(carried.length).toBeGreaterThan(4);
  for (const kind of carried) expect(await loadKind(kind.kind)).toBe(kind);
});

test('threads start with the first photo, share the destinations, and are gone after the end', async () => {
  const { carriers, folder, noted } = stage({ count: 2 });
  const connections = [carriers.connect(local()), carriers.connect(local('fail'))];
  expect(threads()).toBe(0);
  for (const connection of connections) {
    const photo = await store(folder);
    const receipt = await connection.deliver(photo, never());
    expect(receipt).toMatchObject({ bytes: photo.sizeBytes, verifiedBy: 'hash' });
    expect(readFileSync(receipt.remotePath!).equals(photo.bytes)).toBe(true);
  }
  expect(await connections[0]!.check(never())).toMatchObject({ success: true });
  expect(threads()).toBe(2);
  const opened = noted.flatMap(({ storage }) => storage).filter(({ operation }) => operation === 'open');
  expect(opened).toHaveLength(2);
  await Promise.all(connections.map((connection) => connection.close()));
  await carriers.close();
  expect(threads()).toBe(0);
});

test('the next photo may begin before this one has settled', async () => {
  const { carriers, folder } = stage();
  const heard: string[] = [];
  const photo = { ...(await store(folder)), makeWay: () => void heard.push('way') };
  await carriers
    .connect(local())
    .deliver(photo, never())
    .then(() => heard.push('receipt'));
  expect(heard).toEqual(['way', 'receipt']);
});

describe('what fails', () => {
  test('arrives with its fate, its status and its sentence', async () => {
    const { carriers, folder, noted } = stage();
    const refuse = await serve((request, response) => {
      request.resume().on('end', () => response.writeHead(503, { 'retry-after': '17' }).end());
    });
    const error = await failureOf(carriers.connect(s3(refuse)).deliver(await store(folder), never()));
    expect(error).toBeInstanceOf(DeliveryError);
    expect(error).toMatchObject({ fate: 'retry', status: 503, retryAfter: 17 });
    expect(error.message).toContain('503');
    expect(noted.at(-1)!.traffic).toEqual({ requests: 1, connections: 1, reused: 0 });
    const lost = { ...(await store(folder)), storageKey: '2026-12-01/nothing' };
    expect(await failureOf(carriers.connect(local()).deliver(lost, never()))).toBeInstanceOf(
      StorageMissingError,
    );
  });

  test('a delivery is stopped where it is; the time is that of the app', async () => {
    const { carriers, folder } = stage({ now: () => year2030 });
    const seen: IncomingHttpHeaders[] = [];
    const silent = await serve((request) => void seen.push(request.headers));
    const stop = new AbortController();
    const delivery = failureOf(carriers.connect(s3(silent)).deliver(await store(folder), stop.signal));
    await until(() => seen.length > 0);
    stop.abort();
    expect(await delivery).toMatchObject({ fate: 'cancelled' });
    expect(seen[0]!['x-amz-date']).toMatch(/^20300101T/);
  });

  test('a thread that breaks costs a retry, and the next photo has a new one', async () => {
    const { carriers, folder, settings } = stage();
    const connection = carriers.connect(local());
    const photo = await store(folder);
    settings.storageUrl = 'unknown:';
    const broken = [connection.deliver(photo, never()), connection.deliver(photo, never())].map(failureOf);
    for (const error of await Promise.all(broken)) expect(error).toMatchObject({ fate: 'retry' });
    settings.storageUrl = undefined;
    expect(await connection.deliver(photo, never())).toMatchObject({ verifiedBy: 'hash' });
  });
});
