/** Plans as rows, so that every process reads the same limits; what a project used of its month; its billing. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, statements);
}

const statements: string[] = [
  // Written at each start from the plan definitions; a project names one by id.
  `create table plans (
    id text primary key,
    position integer not null,
    definition text not null
  )`,
  // Live sessions made in a calendar month (UTC, "2026-11"). Test mode is never counted.
  `create table usage (
    project_id text not null,
    month text not null,
    sessions integer not null,
    primary key (project_id, month)
  )`,
  `alter table projects add column billing_customer text`,
  `alter table projects add column billing_subscription text`,
  // When the newest event that was taken was made: an older one that comes late changes nothing.
  `alter table projects add column billing_event_at bigint`,
  // The project of a customer.
  `create index projects_customer on projects (billing_customer) where billing_customer is not null`,
  // Events of the billing provider that were taken: each acts once, however often it is sent.
  `create table billing_events (
    id text primary key,
    created_at bigint not null
  )`,
];
