/** Reads what a storm has left: rows, files and what others hold. Judges nothing. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../../../src/db/database.ts';
import { openDatabase } from '../../../src/db/open.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { type Aftermath, type Place, readAftermath, removeOrphansOf, sha256 } from '../aftermath.ts';

export interface Books {
  after: Aftermath;
  rows: Rows;
  /** Files that a person would see at each destination that has files, by the name of the destination. */
  visible: Map<string, VisibleFile[]>;
  /** Files without a row that the sweep removed. */
  orphanFiles: number;
}

export interface Rows {
  /** Name of the destination, by the id of a delivery. */
  destinations: Map<string, string>;
  /** How many destinations each session has. */
  expected: Map<string, number>;
  /** Of each delivery that failed: why, as its row says. */
  reasons: Map<string, string | null>;
  /** Deliveries with an attempt that went wrong and does not say how. */
  silentAttempts: string[];
  /** Rows that name another one which is not there, one sentence each. */
  orphans: string[];
  /** Sessions of each project as usage counts them, and as they are. */
  usage: { project: string; counted: number; real: number }[];
  /** But those of sessions that were there before anybody asked to be told. */
  events: { id: string; topic: string; imageId: string | null }[];
  eventDeliveries: EventDelivery[];
  /** Processes that are still in the row of workers. */
  workers: number;
}

export interface EventDelivery {
  id: string;
  eventId: string;
  status: string;
  open: boolean;
  error: string | null;
}

export interface VisibleFile {
  /** Without its ending: what the template put there. */
  name: string;
  /** The folder that it lies in: the session. */
  folder: string;
  sha256: string;
}

/** Deliveries that have not ended, of images and of events. */
export async function countWaiting(place: Place): Promise<number> {
  return withDatabase(place, async (db) => {
    let waiting = 0;
    for (const table of ['deliveries', 'webhook_deliveries'] as const) {
      const { n } = await db.read
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('n'))
        .where('due_at', 'is not', null)
        .executeTakeFirstOrThrow();
      waiting += Number(n);
    }
    return waiting;
  });
}

/** Reads everything that is left; removes what the hourly sweep would remove. `folders`: by the name of the destination. */
export async function readBooks(from: { place: Place; folders: Record<string, string> }): Promise<Books> {
  const orphanFiles = await removeOrphansOf(from.place);
  const visible = new Map<string, VisibleFile[]>();
  for (const [name, folder] of Object.entries(from.folders)) visible.set(name, await visibleFiles(folder));
  return {
    after: await readAftermath(from.place),
    rows: await withDatabase(from.place, readRows),
    visible,
    orphanFiles,
  };
}

export async function readRows(db: Database): Promise<Rows> {
  const deliveries = await db.read
    .selectFrom('deliveries as d')
    .innerJoin('destinations as t', 't.id', 'd.destination_id')
    .select(['d.id', 'd.status', 'd.last_error', 't.name'])
    .execute();
  const places = await db.read.selectFrom('session_destinations').select('session_id').execute();
  const silent = await db.read
    .selectFrom('attempts')
    .select('delivery_id')
    .where('outcome', '!=', 'sent')
    .where((eb) => eb.or([eb('error', 'is', null), eb('error', '=', '')]))
    .execute();
  const workers = await db.read.selectFrom('workers').select('id').execute();
  return {
    destinations: new Map(deliveries.map((row) => [row.id, row.name])),
    expected: new Map([...Map.groupBy(places, (row) => row.session_id)].map(([id, all]) => [id, all.length])),
    reasons: new Map(
      deliveries.filter((row) => row.status === 'failed').map((row) => [row.id, row.last_error]),
    ),
    silentAttempts: silent.map((row) => row.delivery_id),
    orphans: await readOrphanRows(db),
    usage: await readUsage(db),
    ...(await readEvents(db)),
    workers: workers.length,
  };
}

