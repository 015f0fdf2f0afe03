/**
 * Delivering again, as a job that survives a crash: its row says what was asked for and how far it has come, and each step
 * makes deliveries due and moves the position in one transaction. Nothing is capped but the pace.
 */
import type { Database, Queries, Tx } from '../db/database.ts';
import type { ReplayTable } from '../db/schema.ts';
import { AppError, notFound } from '../errors.ts';
import { createId } from '../lib/ids.ts';

export type ReplayKind = 'events' | 'images';

export interface Selection {
  kind: ReplayKind;
  /** Webhooks or destinations, one after the other. */
  targets: string[];
  /** Of events; null: all. */
  topics: string[] | null;
  /** Made at this moment or later, and before that one. Milliseconds since 1970. */
  since: number;
  until: number;
  /** `failed`: what failed for good; `all`: what was delivered, too; `missing`: events that a webhook never got. */
  only: 'failed' | 'all' | 'missing';
}

/** How far a replay has come: everything up to this row of this target has been looked at. */
export interface Position {
  target: number;
  createdAt: number;
  id: string;
}

export interface Step {
  /** Where to go on; undefined when this target has no more. */
  last: Pick<Position, 'createdAt' | 'id'> | undefined;
  queued: number;
  skipped: number;
}

export interface ReplaySource {
  /** How many deliveries a target would make due. */
  count(q: Queries, selection: Selection, target: string): Promise<number>;
  /** Makes up to `limit` deliveries due, going on after `position`. */
  step(tx: Tx, replay: Replay, target: string, limit: number, now: number): Promise<Step>;
}

export type ReplaySources = Record<ReplayKind, ReplaySource>;

export interface Replay {
  id: string;
  projectId: string;
  selection: Selection;
  status: ReplayTable['status'];
  /** Deliveries a second at most. */
  rate: number;
  total: number;
  queued: number;
  skipped: number;
  position: Position;
  createdAt: number;
  endedAt: number | null;
}

export async function countReplay(q: Queries, sources: ReplaySources, selection: Selection): Promise<number> {
  let total = 0;
  for (const target of selection.targets) total += await sources[selection.kind].count(q, selection, target);
  return total;
}

/** Writes a replay down; it begins at once. Returns its id. */
export async function createReplay(
  tx: Tx,
  replay: { projectId: string; selection: Selection; rate: number; total: number },
  now: number,
): Promise<string> {
  const id = createId('rpl');
  await tx.q
    .insertInto('replays')
    .values({
      id,
      project_id: replay.projectId,
      selection: JSON.stringify(replay.selection),
      status: 'running',
      rate: replay.rate,
      total: replay.total,
      queued: 0,
      skipped: 0,
      position: JSON.stringify({ target: 0, createdAt: replay.selection.since, id: '' } satisfies Position),
      next_at: now,
      created_at: now,
      updated_at: now,
      ended_at: null,
    })
    .execute();
  return id;
}

function toReplay(row: ReplayTable): Replay {
  return {
    id: row.id,
    projectId: row.project_id,
    selection: JSON.parse(row.selection),
    status: row.status,
    rate: row.rate,
    total: row.total,
    queued: row.queued,
    skipped: row.skipped,
    position: JSON.parse(row.position),
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}

/** A replay of a project; throws AppError 403 and 404. */
export async function requireReplay(q: Queries, projectId: string, id: string): Promise<Replay> {
  const row = await q.selectFrom('replays').selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw notFound('replay');
  if (row.project_id !== projectId) {
    throw new AppError(403, 'FORBIDDEN', 'This replay belongs to another project.');
  }
  return toReplay(row);
}

/** The replays of a project, newest first. */
export async function listReplays(q: Queries, projectId: string, limit: number): Promise<Replay[]> {
  const rows = await q
    .selectFrom('replays')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toReplay);
}

/** Ends a replay that runs; what it has made due goes on. Throws AppError 409 when it has ended. */
export async function cancelReplay(tx: Tx, replay: Replay, now: number): Promise<void> {
  const ended = await tx.q
    .updateTable('replays')
    .set({ status: 'cancelled', next_at: null, ended_at: now, updated_at: now })
    .where('id', '=', replay.id)
    .where('status', '=', 'running')
    .executeTakeFirst();
  if (Number(ended.numUpdatedRows) === 0) {
    throw new AppError(409, 'CONFLICT', 'This replay has ended already.');
  }
}

/** Takes every replay that is due one step further. Returns how many steps were made. */
export async function runReplays(db: Database, sources: ReplaySources, now: number): Promise<number> {
  const due = await db.read
    .selectFrom('replays')
    .selectAll()
    .where('next_at', 'is not', null)
    .where('next_at', '<=', now)
    .orderBy('next_at')
    .limit(20)
    .execute();
  for (const row of due) await db.write((tx) => takeStep(tx, sources, row, now));
  return due.length;
}

/** Steps come at uneven moments, so each carries what has become due since the last, a second's worth at most. */
function paceOf(row: ReplayTable, now: number): { limit: number; nextAt: number } {
  const paidUntil = Math.max(row.next_at ?? now, now - 1_000);
  const limit = Math.max(1, Math.floor(((now - paidUntil) * row.rate) / 1_000));
  return { limit, nextAt: Math.ceil(paidUntil + (limit * 1_000) / row.rate) };
}

async function takeStep(tx: Tx, sources: ReplaySources, row: ReplayTable, now: number): Promise<void> {
  const { limit, nextAt } = paceOf(row, now);
  // The claim: of several processes one makes this step, and none after a cancellation.
  const mine = await tx.q
    .updateTable('replays')
    .set({ next_at: nextAt, updated_at: now })
    .where('id', '=', row.id)
    .where('next_at', '=', row.next_at)
    .where('position', '=', row.position)
    .where('status', '=', 'running')
    .executeTakeFirst();
  if (Number(mine.numUpdatedRows) === 0) return;
  const replay = toReplay(row);
  const { selection, position } = replay;
  const target = selection.targets[position.target];
  const step: Step =
    target === undefined
      ? { last: undefined, queued: 0, skipped: 0 }
      : await sources[selection.kind].step(tx, replay, target, limit, now);
  const next: Position = step.last
    ? { target: position.target, ...step.last }
    : { target: position.target + 1, createdAt: selection.since, id: '' };
  const ended = next.target >= selection.targets.length;
  await tx.q
    .updateTable('replays')
    .set({
      position: JSON.stringify(next),
      queued: row.queued + step.queued,
      skipped: row.skipped + step.skipped,
      // Where nothing was made due there is nothing to pace.
      ...(step.queued === 0 ? { next_at: row.next_at } : {}),
      ...(ended ? { status: 'completed' as const, next_at: null, ended_at: now } : {}),
    })
    .where('id', '=', row.id)
    .execute();
}
