/** The server's key for encrypted uploads (contract §10): RSA 2048, made once, the private half sealed. */
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Database } from '../db/database.ts';
import { createId } from '../lib/ids.ts';
import type { Sealer } from '../lib/sealed.ts';

/** Both halves as PEM. */
export interface ServerKeyPair {
  publicKey: string;
  privateKey: string;
}

/** Makes a key pair; takes a good part of a second. */
export async function generateServerKey(): Promise<ServerKeyPair> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** The public key to show, PEM. Makes the first one; when several processes start at once, one of them wins. */
export async function ensureServerKey(
  db: Database,
  sealer: Sealer,
  now: number,
  generate: () => Promise<ServerKeyPair> = generateServerKey,
): Promise<string> {
  const known = await newest(db);
  if (known) return known;
  const pair = await generate();
  const id = createId('key');
  await db.write(async (tx) => {
    await tx.q
      .insertInto('server_keys')
      .values({
        id,
        public_key: pair.publicKey,
        private_key: sealer.seal(pair.privateKey, `server-key:${id}`),
        created_at: now,
      })
      .execute();
  });
  return (await newest(db))!;
}

async function newest(db: Database): Promise<string | undefined> {
  const row = await db.read
    .selectFrom('server_keys')
    .select('public_key')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return row?.public_key;
}
