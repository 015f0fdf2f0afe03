/** The bytes of a file over SFTP, with several requests under way at once: one by one each would wait for the last. */
import { createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import type { SFTPWrapper } from 'ssh2';
import type { SftpRequests } from './sftp-requests.ts';

/** What every server takes in one request, and what OpenSSH takes in one packet, with all that stands around it. */
const packetBytes = 32_768;
/** Type, id, offset and three lengths (draft-ietf-secsh-filexfer §6.4), to which the handle comes. */
const writeHeaderBytes = 25;
/**
 * Packets in one request, where the server takes that much: each request is answered, and an answer costs as much as a
 * packet. More would let a slow road look like a silent server.
 */
const packetsTogether = 4;
/** Bytes sent and not yet acknowledged; also what a transfer holds in memory. */
const aheadBytes = 2 * 1_048_576;

/** Writes from the start of an open file. Rejects with the first refusal, or with what reading the source throws. */
export async function writeFile(
  requests: SftpRequests,
  handle: Buffer,
  source: AsyncIterable<Buffer>,
): Promise<void> {
  const { sftp } = requests;
  spareCiphers(sftp);
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
  for await (const piece of inPieces(source, requestBytes(sftp) - writeHeaderBytes - handle.length)) {
    while (ahead >= aheadBytes && !failure) await moved();
    if (failure) throw failure.error;
    write(piece);
  }
  while (ahead > 0 && !failure) await moved();
  if (failure) throw failure.error;
}

/** ssh2 knows what an OpenSSH takes, and asks servers that have a word for it (limits@openssh.com). */
function requestBytes(sftp: SFTPWrapper): number {
  const { _maxWriteLen: most = 0 } = sftp as { _maxWriteLen?: number };
  return most >= packetsTogether * packetBytes ? packetsTogether * packetBytes : packetBytes;
}

interface Cipher {
  _encKey?: Buffer | KeyObject;
  _encSSLName?: string;
  allocPacket?(payloadBytes: number): Buffer;
}

interface Ciphers {
  _cipher?: Cipher;
  _decipher?: { _decipherKey?: Buffer | KeyObject };
}

/**
 * ssh2 hands its key to Node anew for each packet, and Node finds out with two exceptions that plain bytes are no key
 * object: a fifth of the processor time of an upload. Given a key object, it asks nothing. And it asks for the few random
 * bytes at the end of each packet by themselves: another tenth. The ciphers are ssh2's own affair and others after keys were
 * exchanged again, so this looks before each file, and lets be what it does not know.
 */
function spareCiphers(sftp: SFTPWrapper): void {
  const { _protocol: protocol } = sftp as { _protocol?: Ciphers };
  const { _cipher: cipher, _decipher: decipher } = protocol ?? {};
  if (cipher && Buffer.isBuffer(cipher._encKey)) {
    cipher._encKey = createSecretKey(cipher._encKey);
    if (/^aes-\d+-gcm$/.test(cipher._encSSLName ?? '')) cipher.allocPacket = allocatePacket;
  }
  if (decipher && Buffer.isBuffer(decipher._decipherKey)) {
    decipher._decipherKey = createSecretKey(decipher._decipherKey);
  }
}

const gcmBlockBytes = 16;

/** A packet with all but its payload (RFC 4253 §6; RFC 5647 §7.2: the length is no part of what is padded). */
function allocatePacket(payloadBytes: number): Buffer {
  const ragged = (1 + payloadBytes) % gcmBlockBytes;
  const short = gcmBlockBytes - ragged;
  const paddingBytes = short < 4 ? short + gcmBlockBytes : short;
  const packet = Buffer.allocUnsafe(4 + 1 + payloadBytes + paddingBytes);
  packet.writeUInt32BE(packet.length - 4, 0);
  packet[4] = paddingBytes;
  packet.set(takeRandom(paddingBytes), 5 + payloadBytes);
  return packet;
}

const random = Buffer.allocUnsafe(16_384);
let randomTaken = random.length;

/** Fresh random bytes; none is given twice. */
function takeRandom(bytes: number): Buffer {
  if (randomTaken + bytes > random.length) {
    randomFillSync(random);
    randomTaken = 0;
  }
  randomTaken += bytes;
  return random.subarray(randomTaken - bytes, randomTaken);
}

/** Copied only where a piece begins in one chunk and ends in another. What was given stays as it is. */
async function* inPieces(source: AsyncIterable<Buffer>, length: number): AsyncGenerator<Buffer> {
  let piece: Buffer | undefined;
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      if (filled === 0 && chunk.length - at >= length) {
        yield chunk.subarray(at, at + length);
        at += length;
        continue;
      }
      piece ??= Buffer.allocUnsafe(length);
      const copied = chunk.copy(piece, filled, at);
      at += copied;
      filled += copied;
      if (filled < length) continue;
      yield piece;
      piece = undefined;
      filled = 0;
    }
  }
  if (piece) yield piece.subarray(0, filled);
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
