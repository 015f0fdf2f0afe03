/**
 * Who works: each process with a worker has a row. A process that died without returning what it held is noticed at the
 * next start on the same machine, and its jobs are due again at once; elsewhere the end of the lease does the same.
 */
import { hostname } from 'node:os';
import { sql } from 'kysely';
import type { Database, Tx } from '../db/database.ts';
import { isOneOf } from '../db/lists.ts';
import { laneMessage, type QueueTable, queueTables } from './tables.ts';

export interface WorkerIdentity {
  id: string;
  host: string;
  pid: number;
}

export const thisProcess = (id: string): WorkerIdentity => ({ id, host: hostname(), pid: process.pid });

/**
 * Of machines that are not here nobody can say whether a worker lives; one that still does after so long loses nothing but the
 * short way back after its own crash.
 */
const forgottenAfterMs = 30 * 86_400_000;

/** Takes the place of dead workers on this machine and joins the row of workers. Returns how many jobs were freed. */
export async function joinWorkers(db: Database, me: WorkerIdentity, now: number): Promise<number> {
  const dead = (await db.read.selectFrom('workers').select(['id', 'host', 'pid']).execute()).filter(
    (worker) => isHere(db, worker.host, me) && !isAlive(worker.pid, me.pid),
  );
  return db.write(async (tx) => {
    await tx.q
      .insertInto('workers')
      .values({ id: me.id, host: me.host, pid: me.pid, started_at: now, seen_at: now })
      .execute();
    await tx.q
      .deleteFrom('workers')
      .where('started_at', '<', now - forgottenAfterMs)
      .where('host', '!=', me.host)
      .execute();
    if (dead.length === 0) return 0;
    const ids = dead.map((worker) => worker.id);
    let freed = 0;
    for (const table of queueTables) freed += await free(db, tx, table, ids, now);
    await tx.q.deleteFrom('workers').where('id', 'in', ids).execute();
    return freed;
  });
}

/** Makes due what these workers held, without using up an attempt. */
async function free(
  db: Database,
  tx: Tx,
  table: QueueTable,
  workers: string[],
  now: number,
): Promise<number> {
  const { rows } = await sql<{ lane: string; owner: string }>`
    update ${sql.table(table.name)} set due_at = ${now}, leased_by = null,
      status = case when attempts > 0 then 'retrying' else 'pending' end
    where leased_by is not null and ${isOneOf(db.engine, sql.ref('leased_by'), workers)}
    returning ${sql.ref(table.lane)} as lane, project_id as owner`.execute(tx.q);
  for (const { lane, owner } of rows) tx.notify(table.channel, laneMessage(lane, owner));
  return rows.length;
}

/** Leaves the row of workers; what it held was returned before. */
export async function leaveWorkers(db: Database, id: string): Promise<void> {
  await db.write(async (tx) => {
    await tx.q.deleteFrom('workers').where('id', '=', id).execute();
  });
}

/** The embedded database is of one machine, whatever its name was at the last start (a container's name changes). */
function isHere(db: Database, host: string, me: WorkerIdentity): boolean {
  return db.engine === 'sqlite' || host === me.host;
}

/** Our own process id on an old row is a process before us: a container starts with the same number again. */
function isAlive(pid: number, ownPid: number): boolean {
  if (pid === ownPid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
