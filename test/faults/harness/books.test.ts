/** What the judge is told about rows is read from a real database in which something is wrong. */
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../src/db/open.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { createTestDatabase } from '../../helpers/database.ts';
import { readRows } from './books.ts';
import { drawClusterSteps } from './cluster-storm.ts';
import { drawSteps } from './storm.ts';

test('rows without what they name, silent attempts and a wrong usage are seen', async () => {
  const place = await createTestDatabase('sqlite', { migrated: true });
  onTestFinished(() => place.cleanup());
  const db = await openDatabase({ ...place, logger: silentLogger });
  onTestFinished(() => db.close());
  expect(await readRows(db)).toMatchObject({ orphans: [], silentAttempts: [], usage: [], workers: 0 });
  await db.write(async ({ q }) => {
    const attempt = { started_at: 1, duration_ms: 1, phases: null, address: null, status_code: null };
    const rest = { response_excerpt: null, next_at: null, next_reason: null };
    await q
      .insertInto('attempts')
      .values({
        ...attempt,
        ...rest,
        id: 'att_1',
        delivery_id: 'del_1',
        number: 1,
        outcome: 'retry',
        error: '',
      })
      .execute();
    await q
      .insertInto('live_events')
      .values({ session_id: 'sess_1', name: 'image:delivered', data: '{}', created_at: 1 })
      .execute();
    await q
      .insertInto('projects')
      .values({
        id: 'proj_1',
        name: 'Roofs',
        webhook_secret: 'x',
        plan: 'free',
        created_at: 1,
        updated_at: 1,
      })
      .execute();
    await q.insertInto('usage').values({ project_id: 'proj_1', month: '2026-11', sessions: 2 }).execute();
    await q
      .insertInto('workers')
      .values({ id: 'wrk_1', host: 'a', pid: 1, started_at: 1, seen_at: 1 })
      .execute();
  });
  expect(await readRows(db)).toMatchObject({
    orphans: [
      'a row of attempts without its delivery_id: del_1',
      'a row of live_events without its session_id: sess_1',
    ],
    silentAttempts: ['del_1'],
    usage: [{ project: 'proj_1', counted: 2, real: 0 }],
    workers: 1,
  });
});

test('the same seed draws the same faults', () => {
  const draw = (seed: number) => {
    const steps = drawSteps(seed);
    return Array.from({ length: 200 }, () => steps.next().value);
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(new Set(draw(7).map(({ fault }) => fault)).size).toBe(7);
});

test('the same seed draws the same faults of a cluster', () => {
  const draw = (seed: number) => {
    const steps = drawClusterSteps(seed);
    return Array.from({ length: 200 }, () => steps.next().value);
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(new Set(draw(7).map(({ fault }) => fault)).size).toBe(8);
});
