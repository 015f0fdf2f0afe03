/**
 * What live pages see: small frames of one session, kept five minutes so that a page that lost its connection can be
 * told what it missed (contract §5.1). They are rows, so that any process can replay them.
 */
import { compileWrite } from '../db/compiled.ts';
import type { Database, Queries, Tx } from '../db/database.ts';
import type { LiveEventTable } from '../db/schema.ts';

export type LiveName =
  | 'image:ready'
  | 'image:delivering'
  | 'image:delivered'
  | 'image:failed'
  | 'session:completed'
  | 'session:expired';

export interface LiveEvent {
  seq: number;
  name: LiveName;
  data: Record<string, unknown>;
}

/** The channel of wake-ups; its payload is the session's id. */
export const sessionChanged = 'session';

export const keptForMs = 5 * 60_000;

const insertLive = compileWrite((q, row: Omit<LiveEventTable, 'seq'>) =>
  q
    .insertInto('live_events')
    .values({ session_id: row.session_id, name: row.name, data: row.data, created_at: row.created_at }),
);

/** Adds a frame for the pages of a session, within the transaction of its cause. */
export async function emitLive(
  tx: Tx,
  sessionId: string,
  name: LiveName,
  data: Record<string, unknown>,
  now: number,
): Promise<void> {
  await insertLive(tx.q, { session_id: sessionId, name, data: JSON.stringify(data), created_at: now });
  tx.notify(sessionChanged, sessionId);
}

/** So many frames are read at once. */
export const livePage = 1_000;

/** Frames of a session after `seq` that are not too old, oldest first; at most `livePage`. */
export async function findLiveEvents(
  q: Queries,
  sessionId: string,
  afterSeq: number,
  now: number,
): Promise<LiveEvent[]> {
  const rows = await q
    .selectFrom('live_events')
    .select(['seq', 'name', 'data'])
    .where('session_id', '=', sessionId)
    .where('seq', '>', afterSeq)
    .where('created_at', '>=', now - keptForMs)
    .orderBy('seq')
    .limit(livePage)
    .execute();
  return rows.map((row) => ({ seq: row.seq, name: row.name as LiveName, data: JSON.parse(row.data) }));
}

/** The newest frame's number in a session, of those made before `before`; 0 when there is none. */
export async function lastLiveSeq(
  q: Queries,
  sessionId: string,
  before = Number.MAX_SAFE_INTEGER,
): Promise<number> {
  const row = await q
    .selectFrom('live_events')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .where('session_id', '=', sessionId)
    .where('created_at', '<', before)
    .executeTakeFirst();
  return Number(row?.seq ?? 0);
}

/** Removes frames that are too old to be replayed. Returns how many. */
export async function pruneLiveEvents(db: Database, now: number): Promise<number> {
  return db.write(async (tx) => {
    const result = await tx.q
      .deleteFrom('live_events')
      .where('created_at', '<', now - keptForMs)
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  });
}
