/**
 * The server's keys for encrypted uploads (contract §10): RSA 2048, the private halves sealed. The newest is shown; those
 * before it open uploads for as long as somebody may still hold them, and then they go.
 */
import { createPrivateKey, generateKeyPair, randomBytes, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import type { Database, Queries, Tx } from '../db/database.ts';
import type { Clock } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { Sealer } from '../lib/sealed.ts';

/** Both halves as PEM. */
export interface ServerKeyPair {
  publicKey: string;
  privateKey: string;
}

export interface ServerKeys {
  /** The public key to show, PEM. */
  publicKey(): string;
  /** Unwraps the key of a photo; 32 random bytes when no key of ours fits. */
  unwrap(wrapped: Buffer): Promise<Buffer>;
  close(): void;
}

interface Services {
  db: Database;
  sealer: Sealer;
  clock: Clock;
  logger: Logger;
}

/** The channel on which processes hear of a new key. */
const keysChanged = 'server-keys';
/** A session lives 7 days at most, and its page may have been opened in its first minute. */
export const keptForMs = 8 * 24 * 3_600_000;
/** SQLite carries no news between processes, so what is shown is looked up again after this time. */
const freshForMs = 5_000;
const keyBytes = 32;
/** Clients wrap with the first; older PHP and Perl with the second (contract §3.2). */
const hashes = ['SHA-256', 'SHA-1'] as const;

/** Makes a key pair; takes a good part of a second. */
export async function generateServerKey(): Promise<ServerKeyPair> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

/** Opens the keys; makes the first one. When several processes start at once, the newest of theirs is shown. */
export async function openServerKeys(
  services: Services,
  generate: () => Promise<ServerKeyPair> = generateServerKey,
): Promise<ServerKeys> {
  const { db, sealer, clock, logger } = services;
  if ((await newest(db.read)) === undefined) await addKey(db, sealer, await generate(), clock.now());
  let shown = (await newest(db.read))!.public_key;
  let lookedAt = clock.now();
  const look = (): void => {
    lookedAt = clock.now();
    newest(db.read).then(
      (row) => {
        shown = row?.public_key ?? shown;
      },
      (error: unknown) => logger.warn({ err: error }, 'The newest server key could not be looked up'),
    );
  };
  const stopListening = db.listen(keysChanged, look);
  return {
    publicKey() {
      if (clock.now() - lookedAt >= freshForMs) look();
      return shown;
    },
    unwrap: createUnwrap(db, sealer),
    close: stopListening,
  };
}

/** Makes a new key, which is shown from now on. Returns it as PEM. */
export async function rotateServerKey(
  { db, sealer, clock }: Pick<Services, 'db' | 'sealer' | 'clock'>,
  generate: () => Promise<ServerKeyPair> = generateServerKey,
): Promise<string> {
  const pair = await generate();
  await addKey(db, sealer, pair, clock.now());
  return pair.publicKey;
}

/** The chore: a new key when the newest is older than `maxAgeMs` (0: never), and an end to those that nobody needs. */
export async function tendServerKeys(
  services: Pick<Services, 'db' | 'sealer' | 'clock'>,
  maxAgeMs: number,
): Promise<number> {
  const { db, clock } = services;
  const age = clock.now() - ((await newest(db.read))?.created_at ?? clock.now());
  if (maxAgeMs > 0 && age > maxAgeMs) await rotateServerKey(services);
  return db.write((tx) => removeOld(tx, clock.now()));
}

/** A key that another replaced more than eight days ago opens nothing any more. */
async function removeOld(tx: Tx, now: number): Promise<number> {
  const rows = await allKeys(tx.q);
  const old = rows.filter((_row, position) => (rows[position - 1]?.created_at ?? now) < now - keptForMs);
  if (old.length === 0) return 0;
  const ids = old.map((row) => row.id);
  await tx.q.deleteFrom('server_keys').where('id', 'in', ids).execute();
  return old.length;
}

const sealedAs = (id: string): string => `server-key:${id}`;

async function addKey(db: Database, sealer: Sealer, pair: ServerKeyPair, now: number): Promise<void> {
  const id = createId('key');
  const private_key = sealer.seal(pair.privateKey, sealedAs(id));
  await db.write(async (tx) => {
    await tx.q
      .insertInto('server_keys')
      .values({ id, public_key: pair.publicKey, private_key, created_at: now })
      .execute();
    tx.notify(keysChanged, '');
  });
}

/** Newest first. */
async function allKeys(q: Queries) {
  return q
    .selectFrom('server_keys')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

async function newest(q: Queries): Promise<{ public_key: string; created_at: number } | undefined> {
  return q
    .selectFrom('server_keys')
    .select(['public_key', 'created_at'])
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

type PrivateKey = Awaited<ReturnType<typeof importKey>>;

/**
 * Tries every key with both hashes, always all of them and off the event loop, so that neither the time nor the answer tells
 * which one fitted or how it failed (Manger's attack on OAEP lives of such differences). Which keys there are is asked each
 * time: a key that another process made a moment ago may have been used already.
 */
function createUnwrap(db: Database, sealer: Sealer): (wrapped: Buffer) => Promise<Buffer> {
  const imported = new Map<string, Promise<PrivateKey>[]>();
  return async (wrapped) => {
    const rows = await allKeys(db.read);
    for (const id of imported.keys()) if (!rows.some((row) => row.id === id)) imported.delete(id);
    const tries = rows.flatMap(({ id, private_key }) => {
      const known =
        imported.get(id) ?? hashes.map((hash) => importKey(sealer.open(private_key, sealedAs(id)), hash));
      imported.set(id, known);
      return known.map((key) => tryUnwrap(key, wrapped));
    });
    const found = (await Promise.all(tries)).filter((key) => key.length === keyBytes);
    return found[0] ?? randomBytes(keyBytes);
  };
}

async function importKey(pem: string, hash: (typeof hashes)[number]) {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, { name: 'RSA-OAEP', hash }, false, ['decrypt']);
}

async function tryUnwrap(key: Promise<PrivateKey>, wrapped: Buffer): Promise<Buffer> {
  try {
    return Buffer.from(await webcrypto.subtle.decrypt('RSA-OAEP', await key, wrapped));
  } catch {
    return Buffer.alloc(0);
  }
}
