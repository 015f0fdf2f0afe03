/** The bytes of a file over SFTP, with several requests under way at once: one by one each would wait for the last. */
import type { SftpRequests } from './sftp-requests.ts';

/** What every server takes in one request (draft-ietf-secsh-filexfer §3: packets of 34,000 bytes). */
const pieceBytes = 32_768;
/** Bytes sent and not yet acknowledged; also what a transfer holds in memory. */
const aheadBytes = 2 * 1_048_576;

/** Writes from the start of an open file. Rejects with the first refusal, or with what reading the source throws. */
export async function writeFile(
  requests: SftpRequests,
  handle: Buffer,
  source: AsyncIterable<Buffer>,
): Promise<void> {
  const { sftp } = requests;
  let at = 0;
  let ahead = 0;
  let failure: { error: unknown } | undefined;
  let wake: () => void = () => {};
  const moved = (): Promise<void> =>
    new Promise((done) => {
      wake = done;
    });
  const write = (piece: Buffer): void => {
    ahead += piece.length;
    const position = at;
    at += piece.length;
    requests
      .ask<void>((done) => sftp.write(handle, piece, 0, piece.length, position, done))
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        ahead -= piece.length;
        wake();
      });
  };
  for await (const chunk of source) {
    for (let start = 0; start < chunk.length; start += pieceBytes) {
      while (ahead >= aheadBytes && !failure) await moved();
      if (failure) throw failure.error;
      write(chunk.subarray(start, start + pieceBytes));
    }
  }
  while (ahead > 0 && !failure) await moved();
  if (failure) throw failure.error;
}

/** Reads a file of a known size, in order. Rejects with SftpRefusal. */
export async function readFile(
  requests: SftpRequests,
  name: string,
  size: number,
  take: (chunk: Buffer) => void,
): Promise<void> {
  const { sftp } = requests;
  const handle = await requests.ask<Buffer>((done) => sftp.open(name, 'r', done));
  try {
    const read = async (at: number): Promise<Buffer> => {
      const wanted = Math.min(pieceBytes, size - at);
      const piece = Buffer.allocUnsafe(wanted);
      for (let got = 0; got < wanted; ) {
        const start = got;
        got += await requests.ask<number>((done) =>
          sftp.read(handle, piece, start, wanted - start, at + start, done),
        );
        if (got === start) return piece.subarray(0, got);
      }
      return piece;
    };
    const under: Promise<Buffer>[] = [];
    for (let next = 0, at = 0; at < size; at += pieceBytes) {
      for (; next < size && under.length < aheadBytes / pieceBytes; next += pieceBytes) {
        const piece = read(next);
        piece.catch(() => undefined);
        under.push(piece);
      }
      take(await under.shift()!);
    }
  } finally {
    await requests.ask<void>((done) => sftp.close(handle, done)).catch(() => undefined);
  }
}
