/**
 * The safe road of a photo: kept on the phone first, then sent in pieces. Loaded after the page stands, because the page
 * must open on the weakest line.
 */
import { createPart, importPart } from '../part.ts';
import type { Photo, RestoredPhoto } from '../queue/photo.ts';
import type { Sending, SendResult } from '../send.ts';
import type { Session } from '../session.ts';
import { sendInPieces } from './pieces.ts';
import { createScribe, type Scribe } from './scribe.ts';
import { type Kept, openShelf, type Shelf } from './shelf.ts';
import { createWakefulness } from './wakefulness.ts';

export type KeepResult =
  /** `stored`: it survives the tab. Otherwise it is only in this page, because the phone has no room or no place. */
  | { kind: 'kept'; hash: string; stored: boolean }
  /** It was received before, in an earlier visit. */
  | { kind: 'known' }
  | { kind: 'lost' };

export interface Road {
  /** What an earlier visit left unsent, in its order. */
  restore(): Promise<RestoredPhoto[]>;
  keep(photo: Photo, until: number): Promise<KeepResult>;
  /** Its first bytes: whether it can still be read. */
  head(photo: Photo): Promise<Blob>;
  send(photo: Photo, options: SendOptions): Sending;
  /** What earlier visits sent, the last first. */
  earlier(): Photo[];
  /** The server has it: what it was is remembered, and its small picture (JPEG) once that is drawn; then the bytes go. */
  settle(photo: Photo, drawing: Promise<Blob | undefined>): Promise<void>;
  remove(photo: Photo): Promise<void>;
  /** A later visit goes on in this order. */
  arrange(ids: readonly string[]): Promise<void>;
  /** Keeps the screen on while photos are on their way. */
  stayAwake(wanted: boolean): void;
}

export interface SendOptions {
  url: string;
  password: string | undefined;
  session: Session | undefined;
  onProgress(fraction: number): void;
}

const headBytes = 16;

export async function createRoad(sessionId: string): Promise<Road> {
  const shelf = await openShelf().catch(() => undefined);
  const scribe = createScribe(shelf);
  const kept = new Map<string, Kept>();
  const begun = new Set<string>();
  for (const one of (await shelf?.list(sessionId).catch(() => [])) ?? []) kept.set(one.id, one);
  void shelf?.sweep(Date.now()).catch(() => undefined);
  // One after the other: fifty photos at once would each need their place in the memory.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  async function keepNow(photo: Photo, until: number): Promise<KeepResult> {
    const file = await photo.open();
    let hash: string;
    let stored = shelf !== undefined;
    try {
      hash = stored ? await scribe.write(photo.id, file) : await scribe.hash(file);
    } catch {
      stored = false;
      try {
        hash = await scribe.hash(file);
      } catch {
        return { kind: 'lost' };
      }
    }
    if ([...kept.values()].some((other) => other.received && other.hash === hash)) {
      if (stored) await shelf!.drop(photo.id, file.size);
      return { kind: 'known' };
    }
    const { name, type, size, lastModified } = photo.file;
    const record: Kept = {
      ...{ id: photo.id, session: sessionId, name, type, source: photo.source, size, lastModified, hash },
      ...{ received: false, until, addedAt: Date.now() },
    };
    if (stored) {
      stored = await shelf!.put(record).then(
        () => true,
        () => false,
      );
    }
    if (stored) kept.set(photo.id, record);
    if (order.includes(photo.id)) await putInOrder();
    return { kind: 'kept', hash, stored };
  }

  let order: readonly string[] = [];

  async function putInOrder(): Promise<void> {
    const unsent = order
      .map((id) => kept.get(id))
      .filter((one) => one !== undefined && !one.received) as Kept[];
    const first = Math.min(...unsent.map(({ addedAt }) => addedAt));
    for (const [index, one] of unsent.entries()) {
      one.addedAt = first + index;
      await shelf!.put(one).catch(() => undefined);
    }
  }

  const openKept = (id: string, size: number): Promise<Blob> => shelf!.read(id, 0, size);

  return {
    async restore() {
      const unsent = [...kept.values()].filter((one) => !one.received).sort((a, b) => a.addedAt - b.addedAt);
      for (const { id } of unsent) begun.add(id);
      return unsent.map(({ id, name, type, size, lastModified, source, hash }) => ({
        ...{ id, source, hash, file: { name, type, size, lastModified } },
        open: () => openKept(id, size),
      }));
    },
    keep: (photo, until) => inTurn(() => keepNow(photo, until)),
    head: (photo) => (kept.has(photo.id) ? shelf!.read(photo.id, 0, headBytes) : photo.open()),
    send(photo, options) {
      let inner: Sending | undefined;
      let aborted = false;
      const run = async (): Promise<SendResult> => {
        const cargo = await load(shelf, scribe, kept.get(photo.id), photo, options.session);
        if ('kind' in cargo) return cargo;
        if (aborted) return { kind: 'retry', cause: 'connection', uncertain: false };
        const wasBegun = begun.has(photo.id);
        begun.add(photo.id);
        inner = sendInPieces({
          ...options,
          ...cargo,
          id: photo.id,
          source: photo.source,
          begun: wasBegun,
        });
        return inner.result;
      };
      return {
        result: run(),
        abort() {
          aborted = true;
          inner?.abort();
        },
      };
    },
    earlier: () =>
      [...kept.values()]
        .filter((one) => one.received && one.image !== undefined)
        .sort((a, b) => b.addedAt - a.addedAt)
        .map((one) =>
          // Without a small picture the bytes may still be here: the page was left before it was drawn.
          recall(one, () =>
            one.small ? openKept(`${one.id} small`, one.small) : openKept(one.id, one.size),
          ),
        ),
    async settle(photo, drawing) {
      const record = kept.get(photo.id);
      if (record === undefined) return;
      record.received = true;
      if (photo.image !== undefined) record.image = photo.image;
      // At once: a page that is left before its picture is drawn would send it, and count it, again.
      await shelf!.put(record).catch(() => undefined);
      const small = await drawing;
      const drawn = small && (await scribe.write(`${photo.id} small`, small).catch(() => undefined));
      if (drawn !== undefined) record.small = small!.size;
      await shelf!.put(record).catch(() => undefined);
      await shelf!.drop(photo.id, record.size).catch(() => undefined);
      await shelf!.drop(`${photo.id} sealed`, record.sealed?.size ?? 0).catch(() => undefined);
    },
    async remove(photo) {
      kept.delete(photo.id);
      await inTurn(async () => shelf?.forget(photo.id)).catch(() => undefined);
    },
    arrange(ids) {
      order = ids;
      return inTurn(putInOrder);
    },
    stayAwake: createWakefulness(),
  };
}

