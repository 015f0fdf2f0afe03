/**
 * What every kind of destination must do, as one suite that the test of each kind runs against a real server:
 *
 *     describeDestination('s3', { start: startHarness, verifiedBy: 'hash', … });
 *
 * A kind brings a **harness**: how to set it up, and a second way to the server that does not go through the kind, to
 * read back what is there. Where services differ in what they can do, the harness says what is right for this one and
 * why; no test is skipped in silence. Files stand in a folder of their own for each test, so one server serves all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Conflict } from './conflict.ts';
import {
  createFaultProxy,
  type FaultProxy,
  makePhoto,
  never,
  onePixel,
  openKind,
  type Photo,
} from './contract.fixture.ts';
import {
  type CheckResult,
  type Connection,
  type ConnectionServices,
  DeliveryError,
  type DestinationKind,
  type Fate,
  type Receipt,
} from './destination.ts';
import type { Account } from './oauth.ts';
import { readSettings } from './settings.ts';

/** What a test wants of the settings. */
export interface Wish {
  /** Where to connect: the server itself, or the fault proxy before it. */
  at: { host: string; port: number };
  /** The path of a photo inside the destination, for the setting that holds the template. */
  template: string;
  conflict?: Conflict;
  /** Credentials that the server refuses, or a bucket, container, share or root folder that is not there. */
  wrong?: 'credentials' | 'folder';
}

export interface Harness {
  kind: DestinationKind;
  /** Where the server listens. */
  server: { host: string; port: number };
  /** The settings as a client sends them, flat, secrets included. */
  settings(wish: Wish): Record<string, unknown>;
  /** Whatever lies in a folder (`suite-3`) at this moment, as paths from the destination's root; temporary files too. */
  list(folder: string): Promise<string[]>;
  /** The bytes at such a path, or at what a receipt names; undefined when nothing is there. */
  read(place: string | Receipt): Promise<Buffer | undefined>;
  /** Puts somebody else's file at such a path. */
  put(path: string, bytes: Buffer): Promise<void>;
  services?: Partial<ConnectionServices>;
  /** For kinds that are connected by signing in: the account, and where its service is. */
  account?(wish: Wish): Account;
  /** In place of the fault proxy, for a protocol whose data takes another road (FTP). */
  openRoad?(): Promise<FaultProxy>;
  close(): Promise<void>;
}

export interface Definition {
  start(): Promise<Harness>;
  /** What every receipt must say. */
  verifiedBy: Receipt['verifiedBy'];
  /** What a missing bucket, container or folder leads to; `made` where the kind makes it. */
  missingFolder: 'made' | { fate: Fate; says: RegExp };
  wrongCredentials: { fate: Fate; says: RegExp };
  /** Connections that may be open at once for 8 photos in parallel. */
  maxConnections: number;
  /** Connections that 12 photos one after another may take in all. Default 1. */
  connectionsInSequence?: number;
  /** Why some names cannot be kept as they are (by the service's rules): their files are found by the receipt alone. */
  renames?: string;
  /** Live bytes that a delivery of 40 MB may hold, in MB. Default 20: chunks yes, the photo no. */
  heldMegabytes?: number;
}

const names = [
  'photo of roof.jpg',
  'a+b&c=d;e,f.jpg',
  '100%25 sure #1.jpg',
  "it's [new] (2) {x}.jpg",
  '~$tilde! @home ^.jpg',
  '.hidden.jpg',
  '-rf.jpg',
  'no-extension',
  'büro-straße-ñ.jpg',
  '屋根の写真.jpg',
  'صورة السقف.jpg',
  'roof 📷🏠.jpg',
  'e\u0301 as two characters.jpg',
  `${'l'.repeat(251)}.jpg`,
  `${'é'.repeat(125)}.jpg`,
];

let folders = 0;

/** Registers the suite for one kind. */
export function describeDestination(name: string, definition: Definition): void {
  // Real servers on a busy machine: the time limit only ends what hangs.
  describe(`destination ${name}`, { timeout: 90_000 }, () => {
    let harness: Harness;
    beforeAll(async () => {
      harness = await definition.start();
    });
    afterAll(() => harness?.close());
    const scene = (): Scene => new Scene(harness);

    describeSettings(scene);
    describeDelivery(scene, definition);
    describeConflicts(scene);
    describeRefusals(scene, definition);
    describeFaults(scene);
    describeEconomy(scene, definition);
    describeChecks(scene, definition);
  });
}

