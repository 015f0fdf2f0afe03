/**
 * `apertur migrate-data` with a database that has been at work for long: the memory that it takes is bounded, it is killed in the middle and run again,
 * and both sides hold the same. MIGRATE_ROWS makes it larger than here; then it tells its figures.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { createId } from '../../src/lib/ids.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { loadSealer } from '../../src/lib/sealed.ts';
import { createProject } from '../../src/projects/projects.ts';
import { createTestDatabase } from '../helpers/database.ts';
import { destinationRow, fillHistory } from '../helpers/history.ts';
import { waitUntil } from '../helpers/product.ts';

const rows = Number(process.env.MIGRATE_ROWS ?? 10_000);
/** Of the heap of V8, in MB. All rows at once would be twice as much, and more the more there are. */
const heapMB = 64;
const tables = ['images', 'deliveries', 'attempts', 'events'] as const;
const bin = fileURLToPath(new URL('../../bin/apertur.js', import.meta.url));

async function makeSource(dataDir: string): Promise<void> {
  const db = await openDatabase({ file: join(dataDir, 'apertur.db'), logger: silentLogger });
  await migrate(db);
  const sealer = await loadSealer({ secretKey: undefined, file: join(dataDir, 'secret.key') });
  const projectId = await db.write((tx) => createProject(tx, sealer, 'Old', 1_700_000_000_000));
  const lanes = [createId('dest'), createId('dest')];
  await db.write(({ q }) =>
    q
      .insertInto('destinations')
      .values(lanes.map((id) => destinationRow(id, projectId, 1_700_000_000_000)))
      .execute(),
  );
  await fillHistory(db, { photos: rows, projectId, lanes });
  await db.close();
}

interface Run {
  seconds: number;
  /** Most memory of the process at once. */
  peakMB: number;
  code: number | null;
  out: string;
}

/** Runs the command, to its end or until `kill` resolves. */
async function run(dataDir: string, to: string, kill?: () => Promise<void>): Promise<Run> {
  const begun = performance.now();
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMB}`, bin, 'migrate-data', '--to', to], {
    env: { ...process.env, APERTUR_DATA_DIR: dataDir, APERTUR_DATABASE_URL: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      out += chunk;
    });
  }
  const ended = once(child, 'close');
  let peakMB = 0;
  const look = setInterval(() => {
    peakMB = Math.max(peakMB, residentMB(child.pid!));
  }, 50);
  if (kill) {
    await Promise.race([kill(), ended]);
    child.kill('SIGKILL');
  }
  const [code] = (await ended) as [number | null];
  clearInterval(look);
  return { seconds: (performance.now() - begun) / 1_000, peakMB, code, out };
}

function residentMB(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

const count = async (db: Database, table: string): Promise<number> =>
  Number(
    (await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(db.read)).rows[0]!.n,
  );

/** Holds a row in the middle of `attempts`, so that the copy waits there; it is gone when `use` has ended. */
async function whileItWaits(
  target: Database,
  url: string,
  use: (waits: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const waiting = sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  const isWaiting = async (): Promise<boolean> => (await waiting.execute(target.read)).rows.length > 0;
  try {
    await client.query('begin');
    await client.query(
      `insert into attempts (id, delivery_id, number, started_at, duration_ms, outcome)
       values ('att_05', 'del_05', 1, 1, 1, 'sent')`,
    );
    await use(() => waitUntil('the copy waits in the middle', isWaiting, { withinMs: 600_000, everyMs: 50 }));
  } finally {
    await client.end();
  }
}

/** Rows of a table that a run says it brought over, after the same hash was found on both sides. */
function broughtOver({ out }: Run, table: string): number {
  const line = new RegExp(
    `^${table} +${rows} rows, (\\d+) brought over, sha256 [0-9a-f]{12} on both sides$`,
    'm',
  );
  return Number(line.exec(out)?.[1]);
}

test('a large database moves in bounded memory, also when it is killed in the middle', {
  timeout: 900_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'apertur-large-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const place = await createTestDatabase('postgres', { migrated: true });
  onTestFinished(() => place.cleanup());
  const url = place.url!;
  await makeSource(dataDir);
  const target = await openDatabase({ url, logger: silentLogger });
  onTestFinished(() => target.close());

  let cut: Run | undefined;
  await whileItWaits(target, url, async (waits) => {
    cut = await run(dataDir, url, waits);
  });
  expect(cut!.code, cut!.out).toBeNull();
  const there = await count(target, 'attempts');
  expect(there).toBeGreaterThan(0);
  expect(there).toBeLessThan(rows);

  const whole = await run(dataDir, url);
  expect(whole.code, whole.out).toBe(0);
  for (const table of tables) expect(await count(target, table), table).toBe(rows);
  expect(broughtOver(whole, 'attempts')).toBe(rows - there);
  expect(broughtOver(whole, 'images')).toBe(rows);
  const again = await run(dataDir, url);
  expect(again.code, again.out).toBe(0);
  for (const table of tables) expect(broughtOver(again, table), again.out).toBe(0);
  if (process.env.MIGRATE_ROWS) {
    const tell = ({ seconds, peakMB }: Run): string => `${seconds.toFixed(1)} s, ${Math.round(peakMB)} MB`;
    console.log(
      `${rows} rows each: killed after ${tell(cut!)}; the rest ${tell(whole)}; once more ${tell(again)}`,
    );
  }
});
