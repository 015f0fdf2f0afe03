/** `apertur migrate-data`: moves an install to another database and, if asked, to another storage. May be run again. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { copyDatabase } from '../db/copy/copy.ts';
import { withSnapshot } from '../db/copy/snapshot.ts';
import type { Database } from '../db/database.ts';
import { assertSchema, migrate } from '../db/migrate.ts';
import { openDatabase } from '../db/open.ts';
import { copyPhotos } from '../images/copy.ts';
import { silentLogger } from '../lib/logger.ts';
import { openStorage } from '../storage/open.ts';

const usage = `Use: apertur migrate-data --to postgres://user:password@host/database [--storage s3://…]
     --to also takes the path of an SQLite file, to move back.`;

export async function migrateDataCommand(config: Config, args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { to: { type: 'string' }, storage: { type: 'string' } } });
  if (values.to === undefined) {
    console.error(usage);
    return 2;
  }
  const from = path.join(config.dataDir, 'apertur.db');
  const toPostgres = /^postgres(ql)?:\/\//.test(values.to);
  const target = toPostgres ? { url: values.to } : { file: path.resolve(values.to) };
  if (config.databaseUrl === values.to || (!config.databaseUrl && target.file === from)) {
    console.error('That is the database that is in use already.');
    return 2;
  }
  const source = await openDatabase({ url: config.databaseUrl, file: from, logger: silentLogger });
  try {
    await assertSchema(source);
    await moveRows({ db: source, file: from }, target);
    const damaged = values.storage === undefined ? [] : await movePhotos(config, source, values.storage);
    for (const id of damaged) console.error(`Photo ${id}: its bytes are missing or damaged where they were.`);
    tellWhatIsNext(config, toPostgres, values.storage !== undefined);
    return damaged.length === 0 ? 0 : 1;
  } finally {
    await source.close();
  }
}

async function moveRows(
  from: { db: Database; file: string },
  place: { url?: string; file?: string },
): Promise<void> {
  const target = await openDatabase({ ...place, logger: silentLogger });
  try {
    await migrate(target);
    const tables = await withSnapshot(from, (source) =>
      copyDatabase(source, target, ({ table, rows, changed, sha256 }) => {
        console.log(
          `${table.padEnd(24)} ${String(rows).padStart(9)} rows, ${changed} brought over, sha256 ${sha256.slice(0, 12)} on both sides`,
        );
      }),
    );
    const total = tables.reduce((sum, { rows }) => sum + rows, 0);
    console.log(`${tables.length} tables with ${total} rows hold the same on both sides.`);
  } finally {
    await target.close();
  }
}

/** Returns the ids of photos whose bytes could not be copied. */
async function movePhotos(config: Config, rows: Database, url: string): Promise<string[]> {
  const from = await openStorage({ url: config.storageUrl, dataDir: config.dataDir, logger: silentLogger });
  const to = await openStorage({ url, dataDir: config.dataDir, logger: silentLogger });
  try {
    await to.check();
    const { total, copied, damaged } = await copyPhotos(rows.read, from, to);
    console.log(
      `${total - damaged.length} photos are there, ${copied} of them brought over now, each with its SHA-256.`,
    );
    return damaged;
  } finally {
    await from.close();
    await to.close();
  }
}

function tellWhatIsNext(config: Config, toPostgres: boolean, storageMoved: boolean): void {
  const lines = [
    'Next:',
    '  1. Stop the server, and run this command once more: it brings over what came meanwhile.',
    toPostgres
      ? '  2. Set APERTUR_DATABASE_URL to the new database and start the server.'
      : '  2. Put the new file in the place of apertur.db in the data directory, unset APERTUR_DATABASE_URL, and start the server.',
  ];
  if (storageMoved) lines.push('     Set APERTUR_STORAGE_URL to the new storage as well.');
  if (!config.secretKey) {
    lines.push(
      `  3. Other machines need the key that opens your secrets: set APERTUR_SECRET_KEY to the key in ${path.join(config.dataDir, 'secret.key')}.`,
    );
  }
  console.log(lines.join('\n'));
}
