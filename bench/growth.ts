/**
 * What receiving a photo and claiming its deliveries cost beside tables that have grown: one thousand, one hundred
 * thousand and one million photos, each with its delivery, its attempt and its event. Receiving touches the indexes of all of them; a claim
 * only those of what is due.
 */
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../src/db/database.ts';
import { migrate } from '../src/db/migrate.ts';
import { createDeliverySource } from '../src/deliveries/source.ts';
import { record } from '../src/images/record.ts';
import { createId } from '../src/lib/ids.ts';
import { loadSealer } from '../src/lib/sealed.ts';
import { createProject } from '../src/projects/projects.ts';
import { findSessionByLink } from '../src/sessions/find.ts';
import type { Session } from '../src/sessions/session.ts';
import { destinationRow, fillHistory } from '../test/helpers/history.ts';
import { onBothEngines, type Place } from './both-engines.ts';
import { median, percentile, type Report, round } from './report.ts';

/** Photos that were received, delivered and told of before. */
const sizes = [1_000, 100_000, 1_000_000];
const rounds = 12;
/** A size and round; with the round of warming up they fit into one session. */
const photos = 15;
const destinations = 2;

export const run = (report: Report): Promise<void> =>
  onBothEngines(report, (place) => measure(report, place));

/** A database a size, and the sizes in turns: then the load of the machine is the same for all of them. */
async function measure(report: Report, { engine, open, folder }: Place): Promise<void> {
  const stages: Stage[] = [];
  try {
    for (const size of sizes) stages.push(await prepare(await open(`grown_${size}`), folder, size));
    if (engine === 'postgres') await sql`checkpoint`.execute(stages[0]!.db.read);
    // All warm up: compiled code, prepared statements, pages in memory.
    for (const stage of stages) await work(stage);
    for (const stage of stages) for (const times of Object.values(stage.times)) times.length = 0;
    for (let n = 0; n < rounds; n++) {
      for (const stage of n % 2 === 0 ? stages : stages.toReversed()) await work(stage);
    }
    const name = engine === 'sqlite' ? 'SQLite' : 'PostgreSQL';
    tell(report, stages, {
      what: `Receiving a photo for ${destinations} destinations, ${name}`,
      part: 'receive',
      engine,
    });
    tell(report, stages, { what: `Claiming its deliveries, ${name}`, part: 'claim', engine });
  } finally {
    for (const { db } of stages) await db.close();
  }
}

interface Told {
  what: string;
  part: 'receive' | 'claim';
  engine: string;
}

function tell(report: Report, stages: readonly Stage[], { what, part, engine }: Told): void {
  const mediansOf = (stage: Stage): number[] =>
    Array.from({ length: rounds }, (_, n) => median(stage.times[part].slice(n * photos, (n + 1) * photos)));
  const rows = stages.map((stage) => ({
    name: `Apertur, ${stage.size.toLocaleString('en')} photos`,
    figure: median(stage.times[part]),
    rounds: mediansOf(stage),
  }));
  for (const { size, times } of stages) {
    const [half, most] = [median(times[part]), percentile(times[part], 0.95)];
    report.note(
      `${engine}, ${size.toLocaleString('en')} photos: ${part} p50 ${round(half)} ms, p95 ${round(most)} ms`,
    );
  }
  const [small, large] = [rows[0]!, rows.at(-1)!];
  const ratios = large.rounds.map((figure, n) => figure / small.rounds[n]!);
  const shown = { what, unit: 'ms', rows, limit: 1.5 * small.figure, rounds: ratios };
  report.bar(`growth-${part}-${engine}`, median(ratios), { atMost: 1.5 }, shown);
}

interface Stage {
  db: Database;
  size: number;
  session: Session;
  lanes: string[];
  /** Milliseconds of every photo. */
  times: Record<'receive' | 'claim', number[]>;
}

async function prepare(db: Database, folder: string, size: number): Promise<Stage> {
  await migrate(db);
  const sealer = await loadSealer({ secretKey: undefined, file: join(folder, 'secret.key') });
  const now = Date.now();
  const projectId = await db.write((tx) => createProject(tx, sealer, 'Benchmark', now));
  const lanes = Array.from({ length: destinations }, () => createId('dest'));
  await db.write(async ({ q }) => {
    await q
      .insertInto('destinations')
      .values(lanes.map((id) => destinationRow(id, projectId, now)))
      .execute();
  });
  await fillHistory(db, { photos: size, projectId, lanes });
  const id = createId('sess');
  await db.write(async ({ q }) => {
    await q
      .insertInto('sessions')
      .values(sessionRow(id, projectId, now))
      .execute();
    await q
      .insertInto('session_destinations')
      .values(lanes.map((destination_id, position) => ({ session_id: id, destination_id, position })))
      .execute();
  });
  const session = await findSessionByLink(db.read, id);
  return { db, size, session: session!, lanes, times: { receive: [], claim: [] } };
}

const sessionRow = (id: string, project_id: string, now: number) => ({
  id,
  project_id,
  key_id: null,
  env: 'live' as const,
  short_code: id,
  label: null,
  tags: null,
  metadata: null,
  expires_at: now + 86_400_000,
  max_images: 1_000_000,
  allowed_mime_types: '["image/jpeg"]',
  max_image_dimension: null,
  max_image_size_mb: null,
  password_hash: null,
  long_polling: 0 as const,
  images_count: 0,
  completed_at: null,
  expired_at: null,
  changed_at: now,
  created_at: now,
});

/** Photos one after the other: received, claimed, and ended by hand, for what an attempt costs is another question. */
async function work({ db, session, lanes, times }: Stage): Promise<void> {
  const clock = { now: Date.now };
  const source = createDeliverySource({ db, worker: 'wrk_benchmark', laneLimit: 1_000 });
  for (let n = 0; n < photos; n++) {
    const id = createId('img');
    const begun = performance.now();
    await record({ db, clock }, session, imageOf(id));
    const received = performance.now();
    const now = Date.now();
    const wanted = lanes.map((lane) => ({ lane, limit: 16, running: 0 }));
    const { jobs } = await source.claim(wanted, now, now + 10_000);
    times.receive.push(received - begun);
    times.claim.push(performance.now() - received);
    if (jobs.length !== destinations) throw new Error(`Claimed ${jobs.length} of ${destinations}`);
    await db.write(({ q }) =>
      q
        .updateTable('deliveries')
        .set({ status: 'sent', due_at: null, leased_by: null })
        .where('image_id', '=', id)
        .execute(),
    );
  }
}

const imageOf = (id: string) => ({
  id,
  storageKey: `2026-12-01/${id}`,
  clientId: undefined,
  filename: 'photo.jpg',
  mimeType: 'image/jpeg' as const,
  sizeBytes: 2_000_000,
  sha256: '0123456789abcdef'.repeat(4),
  width: 4_000,
  height: 3_000,
  source: 'camera',
  isEncrypted: false,
});
