/** A project's own public key: photos that are encrypted with it can be opened by nobody here (docs/encryption.md). */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import type { Database, Queries } from '../db/database.ts';
import { invalid } from '../errors.ts';

export interface E2eKey {
  /** PEM, SubjectPublicKeyInfo. */
  publicKey: string;
  /** SHA-256 of the key's DER form as lower-case hex: names the pair that opens an envelope. */
  keyId: string;
  /** Photos that are not encrypted with it are refused. */
  required: boolean;
}

const leastBits = 2_048;
const mostBits = 8_192;

/** SHA-256 of SubjectPublicKeyInfo in DER, lower-case hex. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** The key of a project, or undefined. */
export async function findE2eKey(q: Queries, projectId: string): Promise<E2eKey | undefined> {
  const row = await q
    .selectFrom('projects')
    .select(['e2e_public_key', 'e2e_required'])
    .where('id', '=', projectId)
    .executeTakeFirst();
  if (!row?.e2e_public_key) return undefined;
  const keyId = keyIdOf(createPublicKey(row.e2e_public_key));
  return { publicKey: row.e2e_public_key, keyId, required: row.e2e_required === 1 };
}

/** Registers a key in place of the one before. Throws AppError 400 when it is no public RSA key of 2048 bits or more. */
export async function setE2eKey(
  db: Database,
  projectId: string,
  input: { publicKey: string; required: boolean; now: number },
): Promise<void> {
  const key = readPublicKey(input.publicKey);
  await db.write(async (tx) => {
    await tx.q
      .updateTable('projects')
      .set({
        e2e_public_key: key.export({ type: 'spki', format: 'pem' }).toString(),
        e2e_required: input.required ? 1 : 0,
        updated_at: input.now,
      })
      .where('id', '=', projectId)
      .execute();
  });
}

/** From now on photos are encrypted for the server only, or not at all. */
export async function removeE2eKey(db: Database, projectId: string, now: number): Promise<void> {
  await db.write(async (tx) => {
    await tx.q
      .updateTable('projects')
      .set({ e2e_public_key: null, e2e_required: 0, updated_at: now })
      .where('id', '=', projectId)
      .execute();
  });
}

function readPublicKey(pem: string): KeyObject {
  if (/PRIVATE KEY/.test(pem)) {
    throw invalid(
      'publicKey: this is a private key. Keep it to yourself, make a new pair, and send its public half.',
    );
  }
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw invalid('publicKey must be a public RSA key as PEM (-----BEGIN PUBLIC KEY-----).');
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < leastBits || bits > mostBits) {
    throw invalid(`publicKey must be an RSA key of ${leastBits} to ${mostBits} bits.`);
  }
  return key;
}
