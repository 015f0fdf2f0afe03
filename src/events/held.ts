/** Events for a webhook that is off: they are held, counted and shown, until its owner says what becomes of them. */
import { sql } from 'kysely';
import type { Queries, Tx } from '../db/database.ts';
import { wakeWebhook } from './emit.ts';
import type { Webhook } from './webhooks.ts';

/** Rows that are changed in one transaction. Whoever sees that there were more comes again. */
const batch = 1_000;

/** Holds what still waits for a webhook that is off, as far as nobody asked for it. Returns whether more may be there. */
export async function holdWaiting(tx: Tx, webhookId: string, now: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update webhook_deliveries set status = 'held', due_at = null, leased_by = null, updated_at = ${now}
    where id in (
      select id from webhook_deliveries
      where webhook_id = ${webhookId} and due_at is not null and is_forced = 0
        and (leased_by is null or due_at <= ${now})
      order by due_at limit ${batch}
    )`.execute(tx.q);
  return Number(numAffectedRows) === batch;
}

/** Ends what still waits, with the reason; what is in flight ends by itself. Returns whether more may be there. */
export async function failWaiting(tx: Tx, webhookId: string, reason: string, now: number): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update webhook_deliveries
    set status = 'failed', due_at = null, leased_by = null, last_error = ${reason}, updated_at = ${now}
    where id in (
      select id from webhook_deliveries
      where webhook_id = ${webhookId} and due_at is not null and (leased_by is null or due_at <= ${now})
      order by due_at limit ${batch}
    )`.execute(tx.q);
  return Number(numAffectedRows) === batch;
}

/** Ends the next held events of a webhook that is gone. Fewer than `heldBatch` means that none is left. */
export async function failHeld(tx: Tx, webhookId: string, reason: string, now: number): Promise<number> {
  const { numAffectedRows } = await sql`
    update webhook_deliveries set status = 'failed', last_error = ${reason}, updated_at = ${now}
    where id in (
      select id from webhook_deliveries
      where webhook_id = ${webhookId} and status = 'held'
      order by created_at, id limit ${batch}
    )`.execute(tx.q);
  return Number(numAffectedRows);
}

/** How many events are held for each of these webhooks. */
export async function countHeld(q: Queries, webhookIds: readonly string[]): Promise<Map<string, number>> {
  if (webhookIds.length === 0) return new Map();
  const rows = await q
    .selectFrom('webhook_deliveries')
    .select('webhook_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('webhook_id', 'in', webhookIds)
    .where('status', '=', 'held')
    .groupBy('webhook_id')
    .execute();
  return new Map(rows.map((row) => [row.webhook_id, Number(row.count)]));
}

/**
 * Decides over the next held events, oldest first: `deliver` makes them due, `drop` ends them as failed. Returns how many
 * it was; fewer than `heldBatch` means that none is left.
 */
export async function decideHeld(
  tx: Tx,
  webhook: Webhook,
  action: 'deliver' | 'drop',
  now: number,
): Promise<number> {
  const change =
    action === 'deliver'
      ? sql`status = case when attempts > 0 then 'retrying' else 'pending' end, due_at = ${now}`
      : sql`status = 'failed', last_error = 'dropped while the webhook was off'`;
  const { numAffectedRows } = await sql`
    update webhook_deliveries set ${change}, updated_at = ${now}
    where id in (
      select id from webhook_deliveries
      where webhook_id = ${webhook.id} and status = 'held'
      order by created_at, id limit ${batch}
    )`.execute(tx.q);
  if (action === 'deliver') wakeWebhook(tx, webhook.id, webhook.projectId);
  return Number(numAffectedRows);
}

export const heldBatch = batch;
