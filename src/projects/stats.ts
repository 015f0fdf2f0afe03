/** Figures of a project (contract §11). Test data is counted apart: a test key sees the test figures. */
import type { Queries } from '../db/database.ts';
import type { Env } from '../db/schema.ts';

export interface Stats {
  sessionsThisMonth: number;
  sessionsTotal: number;
  imagesUploaded: number;
  imagesDelivered: number;
  /** 0 to 100; 100 when nothing was tried. */
  deliverySuccessRate: number;
  activeKeys: number;
}

/** The first moment of the month of `now`, UTC, in milliseconds. */
export function startOfMonth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

export async function readStats(
  q: Queries,
  owner: { projectId: string; env: Env },
  now: number,
): Promise<Stats> {
  const { projectId, env } = owner;
  const sessions = await q
    .selectFrom('sessions')
    .select((eb) => [
      eb.fn.countAll<number>().as('total'),
      eb.fn
        .sum<number>(eb.case().when('created_at', '>=', startOfMonth(now)).then(1).else(0).end())
        .as('month'),
    ])
    .where('project_id', '=', projectId)
    .where('env', '=', env)
    .executeTakeFirstOrThrow();
  const images = await q
    .selectFrom('images')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where('project_id', '=', projectId)
    .where('env', '=', env)
    .executeTakeFirstOrThrow();
  const deliveries = await q
    .selectFrom('deliveries as d')
    .innerJoin('images as i', 'i.id', 'd.image_id')
    .select('d.status')
    .select((eb) => [
      eb.fn.countAll<number>().as('count'),
      eb.fn.count<number>('d.image_id').distinct().as('images'),
    ])
    .where('i.project_id', '=', projectId)
    .where('i.env', '=', env)
    .where('d.status', 'in', ['sent', 'failed'])
    .groupBy('d.status')
    .execute();
  const keys = await q
    .selectFrom('keys')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('project_id', '=', projectId)
    .where('is_active', '=', 1)
    .executeTakeFirstOrThrow();
  const of = (status: string) => deliveries.find((row) => row.status === status);
  const sent = Number(of('sent')?.count ?? 0);
  const tried = sent + Number(of('failed')?.count ?? 0);
  return {
    sessionsThisMonth: Number(sessions.month ?? 0),
    sessionsTotal: Number(sessions.total),
    imagesUploaded: Number(images.total),
    imagesDelivered: Number(of('sent')?.images ?? 0),
    deliverySuccessRate: tried === 0 ? 100 : Math.round((sent / tried) * 1000) / 10,
    activeKeys: Number(keys.count),
  };
}
