/** Who changed what, and when. A row is written in the transaction of the change, so that there is never one without the other. */
import { sql } from 'kysely';
import { encodeTime } from 'ulid';
import type { Database, Queries, Tx } from '../db/database.ts';
import type { AuditEntryTable, Env } from '../db/schema.ts';
import { anyHolds } from '../db/search.ts';
import { createId } from '../lib/ids.ts';

export interface Actor {
  kind: AuditEntryTable['actor_kind'];
  id: string;
  /** As it is called now. */
  name: string;
}

export interface AuditEntry {
  projectId: string | null;
  env: Env | null;
  actor: Actor;
  /** What was done: nouns of the API and a verb, e.g. `keys.create`. */
  action: string;
  targetId?: string | null;
  /** Never a secret: names and values that the API shows. */
  detail?: Record<string, unknown> | undefined;
  address: string | null;
  now: number;
}

/** Writes one entry. Its detail is cut at 4,000 characters. */
export async function recordAudit(tx: Tx, entry: AuditEntry): Promise<void> {
  const detail = entry.detail === undefined ? null : JSON.stringify(entry.detail);
  await tx.q
    .insertInto('audit_entries')
    .values({
      id: createId('aud'),
      project_id: entry.projectId,
      env: entry.env,
      actor_kind: entry.actor.kind,
      actor_id: entry.actor.id,
      actor_name: entry.actor.name.slice(0, 200),
      action: entry.action,
      target_id: entry.targetId ?? null,
      detail: detail !== null && detail.length > 4_000 ? null : detail,
      address: entry.address,
      created_at: entry.now,
    })
    .execute();
}

export interface AuditFilter {
  actorId?: string | undefined;
  actorKind?: string | undefined;
  /** An action, or the beginning of some: `keys` finds `keys.create`. */
  action?: string | undefined;
  targetId?: string | undefined;
  /** A part of the action or of who did it, in any letter case, or the whole id of what was changed. */
  search?: string | undefined;
  /** Milliseconds since 1970; from is included, to is not. */
  from?: number | undefined;
  to?: number | undefined;
}

export interface AuditRow {
  id: string;
  env: Env | null;
  actor: Actor;
  action: string;
  targetId: string | null;
  detail: Record<string, unknown> | null;
  address: string | null;
  createdAt: number;
}

/** A page of a project's entries, newest first, and how many there are. */
export async function listAudit(
  q: Queries,
  projectId: string,
  filter: AuditFilter,
  { page, pageSize }: { page: number; pageSize: number },
): Promise<{ rows: AuditRow[]; total: number }> {
  let query = q.selectFrom('audit_entries').where('project_id', '=', projectId);
  if (filter.actorId !== undefined) query = query.where('actor_id', '=', filter.actorId);
  if (filter.actorKind !== undefined) {
    query = query.where('actor_kind', '=', filter.actorKind as AuditEntryTable['actor_kind']);
  }
  if (filter.targetId !== undefined) query = query.where('target_id', '=', filter.targetId);
  if (filter.from !== undefined) query = query.where('created_at', '>=', filter.from);
  if (filter.to !== undefined) query = query.where('created_at', '<', filter.to);
  const { action, search } = filter;
  if (search !== undefined) {
    const texts = anyHolds([sql.ref('action'), sql.ref('actor_name')], search);
    query = query.where((eb) => eb.or([texts, eb('target_id', '=', search)]));
  }
  if (action !== undefined) {
    query = query.where((where) =>
      where.or([
        where('action', '=', action),
        // The next letter after the dot ends the range.
        where.and([where('action', '>=', `${action}.`), where('action', '<', `${action}/`)]),
      ]),
    );
  }
  const counted = await query.select((select) => select.fn.countAll<number>().as('total')).executeTakeFirst();
  const rows = await query
    .selectAll()
    .orderBy('id', 'desc')
    .limit(pageSize)
    .offset((page - 1) * pageSize)
    .execute();
  return {
    total: Number(counted?.total ?? 0),
    rows: rows.map((row) => ({
      id: row.id,
      env: row.env,
      actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
      action: row.action,
      targetId: row.target_id,
      detail: row.detail === null ? null : JSON.parse(row.detail),
      address: row.address,
      createdAt: row.created_at,
    })),
  };
}

/** Entries that are removed at once. */
const batch = 1_000;

/**
 * Removes entries that are older than so many days, at most 1,000 a call; 0 days keep everything. Ids begin with the moment of
 * their birth, so the oldest stand first in the primary key. Returns how many went; more than nothing means that more may be there.
 */
export async function pruneAudit(
  db: Database,
  { days, now }: { days: number; now: number },
): Promise<number> {
  if (days === 0) return 0;
  const before = `aud_${encodeTime(Math.max(0, now - days * 86_400_000), 10)}`;
  return db.write(async (tx) => {
    const { numAffectedRows } = await sql`delete from audit_entries where id in (
      select id from audit_entries where id < ${before} order by id limit ${batch}
    )`.execute(tx.q);
    return Number(numAffectedRows ?? 0);
  });
}
