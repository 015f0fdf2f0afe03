/**
 * The way of a photo out of this page: the safe road (kept on the phone first, then sent in pieces), whose code comes
 * after the page stands; while it cannot be had, photos go at once and as they can.
 */
import { canRead, inspectFile } from './inspect.ts';
import type { Keeping } from './queue/options.ts';
import type { Photo, RestoredPhoto } from './queue/photo.ts';
import type { Refusal } from './refusal.ts';
import type { Road } from './road/road.ts';
import { type Sending, type SendResult, sendPhoto } from './send.ts';
import { isEndToEnd, type Session, takenTypes, uploadPath } from './session.ts';
import { thumbnailDrawn } from './thumbnail.ts';

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
  let loading: Promise<Road | undefined> | undefined;

  /** Undefined while its code cannot be had; it is asked for again. */
  function road(): Promise<Road | undefined> {
    loading ??= import('./road/road.ts')
      .then((part) => part.createRoad(sessionId))
      .catch(() => {
        loading = undefined;
        return undefined;
      });
    return loading;
  }

  const inspect = (file: Blob): Promise<Refusal | undefined> =>
    inspectFile(file, { maxBytes: session()?.maxImageSizeBytes, types: takenTypes(session()) });

  async function keep(photo: Photo): Promise<Keeping> {
    const refusal = await inspect(await photo.open());
    if (refusal !== undefined) return { kind: 'refused', refusal };
    const safe = await road();
    const until = Date.parse(session()?.expiresAt ?? '') || Date.now() + week;
    const kept = await safe?.keep(photo, until);
    if (kept?.kind === 'lost') return { kind: 'refused', refusal: { reason: 'lost-file' } };
    if (kept?.kind === 'known') return kept;
    if (kept?.stored === false) onStorageFull();
    return { kind: 'kept', hash: kept?.hash ?? photo.id };
  }

  async function begin(photo: Photo, onProgress: (fraction: number) => void): Promise<Sending | undefined> {
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

  return {
    keep,
    async inspect(photo) {
      // What is kept was looked at before it was.
      return photo.hash === undefined ? inspect(await photo.open()) : undefined;
    },
    async canRead(photo) {
      const head = (await road())?.head(photo) ?? photo.open();
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
    async settle(photo) {
      // Its bytes may go once its small picture has been drawn from them.
      const small = await thumbnailDrawn(photo);
      await (await road())?.settle(photo, small);
    },
    async remove(photo) {
      await (await road())?.remove(photo);
    },
    restore: async () => (await (await road())?.restore()) ?? [],
    earlier: async () => (await road())?.earlier() ?? [],
    stayAwake(wanted) {
      void loading?.then((safe) => safe?.stayAwake(wanted));
    },
  };
}
