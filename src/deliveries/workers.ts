/**
 * Who works: each process with a worker has a row. A process that died without returning what it held is noticed at the
 * next start on the same machine, and its jobs are due again at once; elsewhere the end of the lease does the same.
 */
import { hostname } from 'node:os';
import type { Database } from '../db/database.ts';
import { wakeLane } from './enqueue.ts';

export interface WorkerIdentity {
  id: string;
  host: string;
  pid: number;
}

export const thisProcess = (id: string): WorkerIdentity => ({ id, host: hostname(), pid: process.pid });

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
    if (dead.length === 0) return 0;
    const ids = dead.map((worker) => worker.id);
    const freed = await tx.q
      .updateTable('deliveries')
      .set((eb) => ({
        due_at: now,
        leased_by: null,
        status: eb
          .case()
          .when('attempts', '>', 0)
          .then('retrying' as const)
          .else('pending' as const)
          .end(),
      }))
      .where('leased_by', 'in', ids)
      .returning(['destination_id', 'project_id'])
      .execute();
    for (const row of freed) wakeLane(tx, row.destination_id, row.project_id);
    await tx.q.deleteFrom('workers').where('id', 'in', ids).execute();
    return freed.length;
  });
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