/** One test: a folder of its own on the shared server, and short words for what tests do there. */
class Scene {
  readonly harness: Harness;
  readonly folder = `suite-${++folders}`;

  constructor(harness: Harness) {
    this.harness = harness;
  }

  wish(wish: Partial<Wish>): Wish {
    return { at: this.harness.server, template: `${this.folder}/{filename}`, ...wish };
  }

  settings(wish: Partial<Wish> = {}): Record<string, unknown> {
    return this.harness.settings(this.wish(wish));
  }

  open(wish: Partial<Wish> = {}): Connection {
    const { kind, services, account } = this.harness;
    const lent = account ? { account: account(this.wish(wish)) } : {};
    return openKind(kind, this.settings(wish), { ...services, ...lent });
  }

  list(): Promise<string[]> {
    return this.harness.list(this.folder);
  }

  async road(): Promise<FaultProxy> {
    const proxy = await (this.harness.openRoad?.() ?? createFaultProxy(this.harness.server));
    onTestFinished(() => proxy.close());
    return proxy;
  }

  /** The server holds exactly this photo, where the receipt says. */
  async expectHeld(photo: Photo, receipt: Receipt): Promise<void> {
    expect(receipt.remotePath).toBeTruthy();
    expect(receipt.bytes).toBe(photo.sizeBytes);
    const held = await this.harness.read(receipt);
    expect(held?.length, photo.filename).toBe(photo.sizeBytes);
    expect(held?.equals(photo.bytes()), photo.filename).toBe(true);
  }
}

type Start = () => Scene;

function describeSettings(scene: Start): void {
  test('every setting has a title, a description and an example; secrets are credentials', () => {
    const { kind } = scene().harness;
    for (const schema of [kind.config, kind.credentials]) {
      for (const [field, help] of Object.entries(schema.properties)) {
        expect(help, field).toMatchObject({ title: expect.any(String), description: expect.any(String) });
        expect((help as { examples?: unknown[] }).examples?.length, field).toBeGreaterThan(0);
      }
    }
    expect(
      Object.keys(kind.config.properties).filter((field) => /password|secret|token$/.test(field)),
    ).toEqual([]);
  });

  test('its description names the place and no secret', () => {
    const here = scene();
    const { kind, services } = here.harness;
    const context = { env: 'live', localRoots: services?.localRoots ?? [] } as const;
    const line = kind.describe(readSettings(kind, here.settings(), context).config);
    expect(line.length).toBeGreaterThan(3);
    for (const secret of secretsOf(here)) expect(line).not.toContain(secret);
  });
}

function secretsOf(here: Scene, settings = here.settings()): string[] {
  return Object.keys(here.harness.kind.credentials.properties)
    .map((field) => settings[field])
    .filter((value): value is string => typeof value === 'string' && value.length >= 4);
}

