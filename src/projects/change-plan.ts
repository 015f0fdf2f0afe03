/** Changing a project's plan: told once, wherever the change came from. */
import type { Tx } from '../db/database.ts';
import { invalid, notFound } from '../errors.ts';
import { emit } from '../events/emit.ts';
import { toIso } from '../lib/clock.ts';

/**
 * Moves a project to another plan and emits `project.billing.plan_changed`; to the plan that it has, does nothing.
 * Returns whether anything changed. Throws AppError 400 for an unknown plan.
 */
export async function changePlan(tx: Tx, projectId: string, planId: string, now: number): Promise<boolean> {
  const plan = await tx.q.selectFrom('plans').select('id').where('id', '=', planId).executeTakeFirst();
  if (!plan) throw invalid(`There is no plan "${planId.slice(0, 40)}". GET /api/v1/plans lists them.`);
  const project = await tx.q
    .selectFrom('projects')
    .select('plan')
    .where('id', '=', projectId)
    .executeTakeFirst();
  if (!project) throw notFound('project');
  // The old plan is part of the condition: of two changes at once, each tells what it really changed.
  const moved = await tx.q
    .updateTable('projects')
    .set({ plan: planId, updated_at: now })
    .where('id', '=', projectId)
    .where('plan', '=', project.plan)
    .where('plan', '!=', planId)
    .executeTakeFirst();
  if (Number(moved.numUpdatedRows) === 0) return false;
  await emit(tx, {
    projectId,
    sessionId: null,
    topic: 'project.billing.plan_changed',
    data: { old_plan: project.plan, new_plan: planId, effective_at: toIso(now) },
    now,
  });
  return true;
}