/** A photo that was sent before, as the page shows it. */
function recall({ id, name, size, lastModified, source, hash, image }: Kept, open: Photo['open']): Photo {
  const file = { name, type: 'image/jpeg', size, lastModified };
  return {
    ...{ id, file, source, hash, open, number: 0 },
    ...{ state: 'received', progress: 1, image: image!, earlier: true },
  };
}

interface Cargo {
  size: number;
  filename: string;
  sealed: boolean;
  hash: string | undefined;
  read(start: number, end: number): Promise<Blob>;
}

const sealing = createPart((attempt) => importPart('seal', () => import('../seal.ts'), attempt));
const sealedInMemory = new WeakMap<Photo, Blob>();

/** What leaves the phone: the photo, or the envelope in its place. A sealed one is always the same bytes. */
async function load(
  shelf: Shelf | undefined,
  scribe: Scribe,
  kept: Kept | undefined,
  photo: Photo,
  session: Session | undefined,
): Promise<Cargo | SendResult> {
  const filename = photo.file.name || 'photo.jpg';
  if (session?.e2eEnabled !== true || typeof session.e2ePublicKey !== 'string') {
    const { size } = photo.file;
    if (kept) {
      const read = readNearest(photo, (start, end) => shelf!.read(photo.id, start, end));
      return { size, filename, sealed: false, hash: kept.hash, read };
    }
    const file = await photo.open();
    return {
      size,
      filename,
      sealed: false,
      hash: photo.hash,
      read: async (start, end) => readable(file.slice(start, end)),
    };
  }
  // The code comes over the same line as everything else: without it the photo waits.
  const seal = await sealing.get();
  if (seal === undefined) return { kind: 'retry', cause: 'connection', uncertain: false };
  if (!seal.canSeal()) return { kind: 'refused', refusal: { reason: 'cannot-encrypt' } };
  const name = `${photo.id} sealed`;
  const sealedName = `${filename}.enc`;
  if (kept?.sealed) {
    const read = (start: number, end: number): Promise<Blob> => shelf!.read(name, start, end);
    return { ...kept.sealed, filename: sealedName, sealed: true, read };
  }
  try {
    const before = sealedInMemory.get(photo);
    const hints = { filename, mimeType: photo.file.type, source: photo.source };
    const plain = kept ? await shelf!.read(photo.id, 0, kept.size) : await photo.open();
    const made = before ?? (await seal.sealPhoto(plain, session.e2ePublicKey, hints));
    sealedInMemory.set(photo, made);
    if (kept) {
      const hash = await scribe.write(name, made).catch(() => undefined);
      if (hash !== undefined) {
        kept.sealed = { size: made.size, hash };
        await shelf!.put(kept).catch(() => undefined);
        sealedInMemory.delete(photo);
      }
    }
    return {
      size: made.size,
      filename: sealedName,
      sealed: true,
      hash: kept?.sealed?.hash,
      read: async (start, end) => made.slice(start, end),
    };
  } catch {
    return { kind: 'refused', refusal: { reason: 'lost-file' } };
  }
}

/**
 * From the file that was chosen, while the phone still gives it: its bytes then go from the disk to the line and never
 * through this page. Otherwise from what was kept of it.
 */
function readNearest({ file }: Photo, readKept: Cargo['read']): Cargo['read'] {
  let chosen = file instanceof Blob ? file : undefined;
  return async (start, end) => {
    const still = await chosen
      ?.slice(start, start + 1)
      .arrayBuffer()
      .then(
        () => true,
        () => false,
      );
    if (still) return chosen!.slice(start, end);
    chosen = undefined;
    return readKept(start, end);
  };
}

/** A file that the phone has taken away is found out here, where it can be said, not while it is being sent. */
async function readable(piece: Blob): Promise<Blob> {
  return new Blob([await piece.arrayBuffer()]);
}
