/** `apertur migrate`: brings the database forward and makes the bucket; doing it again does nothing. */
import path from 'node:path';
import type { Config } from '../config.ts';
import { migrate } from '../db/migrate.ts';
import { openDatabase } from '../db/open.ts';
import { silentLogger } from '../lib/logger.ts';
import { ensureBucket } from '../storage/bucket.ts';

export async function migrateCommand(config: Config): Promise<number> {
  const db = await openDatabase({
    url: config.databaseUrl,
    file: path.join(config.dataDir, 'apertur.db'),
    logger: silentLogger,
  });
  try {
    const { from, to } = await migrate(db);
    console.log(
      from === to ? `The database is up to date (schema ${to}).` : `Migrated from schema ${from} to ${to}.`,
    );
    const bucket = await ensureBucket(config.storageUrl);
    if (bucket === 'made') console.log('Made the bucket.');
    return 0;
  } finally {
    await db.close();
  }
}
