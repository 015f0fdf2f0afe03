/**
 * The disable rule (contract §8.6): a webhook whose events fail for good, one after the other, is switched off. It counts
 * events, not attempts; it warns at half; a receiver that says 410 is switched off at once. Whatever happens meanwhile is
 * held.
 */
import { compileOnce } from '../db/compiled.ts';
import type { Tx } from '../db/database.ts';
import { toIso } from '../lib/clock.ts';
import { emit } from './emit.ts';
import { holdWaiting } from './held.ts';
import { describeUrl } from './webhooks.ts';

/** How an event ended at a webhook. */
export interface Ending {
  webhookId: string;
  projectId: string;
  sent: boolean;
  /** The receiver answered 410. */
  gone: boolean;
  error: string | null;
}

/** Counts these endings, in their order, and does what the rule says. */
export async function applyRule(tx: Tx, endings: readonly Ending[], now: number): Promise<void> {
  for (const [webhookId, all] of Map.groupBy(endings, (ending) => ending.webhookId)) {
    const lastSent = all.findLastIndex((ending) => ending.sent);
    if (lastSent >= 0) await forgetFailures(tx.q, { webhook: webhookId });
    const failed = all.slice(lastSent + 1);
    if (failed.length > 0) await countFailures(tx, webhookId, failed, now);
  }
}

/** Touches the row only when there is something to forget: successes are many. */
const forgetFailures = compileOnce((q, of: { webhook: string }) =>
  q
    .updateTable('webhooks')
    .set({ consecutive_failures: 0 })
    .where('id', '=', of.webhook)
    .where('consecutive_failures', '>', 0),
);

async function countFailures(
  tx: Tx,
  webhookId: string,
  failed: readonly Ending[],
  now: number,
): Promise<void> {
  const row = await tx.q
    .updateTable('webhooks')
    .set((eb) => ({ consecutive_failures: eb('consecutive_failures', '+', failed.length) }))
    .where('id', '=', webhookId)
    .where('deleted_at', 'is', null)
    .returning(['project_id', 'url', 'consecutive_failures', 'disable_after_failures', 'is_active'])
    .executeTakeFirst();
  if (!row || row.is_active === 0) return;
  const { consecutive_failures: count, disable_after_failures: limit } = row;
  if (limit === 0) return;
  const data = {
    webhook_id: webhookId,
    url: describeUrl(row.url),
    consecutive_failures: count,
    disable_after_failures: limit,
    last_error: failed.at(-1)?.error ?? null,
  };
  const about = { projectId: row.project_id, sessionId: null, now };
  const gone = failed.some((ending) => ending.gone);
  if (gone || count >= limit) {
    await disable(tx, webhookId, gone ? 'gone' : 'failures', now);
    const reason = gone ? 'gone' : 'failures';
    await emit(tx, {
      ...about,
      topic: 'project.webhook.disabled',
      data: { ...data, reason, disabled_at: toIso(now) },
    });
    return;
  }
  const half = Math.ceil(limit / 2);
  if (count >= half && count - failed.length < half) {
    await emit(tx, { ...about, topic: 'project.webhook.failing', data });
  }
}

async function disable(tx: Tx, webhookId: string, reason: string, now: number): Promise<void> {
  await tx.q
    .updateTable('webhooks')
    .set((eb) => ({
      is_active: 0,
      disabled_at: now,
      disabled_reason: reason,
      updated_at: eb
        .case()
        .when('updated_at', '>=', now)
        .then(eb('updated_at', '+', 1))
        .else(now)
        .end(),
    }))
    .where('id', '=', webhookId)
    .execute();
  await holdWaiting(tx, webhookId, now);
}
