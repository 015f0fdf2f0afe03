/**
 * The first account. A link with a random token, shown to whoever starts the install, makes the owner; as soon as there
 * is one, no link opens any more.
 */
import { createHash } from 'node:crypto';
import type { Database, Queries, Tx } from '../db/database.ts';
import { AppError } from '../errors.ts';
import { randomToken } from '../lib/ids.ts';
import { createPerson, type NewPerson } from './people.ts';
import type { Role } from './roles.ts';

const lifetimeMs = 24 * 3_600_000;

export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

export async function hasOwner(q: Queries): Promise<boolean> {
  const row = await q
    .selectFrom('people')
    .select('id')
    .where('is_install_owner', '=', 1)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * A new link's token, good for a day. Undefined when there is an owner. Several may be open at once, because several
 * processes start at once; the first that is used closes all.
 */
export async function createSetupToken(db: Database, now: number): Promise<string | undefined> {
  if (await hasOwner(db.read)) return undefined;
  const token = randomToken(24);
  await db.write(async (tx) => {
    await tx.q.deleteFrom('setup_links').where('expires_at', '<', now).execute();
    const row = { hash: hashOf(token), created_at: now, expires_at: now + lifetimeMs };
    await tx.q.insertInto('setup_links').values(row).execute();
  });
  return token;
}

/** Whether the link would open now. */
export async function isSetupOpen(q: Queries, token: string, now: number): Promise<boolean> {
  if (await hasOwner(q)) return false;
  const row = await q
    .selectFrom('setup_links')
    .select('hash')
    .where('hash', '=', hashOf(token))
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row !== undefined;
}

/** Uses the link up and makes the owner, both or neither. Throws AppError 403 when the link does not open. */
export async function makeOwner(
  tx: Tx,
  token: string,
  person: Omit<NewPerson, 'isInstallOwner'>,
): Promise<string> {
  const used = await tx.q
    .deleteFrom('setup_links')
    .where('hash', '=', hashOf(token))
    .where('expires_at', '>', person.now)
    .executeTakeFirst();
  // Whoever takes a link away first has locked its row; two links at once meet at the address or at this look.
  await tx.q.deleteFrom('setup_links').execute();
  if (used.numDeletedRows !== 1n || (await hasOwner(tx.q))) {
    throw new AppError(
      403,
      'FORBIDDEN',
      'This link was used or is too old. While there is no owner, "apertur setup-link" prints a new one.',
    );
  }
  const id = await createPerson(tx, { ...person, isInstallOwner: true });
  // Of what the first start and the command line made before there was anybody.
  await tx.q
    .insertInto('members')
    .columns(['project_id', 'person_id', 'role', 'created_at'])
    .expression(
      tx.q
        .selectFrom('projects')
        .select((select) => [
          'projects.id',
          select.val(id).as('person_id'),
          select.val<Role>('owner').as('role'),
          select.val(person.now).as('created_at'),
        ])
        .where('projects.deleted_at', 'is', null),
    )
    .execute();
  return id;
}
