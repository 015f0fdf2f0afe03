/** Photos that come in pieces, a name by which the phone knows its photo, and how pages and photos are treated. */
import type { Kysely } from 'kysely';
import type { Engine } from '../database.ts';
import { runStatements } from './statements.ts';

export async function up(db: Kysely<unknown>, engine: Engine): Promise<void> {
  await runStatements(db, engine, statements);
}

const statements: string[] = [
  // The client's own name for the photo: sent again, it is the same image.
  `alter table images add column client_id text`,
  `create unique index images_client on images (session_id, client_id) where client_id is not null`,
  // What has come of a photo so far. The bytes lie in the storage, a file a piece; `received` is moved by
  // compare-and-set, so nobody needs a lock that a dead process could hold.
  `create table partial_uploads (
    session_id text not null,
    id text not null,
    length bigint not null,
    received bigint not null,
    parts text not null,
    filename text not null,
    source text not null,
    encryption text not null,
    sha256 text,
    image_id text,
    expires_at bigint not null,
    created_at bigint not null,
    primary key (session_id, id)
  )`,
  `create index partial_uploads_expiry on partial_uploads (expires_at)`,
  // JSON: brand of the phone page, and what is done with photos unless the session says otherwise.
  `alter table projects add column page text`,
  // JSON: what is done with the photos of this session (place, format, size); null: as the project says.
  `alter table sessions add column processing text`,
];
