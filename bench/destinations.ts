/**
 * 200 photos of 1 MB to each kind of file-like destination, beside `rclone copy --transfers 4` to the same server: in
 * turns, four at once on both sides. Ours is the whole product: rows that become due by a replay, claims, deliveries,
 * verification, settling. The figure is the median of the ratios of neighbouring rounds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDestination,
  type Product,
  type ProductKey,
  request,
  startProduct,
  waitUntil,
} from '../test/helpers/product.ts';
import { type FileServer, fileServers } from './file-servers.ts';
import { formOf, makePhoto, runRound } from './load.ts';
import { forgetPeak, peakBytes, processorMs, residentBytes } from './process-tree.ts';
import { createRclone, type Rclone } from './rclone.ts';
import { listOf, median, type Report, round, rowOf } from './report.ts';
import { makeUploadPaths } from './sessions.ts';

const photos = Number(process.env.PHOTOS ?? 200);
const photoBytes = 1_000_000;
const rounds = Number(process.env.ROUNDS ?? 5);
const kinds = process.env.KINDS?.split(',') ?? Object.keys(fileServers);
const megabyte = 1024 * 1024;
/** Above idle: what the photos of one round weigh. */
const goalMegabytes = 200;
/** The later rounds of a kind beside its first ones. Flat is 1; the rest is what a collector leaves lying for a while. */
const goalGrowth = 1.1;

