/** Uploads to the product and to a peer, in turns, from one generator. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Product, ProductKey } from '../test/helpers/product.ts';
import { runRound } from './load.ts';
import { processorMs } from './process-tree.ts';
import { listOf, median, type Report, round, rowOf } from './report.ts';
import { makeUploadPaths } from './sessions.ts';

export interface Comparison {
  name: string;
  what: string;
  photoBytes: number;
  atOnce: number;
  /** Requests a round, to each of both. */
  requests: number;
  rounds: number;
  atLeast: number;
}

export interface Sides {
  bare: Peer;
  product: Product;
  owner: ProductKey;
  body: Buffer;
  /** Between rounds. */
  clear?(): Promise<void>;
}

/** Rounds in turns; the bar is the median of the ratios of neighbouring ones. */
export async function measureUploads(report: Report, comparison: Comparison, sides: Sides): Promise<void> {
  const { name, what, atOnce, requests, rounds, atLeast } = comparison;
  const { bare, product, owner, body } = sides;
  const productPort = Number(new URL(product.url).port);
  const spent = { bare: 0, product: 0 };
  const toBare = async (): Promise<number> => {
    const before = processorMs(bare.pid);
    const rate = await runRound({
      port: bare.port,
      paths: new Array<string>(requests).fill('/'),
      body,
      atOnce,
    });
    spent.bare += processorMs(bare.pid) - before;
    return rate;
  };
  const toProduct = async (): Promise<number> => {
    const paths = await makeUploadPaths(product, owner, requests);
    const before = processorMs(product.pid);
    const rate = await runRound({ port: productPort, paths, body, atOnce });
    spent.product += processorMs(product.pid) - before;
    return rate;
  };
  // Both warm up: compiled code, made directories.
  for (let turn = 0; turn < 2; turn++) {
    await toBare();
    await toProduct();
  }
  spent.bare = 0;
  spent.product = 0;
  const ratios: number[] = [];
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let turn = 0; turn < rounds; turn++) {
    const bareFirst = turn % 2 === 0;
    const first = await (bareFirst ? toBare() : toProduct());
    const second = await (bareFirst ? toProduct() : toBare());
    const [their, our] = bareFirst ? [first, second] : [second, first];
    theirs.push(their);
    ours.push(our);
    ratios.push(our / their);
    await sides.clear?.();
  }
  report.note(`bare server   ${round(median(theirs))} photos/s (${listOf(theirs)})`);
  report.note(`Apertur       ${round(median(ours))} photos/s (${listOf(ours)})`);
  const each = (ms: number): number => round(ms / rounds / requests);
  report.note(
    `processor time a photo: bare server ${each(spent.bare)} ms, Apertur ${each(spent.product)} ms`,
  );
  report.note(`ratios        ${listOf(ratios)}`);
  const rows = [rowOf('Apertur', ours), rowOf('bare server', theirs)];
  const limit = atLeast * median(theirs);
  report.bar(name, median(ratios), { atLeast }, { what, unit: 'photos/s', rows, limit, rounds: ratios });
}

export interface Peer {
  pid: number;
  port: number;
  stop(): void;
}

/** Starts a server of `bench/peers/` that prints its port. */
export async function startPeer(
  name: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Peer> {
  const file = fileURLToPath(new URL(`./peers/${name}`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // As many threads for files as the product takes.
    env: { ...process.env, UV_THREADPOOL_SIZE: '16', ...env },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  return { pid: child.pid!, port: Number(line), stop: () => void child.kill('SIGKILL') };
}
