/**
 * The way of a photo out of this page: the safe road (kept on the phone first, then sent in pieces), whose code comes
 * after the page stands; while it cannot be had, photos go at once and as they can.
 */
import { canRead, inspectFile } from './inspect.ts';
import { createPart, importPart } from './part.ts';
import type { Keeping } from './queue/options.ts';
import { isUnsent, type Photo, type RestoredPhoto } from './queue/photo.ts';
import type { Refusal } from './refusal.ts';
import type { Road } from './road/road.ts';
import { type Sending, type SendResult, sendPhoto } from './send.ts';
import { isEndToEnd, type Session, takenTypes, uploadPath } from './session.ts';
import { thumbnailDrawn } from './thumbnail/thumbnail.ts';

export interface WayOptions {
  sessionId: string;
  /** What is known of the session by now. */
  session(): Session | undefined;
  password(): string | undefined;
  /** The phone has no room left: photos are kept in this page alone. */
  onStorageFull(): void;
}

export interface Way {
  /** First onto the phone, so that the photo survives this page. */
  keep(photo: Photo): Promise<Keeping>;
  inspect(photo: Photo): Promise<Refusal | undefined>;
  canRead(photo: Photo): Promise<boolean>;
  send(photo: Photo, onProgress: (fraction: number) => void): Sending;
  /** The server has it. */
  settle(photo: Photo): Promise<void>;
  remove(photo: Photo): Promise<void>;
  /** A later visit goes on in this order. */
  arrange(photos: readonly Photo[]): Promise<void>;
  /** Photos that an earlier visit kept. */
  restore(): Promise<RestoredPhoto[]>;
  /** Photos that an earlier visit sent. */
  earlier(): Promise<Photo[]>;
  /** Keeps the screen on. */
  stayAwake(wanted: boolean): void;
}

const week = 604_800_000;
const cut: SendResult = { kind: 'retry', cause: 'connection', uncertain: false };

export function createWay({ sessionId, session, password, onStorageFull }: WayOptions): Way {
  const code = createPart((attempt) => importPart('road', () => import('./road/road.ts'), attempt));
  let safe: Road | undefined;
  let awake = false;
  /** Photos that came before the code that keeps them on the phone. */
  const loose = new Set<Photo>();
  /** Photos that have waited once for a line that brought no code. */
  const patient = new WeakSet<Photo>();

  const arrival = code.arrival
    .then((part) => part.createRoad(sessionId))
    .then((made) => {
      safe = made;
      made.stayAwake(awake);
      for (const photo of loose) void putAwayLate(made, photo);
      return made;
    });

  /** Undefined while its code cannot be had; it is asked for again. */
  const road = async (): Promise<Road | undefined> => (await code.get()) && arrival;

  /** However long its code takes. */
  function atLast(): Promise<Road> {
    void code.get();
    return arrival;
  }

  let looking: Promise<unknown> = Promise.resolve();

  /** One after the other: asked for the size of a file, a browser stands still until its disk has answered. */
  function inspect(file: Blob): Promise<Refusal | undefined> {
    const mine = looking.then(() =>
      inspectFile(file, { maxBytes: session()?.maxImageSizeBytes, types: takenTypes(session()) }),
    );
    looking = mine;
    return mine;
  }

  async function keep(photo: Photo): Promise<Keeping> {
    const refusal = await inspect(await photo.open());
    if (refusal !== undefined) return { kind: 'refused', refusal };
    const safe = await road();
    if (safe !== undefined) return putAway(safe, photo);
    loose.add(photo);
    return { kind: 'kept' };
  }

  async function putAway(safe: Road, photo: Photo): Promise<Keeping> {
    const until = Date.parse(session()?.expiresAt ?? '') || Date.now() + week;
    const kept = await safe.keep(photo, until);
    if (kept.kind === 'lost') return { kind: 'refused', refusal: { reason: 'lost-file' } };
    if (kept.kind === 'known') return kept;
    if (!kept.stored) onStorageFull();
    return { kind: 'kept', hash: kept.hash };
  }

  async function putAwayLate(safe: Road, photo: Photo): Promise<void> {
    loose.delete(photo);
    if (!isUnsent(photo)) return;
    const kept = await putAway(safe, photo);
    if (kept.kind === 'kept' && kept.hash !== undefined) photo.hash = kept.hash;
    // Meanwhile it went the plain way.
    if (photo.state === 'received') await settle(photo);
  }

  async function settle(photo: Photo): Promise<void> {
    await (await road())?.settle(photo, thumbnailDrawn(photo));
  }

  async function begin(photo: Photo, onProgress: (fraction: number) => void): Promise<Sending | undefined> {
    if (isSilent(photo)) return undefined;
    const safe = await road();
    const now = { password: password(), onProgress };
    if (safe !== undefined) {
      const url = uploadPath(sessionId, 'resumable');
      return safe.send(photo, { ...now, url, session: session() });
    }
    if (isEndToEnd(session())) return undefined;
    const { id, source } = photo;
    const filename = photo.file.name || 'photo.jpg';
    const url = uploadPath(sessionId, 'images');
    return sendPhoto({ ...now, url, id, source, filename, body: await photo.open() });
  }

  /** The line brings nothing: the photo waits until it does. But what keeps only this code away shall not keep photos. */
  function isSilent(photo: Photo): boolean {
    if (code.here !== undefined || code.silences === 0 || patient.has(photo)) return false;
    patient.add(photo);
    return true;
  }

  return {
    keep,
    async inspect(photo) {
      // What is kept was looked at before it was.
      return photo.hash === undefined ? inspect(await photo.open()) : undefined;
    },
    async canRead(photo) {
      const head = safe?.head(photo) ?? photo.open();
      return head.then(canRead, () => false);
    },
    send(photo, onProgress) {
      let inner: Sending | undefined;
      let aborted = false;
      const run = async (): Promise<SendResult> => {
        const begun = await begin(photo, onProgress);
        if (aborted) begun?.abort();
        inner = begun;
        return begun === undefined || aborted ? cut : begun.result;
      };
      return {
        result: run(),
        abort() {
          aborted = true;
          inner?.abort();
        },
      };
    },
    settle,
    async remove(photo) {
      loose.delete(photo);
      await (await road())?.remove(photo);
    },
    async arrange(photos) {
      await (await road())?.arrange(photos.map(({ id }) => id));
    },
    restore: async () => (await atLast()).restore(),
    earlier: async () => (await atLast()).earlier(),
    stayAwake(wanted) {
      awake = wanted;
      safe?.stayAwake(wanted);
    },
  };
}
