/** The bytes of one file on a data connection of FTP, watched for silence. */
import type net from 'node:net';

/** The data connection broke or stalled. */
export class DataLost extends Error {
  readonly stalled: boolean;
  constructor(stalled: boolean, cause?: unknown) {
    super('The data connection broke', { cause });
    this.stalled = stalled;
  }
}

/** Sends everything and ends. Rejects with DataLost, or with what reading the source throws. */
export async function send(source: AsyncIterable<Buffer>, data: net.Socket, stallMs: number): Promise<void> {
  const end = watch(data, stallMs);
  for await (const chunk of source) {
    if (end.lost) throw end.lost;
    if (!data.write(chunk)) await end.or(new Promise((done) => data.once('drain', done)));
  }
  await end.or(new Promise<void>((done) => data.end(done)));
}

/** Reads everything. Rejects with DataLost. */
export async function receive(
  data: net.Socket,
  stallMs: number,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const end = watch(data, stallMs);
  data.on('data', take);
  await end.or(new Promise<void>((done) => data.once('end', done)));
}

function watch(data: net.Socket, stallMs: number) {
  const watched: { lost: DataLost | undefined; or<T>(work: Promise<T>): Promise<T> } = {
    lost: undefined,
    or: async (work) => await Promise.race([work, failed]),
  };
  let fail: (error: DataLost) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  const lose = (stalled: boolean, cause?: unknown): void => {
    watched.lost ??= new DataLost(stalled, cause);
    fail(watched.lost);
  };
  data.on('error', (error) => lose(false, error)).on('close', () => lose(false));
  data.setTimeout(stallMs, () => {
    lose(true);
    data.destroy();
  });
  if (data.destroyed) lose(false);
  return watched;
}
