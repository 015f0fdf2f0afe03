/** Finding sessions. Each finder says whose the session is: a project's, or whoever holds the link. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { compileOnce } from '../db/compiled.ts';
import type { Queries } from '../db/database.ts';
import type { Env } from '../db/schema.ts';
import { anyHolds } from '../db/search.ts';
import { type Session, type SessionRow, type SessionStatus, toSession } from './session.ts';

function selectSessions(q: Queries) {
  return q
    .selectFrom('sessions as s')
    .innerJoin('projects as p', 'p.id', 's.project_id')
    .leftJoin('plans as n', 'n.id', 'p.plan')
    .leftJoin('keys as k', 'k.id', 's.key_id')
    .selectAll('s')
    .select([
      'p.name as project_name',
      'p.e2e_public_key as e2e_public_key',
      'p.e2e_required as e2e_required',
      'p.page as project_page',
      'n.definition as plan_definition',
      'k.max_images as key_max_images',
      'k.allowed_mime_types as key_mime_types',
      'k.max_image_dimension as key_max_dimension',
    ]);
}

/** A session of a project. */
export async function findSession(q: Queries, projectId: string, id: string): Promise<Session | undefined> {
  const row = await selectSessions(q)
    .where('s.id', '=', id)
    .where('s.project_id', '=', projectId)
    .executeTakeFirst();
  return row && toSession(row as SessionRow);
}

const selectById = compileOnce((q, session: { id: string }) =>
  selectSessions(q).where('s.id', '=', session.id),
);

/** The session that a link names: its id is the permission of the phone's side (contract §1.4). */
export async function findSessionByLink(q: Queries, id: string): Promise<Session | undefined> {
  const [row] = await selectById(q, { id });
  return row && toSession(row as SessionRow);
}

/** The id behind a link's id or short code, or undefined. */
export async function findSessionId(q: Queries, idOrCode: string): Promise<string | undefined> {
  const row = await q
    .selectFrom('sessions')
    .select('id')
    .where((eb) => eb.or([eb('id', '=', idOrCode), eb('short_code', '=', idOrCode)]))
    .executeTakeFirst();
  return row?.id;
}

/** Whether the session exists in another project: the difference between 403 and 404. */
export async function sessionExists(q: Queries, id: string): Promise<boolean> {
  return (await q.selectFrom('sessions').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;
}

export interface SessionSummary {
  session: Session;
  imagesCount: number;
  /** Images with at least one successful delivery. */
  imagesDelivered: number;
  /** Images with any destination that failed for good. */
  imagesFailed: number;
  destinationsCount: number;
}

export interface SessionFilter {
  status?: SessionStatus | undefined;
  /** In the label or the tags; or an id, a short code. */
  search?: string | undefined;
  /** When statuses are told; milliseconds since 1970. */
  now?: number | undefined;
}

/** The sessions `s` of an owner that a filter lets through, as one condition. */
function conditionOf(owner: { projectId: string; env: Env }, filter: SessionFilter): RawBuilder<SqlBool> {
  const parts = [sql<SqlBool>`s.project_id = ${owner.projectId}`, sql<SqlBool>`s.env = ${owner.env}`];
  const now = filter.now ?? Date.now();
  if (filter.status === 'completed') parts.push(sql`s.completed_at is not null`);
  else if (filter.status === 'expired') parts.push(sql`s.completed_at is null and s.expires_at <= ${now}`);
  else if (filter.status) parts.push(sql`s.completed_at is null and s.expires_at > ${now}`);
  if (filter.status === 'active') parts.push(sql`s.images_count > 0`);
  if (filter.status === 'pending') parts.push(sql`s.images_count = 0`);
  if (filter.search) {
    const texts = anyHolds([sql.ref('s.label'), sql.ref('s.tags')], filter.search);
    parts.push(sql`(s.id = ${filter.search} or s.short_code = ${filter.search} or ${texts})`);
  }
  return sql<SqlBool>`${sql.join(parts, sql` and `)}`;
}

/** Sessions of a project and environment, newest first, with their counts. */
export async function listSessions(
  q: Queries,
  owner: { projectId: string; env: Env },
  page: { offset: number; limit: number },
  filter: SessionFilter = {},
): Promise<{ rows: SessionSummary[]; total: number }> {
  const wanted = conditionOf(owner, filter);
  const { total } = await q
    .selectFrom('sessions as s')
    .where(wanted)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = (await selectSessions(q)
    .where(wanted)
    .orderBy('s.created_at', 'desc')
    .orderBy('s.id', 'desc')
    .offset(page.offset)
    .limit(page.limit)
    .execute()) as SessionRow[];
  const counts = await countOf(
    q,
    rows.map((row) => row.id),
  );
  return {
    total: Number(total),
    rows: rows.map((row) => ({ session: toSession(row), imagesCount: row.images_count, ...counts(row.id) })),
  };
}

type Counts = Pick<SessionSummary, 'imagesDelivered' | 'imagesFailed' | 'destinationsCount'>;

async function countOf(q: Queries, ids: string[]): Promise<(id: string) => Counts> {
  if (ids.length === 0) return () => ({ imagesDelivered: 0, imagesFailed: 0, destinationsCount: 0 });
  const byStatus = await q
    .selectFrom('deliveries')
    .select(['session_id', 'status'])
    .select((eb) => eb.fn.count<number>('image_id').distinct().as('images'))
    .where('session_id', 'in', ids)
    .where('status', 'in', ['sent', 'failed'])
    .groupBy(['session_id', 'status'])
    .execute();
  const destinations = await q
    .selectFrom('session_destinations')
    .select('session_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('session_id', 'in', ids)
    .groupBy('session_id')
    .execute();
  const images = (id: string, status: string): number =>
    Number(byStatus.find((row) => row.session_id === id && row.status === status)?.images ?? 0);
  return (id) => ({
    imagesDelivered: images(id, 'sent'),
    imagesFailed: images(id, 'failed'),
    destinationsCount: Number(destinations.find((row) => row.session_id === id)?.count ?? 0),
  });
}