function describeDelivery(scene: Start, { verifiedBy, renames }: Definition): void {
  test.each([
    ['a small one', { size: 5_000 }],
    ['a single pixel', { content: onePixel, filename: 'pixel.png' }],
    ['one byte', { size: 1 }],
    ['1 MB', { size: 1_048_576 }],
    ['25 MB', { size: 25_000_000 }],
  ])('photos arrive whole: %s', async (_, options) => {
    const here = scene();
    const photo = makePhoto(options);
    const receipt = await here.open().deliver(photo, never());
    await here.expectHeld(photo, receipt);
    expect(receipt.verifiedBy).toBe(verifiedBy);
    expect(await here.list()).toEqual([`${here.folder}/${photo.filename}`]);
  });

  test(`odd and foreign names are kept apart${renames ? ` (not kept as they are: ${renames})` : ''}`, async () => {
    const here = scene();
    const connection = here.open();
    const photos = names.map((filename) => makePhoto({ filename, size: 300 }));
    for (const photo of photos) {
      const receipt = await connection.deliver(photo, never());
      await here.expectHeld(photo, receipt);
    }
    const found = await here.list();
    expect(found).toHaveLength(names.length);
    if (renames) return;
    // A leading dot becomes _ and text is composed in the template, before any kind sees it.
    const wanted = names.map((filename) => `${here.folder}/${filename.normalize('NFC').replace(/^\./, '_')}`);
    expect(found.toSorted()).toEqual(wanted.toSorted());
  });

  test('folders of a template are made as needed', async () => {
    const here = scene();
    const photo = makePhoto();
    const receipt = await here
      .open({ template: `${here.folder}/a b/{session_id}/ünï/{image_index}.{ext}` })
      .deliver(photo, never());
    await here.expectHeld(photo, receipt);
  });

  test('delivered twice, it overwrites itself', async () => {
    const here = scene();
    const connection = here.open();
    const photo = makePhoto({ size: 40_000 });
    const first = await connection.deliver(photo, never());
    const second = await here.open().deliver(photo, never());
    expect(second.remotePath).toBe(first.remotePath);
    await here.expectHeld(photo, second);
    expect(await here.list()).toHaveLength(1);
  });

  test('eight at once do not mix', async () => {
    const here = scene();
    const connection = here.open();
    const photos = Array.from({ length: 8 }, () => makePhoto({ size: 400_000 }));
    const receipts = await Promise.all(photos.map((photo) => connection.deliver(photo, never())));
    for (const [at, photo] of photos.entries()) await here.expectHeld(photo, receipts[at]!);
    expect(await here.list()).toHaveLength(8);
  });

  test('eight at once into one new folder, through fresh connections', async () => {
    const here = scene();
    const template = `${here.folder}/new/deeper/{filename}`;
    const photos = Array.from({ length: 8 }, () => makePhoto({ size: 2_000 }));
    const receipts = await Promise.all(
      photos.map((photo) => here.open({ template }).deliver(photo, never())),
    );
    for (const [at, photo] of photos.entries()) await here.expectHeld(photo, receipts[at]!);
  });
}

function describeConflicts(scene: Start): void {
  const theirs = Buffer.from('somebody else put this here');

  async function meet(conflict: Conflict) {
    const here = scene();
    const photo = makePhoto({ filename: 'roof.jpg', size: 30_000 });
    await here.harness.put(`${here.folder}/roof.jpg`, theirs);
    return { here, photo, connection: here.open({ conflict }) };
  }

  test('overwrite replaces what is there', async () => {
    const { here, photo, connection } = await meet('overwrite');
    await here.expectHeld(photo, await connection.deliver(photo, never()));
    expect(await here.list()).toEqual([`${here.folder}/roof.jpg`]);
  });

  test('skip keeps what is there, says so, and claims nothing', async () => {
    const { here, photo, connection } = await meet('skip');
    const receipt = await connection.deliver(photo, never());
    expect(receipt.verifiedBy).toBe('none');
    expect(receipt.excerpt).toMatch(/kept/);
    expect(await here.harness.read(`${here.folder}/roof.jpg`)).toEqual(theirs);
    expect(await here.list()).toHaveLength(1);
  });

  test('rename writes beside it, and a second delivery finds itself again', async () => {
    const { here, photo, connection } = await meet('rename');
    const receipt = await connection.deliver(photo, never());
    await here.expectHeld(photo, receipt);
    const again = await connection.deliver(photo, never());
    expect(again.remotePath).toBe(receipt.remotePath);
    const other = makePhoto({ filename: 'roof.jpg', size: 31_000 });
    await here.expectHeld(other, await connection.deliver(other, never()));
    expect(await here.harness.read(`${here.folder}/roof.jpg`)).toEqual(theirs);
    expect(await here.list()).toHaveLength(3);
  });

  test('fail ends the delivery and touches nothing', async () => {
    const { here, photo, connection } = await meet('fail');
    const error = await failure(connection.deliver(photo, never()));
    expect(error.fate).toBe('give-up');
    expect(error.message).toMatch(/there already/);
    expect(await here.harness.read(`${here.folder}/roof.jpg`)).toEqual(theirs);
    expect(await here.list()).toHaveLength(1);
  });

  test.each(['skip', 'rename', 'fail'] as const)(
    '%s writes where nothing is, and knows itself',
    async (conflict) => {
      const here = scene();
      const connection = here.open({ conflict });
      const photo = makePhoto({ size: 30_000 });
      const first = await connection.deliver(photo, never());
      await here.expectHeld(photo, first);
      const second = await connection.deliver(photo, never());
      expect(second.remotePath).toBe(first.remotePath);
      expect(await here.list()).toHaveLength(1);
    },
  );
}

