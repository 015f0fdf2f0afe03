import { sql } from 'kysely';
import { ulid } from 'ulid';
import { expect, onTestFinished, test } from 'vitest';
import { createTestDatabase } from '../../test/helpers/database.ts';
import { silentLogger } from '../lib/logger.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations/index.ts';
import { openDatabase } from './open.ts';
import { dropPartition, idAt, listPartitions, makePartitions, periodAround, widthFor } from './partitions.ts';
import type { AttemptTable } from './schema.ts';

const dayMs = 86_400_000;
const now = Date.now();

async function open(options?: { migrated?: boolean }, processes = 1): Promise<Database[]> {
  const place = await createTestDatabase('postgres', options);
  const opened: Database[] = [];
  onTestFinished(async () => {
    for (const db of opened) await db.close();
    await place.cleanup();
  });
  for (let n = 0; n < processes; n++)
    opened.push(await openDatabase({ url: place.url, logger: silentLogger }));
  return opened;
}

const attempt = (at: number): AttemptTable => ({
  id: `att_${ulid(at)}`,
  delivery_id: 'del_1',
  number: 1,
  started_at: at,
  duration_ms: 1.5,
  phases: null,
  address: null,
  outcome: 'sent',
  status_code: 200,
  response_excerpt: null,
  error: null,
  next_at: null,
  next_reason: null,
});

const insert = (db: Database, rows: AttemptTable[]) =>
  db.write(({ q }) => q.insertInto('attempts').values(rows).execute());

/** How many rows lie in each partition that has some. */
async function placesOf(db: Database): Promise<Record<string, number>> {
  const { rows } = await sql<{ place: string; n: number }>`
    select tableoid::regclass::text as place, count(*) as n from attempts group by 1`.execute(db.read);
  return Object.fromEntries(rows.map(({ place, n }) => [place, Number(n)]));
}

const names = async (db: Database) => (await listPartitions(db.read, 'attempts')).map(({ name }) => name);

test('an install with rows is brought forward in place: every row is kept, and stays the only one with its id', async () => {
  const [db] = (await open()) as [Database];
  await migrate(db, { steps: migrations.filter(({ version }) => version < 14) });
  const rows = [...[400, 31, 1, 0].map((days) => now - days * dayMs), now + 60 * dayMs].map(attempt);
  await insert(db, rows);
  await migrate(db);
  expect(await db.read.selectFrom('attempts').selectAll().orderBy('id').execute()).toEqual(rows);
  expect(await placesOf(db)).toEqual({ attempts_start: 4, attempts_rest: 1 });
  for (const row of rows) await expect(insert(db, [row])).rejects.toThrow(/duplicate key/);
  const indexes = async (table: string) =>
    (
      await sql`select indexdef from pg_indexes where tablename = ${table} order by indexname`.execute(
        db.read,
      )
    ).rows.map((row) => JSON.stringify(row).replace(/.* USING /, ''));
  for (const table of ['attempts', 'events'])
    for (const part of ['start', 'rest'])
      expect(await indexes(`${table}_${part}`)).toEqual(await indexes(table));
  expect(await indexes('attempts')).toEqual(['btree (delivery_id, number)"}', 'btree (id)"}']);
});

test('several processes make the next partitions once, and rows that came before theirs move into it', async () => {
  const both = (await open({ migrated: true }, 2)) as [Database, Database];
  const [db] = both;
  const later = now + 70 * dayMs;
  const rows = [now, later, later + 1, later + 400 * dayMs].map(attempt);
  await insert(db, rows);
  expect(await placesOf(db)).toEqual({ attempts_start: 1, attempts_rest: 3 });
  const made = await Promise.all(
    both.flatMap((each) => [1, 2].map(() => makePartitions(each, { now: later, width: 'month' }))),
  );
  // Whoever finds another at it leaves it alone; the next round sees what is missing.
  let count = made.reduce((sum, n) => sum + n);
  count += await makePartitions(db, { now: later, width: 'month' });
  expect(count).toBe(4);
  expect(await makePartitions(db, { now: later, width: 'month' })).toBe(0);
  const month = (ms: number) => `attempts_${new Date(ms).toISOString().slice(0, 7).replace('-', '')}01`;
  const next = periodAround(later, 'month').to;
  expect(await names(db)).toEqual(['attempts_start', month(later), month(next), 'attempts_rest']);
  expect(await placesOf(db)).toEqual({ attempts_start: 1, [month(later)]: 2, attempts_rest: 1 });
  expect(await db.read.selectFrom('attempts').selectAll().orderBy('id').execute()).toEqual(rows);
  await expect(insert(db, [rows[1]!])).rejects.toThrow(/duplicate key/);
});