/** What no foreign key of the database watches over, and what one does: a check that was switched off is none. */
const links: [table: string, column: string, target: string][] = [
  ['sessions', 'project_id', 'projects'],
  ['session_destinations', 'session_id', 'sessions'],
  ['session_destinations', 'destination_id', 'destinations'],
  ['images', 'session_id', 'sessions'],
  ['images', 'project_id', 'projects'],
  ['deliveries', 'image_id', 'images'],
  ['deliveries', 'session_id', 'sessions'],
  ['deliveries', 'destination_id', 'destinations'],
  ['attempts', 'delivery_id', ''],
  ['events', 'session_id', 'sessions'],
  ['events', 'project_id', 'projects'],
  ['live_events', 'session_id', 'sessions'],
  ['webhook_deliveries', 'event_id', 'events'],
  ['webhook_deliveries', 'webhook_id', 'webhooks'],
  ['partial_uploads', 'session_id', 'sessions'],
  ['partial_uploads', 'image_id', 'images'],
];

async function readOrphanRows(db: Database): Promise<string[]> {
  const orphans: string[] = [];
  for (const [table, column, target] of links) {
    // An attempt belongs to a delivery of an image or of an event.
    const targets = target === '' ? ['deliveries', 'webhook_deliveries'] : [target];
    const nowhere = targets.map(
      (name) => sql`not exists (select 1 from ${sql.table(name)} t where t.id = o.${sql.ref(column)})`,
    );
    const { rows } = await sql<{ missing: string }>`
      select distinct ${sql.ref(column)} as missing from ${sql.table(table)} o
      where ${sql.ref(column)} is not null and ${sql.join(nowhere, sql` and `)}`.execute(db.read);
    orphans.push(...rows.map(({ missing }) => `a row of ${table} without its ${column}: ${missing}`));
  }
  return orphans;
}

async function readUsage(db: Database): Promise<Rows['usage']> {
  const { rows } = await sql<{ project: string; counted: number; real: number }>`
    select p.id as project,
      (select coalesce(sum(u.sessions), 0) from ${sql.table('usage')} u where u.project_id = p.id) as counted,
      (select count(*) from sessions s where s.project_id = p.id and s.env = 'live') as real
    from projects p`.execute(db.read);
  return rows.map(({ project, counted, real }) => ({
    project,
    counted: Number(counted),
    real: Number(real),
  }));
}

async function readEvents(db: Database): Promise<Pick<Rows, 'events' | 'eventDeliveries'>> {
  // By the age of the session: those are made in good weather, and the clock of an event may have jumped back.
  const events = await db.read
    .selectFrom('events as e')
    .innerJoin('sessions as s', 's.id', 'e.session_id')
    .select(['e.id', 'e.topic', 'e.data'])
    .where('s.created_at', '>=', (eb) =>
      eb
        .selectFrom('webhooks')
        .select((of) => of.fn.coalesce(of.fn.min('created_at'), of.lit(0)).as('since')),
    )
    .execute();
  const deliveries = await db.read.selectFrom('webhook_deliveries').selectAll().execute();
  return {
    events: events.map(({ id, topic, data }) => ({
      id,
      topic,
      imageId: (JSON.parse(data) as { image_id?: string }).image_id ?? null,
    })),
    eventDeliveries: deliveries.map((row) => ({
      id: row.id,
      eventId: row.event_id,
      status: row.status,
      open: row.due_at !== null || row.leased_by !== null,
      error: row.last_error,
    })),
  };
}

async function visibleFiles(folder: string): Promise<VisibleFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const visible = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.'));
  return Promise.all(
    visible.map(async (entry) => ({
      name: entry.name.slice(0, entry.name.lastIndexOf('.')),
      folder: basename(dirname(join(entry.parentPath, entry.name))),
      sha256: sha256(await readFile(join(entry.parentPath, entry.name))),
    })),
  );
}

async function withDatabase<T>(
  { databaseUrl, dataDir }: Place,
  use: (db: Database) => Promise<T>,
): Promise<T> {
  const db = await openDatabase({
    url: databaseUrl,
    file: join(dataDir, 'apertur.db'),
    logger: silentLogger,
  });
  try {
    return await use(db);
  } finally {
    await db.close();
  }
}
