/** Event webhooks: who wants to hear of what, one row an event and webhook, and jobs that deliver again. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, statements);
}

const statements: string[] = [
  `create table webhooks (
    id text primary key,
    project_id text not null references projects (id),
    url text not null,
    secret text not null,
    previous_secret text,
    previous_until bigint,
    signs_previous integer not null,
    signature_method text not null,
    topics text not null,
    max_retries integer not null,
    retry_intervals text not null,
    disable_after_failures integer not null,
    consecutive_failures integer not null,
    custom_headers text not null,
    is_active integer not null,
    disabled_at bigint,
    disabled_reason text,
    max_in_flight integer,
    rate_limit integer,
    next_free_at bigint not null,
    is_ordered integer not null,
    deleted_at bigint,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  // The webhooks of a project: read at every event.
  `create index webhooks_project on webhooks (project_id) where deleted_at is null`,
  `create table webhook_deliveries (
    id text primary key,
    webhook_id text not null,
    event_id text not null,
    project_id text not null,
    order_key text,
    topic text not null,
    status text not null,
    attempts integer not null,
    due_at bigint,
    leased_by text,
    is_forced integer not null,
    was_counted integer not null,
    last_error text,
    replay_id text,
    created_at bigint not null,
    updated_at bigint not null
  )`,
  // One delivery an event and webhook; and whether an event still has deliveries.
  `create unique index webhook_deliveries_event on webhook_deliveries (event_id, webhook_id)`,
  // The claim: what is due at one webhook, oldest first. Final rows are not in it.
  `create index webhook_deliveries_due on webhook_deliveries (webhook_id, due_at) where due_at is not null`,
  // What a webhook has in flight, and what a dead worker held.
  `create index webhook_deliveries_leased on webhook_deliveries (webhook_id, leased_by) where leased_by is not null`,
  // What comes first of a session, at a webhook that wants order.
  `create index webhook_deliveries_order on webhook_deliveries (webhook_id, order_key, id)
    where order_key is not null and due_at is not null`,
  // The deliveries of a webhook, newest first; and what a replay takes next.
  `create index webhook_deliveries_list on webhook_deliveries (webhook_id, created_at, id)`,
  // What failed for good, and what is held: to show, and to deliver after all.
  `create index webhook_deliveries_failed on webhook_deliveries (webhook_id, created_at, id) where status = 'failed'`,
  `create index webhook_deliveries_held on webhook_deliveries (webhook_id, created_at, id) where status = 'held'`,
  // How a replay goes.
  `create index webhook_deliveries_replay on webhook_deliveries (replay_id, status) where replay_id is not null`,
  `create table replays (
    id text primary key,
    project_id text not null references projects (id),
    selection text not null,
    status text not null,
    rate integer not null,
    total integer not null,
    queued integer not null,
    skipped integer not null,
    position text not null,
    next_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    ended_at bigint
  )`,
  // The replays of a project, newest first.
  `create index replays_project on replays (project_id, created_at)`,
  // Replays that have work left.
  `create index replays_running on replays (next_at) where next_at is not null`,
  `alter table deliveries add column replay_id text`,
  `create index deliveries_replay on deliveries (replay_id, status) where replay_id is not null`,
  // What a replay takes next at a destination.
  `create index deliveries_list on deliveries (destination_id, created_at, id)`,
];
