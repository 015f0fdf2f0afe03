/** Small pictures of photos, and who was sent a link. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, statements);
}

const statements: string[] = [
  // Which small pictures lie in the storage: "320.webp 640.jpeg "; "none" when the photo cannot be drawn.
  `alter table images add column thumbnails text not null default ''`,
  // Links that were sent, so that nobody can make this install flood a stranger. Forgotten after a day.
  `create table shares (
    id text primary key,
    project_id text not null,
    session_id text not null,
    channel text not null,
    recipient_hash text not null,
    created_at bigint not null
  )`,
  `create index shares_project on shares (project_id, created_at)`,
  `create index shares_session on shares (session_id, created_at)`,
  `create index shares_recipient on shares (recipient_hash, created_at)`,
  `create index shares_created on shares (created_at)`,
];