function describeRefusals(scene: Start, { wrongCredentials, missingFolder }: Definition): void {
  test('refused credentials are told apart, without telling them', async () => {
    const here = scene();
    const error = await failure(here.open({ wrong: 'credentials' }).deliver(makePhoto(), never()));
    expect(error.fate).toBe(wrongCredentials.fate);
    expect(error.message).toMatch(wrongCredentials.says);
    const settings = here.settings({ wrong: 'credentials' });
    for (const secret of secretsOf(here, settings)) {
      expect(`${error.message} ${error.excerpt}`).not.toContain(secret);
    }
    expect(await here.list()).toEqual([]);
  });

  test('a bucket or folder that is not there', async () => {
    const here = scene();
    const delivered = here.open({ wrong: 'folder' }).deliver(makePhoto(), never());
    if (missingFolder === 'made') {
      expect((await delivered).remotePath).toBeTruthy();
      return;
    }
    const error = await failure(delivered);
    expect(error.fate).toBe(missingFolder.fate);
    expect(error.message).toMatch(missingFolder.says);
  });
}

function describeFaults(scene: Start): void {
  const final = (here: Scene, photo: Photo): string => `${here.folder}/${photo.filename}`;

  /** After a fault: nobody sees half of the photo, and the next attempt leaves exactly one whole file. */
  async function expectRecovery(here: Scene, road: FaultProxy, photo: Photo, connection: Connection) {
    const seen = await here.harness.read(final(here, photo));
    expect(seen === undefined || seen.equals(photo.bytes())).toBe(true);
    road.set();
    await here.expectHeld(photo, await connection.deliver(photo, never()));
    expect(await here.list()).toEqual([final(here, photo)]);
  }

  test.each([
    ['resets the connection in mid-upload', { resetAfter: 2_000_000 }],
    ['closes the connection in mid-upload', { closeAfter: 2_000_000 }],
    ['loses its answer', { loseAnswers: true }],
    ['refuses connections', { refuse: true }],
  ])('a server that %s: tried again, never half a file', async (_, faults) => {
    const here = scene();
    const road = await here.road();
    road.set(faults);
    const connection = here.open({ at: road });
    const photo = makePhoto({ size: 25_000_000 });
    const error = await failure(connection.deliver(photo, never()));
    expect(error.fate).toBe('retry');
    expect(error.message.length).toBeGreaterThan(10);
    await expectRecovery(here, road, photo, connection);
  });

  test('connections that died while idle are no failure', async () => {
    const here = scene();
    const road = await here.road();
    const connection = here.open({ at: road });
    const photos = [makePhoto(), makePhoto()];
    await connection.deliver(photos[0]!, never());
    road.cut();
    await here.expectHeld(photos[1]!, await connection.deliver(photos[1]!, never()));
  });

  test('a slow road is no failure', async () => {
    const here = scene();
    const road = await here.road();
    road.set({ latencyMs: 5, bytesPerSecond: 4_000_000 });
    const photo = makePhoto({ size: 2_000_000 });
    await here.expectHeld(photo, await here.open({ at: road }).deliver(photo, never()));
  });

  test('cancelled in mid-stream: nothing is half visible, and no attempt is used up', async () => {
    const here = scene();
    const road = await here.road();
    road.set({ stallAfter: 1_000_000 });
    const connection = here.open({ at: road });
    const photo = makePhoto({ size: 25_000_000 });
    const stop = new AbortController();
    const delivered = failure(connection.deliver(photo, stop.signal));
    await until(() => road.bytesUp > 1_000_000);
    stop.abort();
    expect((await delivered).fate).toBe('cancelled');
    await expectRecovery(here, road, photo, connection);
  });

  test('cancelled before it began: nothing is sent', async () => {
    const here = scene();
    const error = await failure(here.open().deliver(makePhoto(), AbortSignal.abort()));
    expect(error.fate).toBe('cancelled');
    expect(await here.list()).toEqual([]);
  });

  test('a stored photo that cannot be read is no fault of the other side, and leaves nothing there', async () => {
    const here = scene();
    const photo = makePhoto({ size: 3_000_000 });
    let pieces = 0;
    const breaking = makePhoto({
      size: 3_000_000,
      filename: photo.filename,
      onPiece: () => {
        if (++pieces > 10) throw new Error('the disk is gone');
      },
    });
    const error: unknown = await here
      .open()
      .deliver(breaking, never())
      .then(
        () => undefined,
        (reason) => reason,
      );
    expect(error).toBeInstanceOf(Error);
    if (error instanceof DeliveryError) expect(error.fate).toBe('retry');
    expect(await here.harness.read(final(here, photo))).toBeUndefined();
  });
}

