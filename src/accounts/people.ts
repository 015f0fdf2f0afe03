/** People who sign in. */
import type { Selectable } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import type { PersonTable } from '../db/schema.ts';
import { invalid } from '../errors.ts';
import { createId } from '../lib/ids.ts';

export interface Person {
  id: string;
  name: string;
  email: string;
  locale: string | null;
  isInstallOwner: boolean;
  twoFactorEnabled: boolean;
  createdAt: number;
}

/** As it is stored and compared. */
export const normalEmail = (email: string): string => email.trim().toLowerCase();

/** Length and letters of what a person chose; the same rule wherever a password is set. */
export const passwordLength = { min: 10, max: 128 };

export function toPerson(row: Selectable<PersonTable>): Person {
  return {
    id: row.id,
    name: row.name,
    email: row.email,
    locale: row.locale,
    isInstallOwner: row.is_install_owner === 1,
    twoFactorEnabled: row.two_factor_enabled === 1,
    createdAt: row.created_at,
  };
}

export interface NewPerson {
  name: string;
  email: string;
  /** From the library's own hash. */
  passwordHash: string;
  locale?: string | undefined;
  isInstallOwner?: boolean;
  now: number;
}

/** Makes an account with a password. Throws AppError 400 when the address has one already. */
export async function createPerson(tx: Tx, input: NewPerson): Promise<string> {
  const { now } = input;
  const id = createId('per');
  const made = await tx.q
    .insertInto('people')
    .values({
      id,
      name: input.name.trim(),
      email: normalEmail(input.email),
      // Whoever holds the link got it in that mailbox, or from the operator.
      email_verified: 1,
      locale: input.locale ?? null,
      is_install_owner: input.isInstallOwner ? 1 : 0,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .executeTakeFirst();
  if (made.numInsertedOrUpdatedRows !== 1n) {
    throw invalid('There is an account with this address already. Sign in with it.');
  }
  await tx.q
    .insertInto('person_accounts')
    .values({
      id: createId('per'),
      account_id: id,
      provider_id: 'credential',
      person_id: id,
      password: input.passwordHash,
      created_at: now,
      updated_at: now,
    })
    .execute();
  return id;
}

export async function findPerson(q: Queries, id: string): Promise<Person | undefined> {
  const row = await q.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toPerson(row);
}

export async function findPersonByEmail(q: Queries, email: string): Promise<Person | undefined> {
  const row = await q
    .selectFrom('people')
    .selectAll()
    .where('email', '=', normalEmail(email))
    .executeTakeFirst();
  return row && toPerson(row);
}
