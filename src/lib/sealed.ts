/**
 * Sealed secrets: AES-256-GCM with the key's id inside each value, so that keys can be rotated, and with a context that
 * is authenticated but not stored, so that a value copied into another row does not open there.
 *
 * Form: `v1.<key id>.<iv>.<ciphertext and tag>`, binary parts in base64url.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
const maxPlainBytes = 1_048_576;
const maxKeyFileBytes = 65_536;

export interface SealingKey {
  /** First 8 hex digits of the SHA-256 of the key. */
  id: string;
  key: Buffer;
}

export interface Sealer {
  /** Seals at most 1 MiB of text with the newest key. `context` names the place, e.g. `destination:dest_01J9…`. */
  seal(plain: string, context: string): string;
  /** Opens what was sealed under the same context, with whichever key sealed it. Throws `SealedError`. */
  open(sealed: string, context: string): string;
  /** Whether the newest key sealed this value; a value that it did not seal wants to be sealed anew after a rotation. */
  isCurrent(sealed: string): boolean;
  /** Newest first. */
  readonly keyIds: readonly string[];
}

/** Why a secret cannot be sealed, opened, or why there is no key. Messages never carry a key or a plain text. */
export class SealedError extends Error {
  readonly reason: 'unknown-key' | 'damaged' | 'too-long' | 'bad-key' | 'unsafe-file';

  constructor(reason: SealedError['reason'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'SealedError';
    this.reason = reason;
  }
}

/** First 8 hex digits of the SHA-256 of the key: names it without telling anything about it. */
export function sealingKeyId(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8);
}

/** The first key seals, all keys open. Throws `SealedError` when there is none or one is not 32 bytes long. */
export function createSealer(options: { keys: readonly SealingKey[] }): Sealer {
  const [newest] = options.keys;
  if (!newest) throw new SealedError('bad-key', 'Sealing needs at least one key.');
  for (const { id, key } of options.keys) {
    if (key.length !== keyBytes) throw new SealedError('bad-key', `Sealing key ${id} is not 32 bytes long.`);
    if (!/^[0-9a-z]{1,64}$/.test(id)) throw new SealedError('bad-key', 'A sealing key has an unusable id.');
  }
  return {
    keyIds: options.keys.map((key) => key.id),
    isCurrent: (sealed) => sealed.startsWith(`v1.${newest.id}.`),
    seal: (plain, context) => seal(newest, plain, context),
    open: (sealed, context) => openSealed(options.keys, sealed, context),
  };
}

/** The head is authenticated too, so that a value cannot be relabelled as sealed by another key or version. */
function additionalData(keyId: string, context: string): Buffer {
  return Buffer.from(`v1.${keyId}.${context}`, 'utf8');
}

function seal({ id, key }: SealingKey, plain: string, context: string): string {
  const bytes = Buffer.from(plain, 'utf8');
  if (bytes.length > maxPlainBytes) {
    throw new SealedError('too-long', 'A secret may be at most 1 MiB of text.');
  }
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  cipher.setAAD(additionalData(id, context));
  const sealed = Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  return `v1.${id}.${iv.toString('base64url')}.${sealed.toString('base64url')}`;
}

function openSealed(keys: readonly SealingKey[], sealed: string, context: string): string {
  const [version, id, ivText, sealedText, ...rest] = sealed.split('.');
  if (version !== 'v1' || !id || ivText === undefined || sealedText === undefined || rest.length > 0) {
    throw new SealedError('damaged', 'This is not a sealed value that this version understands.');
  }
  const found = keys.find((key) => key.id === id);
  if (!found) {
    throw new SealedError(
      'unknown-key',
      `This secret was sealed with key ${id.slice(0, 64)}, which is not among the keys given (${keys.map((key) => key.id).join(', ')}). Add that key after the newest one, or enter the secret again.`,
    );
  }
  const iv = Buffer.from(ivText, 'base64url');
  const bytes = Buffer.from(sealedText, 'base64url');
  if (iv.length !== ivBytes || bytes.length < tagBytes) {
    throw new SealedError('damaged', 'This sealed value is cut short.');
  }
  try {
    const decipher = createDecipheriv('aes-256-gcm', found.key, iv, { authTagLength: tagBytes });
    decipher.setAAD(additionalData(id, context));
    decipher.setAuthTag(bytes.subarray(bytes.length - tagBytes));
    const plain = Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()]);
    return plain.toString('utf8');
  } catch (cause) {
    throw new SealedError('damaged', 'This sealed value was changed, or belongs to another place.', cause);
  }
}

/**
 * The sealer of this installation: from the setting's value when there is one (32 bytes as hex or base64; several comma
 * separated, newest first), else from `file` (one key a line, newest first), which is made with mode 0600 when absent.
 * Throws `SealedError` with a sentence for the operator.
 */
export async function loadSealer(options: { secretKey?: string | undefined; file: string }): Promise<Sealer> {
  const setting = options.secretKey?.trim();
  if (setting) return createSealer({ keys: parseKeys(setting.split(','), 'APERTUR_SECRET_KEY') });
  const text = (await readKeyFile(options.file)) ?? (await makeKeyFile(options.file));
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return createSealer({ keys: parseKeys(lines, `The key file ${options.file}`) });
}

function parseKeys(texts: readonly string[], source: string): SealingKey[] {
  if (texts.length === 0) {
    throw new SealedError('bad-key', `${source} holds no key. Put back the file that sealed your secrets.`);
  }
  return texts.map((text, position) => {
    const key = parseKey(text.trim());
    if (key) return { id: sealingKeyId(key), key };
    throw new SealedError(
      'bad-key',
      `${source}: key ${position + 1} of ${texts.length} is not 32 bytes as 64 hex digits or base64. Make one with: openssl rand -hex 32`,
    );
  });
}

function parseKey(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  return undefined;
}

/** The text of the key file, or undefined when there is none. Looks at the opened file, so that it cannot be swapped. */
async function readKeyFile(path: string): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SealedError('unsafe-file', `The key file ${path} cannot be read.`, error);
  }
  try {
    await assertPrivate(file, path);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function assertPrivate(file: FileHandle, path: string): Promise<void> {
  const stat = await file.stat();
  if (!stat.isFile()) throw new SealedError('unsafe-file', `The key file ${path} is not a file.`);
  // Windows has no such mode bits: Node reports 0666 for every file there.
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
    throw new SealedError(
      'unsafe-file',
      `The key file ${path} can be read by others (mode ${mode}). Run: chmod 600 ${path}`,
    );
  }
  if (stat.size > maxKeyFileBytes) {
    throw new SealedError('unsafe-file', `The key file ${path} is larger than 64 KiB.`);
  }
}

/** Makes the file whole under another name first, then links it: of several processes that start at once, one wins. */
async function makeKeyFile(path: string): Promise<string> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${randomBytes(keyBytes).toString('hex')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await syncFolder(folder);
  } catch (error) {
    throw new SealedError('unsafe-file', `The key file ${path} cannot be made.`, error);
  } finally {
    await rm(temporary, { force: true });
  }
  const text = await readKeyFile(path);
  if (text === undefined)
    throw new SealedError('unsafe-file', `The key file ${path} vanished while starting.`);
  return text;
}

/** The name must survive a power cut too: secrets sealed with a key that is gone cannot be opened again. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // Folders cannot be opened there; the file system journals names.
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
