import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../errors.ts';
import { silentLogger } from '../../lib/logger.ts';
import type { Outbound } from '../../lib/outbound.ts';
import type { Connection, ConnectionServices, DeliverableImage, DeliveryError } from '../destination.ts';
import { toDeliveryError } from './failures.ts';
import { local } from './index.ts';
import { findPlace } from './place.ts';

let base: string;
let root: string;
const never = new AbortController().signal;

beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), 'apertur-local-')));
  root = path.join(base, 'inbox');
});
afterEach(() => rm(base, { recursive: true, force: true }));

/** A photo of random bytes; `bytes` in chunks, as a storage hands them out. */
function photo(changes: Partial<DeliverableImage> = {}, bytes = randomBytes(200_000)): DeliverableImage {
  return {
    deliveryId: 'del_1',
    id: 'img_1',
    sessionId: 'sess_1',
    projectId: 'proj_1',
    env: 'live',
    index: 0,
    filename: 'roof.jpg',
    mimeType: 'image/jpeg',
    ext: 'jpg',
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    source: 'camera',
    tags: null,
    metadata: null,
    createdAt: Date.UTC(2026, 2, 2),
    open: async () => Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)]),
    ...changes,
  };
}

const bytesOf = async (image: DeliverableImage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of await image.open()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

function connect(config: Record<string, unknown> = {}, roots: readonly string[] = [root]): Connection {
  const services: ConnectionServices = {
    outbound: undefined as unknown as Outbound, // A local folder sends nothing.
    logger: silentLogger,
    projectSecrets: { current: '' },
    localRoots: roots,
    downloadUrl: () => '',
    now: () => Date.now(),
  };
  return local.connect({ config, credentials: {} }, services);
}

/** Every file under the folder, relative and sorted. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

const failure = (work: Promise<unknown>): Promise<DeliveryError> =>
  work.then(
    () => expect.unreachable('should have failed'),
    (error) => error,
  );

describe('a photo delivered to a local folder', () => {
  test('is a file with its bytes, in folders made for it', async () => {
    const image = photo();
    const receipt = await connect({ path: 'claims/2026' }).deliver(image, never);
    const file = path.join(root, 'claims', '2026', 'sess_1', '0.jpg');
    expect(receipt).toEqual({ remotePath: file, bytes: 200_000, verifiedBy: 'hash', excerpt: null });
    expect((await readFile(file)).equals(await bytesOf(image))).toBe(true);
    expect(await filesIn(base)).toEqual(['inbox/claims/2026/sess_1/0.jpg']);
  });

  test('may be empty of bytes, or come in one chunk', async () => {
    const empty = photo({ index: 1 }, Buffer.alloc(0));
    await connect().deliver(empty, never);
    expect(await readFile(path.join(root, 'sess_1', '1.jpg'))).toHaveLength(0);
  });

  test('twice leaves one file, under every rule', async () => {
    const image = photo();
    for (const conflict of ['overwrite', 'skip', 'rename', 'fail']) {
      const connection = connect({ conflict });
      for (let attempt = 0; attempt < 2; attempt++) {
        const receipt = await connection.deliver(image, never);
        expect(receipt).toMatchObject({ remotePath: path.join(root, 'sess_1', '0.jpg'), verifiedBy: 'hash' });
      }
      expect(await filesIn(root)).toEqual(['sess_1/0.jpg']);
    }
  });

  test('by twenty attempts at once leaves one whole file, under every rule', async () => {
    for (const conflict of ['overwrite', 'skip', 'rename', 'fail']) {
      const image = photo({ sessionId: conflict });
      const connection = connect({ conflict });
      await Promise.all(Array.from({ length: 20 }, () => connection.deliver(image, never)));
      expect(await filesIn(path.join(root, conflict))).toEqual(['0.jpg']);
      const written = await readFile(path.join(root, conflict, '0.jpg'));
      expect(written.equals(await bytesOf(image))).toBe(true);
    }
  });

  test('makes way for the next once its bytes are written, but no more than eight wait for the disk', async () => {
    const connection = connect();
    let waiting = 0;
    const most: number[] = [];
    const written: number[] = [];
    const deliver = async (index: number): Promise<void> => {
      let madeWay = false;
      const makeWay = (): void => {
        madeWay = true;
        most.push(++waiting);
        const names = readdirSync(path.join(root, 'sess_1')).filter((name) =>
          name.startsWith(`.apertur-del_${index}-`),
        );
        written.push(...names.map((name) => statSync(path.join(root, 'sess_1', name)).size));
      };
      await connection.deliver(photo({ index, deliveryId: `del_${index}`, makeWay }), never);
      if (madeWay) waiting -= 1;
    };
    await Promise.all(Array.from({ length: 30 }, (_, index) => deliver(index)));
    expect(most.length).toBeGreaterThanOrEqual(8);
    expect(Math.max(...most)).toBeLessThanOrEqual(8);
    expect(written).toEqual(most.map(() => 200_000));
  });

  test('is never seen half-written', async () => {
    const bytes = randomBytes(100_000);
    const stored = new PassThrough();
    const delivered = connect().deliver(photo({ open: async () => stored }, bytes), never);
    stored.write(bytes.subarray(0, 50_000));
    const folder = path.join(root, 'sess_1');
    await expect
      .poll(() => readdir(folder).catch(() => []))
      .toEqual([expect.stringMatching(/^\.apertur-del_1-.*\.tmp$/)]);
    stored.end(bytes.subarray(50_000));
    await delivered;
    expect(await readdir(folder)).toEqual(['0.jpg']);
  });
});

describe('a file of that name that is not ours', () => {
  const other = 'somebody else wrote this';
  const file = (): string => path.join(root, 'sess_1', '0.jpg');
  beforeEach(async () => {
    await mkdir(path.join(root, 'sess_1'), { recursive: true });
    await writeFile(file(), other);
  });

  test('is replaced by overwrite', async () => {
    const image = photo();
    await connect({ conflict: 'overwrite' }).deliver(image, never);
    expect((await readFile(file())).equals(await bytesOf(image))).toBe(true);
    expect(await filesIn(root)).toEqual(['sess_1/0.jpg']);
  });

  test('is kept by skip, and the receipt says so', async () => {
    const receipt = await connect({ conflict: 'skip' }).deliver(photo(), never);
    expect(receipt).toMatchObject({ verifiedBy: 'none', excerpt: expect.stringContaining('was kept') });
    expect(await readFile(file(), 'utf8')).toBe(other);
    expect(await filesIn(root)).toEqual(['sess_1/0.jpg']);
  });

  test('is kept by rename, and a repeated delivery finds its own file again', async () => {
    const connection = connect({ conflict: 'rename' });
    const first = photo();
    const second = photo();
    for (const [image, name] of [
      [first, '0 (2).jpg'],
      [second, '0 (3).jpg'],
      [first, '0 (2).jpg'],
    ] as const) {
      const receipt = await connection.deliver(image, never);
      expect(receipt.remotePath).toBe(path.join(root, 'sess_1', name));
    }
    expect(await readFile(file(), 'utf8')).toBe(other);
    expect(await filesIn(root)).toEqual(['sess_1/0 (2).jpg', 'sess_1/0 (3).jpg', 'sess_1/0.jpg']);
  });

  test('ends the delivery under fail', async () => {
    const error = await failure(connect({ conflict: 'fail' }).deliver(photo(), never));
    expect(error).toMatchObject({ name: 'DeliveryError', fate: 'give-up' });
    expect(error.message).toContain('is there already');
    expect(await filesIn(root)).toEqual(['sess_1/0.jpg']);
  });

  test('is kept when it is a link to nothing', async () => {
    await rm(file());
    await symlink(path.join(base, 'nowhere'), file());
    const receipt = await connect({ conflict: 'rename' }).deliver(photo(), never);
    expect(path.basename(receipt.remotePath!)).toBe('0 (2).jpg');
    expect(await filesIn(base)).toEqual(['inbox/sess_1/0 (2).jpg', 'inbox/sess_1/0.jpg']);
  });

  test('keeps its 255 bytes of name when a number is added', async () => {
    const filename = `${'é'.repeat(125)}.jpg`;
    const connection = connect({ conflict: 'rename', path_template: '{filename}' });
    await connection.deliver(photo({ filename }), never);
    const receipt = await connection.deliver(photo({ filename }), never);
    expect(path.basename(receipt.remotePath!)).toMatch(/^é+ \(2\)\.jpg$/);
    expect(Buffer.byteLength(path.basename(receipt.remotePath!))).toBeLessThanOrEqual(255);
  });
});

describe('a delivery fails with its fate and leaves nothing', () => {
  test('when the stored bytes are not the photo', async () => {
    const bytes = randomBytes(1_000);
    const flipped = Buffer.from(bytes);
    flipped[500]! ^= 1;
    for (const stored of [flipped, bytes.subarray(0, 999), Buffer.concat([bytes, bytes])]) {
      const image = photo({ open: async () => Readable.from([stored]) }, bytes);
      const error = await failure(connect().deliver(image, never));
      expect(error).toMatchObject({ name: 'DeliveryError', fate: 'retry' });
      expect(error.message).toContain('is not what was received');
    }
    expect(await filesIn(root)).toEqual([]);
  });

  test('when reading the storage fails, with the storage’s own error', async () => {
    const cause = new Error('the storage broke');
    const broken = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('some');
      throw cause;
    };
    expect(
      await failure(connect().deliver(photo({ open: async () => Readable.from(broken()) }), never)),
    ).toBe(cause);
    expect(await failure(connect().deliver(photo({ open: () => Promise.reject(cause) }), never))).toBe(cause);
    expect(await filesIn(root)).toEqual([]);
  });

  test('cancelled, when stopped before or in the middle, even while the storage is silent', async () => {
    const before = await failure(connect().deliver(photo(), AbortSignal.abort()));
    expect(before).toMatchObject({ fate: 'cancelled' });
    const stop = new AbortController();
    const stored = new PassThrough();
    const delivery = failure(connect().deliver(photo({ open: async () => stored }), stop.signal));
    stored.write('some bytes');
    await expect.poll(() => filesIn(root).catch(() => [])).toHaveLength(1);
    stop.abort();
    expect(await delivery).toMatchObject({ name: 'DeliveryError', fate: 'cancelled' });
    expect(await filesIn(root)).toEqual([]);
  });

  test('give-up, when a link leads out of the root, and nothing is made there', async () => {
    const outside = path.join(base, 'outside');
    await mkdir(outside);
    await mkdir(root);
    await symlink(outside, path.join(root, 'sess_1'));
    const error = await failure(
      connect({ path_template: '{session_id}/deep/{image_index}.{ext}' }).deliver(photo(), never),
    );
    expect(error).toMatchObject({ fate: 'give-up' });
    expect(error.message).toContain('through a link');
    expect(await readdir(outside)).toEqual([]);
  });

  test('but not when a link stays inside, or the root itself is a link', async () => {
    await mkdir(path.join(base, 'disk', 'real'), { recursive: true });
    await symlink(path.join(base, 'disk'), root);
    await symlink(path.join(base, 'disk', 'real'), path.join(base, 'disk', 'sess_1'));
    const receipt = await connect().deliver(photo(), never);
    expect(receipt.remotePath).toBe(path.join(root, 'sess_1', '0.jpg'));
    expect(await filesIn(path.join(base, 'disk', 'real'))).toEqual(['0.jpg']);
  });

  test('give-up, when the folder is open no more', async () => {
    const error = await failure(connect({ path: path.join(base, 'elsewhere') }).deliver(photo(), never));
    expect(error).toMatchObject({ fate: 'give-up' });
    expect((await failure(connect({}, []).deliver(photo(), never))).fate).toBe('give-up');
  });

  test('give-up, when a file stands in the way of a folder, or a folder in the way of the file', async () => {
    await mkdir(root);
    await writeFile(path.join(root, 'sess_1'), 'a file');
    expect(await failure(connect().deliver(photo(), never))).toMatchObject({ fate: 'give-up' });
    await mkdir(path.join(root, 'sess_2', '0.jpg'), { recursive: true });
    for (const conflict of ['overwrite', 'skip', 'rename', 'fail']) {
      const error = await failure(connect({ conflict }).deliver(photo({ sessionId: 'sess_2' }), never));
      expect(error, conflict).toMatchObject({ name: 'DeliveryError', fate: 'give-up' });
      expect(error.message).toContain('a folder where a file is');
    }
    expect(await readdir(path.join(root, 'sess_2'))).toEqual(['0.jpg']);
  });

  test('retry, when the disk of the root is not mounted', async () => {
    const far = path.join(base, 'mnt', 'nas', 'photos');
    const error = await failure(connect({}, [far]).deliver(photo(), never));
    expect(error).toMatchObject({ fate: 'retry' });
    expect(error.message).toContain('is not there');
    expect(await readdir(base)).toEqual([]);
  });

  test.each([
    ['ENOSPC', 'retry', /disk is full/],
    ['EDQUOT', 'retry', /disk is full/],
    ['EACCES', 'retry', /may not write.*chown or chmod/],
    ['EPERM', 'retry', /may not write.*chown or chmod/],
    ['EROFS', 'retry', /read-only/],
    ['ENOENT', 'retry', /is not there.*Mount its disk/],
    ['ENOTDIR', 'give-up', /Move it away/],
    ['EISDIR', 'give-up', /Move it away/],
    ['EEXIST', 'give-up', /Move it away/],
    ['ENOTEMPTY', 'give-up', /Move it away/],
    ['ENAMETOOLONG', 'give-up', /too long/],
    ['ELOOP', 'give-up', /in a circle/],
    ['ENOTSUP', 'give-up', /no hard links/],
    ['EIO', 'retry', /failed \(EIO\)/],
    ['constructor', 'retry', /failed/],
  ])('%s means %s', (code, fate, sentence) => {
    const error = toDeliveryError(Object.assign(new Error('x'), { code }), '/srv/photos');
    expect(error.fate).toBe(fate);
    expect(error.message).toMatch(sentence);
  });
});

test('what a killed attempt left is removed by the next one, and nothing else', async () => {
  const folder = path.join(root, 'sess_1');
  await mkdir(folder, { recursive: true });
  for (const name of [
    '.apertur-del_1-aaaaaaaa.tmp',
    '.apertur-del_12-aaaaaaaa.tmp',
    'mine.tmp',
    '.apertur-del_1-x.txt',
  ]) {
    await writeFile(path.join(folder, name), 'left');
  }
  await connect().deliver(photo(), never);
  expect((await readdir(folder)).sort()).toEqual([
    '.apertur-del_1-x.txt',
    '.apertur-del_12-aaaaaaaa.tmp',
    '0.jpg',
    'mine.tmp',
  ]);
});

describe('the settings', () => {
  const prepare = (
    config: Record<string, unknown>,
    roots: readonly string[] = ['/srv/photos', '/srv/more'],
  ): string => {
    try {
      local.prepare({ config, credentials: {} }, { env: 'live', localRoots: roots });
      return 'accepted';
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect((error as AppError).status).toBe(400);
      return (error as AppError).message;
    }
  };

  test.each([
    {},
    { path: 'claims' },
    { path: '/srv/more/x' },
    { path: '/srv/photos' },
    { path: 'a/../b' },
    { path: '..a' },
  ])('%j are accepted', (config) => {
    expect(prepare(config)).toBe('accepted');
  });

  test.each([
    [{ path: '/etc' }, /outside the folders/],
    [{ path: '../etc' }, /outside the folders/],
    [{ path: '/srv/photos-of-others' }, /outside the folders/],
    [{ path: '/srv' }, /outside the folders/],
    [{ path: 'a\0b' }, /control character/],
    [{ path_template: '{nonsense}' }, /^path_template uses \{nonsense\}/],
    [{ path_template: '../{ext}' }, /^path_template holds "\.\."/],
    [{ path_template: 'at 10:30/{ext}' }, /^path_template holds :/],
  ])('%j are refused', (config, sentence) => {
    expect(prepare(config)).toMatch(sentence);
  });

  test('are refused while no folder is open', () => {
    expect(prepare({}, [])).toMatch(/No folder is open for local destinations.*APERTUR_LOCAL_ROOTS/);
  });

  test('are described in one line', () => {
    expect(local.describe({})).toBe('local:{session_id}/{image_index}.{ext}');
    expect(local.describe({ path: 'claims/', path_template: '{date}/x' })).toBe('local:claims/{date}/x');
  });

  test('find the root that holds a folder', () => {
    expect(findPlace('', ['/a', '/b'])).toEqual({ root: '/a', folder: '/a' });
    expect(findPlace('/b/c', ['/a', '/b'])).toEqual({ root: '/b', folder: '/b/c' });
    expect(findPlace('/c', ['/a', '/b'])).toBeUndefined();
    expect(findPlace('x', [])).toBeUndefined();
  });
});

describe('the connection test', () => {
  const outcomes = (steps: { step: string; outcome: string }[]): string[] =>
    steps.map((step) => `${step.step} ${step.outcome}`);

  test('writes, reads back and removes', async () => {
    const result = await connect({ path: 'claims' }).check(never);
    expect(result).toMatchObject({ success: true, message: expect.stringContaining('inbox/claims') });
    expect(outcomes(result.steps)).toEqual([
      'settings ok',
      'make folder ok',
      'write ok',
      'verify ok',
      'clean up ok',
    ]);
    expect(await filesIn(root)).toEqual([]);
  });

  test('notes a template under which photos overwrite each other', async () => {
    const { success, steps } = await connect({ path_template: '{filename}' }).check(never);
    expect(success).toBe(true);
    expect(steps[0]).toMatchObject({ outcome: 'noted', advice: expect.stringContaining('{image_id}') });
  });

  test('says where it failed and what to do', async () => {
    await mkdir(root);
    await writeFile(path.join(root, 'claims'), 'a file');
    const blocked = await connect({ path: 'claims' }).check(never);
    expect(blocked).toMatchObject({
      success: false,
      error: 'make folder failed',
      message: expect.stringContaining('Move it away'),
    });
    expect(outcomes(blocked.steps)).toEqual(['settings ok', 'make folder failed']);
    expect(blocked.steps[1]?.advice).toBe('Move it away or change the template.');
    const aborted = await connect().check(AbortSignal.abort());
    expect(aborted).toMatchObject({ success: false, error: 'make folder failed' });
    const outside = await connect({ path: base }).check(never);
    expect(outside).toMatchObject({
      success: false,
      message: expect.stringContaining('APERTUR_LOCAL_ROOTS'),
    });
  });
});
