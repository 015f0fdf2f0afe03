/** `apertur restore`: an install as it was, from a backup; `--check` only looks whether the backup is whole. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../../config.ts';
import { assertSameInstall, copyDatabase } from '../../db/copy/copy.ts';
import { withSnapshot } from '../../db/copy/snapshot.ts';
import type { Database } from '../../db/database.ts';
import { migrate } from '../../db/migrate.ts';
import { openDatabase } from '../../db/open.ts';
import { type CopiedPhotos, checkPhotos, copyPhotos } from '../../images/copy.ts';
import { silentLogger } from '../../lib/logger.ts';
import { createDiskStorage } from '../../storage/disk.ts';
import { openStorage } from '../../storage/open.ts';
import {
  BackupError,
  type BackupManifest,
  backupPlaces,
  copyDurably,
  hashFile,
  readManifest,
} from './folder.ts';

const usage = 'Use: apertur restore --from FOLDER [--check]';

export async function restoreCommand(config: Config, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { from: { type: 'string' }, check: { type: 'boolean', default: false } },
  });
  if (values.from === undefined) {
    console.error(usage);
    return 2;
  }
  const folder = path.resolve(values.from);
  const { manifest, photos } = await (values.check ? checkBackup(folder) : restoreBackup(config, folder));
  const bad = photos.damaged.length;
  console.log(
    values.check
      ? `The backup of ${manifest.made_at} holds ${manifest.database.rows} rows and ${photos.total - bad} whole photos.`
      : `Restored ${manifest.database.rows} rows and ${photos.total - bad} photos of ${manifest.made_at}.`,
  );
  for (const id of photos.damaged) console.error(`Photo ${id} is not in the backup, or is damaged there.`);
  return bad === 0 ? 0 : 1;
}

export interface Restored {
  manifest: BackupManifest;
  photos: Pick<CopiedPhotos, 'total' | 'damaged'>;
}

/** Reads every byte of a backup. Throws BackupError when its rows are not what was written. */
export async function checkBackup(folder: string): Promise<Restored> {
  return withBackup(folder, async (manifest, rows) => {
    const images = createDiskStorage({ directory: backupPlaces(folder).images });
    return { manifest, photos: await checkPhotos(rows.read, images) };
  });
}

/**
 * Puts a backup into the database and the storage of the settings. Throws BackupError unless both are empty or of the same
 * install, so that nothing is overwritten; interrupted, it may be run again.
 */
export async function restoreBackup(config: Config, folder: string): Promise<Restored> {
  const places = backupPlaces(folder);
  return withBackup(folder, async (manifest, rows, file) => {
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
    if (manifest.has_secret_key) await restoreKey(config, places.secretKey);
    const target = await openDatabase({
      url: config.databaseUrl,
      file: path.join(config.dataDir, 'apertur.db'),
      logger: silentLogger,
    });
    try {
      await migrate(target);
      await assertSameInstall({ q: rows.read }, target);
      // Photos first: a row that names a photo is true from its first moment.
      const photos = await restorePhotos(config, rows, places.images);
      await withSnapshot({ db: rows, file }, (source) => copyDatabase(source, target));
      return { manifest, photos };
    } finally {
      await target.close();
    }
  });
}

async function restorePhotos(config: Config, rows: Database, images: string): Promise<CopiedPhotos> {
  const storage = await openStorage({
    url: config.storageUrl,
    dataDir: config.dataDir,
    logger: silentLogger,
  });
  try {
    return await copyPhotos(rows.read, createDiskStorage({ directory: images }), storage, { verify: true });
  } finally {
    await storage.close();
  }
}

/** Opens a copy of the rows, brought to this version's schema, so that the backup itself is never written to. */
async function withBackup<T>(
  folder: string,
  use: (manifest: BackupManifest, rows: Database, file: string) => Promise<T>,
): Promise<T> {
  const places = backupPlaces(folder);
  const manifest = await readManifest(folder);
  if ((await hashFile(places.database).catch(() => '')) !== manifest.database.sha256) {
    throw new BackupError(
      `The rows in ${places.database} are not those that were backed up. Use another backup.`,
    );
  }
  const scratch = await mkdtemp(path.join(folder, '.reading-'));
  try {
    const file = path.join(scratch, 'apertur.db');
    await copyDurably(places.database, file);
    const rows = await openDatabase({ file, logger: silentLogger });
    try {
      await migrate(rows);
      return await use(manifest, rows, file);
    } finally {
      await rows.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The key of the settings is enough when it is the one of the backup; one of another install opens nothing. */
async function restoreKey(config: Config, from: string): Promise<void> {
  const key = await readFile(from, 'utf8');
  if (config.secretKey) {
    const given = config.secretKey.split(',').map((part) => part.trim());
    if (key.split('\n').some((line) => given.includes(line.trim()))) return;
    throw new BackupError(
      'APERTUR_SECRET_KEY does not hold the key of this backup (its secret.key). Add it there, or unset it.',
    );
  }
  const to = path.join(config.dataDir, 'secret.key');
  const there = await readFile(to, 'utf8').catch(() => undefined);
  if (there === undefined) return copyDurably(from, to);
  if (there === key) return;
  throw new BackupError(
    `${to} is the key of another install. Restore into an empty data directory (APERTUR_DATA_DIR).`,
  );
}
