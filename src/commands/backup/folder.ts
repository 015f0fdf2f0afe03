/**
 * What lies in a backup: `apertur.db` (all rows, an SQLite file whichever database they came from), `images/` (photos under
 * the keys of the storage), `secret.key` (what opens the sealed secrets), and `backup.json`, written last.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface BackupManifest {
  format: 1;
  /** ISO 8601. */
  made_at: string;
  /** Version of the schema. */
  schema: number;
  database: { rows: number; sha256: string };
  photos: { count: number; damaged: string[] };
  /** Whether `secret.key` is in it; otherwise the key is the operator's setting. */
  has_secret_key: boolean;
}

/** What a person can act on, told without a stack. */
export class BackupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BackupError';
  }
}

export interface BackupPlaces {
  database: string;
  images: string;
  secretKey: string;
  manifest: string;
}

export function backupPlaces(folder: string): BackupPlaces {
  return {
    database: path.join(folder, 'apertur.db'),
    images: path.join(folder, 'images'),
    secretKey: path.join(folder, 'secret.key'),
    manifest: path.join(folder, 'backup.json'),
  };
}

/** Throws BackupError when the folder holds no whole backup. */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const { manifest } = backupPlaces(folder);
  const text = await readFile(manifest, 'utf8').catch(() => {
    throw new BackupError(
      `There is no backup in ${folder}: backup.json is missing. It is written last, so an interrupted backup has none. Run \`apertur backup --to ${folder}\` again.`,
    );
  });
  const read: BackupManifest = JSON.parse(text);
  if (read.format === 1) return read;
  throw new BackupError(`The backup in ${folder} was made by a newer version. Restore it with that version.`);
}

/** SHA-256 of a file, hex. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Copies a file so that it is there whole or not at all, also after a power cut; only its owner may read it. */
export async function copyDurably(from: string, to: string): Promise<void> {
  const fresh = `${to}.${process.pid}.new`;
  try {
    await copyFile(from, fresh);
    await chmod(fresh, 0o600);
    await syncFile(fresh);
    await rename(fresh, to);
    await syncFile(path.dirname(to));
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Makes a file's bytes, or a folder's names, survive a power cut. */
export async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
