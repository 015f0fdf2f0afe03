/**
 * Opening photos that were encrypted for the server (contract §3.2): AES-256-GCM under a key that is wrapped with RSA.
 *
 * Where the wrapped key comes before the sealed photo, as most clients write it, the photo is opened as it arrives. Where it
 * comes later (maps that sort their names, or do not), the sealed bytes wait in a file. Either way memory stays small, and
 * nothing of the photo counts before its tag was checked.
 */
import { createDecipheriv, randomBytes } from 'node:crypto';
import { invalid } from '../errors.ts';
import type { Scratch, ScratchFile } from '../storage/scratch.ts';
import { decodeBase64 } from './base64-reader.ts';
import { cannotOpen, type EnvelopeMembers, type EnvelopeReader } from './envelope.ts';

const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** Unwraps the key of a photo. Gives 32 random bytes when nothing fits: the tag fails then, like for any other reason. */
export type Unwrap = (wrapped: Buffer) => Promise<Buffer>;

export interface SealedKey {
  key: Buffer;
  iv: Buffer;
}

/**
 * The photo of an envelope whose data has been found, in clear. It is whole and true only when this ends without an error:
 * throws AppError 400 `DECRYPTION_FAILED` behind the last chunk when the tag is wrong. `maxBytes` bounds what waits.
 */
export async function* openEnvelope(
  reader: EnvelopeReader,
  options: { unwrap: Unwrap; scratch: Scratch; maxBytes: number; tooLarge: () => Error },
): AsyncGenerator<Buffer> {
  const early = reader.members;
  if (early.encryptedKey !== undefined && early.iv !== undefined) {
    yield* decrypt(reader.data(), await unwrapKey(early, options.unwrap));
    return;
  }
  const waiting = await options.scratch.create();
  try {
    await keepAll(reader.data(), waiting, options);
    const members = await reader.finish();
    yield* decrypt(waiting.read(), await unwrapKey(members, options.unwrap));
  } finally {
    await waiting.close();
  }
}

async function keepAll(
  data: AsyncIterable<Buffer>,
  file: ScratchFile,
  { maxBytes, tooLarge }: { maxBytes: number; tooLarge: () => Error },
): Promise<void> {
  let length = 0;
  for await (const chunk of data) {
    length += chunk.length;
    if (length > maxBytes + tagBytes) throw tooLarge();
    await file.write(chunk);
  }
}

/** Throws AppError 400 when a member is missing. What is there but wrong shows in the tag. */
async function unwrapKey({ encryptedKey, iv }: EnvelopeMembers, unwrap: Unwrap): Promise<SealedKey> {
  const missing = encryptedKey === undefined ? 'encryptedKey' : iv === undefined ? 'iv' : undefined;
  if (missing !== undefined) throw invalid(`${missing} is missing in the encrypted photo.`);
  const bytes = decodeBase64(iv!);
  const key = await unwrap(decodeBase64(encryptedKey!) ?? Buffer.alloc(0));
  if (bytes?.length === ivBytes) return { key, iv: bytes };
  return { key: randomBytes(keyBytes), iv: Buffer.alloc(ivBytes) };
}

/** AES-256-GCM of `ciphertext || tag`, without additional data. Throws AppError 400 behind the last chunk when the tag is wrong. */
export async function* decrypt(
  sealed: AsyncIterable<Buffer>,
  { key, iv }: SealedKey,
): AsyncGenerator<Buffer> {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  // The last bytes are the tag, and which are the last shows at the end.
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of sealed) {
    const fromHeld = Math.min(held.length, Math.max(0, held.length + chunk.length - tagBytes));
    const fromChunk = Math.max(0, chunk.length - tagBytes);
    const first = decipher.update(held.subarray(0, fromHeld));
    if (first.length > 0) yield first;
    const second = decipher.update(chunk.subarray(0, fromChunk));
    if (second.length > 0) yield second;
    held = Buffer.concat([held.subarray(fromHeld), chunk.subarray(fromChunk)]);
  }
  if (held.length < tagBytes) throw cannotOpen();
  decipher.setAuthTag(held);
  let last: Buffer;
  try {
    last = decipher.final();
  } catch {
    throw cannotOpen();
  }
  if (last.length > 0) yield last;
}
