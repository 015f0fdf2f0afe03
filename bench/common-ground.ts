/** What several processes stand on: a PostgreSQL server and an S3-compatible store of this run. */
import { migrate } from '../src/db/migrate.ts';
import { openDatabase } from '../src/db/open.ts';
import { silentLogger } from '../src/lib/logger.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { type S3User, startRgw } from '../test/helpers/s3-rgw.ts';

export interface CommonGround {
  databaseUrl: string;
  storageUrl: string;
  bucketUrl: string;
  storeOwner: S3User;
  /** For each process: the store, and one secret key. */
  settings: Record<string, string>;
  stop(): Promise<void>;
}

const bucket = 'photos';

export async function startCommonGround(): Promise<CommonGround> {
  const postgres = await startPostgres();
  const databaseUrl = postgres.url();
  const db = await openDatabase({ url: databaseUrl, logger: silentLogger });
  await migrate(db);
  await db.close();
  const store = await startRgw();
  await store.createBucket(bucket);
  const { accessKeyId, secretAccessKey } = store.owner;
  const owner = `${encodeURIComponent(accessKeyId)}:${encodeURIComponent(secretAccessKey)}`;
  const storageUrl = `s3://${owner}@${store.host}:${store.port}/${bucket}?tls=off`;
  return {
    databaseUrl,
    storageUrl,
    bucketUrl: `http://${store.host}:${store.port}/${bucket}`,
    storeOwner: store.owner,
    settings: { STORAGE_URL: storageUrl, SECRET_KEY: 'ab'.repeat(32) },
    async stop() {
      await store.stop();
      await postgres.stop();
    },
  };
}