test('weeks and months may be mixed: this period and the next have one partition each, clipped to what is there', async () => {
  const [db] = (await open({ migrated: true })) as [Database];
  for (const [days, width] of [
    [0, 'week'],
    [0, 'month'],
    [35, 'week'],
    [70, 'month'],
  ] as const)
    while ((await makePartitions(db, { now: now + days * dayMs, width })) > 0);
  const parts = (await listPartitions(db.read, 'events')).slice(0, -1);
  expect(parts.length).toBeGreaterThan(3);
  for (const [at, { from }] of parts.entries()) {
    const before = parts[at - 1];
    // Months that nobody was there to see are no partitions; what overlaps PostgreSQL refuses.
    if (before !== undefined) expect(before.to! <= from!).toBe(true);
  }
  for (const days of [0, 7, 35, 42, 70, 100]) {
    const id = idAt('evt', now + days * dayMs);
    expect(parts.filter(({ from = '', to }) => from <= id && to! > id)).toHaveLength(1);
  }
});

test('a partition goes whole, unless something in it is needed or somebody holds it', async () => {
  const [db, other] = (await open({ migrated: true }, 2)) as [Database, Database];
  await insert(
    db,
    Array.from({ length: 50 }, () => attempt(now)),
  );
  const nothing = sql`select 1 where false`;
  expect(await dropPartition(db, 'attempts_start', sql`select 1 from attempts_start`)).toBe(false);
  await other.write(async ({ q }) => {
    await q.selectFrom('attempts').select('id').execute();
    expect(await dropPartition(db, 'attempts_start', nothing)).toBe(false);
  });
  expect(await placesOf(db)).toEqual({ attempts_start: 50 });
  expect(await dropPartition(db, 'attempts_start', nothing)).toBe(true);
  expect(await dropPartition(db, 'attempts_start', nothing)).toBe(false);
  expect(await names(db)).toEqual(['attempts_rest']);
  await insert(db, [attempt(now)]);
  expect(await placesOf(db)).toEqual({ attempts_rest: 1 });
});

test('a lookup by id touches one partition, whatever their number', async () => {
  const [db] = (await open({ migrated: true })) as [Database];
  for (let months = 1; months < 12; months += 1)
    await makePartitions(db, { now: now + months * 30 * dayMs, width: 'month' });
  const { id } = attempt(now);
  const { rows } = await sql<{ 'QUERY PLAN': string }>`
    explain select * from attempts where id = ${sql.lit(id)}`.execute(db.read);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('attempts_start');
  expect(plan).not.toMatch(/attempts_(rest|2)/);
});

test('weeks begin on Monday, months on their first day; short retention has weeks', () => {
  const at = Date.UTC(2026, 11, 1, 3);
  const days = ({ from, to }: { from: number; to: number }) =>
    [from, to].map((ms) => new Date(ms).toISOString());
  expect(days(periodAround(at, 'week'))).toEqual(['2026-11-30T00:00:00.000Z', '2026-12-07T00:00:00.000Z']);
  expect(days(periodAround(at, 'month'))).toEqual(['2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']);
  const monday = Date.UTC(2026, 10, 30);
  expect(periodAround(monday, 'week').from).toBe(monday);
  expect(periodAround(monday - 1, 'week').to).toBe(monday);
  expect([0, 1, 30, 89, 90, 365].map(widthFor)).toEqual(['month', 'week', 'week', 'week', 'month', 'month']);
});
