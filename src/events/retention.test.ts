import { sql } from 'kysely';
import { ulid } from 'ulid';
import { expect, test } from 'vitest';
import { eachEngine } from '../../test/helpers/database.ts';
import type { Database } from '../db/database.ts';
import { listPartitions, makePartitions } from '../db/partitions.ts';
import type { EventTable, WebhookDeliveryTable } from '../db/schema.ts';
import { loadSealer } from '../lib/sealed.ts';
import { createProject } from '../projects/projects.ts';
import { pruneEvents } from './retention.ts';
import { createWebhook } from './webhooks.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 10, 21);

/** Events with a delivery and two attempts each, as old as said. */
async function fill(db: Database, count: number, ageDays: number, changes: Partial<WebhookDeliveryTable>) {
  const sealer = await loadSealer({ secretKey: '5e'.repeat(32), file: '' });
  const at = now - ageDays * dayMs;
  const project_id = await db.write((tx) => createProject(tx, sealer, 'Shop', at));
  const settings = { projectId: project_id, url: 'https://shop.example/', topics: ['*'] };
  const webhook_id = await db.write((tx) => createWebhook(tx, settings, { sealer, now: at }));
  const topic = 'project.session.created';
  for (let from = 0; from < count; from += 500) {
    const events: EventTable[] = Array.from({ length: Math.min(500, count - from) }, () => ({
      id: `evt_${ulid(at)}`,
      project_id,
      session_id: null,
      topic,
      data: '{}',
      created_at: at,
    }));
    const deliveries: WebhookDeliveryTable[] = events.map((event) => ({
      id: `del_${ulid(at)}`,
      webhook_id,
      event_id: event.id,
      project_id,
      order_key: null,
      topic,
      status: 'sent',
      attempts: 2,
      due_at: null,
      leased_by: null,
      is_forced: 0,
      was_counted: 0,
      last_error: null,
      replay_id: null,
      created_at: at,
      updated_at: at,
      ...changes,
    }));
    const attempts = deliveries.flatMap(({ id }) =>
      [1, 2].map((number) => ({
        id: `att_${ulid(at)}`,
        delivery_id: id,
        number,
        started_at: at,
        duration_ms: 1.5,
        phases: null,
        address: null,
        outcome: 'sent' as const,
        status_code: 200,
        response_excerpt: null,
        error: null,
        next_at: null,
        next_reason: null,
      })),
    );
    await db.write(async ({ q }) => {
      await q.insertInto('events').values(events).execute();
      await q.insertInto('webhook_deliveries').values(deliveries).execute();
      await q.insertInto('attempts').values(attempts).execute();
    });
  }
}

async function counts(db: Database): Promise<number[]> {
  const of = async (table: 'events' | 'webhook_deliveries' | 'attempts') => {
    const { n } = await db.read
      .selectFrom(table)
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow();
    return Number(n);
  };
  return [await of('events'), await of('webhook_deliveries'), await of('attempts')];
}

eachEngine('retention of events', (engine) => {
  test('goes in steps, so that nobody has to wait for it, until nothing old is left', async () => {
    const db = await engine.open();
    await fill(db, 2_300, 31, {});
    await fill(db, 3, 29, {});
    const steps: number[] = [];
    for (let removed = -1; removed !== 0; ) {
      const before = await counts(db);
      removed = await pruneEvents(db, { days: 30, now });
      const after = await counts(db);
      for (const [at, count] of after.entries()) expect(before[at]! - count).toBeLessThanOrEqual(1_000);
      steps.push(removed);
    }
    expect(steps.reduce((sum, step) => sum + step)).toBe(2_300 * 4);
    expect(await counts(db)).toEqual([3, 3, 6]);
  });

  test('0 days keep everything; what is still to be delivered stays, with its event', async () => {
    const db = await engine.open();
    await fill(db, 2, 400, { status: 'retrying', due_at: now + dayMs });
    await fill(db, 2, 400, { status: 'held' });
    expect(await pruneEvents(db, { days: 0, now })).toBe(0);
    expect(await counts(db)).toEqual([4, 4, 8]);
    while ((await pruneEvents(db, { days: 30, now })) > 0);
    expect((await counts(db)).slice(0, 2)).toEqual([2, 2]);
  });

  if (engine.name === 'postgres')
    test('a month that is over goes at once; a week whose events are still to be delivered keeps those', async () => {
      const db = await engine.open();
      // As at an install that has been there for a while.
      for (const table of ['attempts', 'events'])
        await db.write(({ q }) => sql`drop table ${sql.table(`${table}_start`)}`.execute(q));
      await makePartitions(db, { now: now - 130 * dayMs, width: 'month' });
      for (const days of [45, 31, 0]) await makePartitions(db, { now: now - days * dayMs, width: 'week' });
      await fill(db, 1_500, 130, {});
      await fill(db, 2, 45, {});
      await fill(db, 1, 45, { status: 'retrying', due_at: now + dayMs });
      await fill(db, 1, 31, {});
      await fill(db, 2, 1, {});
      // Two months, two weeks, a week that is not over and one for each of the three after it, and the rest.
      const parts = async () => [
        (await listPartitions(db.read, 'attempts')).length,
        (await listPartitions(db.read, 'events')).length,
      ];
      expect(await parts()).toEqual([9, 9]);
      while ((await pruneEvents(db, { days: 30, now })) > 0);
      expect(await counts(db)).toEqual([4, 3, 6]);
      expect(await parts()).toEqual([5, 6]);
      // The one of 31 days ago is in a week that is not over: it goes with it.
      while ((await pruneEvents(db, { days: 30, now: now + 7 * dayMs })) > 0);
      expect(await counts(db)).toEqual([3, 3, 4]);
    });
});
