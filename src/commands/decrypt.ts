/** `apertur decrypt`: opens photos that were encrypted end to end. Needs the private key and the files, and no server. */
import { constants, createPrivateKey, type KeyObject, privateDecrypt, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../errors.ts';
import { openEnvelope } from '../images/decrypt.ts';
import { checkAlgorithm, EnvelopeReader } from '../images/envelope.ts';
import { cleanFilename } from '../images/filename.ts';
import { createScratch } from '../storage/scratch.ts';

const usage =
  'Use: apertur decrypt --key private.pem [--key older.pem] [--passphrase-file FILE] [--out DIR] [--force] FILE…';

/** Returns the exit code: 0 when every file was opened, 1 when one was not, 2 for a wrong use. */
export async function decryptCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      'passphrase-file': { type: 'string' },
      out: { type: 'string', default: '.' },
      force: { type: 'boolean', default: false },
    },
  });
  if (positionals.length === 0 || values.key.length === 0) {
    console.error(usage);
    return 2;
  }
  const passphraseFile = values['passphrase-file'];
  const passphrase =
    passphraseFile === undefined ? undefined : (await readFile(passphraseFile, 'utf8')).trim();
  const keys: KeyObject[] = [];
  for (const file of values.key) keys.push(await readKey(file, passphrase));
  await mkdir(values.out, { recursive: true });
  let failed = 0;
  for (const file of positionals) {
    try {
      const made = await decryptFile(file, keys, { out: values.out, force: values.force });
      console.log(`${file} → ${made}`);
    } catch (error) {
      failed += 1;
      console.error(`${file}: ${sentence(error)}`);
    }
  }
  return failed === 0 ? 0 : 1;
}

async function readKey(file: string, passphrase: string | undefined): Promise<KeyObject> {
  const pem = await readFile(file, 'utf8');
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    throw new Error(
      `${file} is no private key as PEM, or its passphrase is not right. A passphrase comes from --passphrase-file.`,
    );
  }
}

/** Writes the photo beside others in `out`, whole or not at all. Returns its path. */
async function decryptFile(
  file: string,
  keys: readonly KeyObject[],
  { out, force }: { out: string; force: boolean },
): Promise<string> {
  const reader = new EnvelopeReader(createReadStream(file), {
    maxBytes: Number.POSITIVE_INFINITY,
    tooLarge: () => new AppError(413, 'FILE_TOO_LARGE', 'The file is too large.'),
  });
  if (!(await reader.findData())) throw new Error('This is no encrypted photo: it has no encryptedData.');
  checkAlgorithm(reader.members);
  const photo = openEnvelope(reader, {
    unwrap: async (wrapped) => unwrap(wrapped, keys),
    scratch: createScratch({ directory: path.join(tmpdir(), 'apertur') }),
    maxBytes: Number.POSITIVE_INFINITY,
    tooLarge: () => new Error('The file is too large.'),
  });
  const part = path.join(out, `.${randomBytes(8).toString('hex')}.part`);
  try {
    await writeAll(part, photo);
    const { filename } = await reader.finish();
    const made = path.join(
      out,
      cleanFilename(filename || path.basename(file).replace(/(\.enc|\.json)+$/i, '')),
    );
    if (!force) await reserve(made);
    await rename(part, made);
    return made;
  } finally {
    await rm(part, { force: true });
  }
}

/** Takes the name, so that a file that is there is never replaced, also not one that appears at this moment. */
async function reserve(file: string): Promise<void> {
  try {
    await (await open(file, 'wx')).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(
      `${file} is there already. Choose another folder with --out, or replace it with --force.`,
    );
  }
}

async function writeAll(file: string, photo: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of photo) await handle.appendFile(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Random bytes when no key fits: the photo then fails to open, for whatever reason. */
function unwrap(wrapped: Buffer, keys: readonly KeyObject[]): Buffer {
  for (const key of keys) {
    try {
      const opened = privateDecrypt(
        { key, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING },
        wrapped,
      );
      if (opened.length === 32) return opened;
    } catch {
      // Another key may fit.
    }
  }
  return randomBytes(32);
}

function sentence(error: unknown): string {
  if (error instanceof AppError && error.code === 'DECRYPTION_FAILED')
    return 'cannot be opened: it was made for another key, or was changed.';
  return (error as Error).message;
}
