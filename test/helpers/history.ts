/** A database that has been at work for long: made by the database itself, so that a million photos take seconds. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../src/db/database.ts';

/**
 * Photos of a project, each delivered to one of its two destinations, with its attempt and its event; ten a session, spread over time, with names
 * that lie where ids of that time would.
 */
export async function fillHistory(
  db: Database,
  { photos: size, projectId, lanes }: { photos: number; projectId: string; lanes: readonly string[] },
): Promise<void> {
  const project = sql.lit(projectId);
  const lane = sql`case i % 2 when 0 then ${sql.lit(lanes[0])} else ${sql.lit(lanes[1])} end`;
  const at = sql`1700000000000 + i`;
  const session = sql`'sess_0' || (i / 10)`;
  await fillTable(
    db,
    size / 10,
    (numbers) => sql`
    insert into sessions (id, project_id, env, short_code, expires_at, max_images, allowed_mime_types, long_polling,
      images_count, completed_at, changed_at, created_at)
    select 'sess_0' || i, ${project}, 'live', 'c0' || i, 1700000000000, 10, '["image/jpeg"]', 0, 10, ${at}, ${at}, ${at}
    from ${numbers} as numbers`,
  );
  await fillTable(
    db,
    size,
    (numbers) => sql`
    insert into images (id, session_id, project_id, env, position, filename, mime_type, size_bytes, sha256, width, height,
      source, is_encrypted, storage_key, created_at)
    select 'img_0' || i, ${session}, ${project}, 'live', i % 10, 'photo.jpg', 'image/jpeg', 2000000,
      '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', 4000, 3000, 'camera', 0,
      '2023-11-14/img_0' || i, ${at} from ${numbers} as numbers`,
  );
  await fillTable(
    db,
    size,
    (numbers) => sql`
    insert into deliveries (id, project_id, session_id, image_id, destination_id, status, attempts, created_at, updated_at)
    select 'del_0' || i, ${project}, ${session}, 'img_0' || i, ${lane}, 'sent', 1, ${at}, ${at}
    from ${numbers} as numbers`,
  );
  await fillTable(
    db,
    size,
    (numbers) => sql`
    insert into attempts (id, delivery_id, number, started_at, duration_ms, outcome)
    select 'att_0' || i, 'del_0' || i, 1, ${at}, 150, 'sent' from ${numbers} as numbers`,
  );
  await fillTable(
    db,
    size,
    (numbers) => sql`
    insert into events (id, project_id, session_id, topic, data, created_at)
    select 'evt_0' || i, ${project}, ${session}, 'project.upload.completed', '{}', ${at} from ${numbers} as numbers`,
  );
  for (const name of ['sessions', 'images', 'deliveries', 'attempts', 'events']) {
    await sql`analyze ${sql.table(name)}`.execute(db.read).catch(() => undefined);
  }
}

async function fillTable(
  db: Database,
  count: number,
  insert: (numbers: RawBuilder<unknown>) => RawBuilder<unknown>,
): Promise<void> {
  const last = count - 1;
  const numbers =
    db.engine === 'sqlite'
      ? sql`(with recursive n (i) as (select 0 union all select i + 1 from n where i < ${last}) select i from n)`
      : sql`(select generate_series(0, ${last}::int) as i)`;
  await db.write((tx) => insert(numbers).execute(tx.q), { patient: true });
}

/** A webhook that leads nowhere. */
export const destinationRow = (id: string, project_id: string, now: number) => ({
  id,
  project_id,
  session_id: null,
  type: 'webhook',
  name: id,
  config: '{}',
  credentials: null,
  is_active: 1 as const,
  deleted_at: null,
  created_at: now,
  updated_at: now,
});
