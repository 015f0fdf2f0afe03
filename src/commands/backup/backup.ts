/** `apertur backup`: everything an install holds, in one folder, while the server runs. */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import type { Config } from '../../config.ts';
import { copyDatabase } from '../../db/copy/copy.ts';
import { snapshotSqlite, withSnapshot } from '../../db/copy/snapshot.ts';
import { listTables } from '../../db/copy/tables.ts';
import type { Database } from '../../db/database.ts';
import { assertSchema, migrate, schemaVersion } from '../../db/migrate.ts';
import { openDatabase } from '../../db/open.ts';
import { copyPhotos } from '../../images/copy.ts';
import { silentLogger } from '../../lib/logger.ts';
import { createDiskStorage } from '../../storage/disk.ts';
import { openStorage } from '../../storage/open.ts';
import type { Storage } from '../../storage/storage.ts';
import {
  type BackupManifest,
  type BackupPlaces,
  backupPlaces,
  copyDurably,
  hashFile,
  syncFile,
} from './folder.ts';

const usage = 'Use: apertur backup --to FOLDER';

export async function backupCommand(config: Config, args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { to: { type: 'string' } } });
  if (values.to === undefined) {
    console.error(usage);
    return 2;
  }
  const folder = path.resolve(values.to);
  const made = await makeBackup(config, folder, () => new Date());
  console.log(
    `Backed up ${made.database.rows} rows and ${made.photos.count} photos to ${folder}.\n` +
      (made.has_secret_key
        ? 'It holds the key that opens your secrets: keep it as safe as the server.'
        : 'Your secrets are sealed with APERTUR_SECRET_KEY, which is not in it: keep that apart.'),
  );
  for (const id of made.photos.damaged) console.error(`Photo ${id}: the storage does not hold its bytes.`);
  return made.photos.damaged.length === 0 ? 0 : 1;
}

/**
 * Writes a backup, or brings an older one in the same folder up to date: photos that are there already stay, those that
 * retention removed go. The rows are those of one moment, and every photo that they name and that is kept is there.
 */
export async function makeBackup(config: Config, folder: string, now: () => Date): Promise<BackupManifest> {
  const places = backupPlaces(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // From here until the end there is no whole backup, and nobody shall take it for one.
  await rm(places.manifest, { force: true });
  const fresh = `${places.database}.${process.pid}.new`;
  await rm(fresh, { force: true });
  try {
    await writeRows(config, fresh);
    await syncFile(fresh);
    await rename(fresh, places.database);
  } finally {
    for (const ending of ['', '-wal', '-shm']) await rm(fresh + ending, { force: true });
  }
  const storage = await openStorage({
    url: config.storageUrl,
    dataDir: config.dataDir,
    logger: silentLogger,
  });
  try {
    return await writeRest(config, places, storage, now);
  } finally {
    await storage.close();
  }
}

async function writeRest(
  config: Config,
  places: BackupPlaces,
  storage: Storage,
  now: () => Date,
): Promise<BackupManifest> {
  const hasKey = await writeSecretKey(config, places);
  const sha256 = await hashFile(places.database);
  // Opened for writing by `openDatabase`, so a second look at its hash would find another one.
  const work = `${places.database}.${process.pid}.reading`;
  await copyDurably(places.database, work);
  const rows = await openDatabase({ file: work, logger: silentLogger });
  try {
    const images = createDiskStorage({ directory: places.images });
    const photos = await copyPhotos(rows.read, storage, images);
    await removePurged(rows, places.images, images);
    const manifest: BackupManifest = {
      format: 1,
      made_at: now().toISOString(),
      schema: await schemaVersion(rows),
      database: { rows: await countRows(rows), sha256 },
      photos: { count: photos.total - photos.damaged.length, damaged: photos.damaged },
      has_secret_key: hasKey,
    };
    await writeManifest(places.manifest, manifest);
    return manifest;
  } finally {
    await rows.close();
    for (const ending of ['', '-wal', '-shm']) await rm(work + ending, { force: true });
  }
}

/** As an SQLite file in any case: one form to keep, to check and to restore from. */
async function writeRows(config: Config, file: string): Promise<void> {
  const source = path.join(config.dataDir, 'apertur.db');
  const db = await openDatabase({ url: config.databaseUrl, file: source, logger: silentLogger });
  try {
    await assertSchema(db);
    if (db.engine === 'sqlite') return snapshotSqlite(source, file);
    const copy = await openDatabase({ file, logger: silentLogger });
    try {
      await migrate(copy);
      await withSnapshot({ db, file: source }, (snapshot) => copyDatabase(snapshot, copy));
    } finally {
      await copy.close();
    }
  } finally {
    await db.close();
  }
}

/** False when the secrets are sealed with a key from the settings, which is not ours to write down. */
async function writeSecretKey(config: Config, places: BackupPlaces): Promise<boolean> {
  if (config.secretKey) {
    await rm(places.secretKey, { force: true });
    return false;
  }
  await copyDurably(path.join(config.dataDir, 'secret.key'), places.secretKey);
  return true;
}

/** A photo whose time has come is removed from backups too. */
async function removePurged(rows: Database, folder: string, images: Storage): Promise<void> {
  for (const { name } of await listFolders(folder)) {
    const kept = await rows.read
      .selectFrom('images')
      .select('storage_key')
      .where('storage_key', '>=', `${name}/`)
      .where('storage_key', '<', `${name}0`)
      .where('purged_at', 'is', null)
      .execute();
    const keys = new Set(kept.map((image) => image.storage_key));
    for await (const { key } of images.list(name)) if (!keys.has(key)) await images.remove(key);
  }
}

async function listFolders(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && entry.name !== 'tmp');
}

async function countRows(rows: Database): Promise<number> {
  let total = 0;
  for (const { name } of await listTables(rows.read, rows.engine)) {
    const counted = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(rows.read);
    total += Number(counted.rows[0]!.n);
  }
  return total;
}

async function writeManifest(file: string, manifest: BackupManifest): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await writeFile(fresh, `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
  await syncFile(fresh);
  await rename(fresh, file);
  await syncFile(path.dirname(file));
}
