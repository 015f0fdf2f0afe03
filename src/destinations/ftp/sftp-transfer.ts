/** The bytes of a file over SFTP, with several requests under way at once: one by one each would wait for the last. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { SFTPWrapper } from 'ssh2';
import type { SftpRequests } from './sftp-requests.ts';

/** What every server takes in one request, and what OpenSSH takes in one packet, with all that stands around it. */
const packetBytes = 32_768;
/** Type, id, offset and three lengths (draft-ietf-secsh-filexfer §6.4), to which the handle comes. */
const writeHeaderBytes = 25;
/** Bytes sent and not yet acknowledged; also what a transfer holds in memory. */
const aheadBytes = 2 * 1_048_576;

/** Writes from the start of an open file. Rejects with the first refusal, or with what reading the source throws. */
export async function writeFile(
  requests: SftpRequests,
  handle: Buffer,
  source: AsyncIterable<Buffer>,
): Promise<void> {
  const { sftp } = requests;
  useKeyObject(sftp);
  let at = 0;
  let ahead = 0;
  let failure: { error: unknown } | undefined;
  let wake: () => void = () => {};
  const moved = (): Promise<void> =>
    new Promise((done) => {
      wake = done;
    });
  const write = (piece: Buffer): void => {
    const { length } = piece;
    const position = at;
    ahead += length;
    at += length;
    requests.tell<void>(
      (done) => sftp.write(handle, piece, 0, length, position, done),
      (error) => {
        if (error !== undefined) failure ??= { error };
        ahead -= length;
        wake();
      },
    );
  };
  for await (const piece of inPieces(source, packetBytes - writeHeaderBytes - handle.length)) {
    while (ahead >= aheadBytes && !failure) await moved();
    if (failure) throw failure.error;
    write(piece);
  }
  while (ahead > 0 && !failure) await moved();
  if (failure) throw failure.error;
}

/**
 * ssh2 hands its key to Node anew for each packet, and Node finds out with two exceptions that plain bytes are no key
 * object: a fifth of the processor time of an upload. Given a key object, it asks nothing. The cipher is ssh2's own affair
 * and another one after keys were exchanged again, so this looks before each file, and lets be what it does not know.
 */
function useKeyObject(sftp: SFTPWrapper): void {
  const { _protocol: protocol } = sftp as { _protocol?: { _cipher?: { _encKey?: Buffer | KeyObject } } };
  const cipher = protocol?._cipher;
  if (cipher && Buffer.isBuffer(cipher._encKey)) cipher._encKey = createSecretKey(cipher._encKey);
}

/** Each in a buffer of its own: what a server takes less of at a time, ssh2 reads again later. */
async function* inPieces(source: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafe(length);
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(piece, filled, at);
      at += copied;
      filled += copied;
      if (filled < length) continue;
      yield piece;
      piece = Buffer.allocUnsafe(length);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
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
      const wanted = Math.min(packetBytes, size - at);
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
    for (let next = 0, at = 0; at < size; at += packetBytes) {
      for (; next < size && under.length < aheadBytes / packetBytes; next += packetBytes) {
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
