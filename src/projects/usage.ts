/** What a project used of its month, and keeping to its plan (contract §14). Test mode is never counted. */
import type { Queries, Tx } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { Plan } from './plans.ts';

/** The calendar month of a moment, UTC: "2026-11". */
export function monthOf(now: number): string {
  return new Date(now).toISOString().slice(0, 7);
}

/** From the first moment of a month ("2026-11", UTC) up to the first one after it, in milliseconds. */
function bounds(month: string): { from: number; to: number } {
  const from = Date.parse(`${month}-01T00:00:00Z`);
  return { from, to: nextMonth(from) };
}

/** The first moment of the month after `now`, UTC, in milliseconds. */
export function nextMonth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}

/**
 * Counts one live session, in the transaction that makes it. Throws AppError 429 when the month is used up: counting and
 * checking are one statement, so that parallel requests never go over.
 */
export async function countSession(tx: Tx, projectId: string, plan: Plan, now: number): Promise<void> {
  const most = plan.sessionsPerMonth;
  const month = monthOf(now);
  const counted =
    most === 0
      ? undefined
      : await tx.q
          .insertInto('usage')
          .values({ project_id: projectId, month, sessions: 1 })
          .onConflict((conflict) => {
            const add = conflict
              .columns(['project_id', 'month'])
              .doUpdateSet((eb) => ({ sessions: eb('usage.sessions', '+', 1) }));
            return most === null ? add : add.where('usage.sessions', '<', most);
          })
          .returning('sessions')
          .executeTakeFirst();
  if (counted) return;
  const start = new Date(nextMonth(now)).toISOString().slice(0, 10);
  throw new AppError(
    429,
    'QUOTA_EXCEEDED',
    `The ${plan.name} plan allows ${most} sessions a month, and they are used up. The next month begins on ${start}.`,
    { retryAfter: (nextMonth(now) - now) / 1000 },
  );
}

export interface Usage {
  month: string;
  sessions: number;
  images: number;
  imageBytes: number;
  activeDestinations: number;
}

/** Live usage of a month ("2026-11"); destinations are those of this moment. */
export async function readUsage(q: Queries, projectId: string, month: string): Promise<Usage> {
  const { from, to } = bounds(month);
  const sessions = await q
    .selectFrom('usage')
    .select('sessions')
    .where('project_id', '=', projectId)
    .where('month', '=', month)
    .executeTakeFirst();
  const images = await q
    .selectFrom('images')
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.sum<number>('size_bytes').as('bytes')])
    .where('project_id', '=', projectId)
    .where('env', '=', 'live')
    .where('created_at', '>=', from)
    .where('created_at', '<', to)
    .executeTakeFirstOrThrow();
  return {
    month,
    sessions: sessions?.sessions ?? 0,
    images: Number(images.count),
    imageBytes: Number(images.bytes ?? 0),
    activeDestinations: await countActiveDestinations(q, projectId),
  };
}

async function countActiveDestinations(q: Queries, projectId: string): Promise<number> {
  const { count } = await q
    .selectFrom('destinations')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('project_id', '=', projectId)
    .where('session_id', 'is', null)
    .where('deleted_at', 'is', null)
    .where('is_active', '=', 1)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Throws AppError 403 when one more active destination is more than the plan allows. */
export async function requireDestinationRoom(tx: Tx, projectId: string, plan: Plan): Promise<void> {
  const most = plan.activeDestinations;
  if (most === null || (await countActiveDestinations(tx.q, projectId)) < most) return;
  throw new AppError(
    403,
    'PLAN_LIMIT',
    `The ${plan.name} plan allows ${most} active destination${most === 1 ? '' : 's'}. Switch one off, or choose a larger plan.`,
  );
}

const features = {
  password: 'password-protected sessions',
  branding: 'branding of the phone page',
  endToEnd: 'end-to-end encryption',
} as const;

/** Throws AppError 403 when the plan does not have the feature (contract §14). */
export function requireFeature(plan: Plan, feature: keyof typeof features): void {
  if (plan[feature]) return;
  throw new AppError(
    403,
    'PLAN_LIMIT',
    `The ${plan.name} plan has no ${features[feature]}. Choose a larger plan.`,
  );
}
