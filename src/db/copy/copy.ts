/**
 * Makes one database hold exactly the rows of another, of either engine, and proves it by count and hash. Running it
 * again brings over what changed meanwhile.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database, Engine, Queries } from '../database.ts';
import { compareKeys, keyOf, putRows, type Row, readRows, removeRows, rowsAtOnce, rowText } from './rows.ts';
import { listTables, type Table } from './tables.ts';

/** Where rows come from: it must not change while they are copied (`snapshot.ts`). */
export interface Source {
  q: Queries;
  engine: Engine;
}

export interface CopiedTable {
  table: string;
  rows: number;
  /** Rows that were written or removed to make both sides equal. */
  changed: number;
  /** SHA-256 over all rows in the order of their key, hex. */
  sha256: string;
}

/** The two sides cannot be made equal, or are not equal after all; the message says why. */
export class CopyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CopyError';
  }
}

/**
 * Copies every table. Throws CopyError when the target belongs to another install, when the schemas differ, or when a
 * table does not hold the same afterwards.
 */
export async function copyDatabase(
  source: Source,
  target: Database,
  onTable: (copied: CopiedTable) => void = () => {},
): Promise<CopiedTable[]> {
  const tables = await listTables(source.q, source.engine);
  await assertSameTables(tables, target);
  await assertSameInstall(source, target);
  const changed = new Map<string, number>();
  // Those that refer go before those that they refer to, and come after them.
  for (const table of tables.toReversed()) changed.set(table.name, await removeExtra(source, target, table));
  const copied: CopiedTable[] = [];
  for (const table of tables) {
    const written = await putMissing(source, target, table);
    const proof = await prove(source, target, table);
    const result = { table: table.name, ...proof, changed: written + changed.get(table.name)! };
    copied.push(result);
    onTable(result);
  }
  if (target.engine === 'postgres') await advanceSequences(target, tables);
  return copied;
}

/** Throws CopyError, naming the tables that are not the same on both sides. */
async function assertSameTables(tables: Table[], target: Database): Promise<void> {
  const shapes = (all: Table[]) =>
    new Map(all.map((table) => [table.name, [table.columns, table.key].join(' / ')]));
  const ours = shapes(tables);
  const theirs = shapes(await listTables(target.read, target.engine));
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  const different = [...names].filter((name) => ours.get(name) !== theirs.get(name));
  if (different.length === 0) return;
  throw new CopyError(
    `The two databases have different tables (${different.join(', ')}). Run \`apertur migrate\` on both with this version first.`,
  );
}

/** A target with projects of its own is somebody else's: what it holds would be removed. Throws CopyError. */
export async function assertSameInstall({ q }: Pick<Source, 'q'>, target: Database): Promise<void> {
  const ours = await q.selectFrom('projects').select('id').execute();
  const theirs = await target.read.selectFrom('projects').select('id').execute();
  const known = new Set(ours.map(({ id }) => id));
  if (theirs.length === 0 || theirs.some(({ id }) => known.has(id))) return;
  throw new CopyError(
    'The target database holds the projects of another install. Choose an empty database, so that nothing is overwritten.',
  );
}

/** What stands on one side, on the other, or on both with different values. */
async function* differences(
  source: Source,
  target: Database,
  table: Table,
): AsyncGenerator<{ extra: Row } | { missing: Row }> {
  const left = readRows(source.q, table);
  const right = readRows(target.read, table);
  let a = await left.next();
  let b = await right.next();
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : compareKeys(keyOf(table, a.value), keyOf(table, b.value));
    if (order > 0 && !b.done) yield { extra: b.value };
    else if (!a.done && (order < 0 || (!b.done && rowText(a.value) !== rowText(b.value))))
      yield { missing: a.value };
    if (order <= 0) a = await left.next();
    if (order >= 0) b = await right.next();
  }
}

async function removeExtra(source: Source, target: Database, table: Table): Promise<number> {
  return inBatches(
    table,
    (async function* () {
      for await (const difference of differences(source, target, table)) {
        if ('extra' in difference) yield keyOf(table, difference.extra);
      }
    })(),
    (keys) => target.write((tx) => removeRows(tx, table, keys), { patient: true }),
  );
}

async function putMissing(source: Source, target: Database, table: Table): Promise<number> {
  return inBatches(
    table,
    (async function* () {
      for await (const difference of differences(source, target, table)) {
        if ('missing' in difference) yield difference.missing;
      }
    })(),
    (rows) => target.write((tx) => putRows(tx, table, rows), { patient: true }),
  );
}

async function inBatches(
  table: Table,
  rows: AsyncIterable<Row>,
  write: (rows: Row[]) => Promise<void>,
): Promise<number> {
  const size = rowsAtOnce(table);
  let batch: Row[] = [];
  let count = 0;
  for await (const row of rows) {
    count += 1;
    batch.push(row);
    if (batch.length < size) continue;
    await write(batch);
    batch = [];
  }
  if (batch.length > 0) await write(batch);
  return count;
}

async function prove(
  source: Source,
  target: Database,
  table: Table,
): Promise<{ rows: number; sha256: string }> {
  const [ours, theirs] = await Promise.all([digest(source.q, table), digest(target.read, table)]);
  if (ours.sha256 === theirs.sha256) return ours;
  throw new CopyError(
    `The table ${table.name} does not hold the same on both sides (${ours.rows} and ${theirs.rows} rows). Is something writing to the target? Stop it and run this again.`,
  );
}

async function digest(q: Queries, table: Table): Promise<{ rows: number; sha256: string }> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const row of readRows(q, table)) {
    rows += 1;
    hash.update(rowText(row)).update('\n');
  }
  return { rows, sha256: hash.digest('hex') };
}

/** Numbers that PostgreSQL gives out go on after those that were copied; SQLite sees to it by itself. */
async function advanceSequences(target: Database, tables: Table[]): Promise<void> {
  await target.write(async ({ q }) => {
    for (const { name, columns } of tables) {
      for (const column of columns) {
        const { rows } = await sql<{
          sequence: string | null;
        }>`select pg_get_serial_sequence(${name}, ${column}) as sequence`.execute(q);
        const sequence = rows[0]?.sequence;
        if (!sequence) continue;
        await sql`select setval(${sequence}, coalesce((select max(${sql.ref(column)}) from ${sql.table(name)}), 0) + 1, false)`.execute(
          q,
        );
      }
    }
  });
}
