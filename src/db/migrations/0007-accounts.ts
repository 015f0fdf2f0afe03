/** People who sign in, what they may do in projects, what they changed; and the apps of others that act for them. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, statements);
}

const statements: string[] = [
  `create table people (
    id text primary key,
    name text not null,
    email text not null unique,
    email_verified integer not null default 0,
    image text,
    locale text,
    two_factor_enabled integer not null default 0,
    is_install_owner integer not null default 0,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  // How a person proves who they are; today that is a password.
  `create table person_accounts (
    id text primary key,
    account_id text not null,
    provider_id text not null,
    person_id text not null references people (id) on delete cascade,
    access_token text,
    refresh_token text,
    id_token text,
    access_token_expires_at bigint,
    refresh_token_expires_at bigint,
    scope text,
    password text,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  `create index person_accounts_person on person_accounts (person_id)`,
  `create table person_sessions (
    id text primary key,
    token text not null unique,
    person_id text not null references people (id) on delete cascade,
    expires_at bigint not null,
    ip_address text,
    user_agent text,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  `create index person_sessions_person on person_sessions (person_id)`,
  `create index person_sessions_age on person_sessions (expires_at)`,
  // Tokens that wait for somebody to come back with them: resets of a password, the second step of a sign-in.
  `create table verifications (
    id text primary key,
    identifier text not null,
    value text not null,
    expires_at bigint not null,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  `create index verifications_identifier on verifications (identifier)`,
  `create index verifications_age on verifications (expires_at)`,
  `create table second_factors (
    id text primary key,
    secret text not null,
    backup_codes text not null,
    person_id text not null references people (id) on delete cascade,
    verified integer,
    failed_verification_count integer,
    locked_until bigint
  )`,
  `create index second_factors_person on second_factors (person_id)`,
  `create table passkeys (
    id text primary key,
    name text,
    public_key text not null,
    person_id text not null references people (id) on delete cascade,
    credential_id text not null,
    counter bigint not null,
    device_type text not null,
    backed_up integer not null,
    transports text,
    created_at bigint,
    aaguid text
  )`,
  `create index passkeys_person on passkeys (person_id)`,
  `create index passkeys_credential on passkeys (credential_id)`,
  // Guesses of a password in a row, by the hash of the address that was tried: an unknown one is slowed down alike.
  `create table sign_in_failures (
    hash text primary key,
    failures integer not null,
    blocked_until bigint not null,
    updated_at bigint not null
  )`,
  `create index sign_in_failures_age on sign_in_failures (updated_at)`,
  // The link that makes the first account; only the newest opens.
  `create table setup_links (
    hash text primary key,
    created_at bigint not null,
    expires_at bigint not null
  )`,
  `create table members (
    project_id text not null references projects (id),
    person_id text not null references people (id) on delete cascade,
    role text not null,
    created_at bigint not null,
    primary key (project_id, person_id)
  )`,
  `create index members_person on members (person_id)`,
  `create table invitations (
    id text primary key,
    project_id text not null references projects (id),
    email text not null,
    role text not null,
    hash text not null unique,
    invited_by text,
    created_at bigint not null,
    expires_at bigint not null,
    accepted_at bigint,
    revoked_at bigint
  )`,
  `create index invitations_project on invitations (project_id, created_at)`,
  // Every change through the API, by whom; written in the transaction of the change.
  `create table audit_entries (
    id text primary key,
    project_id text,
    env text,
    actor_kind text not null,
    actor_id text not null,
    actor_name text not null,
    action text not null,
    target_id text,
    detail text,
    address text,
    created_at bigint not null
  )`,
  `create index audit_entries_project on audit_entries (project_id, id)`,
  `alter table projects add column deleted_at bigint`,
  // Apps of others, registered by a project (contract §12).
  `create table oauth_apps (
    id text primary key,
    project_id text not null references projects (id),
    name text not null,
    client_id text not null unique,
    secret_hash text,
    secret_prefix text,
    public_key text not null unique,
    redirect_uris text not null,
    allowed_domains text not null,
    homepage text,
    is_active integer not null,
    deleted_at bigint,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  `create index oauth_apps_project on oauth_apps (project_id)`,
  // What a person allowed an app to do in one project. All tokens of it fall with it.
  `create table oauth_grants (
    id text primary key,
    app_id text not null references oauth_apps (id),
    person_id text not null references people (id) on delete cascade,
    project_id text not null references projects (id),
    env text not null,
    scopes text not null,
    created_at bigint not null,
    last_used_at bigint,
    revoked_at bigint,
    revoked_reason text
  )`,
  `create index oauth_grants_person on oauth_grants (person_id)`,
  `create index oauth_grants_app on oauth_grants (app_id)`,
  `create index oauth_grants_project on oauth_grants (project_id)`,
  `create table oauth_codes (
    hash text primary key,
    app_id text not null references oauth_apps (id),
    person_id text not null references people (id) on delete cascade,
    project_id text not null references projects (id),
    env text not null,
    scopes text not null,
    redirect_uri text not null,
    code_challenge text,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    grant_id text
  )`,
  `create index oauth_codes_age on oauth_codes (expires_at)`,
  `create table oauth_tokens (
    hash text primary key,
    kind text not null,
    grant_id text not null references oauth_grants (id) on delete cascade,
    scopes text not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
  )`,
  `create index oauth_tokens_grant on oauth_tokens (grant_id)`,
  `create index oauth_tokens_age on oauth_tokens (expires_at)`,
];
