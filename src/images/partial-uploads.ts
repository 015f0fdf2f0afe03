/**
 * Photos that come in pieces: what has come of each, and where it lies. Each piece is a file of its own in the storage,
 * durable before it counts; `received` moves by compare-and-set, so that of two who continue one upload at the same
 * place exactly one does, and nobody holds a lock that could outlive him.
 */
import type { Database, Queries, Tx } from '../db/database.ts';
import { toIso } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import type { Storage } from '../storage/storage.ts';
import type { Encryption } from './upload-form.ts';

export interface Piece {
  key: string;
  size: number;
}

export interface PartialUpload {
  sessionId: string;
  /** The client's name for the photo. */
  id: string;
  /** Bytes. */
  length: number;
  received: number;
  pieces: Piece[];
  filename: string;
  source: string;
  encryption: Encryption;
  /** Of all its bytes, as the client says. */
  sha256: string | undefined;
  /** Set when it has become an image. */
  imageId: string | undefined;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** An upload that nobody continues is forgotten after this. */
export const patienceMs = 24 * 3_600_000;

/** Pieces lie in a folder a day, so that whatever a crash leaves is found by its day. */
export function pieceKey(now: number): string {
  return `partial-${toIso(now).slice(0, 10)}/${createId('pce')}`;
}

export async function findPartial(
  q: Queries,
  sessionId: string,
  id: string,
): Promise<PartialUpload | undefined> {
  const row = await q
    .selectFrom('partial_uploads')
    .selectAll()
    .where('session_id', '=', sessionId)
    .where('id', '=', id)
    .executeTakeFirst();
  return (
    row && {
      sessionId,
      id,
      length: row.length,
      received: row.received,
      pieces: JSON.parse(row.parts),
      filename: row.filename,
      source: row.source,
      encryption: row.encryption,
      sha256: row.sha256 ?? undefined,
      imageId: row.image_id ?? undefined,
      expiresAt: row.expires_at,
    }
  );
}

export type NewPartial = Pick<
  PartialUpload,
  'sessionId' | 'id' | 'length' | 'filename' | 'source' | 'encryption' | 'sha256'
>;

/** Makes the upload, or leaves the one that is there. Undefined when the session has `most` unfinished ones already. */
export async function createPartial(
  db: Database,
  upload: NewPartial,
  { most, now }: { most: number; now: number },
): Promise<PartialUpload | undefined> {
  return db.write(async (tx) => {
    const known = await findPartial(tx.q, upload.sessionId, upload.id);
    if (known) return known;
    // Those who begin at once take turns, so that the bound holds.
    await tx.q
      .updateTable('sessions')
      .set((eb) => ({ images_count: eb.ref('images_count') }))
      .where('id', '=', upload.sessionId)
      .execute();
    const { count } = await tx.q
      .selectFrom('partial_uploads')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('session_id', '=', upload.sessionId)
      .where('image_id', 'is', null)
      .executeTakeFirstOrThrow();
    if (Number(count) >= most) return undefined;
    await tx.q
      .insertInto('partial_uploads')
      .values({
        session_id: upload.sessionId,
        id: upload.id,
        length: upload.length,
        received: 0,
        parts: '[]',
        filename: upload.filename,
        source: upload.source,
        encryption: upload.encryption,
        sha256: upload.sha256 ?? null,
        image_id: null,
        expires_at: now + patienceMs,
        created_at: now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return findPartial(tx.q, upload.sessionId, upload.id);
  });
}

/** Counts a piece that is durable; false when somebody else was there first. Then the piece is nobody's. */
export async function countPiece(
  db: Database,
  upload: PartialUpload,
  piece: Piece,
  now: number,
): Promise<boolean> {
  const pieces = [...upload.pieces, piece];
  const moved = await db.write((tx) =>
    tx.q
      .updateTable('partial_uploads')
      .set({
        received: upload.received + piece.size,
        parts: JSON.stringify(pieces),
        expires_at: now + patienceMs,
      })
      .where('session_id', '=', upload.sessionId)
      .where('id', '=', upload.id)
      .where('received', '=', upload.received)
      .where('image_id', 'is', null)
      .returning('id')
      .execute(),
  );
  if (moved.length === 0) return false;
  upload.received += piece.size;
  upload.pieces = pieces;
  return true;
}

/** In the transaction that makes the image: from now on the upload is only remembered. */
export async function finishPartial(tx: Tx, upload: PartialUpload, imageId: string): Promise<void> {
  // Somebody else may have added to it meanwhile; whoever ends it clears all away.
  const now = await findPartial(tx.q, upload.sessionId, upload.id);
  upload.pieces = now?.pieces ?? upload.pieces;
  await tx.q
    .updateTable('partial_uploads')
    .set({ image_id: imageId, received: upload.length, parts: '[]' })
    .where('session_id', '=', upload.sessionId)
    .where('id', '=', upload.id)
    .execute();
}

/** Forgets the upload with its pieces. An absent one is not an error. */
export async function removePartial(
  { db, storage }: { db: Database; storage: Storage },
  { sessionId, id }: { sessionId: string; id: string },
): Promise<void> {
  const gone = await db.write((tx) =>
    tx.q
      .deleteFrom('partial_uploads')
      .where('session_id', '=', sessionId)
      .where('id', '=', id)
      .returning('parts')
      .execute(),
  );
  for (const row of gone) await removePieces(storage, JSON.parse(row.parts));
}

export async function removePieces(storage: Storage, pieces: readonly Piece[]): Promise<void> {
  for (const { key } of pieces) await storage.remove(key);
}

/** Forgets uploads that nobody continued in time; returns how many, at most 100 a call. */
export async function sweepPartials(
  { db, storage }: { db: Database; storage: Storage },
  now: number,
): Promise<number> {
  const due = await db.read
    .selectFrom('partial_uploads')
    .select(['session_id', 'id'])
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(100)
    .execute();
  for (const row of due) await removePartial({ db, storage }, { sessionId: row.session_id, id: row.id });
  return due.length;
}

const day = 24 * 3_600_000;

/**
 * Removes pieces that no upload can know any more: what a crash left between the storage and the row. A session lives
 * seven days at most, and its uploads a day longer.
 */
export async function removeLostPieces(storage: Storage, now: number): Promise<number> {
  let removed = 0;
  for (const age of [9, 10]) {
    for await (const { key } of storage.list(`partial-${toIso(now - age * day).slice(0, 10)}`)) {
      await storage.remove(key);
      removed += 1;
    }
  }
  return removed;
}
