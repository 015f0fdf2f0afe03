/**
 * Memory of the whole process tree while a hundred photos come in at once: from phones on slow lines, each of which has
 * begun before the first ends, and then from fast lines, as fast as the machine can.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Product, type ProductKey, startProduct } from '../test/helpers/product.ts';
import { Connection, formOf, headOf, makePhoto } from './load.ts';
import { forgetPeak, peakBytes, residentBytes } from './process-tree.ts';
import { type Report, round } from './report.ts';
import { makeUploadPaths } from './sessions.ts';

const megabyte = 1024 * 1024;
const phones = 100;
const photoBytes = 5_000_000;
const sliceBytes = 65_536;
/** Slow lines: all photos together take so long at least. */
const slowSeconds = 8;
const goalMegabytes = 160;

export async function measureMemory(report: Report): Promise<void> {
  const product = await startProduct();
  try {
    const owner = await product.createKey();
    const body = formOf(await makePhoto(photoBytes));
    const idle = await idleBytes(product.pid);
    report.note(`idle ${inMegabytes(idle)} MB`);
    const slow = await measure(product, owner, body, slowSeconds);
    const fast = await measure(product, owner, body, 0);
    for (const [name, { sampled, peak }] of Object.entries({ slow, fast })) {
      report.note(
        `${name} lines: ${inMegabytes(sampled)} MB at the most in samples, ${inMegabytes(peak)} MB by the kernel's own mark`,
      );
    }
    const most = Math.max(slow.sampled, slow.peak, fast.sampled, fast.peak);
    const above = inMegabytes(most - idle);
    const rows = [
      { name: 'Apertur, slow lines', figure: inMegabytes(Math.max(slow.sampled, slow.peak) - idle) },
      { name: 'Apertur, fast lines', figure: inMegabytes(Math.max(fast.sampled, fast.peak) - idle) },
      { name: 'the photos themselves', figure: inMegabytes(phones * photoBytes) },
    ];
    const what = 'Memory above idle for 100 photos of 5 MB at once';
    const goal = { atMost: goalMegabytes, unit: 'MB' };
    report.bar('upload-memory', above, goal, { what, rows, limit: goalMegabytes });
  } finally {
    await product.stop();
    await product.remove();
  }
}

/** The least of a few moments after the start. */
async function idleBytes(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 20; turn++) {
    await pause(100);
    least = Math.min(least, residentBytes(pid));
  }
  return least;
}

interface Most {
  sampled: number;
  peak: number;
}

async function measure(product: Product, owner: ProductKey, body: Buffer, seconds: number): Promise<Most> {
  const paths = await makeUploadPaths(product, owner, phones);
  const port = Number(new URL(product.url).port);
  const connections = await Promise.all(paths.map(() => Connection.open(port)));
  forgetPeak(product.pid);
  let sampled = 0;
  const sampler = setInterval(() => {
    sampled = Math.max(sampled, residentBytes(product.pid));
  }, 20);
  const answers = connections.map((connection) => connection.answer());
  connections.forEach((connection, index) => {
    connection.socket.write(headOf(paths[index]!, body.length));
  });
  await sendInSlices(connections, body, seconds);
  const statuses = await Promise.all(answers);
  clearInterval(sampler);
  for (const connection of connections) connection.close();
  if (statuses.some((status) => status !== 201)) throw new Error(`Answered ${statuses.join()}`);
  return { sampled, peak: peakBytes(product.pid) };
}

/** A slice to each in turn: the last slice of the first photo goes out after the last photo has long begun. */
async function sendInSlices(connections: Connection[], body: Buffer, seconds: number): Promise<void> {
  const slices = Math.ceil(body.length / sliceBytes);
  const started = performance.now();
  for (let slice = 0; slice < slices; slice++) {
    const bytes = body.subarray(slice * sliceBytes, (slice + 1) * sliceBytes);
    await Promise.all(
      connections.map(({ socket }) => new Promise<void>((resolve) => socket.write(bytes, () => resolve()))),
    );
    const due = started + ((slice + 1) / slices) * seconds * 1_000;
    await pause(Math.max(0, due - performance.now()));
  }
}

const inMegabytes = (bytes: number): number => round(bytes / megabyte);
