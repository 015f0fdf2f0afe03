/** What leaves the phone for a photo: the photo itself, or what only the project can open. */
import type { Photo } from './queue.ts';
import type { Sending, SendResult } from './send.ts';
import type { Session } from './session.ts';

export interface Outgoing {
  body: Blob;
  filename: string;
  sealed: boolean;
}

/** Sealed once: what is sent again after a cut must be the same bytes. */
const sealed = new WeakMap<Photo, Promise<Blob>>();

/** Whether this session's photos leave the phone encrypted. */
export const isEndToEnd = (session: Session | undefined): boolean =>
  session?.e2eEnabled === true && typeof session.e2ePublicKey === 'string';

/** Prepares a photo and hands it to `send`. A session that is end to end never lets a readable photo out. */
export function sendOutgoing(
  photo: Photo,
  session: Session | undefined,
  send: (outgoing: Outgoing) => Sending,
): Sending {
  const filename = photo.file.name || 'photo.jpg';
  if (!isEndToEnd(session)) return send({ body: photo.file, filename, sealed: false });
  let inner: Sending | undefined;
  let aborted = false;
  const run = async (): Promise<SendResult> => {
    // The code comes over the same line as everything else: without it the photo waits.
    const load = await import('./seal.ts').catch(() => undefined);
    if (load === undefined) return { kind: 'retry', cause: 'connection', uncertain: false };
    if (!load.canSeal()) return { kind: 'refused', refusal: { reason: 'cannot-encrypt' } };
    const making =
      sealed.get(photo) ??
      load.sealPhoto(photo.file, session!.e2ePublicKey!, {
        filename,
        mimeType: photo.file.type,
        source: photo.source,
      });
    sealed.set(photo, making);
    const body = await making.catch(() => undefined);
    if (body === undefined) {
      sealed.delete(photo);
      return { kind: 'refused', refusal: { reason: 'lost-file' } };
    }
    if (aborted) return { kind: 'retry', cause: 'connection', uncertain: false };
    inner = send({ body, filename: `${filename}.enc`, sealed: true });
    return inner.result;
  };
  return {
    result: run(),
    abort() {
      aborted = true;
      inner?.abort();
    },
  };
}