export async function run(report: Report): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'apertur-bench-'));
  const photo = await makePhoto(photoBytes);
  const rclone = await createRclone(photo, photos);
  const localRoot = join(folder, 'open');
  const product = await startProduct({
    dataDir: join(folder, 'product'),
    settings: { LOCAL_ROOTS: localRoot, LOG_LEVEL: 'info' },
    nodeArgs: process.env.NODE_ARGS?.split(' ') ?? [],
  });
  try {
    report.version('rclone', rclone.version.replace(/^rclone v?/, ''));
    report.note(`${rclone.version}; its start (${round(rclone.startMs)} ms) is not counted`);
    const owner = await product.createKey();
    const memory: Memory = { idle: residentBytes(product.pid), peaks: new Map() };
    for (const kind of kinds) {
      const server = await fileServers[kind]!(localRoot);
      try {
        await measure(report, kind, { server, rclone, product, owner, photo, memory });
      } finally {
        await server.stop();
      }
    }
    tellMemory(report, memory);
  } finally {
    await product.stop();
    await product.remove();
    await rclone.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Memory {
  idle: number;
  /** The most in each of our rounds, in their order, for each kind. */
  peaks: Map<string, number[]>;
}

interface Stage {
  server: FileServer;
  rclone: Rclone;
  product: Product;
  owner: ProductKey;
  photo: Buffer;
  memory: Memory;
}

async function measure(report: Report, kind: string, stage: Stage): Promise<void> {
  const { rclone, product, owner, photo, memory } = stage;
  await rclone.add(kind, stage.server.remote);
  const ours = await createSide(kind, stage);
  // Both warm up: connections, compiled code, made folders.
  const paths = await makeUploadPaths(product, owner, photos, { destination_ids: [ours.destination] });
  await ours.expect(() =>
    runRound({ port: Number(new URL(product.url).port), paths, body: formOf(photo), atOnce: 4 }),
  );
  await rclone.copy(kind, 'warm');
  await rclone.remove(kind, 'warm');
  const times = { ours: [] as number[], theirs: [] as number[] };
  /** Theirs once the disk holds it, where that can be told. */
  const lasting: number[] = [];
  const peaks: number[] = [];
  const spent = { ours: 0, theirs: 0 };
  for (let turn = 0; turn < rounds; turn++) {
    const we = async (): Promise<void> => {
      forgetPeak(product.pid);
      const before = processorMs(product.pid);
      times.ours.push(await ours.deliver(`ours-${turn}`));
      spent.ours += processorMs(product.pid) - before;
      peaks.push(peakBytes(product.pid));
    };
    const they = async (): Promise<void> => {
      const copied = await rclone.copy(kind, `theirs-${turn}`);
      times.theirs.push(copied.ms);
      spent.theirs += copied.processorMs;
      if (!stage.server.sync) return;
      const started = performance.now();
      await stage.server.sync();
      lasting.push(copied.ms + performance.now() - started);
    };
    for (const side of turn % 2 === 0 ? [they, we] : [we, they]) await side();
    for (const name of ['ours', 'theirs']) await expectAll(rclone, kind, `${name}-${turn}`);
  }
  memory.peaks.set(kind, peaks);
  const ratios = times.theirs.map((theirs, at) => theirs / times.ours[at]!);
  const seconds = (ms: number[]): string =>
    `${round(median(ms) / 1_000)} s (${listOf(ms.map((t) => t / 1_000))})`;
  report.note(`${kind}: Apertur ${seconds(times.ours)}, rclone ${seconds(times.theirs)}`);
  if (lasting.length > 0) {
    const beside = lasting.map((theirs, at) => theirs / times.ours[at]!);
    report.note(
      `${kind}: rclone, then a sync of the file system, ${seconds(lasting)}; ours synced each photo: ratios ${listOf(beside)}`,
    );
  }
  const each = (ms: number): number => round(ms / rounds / photos);
  report.note(
    `${kind}: processor time a photo ${each(spent.ours)} ms, rclone ${each(spent.theirs)} ms; ratios ${listOf(ratios)}`,
  );
  const rates = (ms: number[]): number[] => ms.map((t) => (photos * photoBytes) / 1_000 / t);
  const rows = [rowOf('Apertur', rates(times.ours)), rowOf('rclone', rates(times.theirs))];
  report.bar(
    `destinations-${kind}`,
    median(ratios),
    { atLeast: 1 },
    {
      what: `${photos} photos of 1 MB: ${kind}`,
      unit: 'MB/s',
      rows,
      limit: rows[1]!.figure,
      rounds: ratios,
    },
  );
}

/** Whoever is faster because half is missing, is not. */
async function expectAll(rclone: Rclone, kind: string, folder: string): Promise<void> {
  const { count, bytes } = await rclone.size(kind, folder);
  if (count !== photos || bytes !== photos * photoBytes) {
    throw new Error(`${kind}: ${count} files with ${bytes} bytes arrived in ${folder}`);
  }
  await rclone.remove(kind, folder);
}

interface Side {
  destination: string;
  /** Delivers all photos again, into another folder. Milliseconds from the first attempt to the last settled one. */
  deliver(folder: string): Promise<number>;
  /** Waits until `work` has led to a delivery of each photo. */
  expect(work: () => Promise<unknown>): Promise<number>;
}

async function createSide(kind: string, { server, product, owner }: Stage): Promise<Side> {
  const templateIn = (folder: string) => ({ [server.template]: `${folder}/{image_id}.{ext}` });
  const config = { ...server.config, ...templateIn('warm-ours') };
  const destination = await createDestination(product, owner, { type: server.type, name: kind, config });
  const project = `${product.url}/api/v1/projects/${owner.projectId}`;

  async function expect(work: () => Promise<unknown>): Promise<number> {
    const from = product.log.length;
    await work();
    const attempts = () =>
      product.log.slice(from).filter((line) => line.msg === 'attempt' && line.destination === destination);
    const missed = () => attempts().find((line) => line.outcome !== 'sent');
    await waitUntil('all photos are delivered', () => attempts().length >= photos || missed() !== undefined, {
      withinMs: 120_000,
      everyMs: 50,
    });
    const failed = missed();
    if (failed) throw new Error(`${kind}: an attempt failed: ${JSON.stringify(failed)}`);
    const lines = attempts() as unknown as { time: string | number; ms: number }[];
    const ended = lines.map(({ time }) => new Date(time).getTime());
    const begun = lines.map(({ ms }, at) => ended[at]! - ms);
    return Math.max(...ended) - Math.min(...begun);
  }

  return {
    destination,
    expect,
    async deliver(folder) {
      const place = `${project}/destinations/${destination}`;
      await send(place, 'PATCH', owner.key, { config: templateIn(folder) });
      return await expect(() =>
        send(`${project}/replays`, 'POST', owner.key, {
          destinationId: destination,
          only: 'all',
          ratePerSecond: 1_000,
        }),
      );
    },
  };
}

async function send(url: string, method: string, key: string, body: unknown): Promise<void> {
  const answer = await request(url, { method, key, body });
  if (answer.status >= 300)
    throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

function tellMemory(report: Report, { idle, peaks }: Memory): void {
  const inMegabytes = (bytes: number): number => round(bytes / megabyte);
  report.note(`memory: idle ${inMegabytes(idle)} MB`);
  const growths: number[] = [];
  for (const [kind, each] of peaks) {
    const half = Math.ceil(each.length / 2);
    growths.push(median(each.slice(-half)) / median(each.slice(0, half)));
    report.note(`memory with ${kind}: at most ${listOf(each.map((peak) => peak / megabyte))} MB`);
  }
  const most = Math.max(...[...peaks.values()].flat());
  report.bar(
    'destinations-memory',
    inMegabytes(most - idle),
    { atMost: goalMegabytes, unit: 'MB' },
    { what: 'Memory above idle, the most of all kinds' },
  );
  report.bar(
    'destinations-memory-growth',
    Math.max(...growths),
    { atMost: goalGrowth },
    { what: 'Memory of later rounds beside the first ones', unit: '×' },
  );
}
