/** The first tables. An index serves one question each, named in its comment; what is not asked is not indexed. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, statements);
}

const statements: string[] = [
  `create table projects (
    id text primary key,
    name text not null,
    webhook_secret text not null,
    plan text not null,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  `create table keys (
    id text primary key,
    project_id text not null references projects (id),
    env text not null,
    label text not null,
    prefix text not null,
    hash text not null unique,
    is_active integer not null,
    last_used_at bigint,
    max_images integer,
    allowed_mime_types text not null,
    max_image_dimension integer,
    long_polling integer not null,
    default_destinations text not null,
    allowed_ips text not null,
    allowed_domains text not null,
    created_at bigint not null
  )`,
  // The keys of a project.
  `create index keys_project on keys (project_id)`,
  `create table sessions (
    id text primary key,
    project_id text not null references projects (id),
    key_id text,
    env text not null,
    short_code text not null unique,
    label text,
    tags text,
    metadata text,
    expires_at bigint not null,
    max_images integer not null,
    allowed_mime_types text not null,
    max_image_dimension integer,
    max_image_size_mb integer,
    password_hash text,
    long_polling integer not null,
    images_count integer not null default 0,
    completed_at bigint,
    expired_at bigint,
    changed_at bigint not null,
    created_at bigint not null
  )`,
  // The sessions of a project, newest first.
  `create index sessions_project on sessions (project_id, env, created_at)`,
  // Sessions whose expiry has not been told yet.
  `create index sessions_open on sessions (expires_at) where completed_at is null and expired_at is null`,
  `create table destinations (
    id text primary key,
    project_id text not null references projects (id),
    session_id text,
    type text not null,
    name text not null,
    config text not null,
    credentials text,
    is_active integer not null,
    deleted_at bigint,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  // The stored destinations of a project.
  `create index destinations_project on destinations (project_id) where session_id is null and deleted_at is null`,
  `create table session_destinations (
    session_id text not null references sessions (id),
    destination_id text not null references destinations (id),
    position integer not null,
    primary key (session_id, destination_id)
  )`,
  `create table images (
    id text primary key,
    session_id text not null references sessions (id),
    project_id text not null,
    env text not null,
    position integer not null,
    filename text not null,
    mime_type text not null,
    size_bytes bigint not null,
    sha256 text not null,
    width integer not null,
    height integer not null,
    source text not null,
    is_encrypted integer not null,
    storage_key text not null,
    acknowledged_at bigint,
    purged_at bigint,
    created_at bigint not null
  )`,
  // The images of a session in their order; no two share a place.
  `create unique index images_session on images (session_id, position)`,
  // The uploads of a project, newest first.
  `create index images_project on images (project_id, env, created_at)`,
  // What retention removes next.
  `create index images_kept on images (created_at) where purged_at is null`,
  `create table deliveries (
    id text primary key,
    project_id text not null,
    session_id text not null,
    image_id text not null references images (id),
    destination_id text not null,
    status text not null,
    attempts integer not null,
    due_at bigint,
    leased_by text,
    last_error text,
    receipt text,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  // The deliveries of an image: one a destination.
  `create unique index deliveries_image on deliveries (image_id, destination_id)`,
  // The delivery status of a session.
  `create index deliveries_session on deliveries (session_id)`,
  // The claim: what is due at one destination, oldest first. Final rows are not in it, so it stays as small as the work.
  `create index deliveries_due on deliveries (destination_id, due_at) where due_at is not null`,
  // What a destination has in flight, and what a dead worker held.
  `create index deliveries_leased on deliveries (destination_id, leased_by) where leased_by is not null`,
  `create table attempts (
    id text primary key,
    delivery_id text not null,
    number integer not null,
    started_at bigint not null,
    duration_ms double precision not null,
    phases text,
    address text,
    outcome text not null,
    status_code integer,
    response_excerpt text,
    error text,
    next_at bigint,
    next_reason text
  )`,
  // The history of a delivery.
  `create index attempts_delivery on attempts (delivery_id, number)`,
  `create table events (
    id text primary key,
    project_id text not null,
    session_id text,
    topic text not null,
    data text not null,
    created_at bigint not null
  )`,
  // The event log of a project, newest first.
  `create index events_project on events (project_id, created_at)`,
  `create table live_events (
    seq bigserial primary key,
    session_id text not null,
    name text not null,
    data text not null,
    created_at bigint not null
  )`,
  // What a live page missed.
  `create index live_events_session on live_events (session_id, seq)`,
  // What is too old to keep.
  `create index live_events_age on live_events (created_at)`,
  // The keys that clients encrypt uploads with; the newest is shown, the others still open what was sealed for them.
  `create table server_keys (
    id text primary key,
    public_key text not null,
    private_key text not null,
    created_at bigint not null
  )`,
  `create table workers (
    id text primary key,
    host text not null,
    pid integer not null,
    started_at bigint not null,
    seen_at bigint not null
  )`,
];