function describeEconomy(scene: Start, definition: Definition): void {
  test('photos one after another share a connection', async () => {
    const here = scene();
    const road = await here.road();
    const connection = here.open({ at: road });
    for (let turn = 0; turn < 12; turn++) await connection.deliver(makePhoto({ size: 20_000 }), never());
    expect(road.connections).toBeLessThanOrEqual(definition.connectionsInSequence ?? 1);
  });

  test('photos in parallel do not open connections without end', async () => {
    const here = scene();
    const road = await here.road();
    const connection = here.open({ at: road });
    const photos = Array.from({ length: 24 }, () => makePhoto({ size: 50_000 }));
    const eight = [0, 1, 2, 3, 4, 5, 6, 7].map(async () => {
      for (let photo = photos.pop(); photo; photo = photos.pop()) await connection.deliver(photo, never());
    });
    await Promise.all(eight);
    expect(road.connections).toBeLessThanOrEqual(definition.maxConnections);
    expect(await here.list()).toHaveLength(24);
  });

  test('a large photo is never held in memory', async () => {
    const here = scene();
    const connection = here.open();
    await connection.deliver(makePhoto({ size: 100_000 }), never());
    const collect = collector();
    const held = (): number => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = held();
    let most = before;
    let pieces = 0;
    const onPiece = (): void => {
      if (++pieces % 128 === 0) most = Math.max(most, held());
    };
    await connection.deliver(makePhoto({ size: 40_000_000, onPiece }), never());
    expect(pieces).toBeGreaterThan(600);
    expect((most - before) / 1_000_000).toBeLessThan(definition.heldMegabytes ?? 20);
  });
}

function describeChecks(scene: Start, { missingFolder }: Definition): void {
  const failed = (result: CheckResult) => result.steps.find(({ outcome }) => outcome === 'failed');

  test('the connection test writes, says each step and leaves nothing', async () => {
    const here = scene();
    const result = await here.open().check(never());
    expect(result, JSON.stringify(result)).toMatchObject({ success: true });
    expect(result.steps.map(({ step }) => step)).toContain('write');
    for (const step of result.steps) expect(step.durationMs, step.step).toBeGreaterThanOrEqual(0);
    expect(failed(result)).toBeUndefined();
    expect(await here.list()).toEqual([]);
  });

  test('the connection test names the step that failed, with advice', async () => {
    const here = scene();
    const refusing = await here.road();
    refusing.set({ refuse: true });
    const wishes: Partial<Wish>[] = [{ wrong: 'credentials' }, { at: refusing }];
    if (missingFolder !== 'made') wishes.push({ wrong: 'folder' });
    for (const wish of wishes) {
      const result = await here.open(wish).check(never());
      expect(result.success).toBe(false);
      expect(result.message, JSON.stringify(result)).toBeTruthy();
      expect(failed(result)?.advice, JSON.stringify(result)).toBeTruthy();
      for (const secret of secretsOf(here, here.settings(wish))) {
        expect(JSON.stringify(result)).not.toContain(secret);
      }
    }
  });

  test('a connection test that is stopped answers', async () => {
    const result = await scene().open().check(AbortSignal.abort());
    expect(result.success).toBe(false);
  });
}

/** The delivery error that a promise was rejected with; fails the test otherwise. */
export async function failure(promise: Promise<unknown>): Promise<DeliveryError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (error instanceof DeliveryError) return error;
  throw new Error('expected a DeliveryError', { cause: error });
}

/** Polls; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

/**
 * A full garbage collection, so that only what is still held counts. Twice: the memory of dead buffers is given back in
 * the background, and only the next collection waits for that, which a busy machine would otherwise count as held.
 */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    collect();
    collect();
  };
}
