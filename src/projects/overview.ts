/** What somebody wants to know first: the last days, and what fails now and why. Live and test are told apart. */
import { sql } from 'kysely';
import type { Queries } from '../db/database.ts';
import type { Env } from '../db/schema.ts';

export const dayMs = 86_400_000;

export interface Day {
  /** When it began; milliseconds since 1970. */
  at: number;
  sessions: number;
  images: number;
  /** Deliveries of photos. */
  sent: number;
  failed: number;
}

export interface Failing {
  kind: 'destination' | 'webhook';
  id: string;
  name: string;
  type: string;
  /** Failed for good, and still being tried again, in the last seven days. */
  failed: number;
  retrying: number;
  /** Waiting until somebody connects the account or switches the webhook on again. */
  held: boolean;
  lastError: string | null;
  lastAt: number;
}

interface Owner {
  projectId: string;
  env: Env;
}

/** So many days from `from` on (milliseconds since 1970: where the person's day begins). */
export async function readDays(q: Queries, owner: Owner, from: number, count: number): Promise<Day[]> {
  const days = Array.from({ length: count }, (_, index) => ({
    at: from + index * dayMs,
    sessions: 0,
    images: 0,
    sent: 0,
    failed: 0,
  }));
  const add = (rows: { day: number; count: number }[], member: 'sessions' | 'images' | 'sent' | 'failed') => {
    for (const row of rows) {
      const day = days[Number(row.day)];
      if (day) day[member] += Number(row.count);
    }
  };
  for (const table of ['sessions', 'images'] as const) {
    const found = await sql<{ day: number; count: number }>`
      select (created_at - ${from}) / 86400000 as day, count(*) as count from ${sql.table(table)}
      where project_id = ${owner.projectId} and env = ${owner.env} and created_at >= ${from} group by 1`.execute(
      q,
    );
    add(found.rows, table);
  }
  for (const status of ['sent', 'failed'] as const) {
    const found = await sql<{ day: number; count: number }>`
      select (d.created_at - ${from}) / 86400000 as day, count(*) as count
      from deliveries d join images i on i.id = d.image_id
      where d.project_id = ${owner.projectId} and i.env = ${owner.env} and d.status = ${status}
        and d.created_at >= ${from} group by 1`.execute(q);
    add(found.rows, status);
  }
  return days;
}

/** Where deliveries fail now, worst first. */
export async function readFailing(q: Queries, owner: Owner, now: number): Promise<Failing[]> {
  const since = now - 7 * dayMs;
  const destinations = await sql<Omit<Failing, 'held'> & { held_at: number | null }>`
    select 'destination' as kind, t.id, t.name, t.type, t.held_at,
      sum(case when d.status = 'failed' then 1 else 0 end) as failed,
      sum(case when d.status = 'retrying' then 1 else 0 end) as retrying,
      max(d.updated_at) as "lastAt",
      coalesce(t.held_reason, (select l.last_error from deliveries l
        where l.destination_id = t.id and l.project_id = ${owner.projectId} and l.last_error is not null
        order by l.created_at desc limit 1)) as "lastError"
    from deliveries d join images i on i.id = d.image_id join destinations t on t.id = d.destination_id
    where d.project_id = ${owner.projectId} and i.env = ${owner.env} and t.deleted_at is null
      and d.created_at >= ${since} and d.status in ('failed', 'retrying')
    group by t.id, t.name, t.type, t.held_at, t.held_reason`.execute(q);
  const webhooks = await sql<Omit<Failing, 'held'> & { disabled_at: number | null }>`
    select 'webhook' as kind, w.id, w.url as name, 'webhook' as type, w.disabled_at,
      sum(case when d.status = 'failed' then 1 else 0 end) as failed,
      sum(case when d.status = 'retrying' then 1 else 0 end) as retrying,
      max(d.updated_at) as "lastAt",
      (select l.last_error from webhook_deliveries l where l.webhook_id = w.id and l.last_error is not null
        order by l.created_at desc limit 1) as "lastError"
    from webhook_deliveries d join webhooks w on w.id = d.webhook_id
    where d.project_id = ${owner.projectId} and w.deleted_at is null
      and d.created_at >= ${since} and d.status in ('failed', 'retrying')
    group by w.id, w.url, w.disabled_at`.execute(q);
  return [
    ...destinations.rows.map(({ held_at, ...row }) => ({ ...row, held: held_at !== null })),
    ...webhooks.rows.map(({ disabled_at, ...row }) => ({ ...row, held: disabled_at !== null })),
  ]
    .map((row) => ({
      ...row,
      failed: Number(row.failed),
      retrying: Number(row.retrying),
      lastAt: Number(row.lastAt),
    }))
    .sort((a, b) => Number(b.held) - Number(a.held) || b.failed + b.retrying - (a.failed + a.retrying))
    .slice(0, 20);
}
