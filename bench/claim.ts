/**
 * What a claim costs beside many rows that are not due, finished or waiting for their next attempt: with one thousand, one
 * hundred thousand and three million deliveries, on both databases. It has to stay flat: the indexes of due work hold only what is left to do.
 */
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../src/db/database.ts';
import { migrate } from '../src/db/migrate.ts';
import { enqueue } from '../src/events/emit.ts';
import { createEventSource } from '../src/events/source.ts';
import { createWebhook } from '../src/events/webhooks.ts';
import { loadSealer } from '../src/lib/sealed.ts';
import { createProject } from '../src/projects/projects.ts';
import { onBothEngines, type Place } from './both-engines.ts';
import { median, percentile, type Report, round } from './report.ts';

const sizes = [1_000, 100_000, 3_000_000];
const rounds = 12;
/** A size and round. */
const claims = 20;
/** Taken by each claim. */
const taken = 16;

export const run = (report: Report): Promise<void> =>
  onBothEngines(report, (place) => measure(report, place));

/** A database a size, and the sizes in turns: then the load of the machine is the same for all of them. */
async function measure(report: Report, { engine, open, folder }: Place): Promise<void> {
  const stages: Stage[] = [];
  try {
    for (const size of sizes) {
      const stage = await prepare(await open(`rows_${size}`), folder, size);
      stages.push(stage);
      await fill(stage);
    }
    if (engine === 'postgres') await sql`checkpoint`.execute(stages[0]!.db.read);
    for (const stage of stages) await timeClaims(stage);
    for (const stage of stages) stage.times.length = 0;
    const medians = new Map<number, number[]>(sizes.map((size) => [size, []]));
    for (let n = 0; n < rounds; n++) {
      for (const stage of stages) medians.get(stage.size)!.push(median(await timeClaims(stage)));
    }
    for (const stage of stages) {
      report.note(
        `${engine}, ${stage.size.toLocaleString('en')} rows: claim of ${taken} p50 ${round(median(stage.times))} ms, ` +
          `p95 ${round(percentile(stage.times, 0.95))} ms; sweep ${round(await timeSweep(stage))} ms`,
      );
    }
    const small = medians.get(sizes[0]!)!;
    const large = medians.get(sizes.at(-1)!)!;
    const growth = median(large.map((figure, n) => figure / small[n]!));
    const rows = stages.map(({ size, times }) => ({
      name: `Apertur, ${size.toLocaleString('en')} rows`,
      figure: median(times),
    }));
    const what = `Claim of ${taken} on ${engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'} beside finished rows`;
    const limit = 1.5 * rows[0]!.figure;
    report.bar(`claim-${engine}-growth`, growth, { atMost: 1.5 }, { what, unit: 'ms', rows, limit });
  } finally {
    for (const { db } of stages) await db.close();
  }
}

interface Stage {
  db: Database;
  /** Rows that are not due. */
  size: number;
  /** Milliseconds of every claim. */
  times: number[];
  projectId: string;
  webhooks: string[];
  sealer: Awaited<ReturnType<typeof loadSealer>>;
}

async function prepare(db: Database, folder: string, size: number): Promise<Stage> {
  await migrate(db);
  const sealer = await loadSealer({ secretKey: undefined, file: join(folder, 'secret.key') });
  const now = Date.now();
  const projectId = await db.write((tx) => createProject(tx, sealer, 'Benchmark', now));
  const webhooks: string[] = [];
  for (let n = 0; n < 20; n++) {
    const settings = { projectId, url: 'http://127.0.0.1:9/', topics: ['*'] };
    webhooks.push(await db.write((tx) => createWebhook(tx, settings, { sealer, now })));
  }
  return { db, size, times: [], projectId, webhooks, sealer };
}

/** Rows spread over the webhooks: finished ones, and one in 21 that waits for its next attempt, years from now. */
async function fill({ db, size, projectId, webhooks }: Stage): Promise<void> {
  const last = size - 1;
  const numbers =
    db.engine === 'sqlite'
      ? sql`(with recursive n (i) as (select 0 union all select i + 1 from n where i < ${last}) select i from n)`
      : sql`(select generate_series(0, ${last}::int) as i)`;
  const webhook = sql`case i % ${webhooks.length} ${sql.join(
    webhooks.map((id, n) => sql`when ${sql.lit(n)} then ${sql.lit(id)}`),
    sql` `,
  )} end`;
  await db.write(
    async (tx) => {
      await sql`
        insert into webhook_deliveries (
          id, webhook_id, event_id, project_id, topic, status, due_at, attempts, is_forced, was_counted,
          created_at, updated_at
        )
        select 'del_0' || i, ${webhook}, 'evt_0' || i, ${sql.lit(projectId)}, 'project.upload.completed',
          case when i % 21 = 0 then 'retrying' when i % 50 = 0 then 'failed' else 'sent' end,
          case when i % 21 = 0 then 4000000000000 + i end, 1, 0, 0, 1700000000000 + i, 1700000000000 + i
        from ${numbers} as numbers`.execute(tx.q);
    },
    { patient: true },
  );
  await sql`analyze webhook_deliveries`.execute(db.read).catch(() => undefined);
}

async function timeClaims(stage: Stage): Promise<number[]> {
  const { db } = stage;
  const source = createEventSource({
    db,
    sealer: stage.sealer,
    worker: 'wrk_benchmark',
    laneLimit: 1_000_000,
  });
  const times: number[] = [];
  for (let n = 0; n < claims; n++) {
    const lane = stage.webhooks[n % stage.webhooks.length]!;
    const now = Date.now();
    await db.write(async (tx) => {
      for (let due = 0; due < taken; due++) {
        const event = { id: `evt_${n}_${due}_${now}`, projectId: stage.projectId, sessionId: null };
        const target = { id: lane, is_active: 1 as const, is_ordered: 0 as const };
        await enqueue(tx, { ...event, topic: 'project.upload.completed', now }, [target]);
      }
    });
    const begun = performance.now();
    const { jobs } = await source.claim([{ lane, limit: taken, running: 0 }], now, now + 10_000);
    times.push(performance.now() - begun);
    if (jobs.length !== taken) throw new Error(`Claimed ${jobs.length} of ${taken}`);
    const ids = jobs.map((job) => job.id);
    await db.write((tx) => tx.q.deleteFrom('webhook_deliveries').where('id', 'in', ids).execute());
  }
  stage.times.push(...times);
  return times;
}

async function timeSweep({ db, sealer }: Stage): Promise<number> {
  const source = createEventSource({ db, sealer, worker: 'wrk_benchmark', laneLimit: 1 });
  const times: number[] = [];
  for (let n = 0; n < 50; n++) {
    const begun = performance.now();
    await source.findDueLanes(Date.now());
    times.push(performance.now() - begun);
  }
  return percentile(times, 0.5);
}
