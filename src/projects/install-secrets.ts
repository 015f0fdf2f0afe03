/** Random secrets of the install, made at first use and sealed: signing of links and the like. */
import { randomBytes } from 'node:crypto';
import type { Database } from '../db/database.ts';
import type { Sealer } from '../lib/sealed.ts';

/** 32 random bytes under a name, the same for every process; when several make it at once, one of them wins. */
export async function ensureInstallSecret(
  db: Database,
  sealer: Sealer,
  name: string,
  now: number,
): Promise<Buffer> {
  const context = `install:${name}`;
  const read = async (): Promise<Buffer | undefined> => {
    const row = await db.read
      .selectFrom('install_secrets')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirst();
    return row && Buffer.from(sealer.open(row.value, context), 'hex');
  };
  const known = await read();
  if (known) return known;
  const value = sealer.seal(randomBytes(32).toString('hex'), context);
  await db.write(async (tx) => {
    await tx.q
      .insertInto('install_secrets')
      .values({ name, value, created_at: now })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
  });
  return (await read())!;
}
