/** What destinations need that are connected by signing in elsewhere: the sign-in under way, tokens, and being held. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, statements);
}

const statements: string[] = [
  // A sign-in that was begun; found by the hash of its state, which only the caller and the browser know.
  `create table oauth_states (
    hash text primary key,
    project_id text not null references projects (id),
    key_id text,
    env text not null,
    kind text not null,
    destination_id text,
    name text,
    config text not null,
    verifier text not null,
    redirect_uri text not null,
    return_to text,
    browser_hash text,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
  )`,
  // Sign-ins that are too old to keep.
  `create index oauth_states_age on oauth_states (expires_at)`,
  // Until when the access token is used; null: until it is refused.
  `alter table destinations add column token_expires_at bigint`,
  // Who renews the token, and until when nobody else may.
  `alter table destinations add column token_leased_by text`,
  `alter table destinations add column token_leased_until bigint`,
  // Counts how often an account was connected, so that a refusal is known to be of an older one.
  `alter table destinations add column connection_version integer not null default 0`,
  // The account at the service, as the service calls it.
  `alter table destinations add column account_id text`,
  // Since when deliveries wait for somebody to connect the account again, and why.
  `alter table destinations add column held_at bigint`,
  `alter table destinations add column held_reason text`,
  // Destinations that share an account.
  `create index destinations_account on destinations (type, account_id) where account_id is not null`,
];
