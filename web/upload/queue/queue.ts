/**
 * The photos of this visit and their way out of the phone: three at a time, again and again until each is
 * received or refused. Knows nothing of the page; the network, the clock and chance come in.
 *
 * Terms. A photo is *unsent* until it is received or refused. The *line* is the way to the server (line.ts), one for
 * all photos, so that twenty of them do not each spend a basement's signal on finding out whether it is back.
 */
import type { Ending, Refusal } from '../refusal.ts';
import { retryDelay } from '../retry.ts';
import { type ImageResult, isAnswer, type SendResult } from '../send.ts';
import { createLine } from './line.ts';
import type { Added, Queue, QueueOptions } from './options.ts';
import {
  type Attempt,
  firstAttempt,
  isUnsent,
  newId,
  type Photo,
  type PhotoFile,
  type PhotoState,
  type Source,
  sameFile,
  unsentYet,
} from './photo.ts';
import { createReceipts } from './receipts.ts';

const PARALLEL = 3;
/** Long enough for the live events to say that the photo whose answer got lost was stored after all. */
const UNCERTAIN = 4_000;

export function createQueue(options: QueueOptions): Queue {
  const photos: Photo[] = [];
  const attempts = new Map<Photo, Attempt>();
  const receipts = createReceipts();
  const line = createLine({ ...options, onChange: () => options.onChange(), onOpen });
  let held = false;
  let last = 0;

  const attemptOf = (photo: Photo): Attempt => attempts.get(photo)!;
  const unsent = (): Photo[] => photos.filter(isUnsent);

  function pump(): void {
    if (held || line.wait !== undefined) return;
    let free = PARALLEL - photos.filter((photo) => photo.state === 'sending').length;
    for (const photo of photos) {
      if (free === 0) return;
      const mine = attemptOf(photo);
      if (mine.keeping) continue;
      const ready = photo.state === 'queued' || (photo.state === 'waiting' && !mine.callOff);
      if (!ready) continue;
      free--;
      void attempt(photo);
    }
  }

  async function attempt(photo: Photo): Promise<void> {
    change(photo, 'sending');
    const refusal = await options.inspect(photo);
    if (photo.state !== 'sending') return;
    if (refusal !== undefined) return refuse(photo, refusal);
    const mine = attemptOf(photo);
    const sending = options.send(photo, (fraction) => {
      if (photo.state !== 'sending' || mine.sending !== sending) return;
      photo.progress = fraction;
      options.onProgress(photo);
    });
    mine.sending = sending;
    const result = await sending.result;
    if (mine.sending !== sending) return;
    mine.sending = undefined;
    if (photo.state !== 'sending') return;
    await conclude(photo, result);
    pump();
  }

  async function conclude(photo: Photo, result: SendResult): Promise<void> {
    if (isAnswer(result)) line.prove();
    if (result.kind === 'received') receive(photo, result.image);
    else if (result.kind === 'refused') refuse(photo, result.refusal);
    else if (result.kind === 'password') askPassword(photo);
    else if (result.cause === 'connection') await lose(photo, result.uncertain);
    else postpone(photo, result.after, result.everyone);
  }

  function receive(photo: Photo, image: ImageResult): void {
    photo.image = image;
    photo.progress = 1;
    receipts.claim(image);
    line.praise();
    change(photo, 'received');
    options.onReceived(photo, image);
  }

  function refuse(photo: Photo, refusal: Refusal): void {
    photo.refusal = refusal;
    change(photo, 'refused');
    options.onRefused(photo, refusal);
    pump();
  }

  function askPassword(photo: Photo): void {
    held = true;
    change(photo, 'queued');
    options.onPassword();
  }

  /** No answer came. */
  async function lose(photo: Photo, uncertain: boolean): Promise<void> {
    const readable = await options.canRead(photo);
    if (photo.state !== 'sending') return;
    if (!readable) return refuse(photo, { reason: 'lost-file' });
    const mine = attemptOf(photo);
    mine.failures++;
    mine.uncertain ||= uncertain;
    mine.busy = false;
    const image = mine.uncertain ? receipts.findFor(photo) : undefined;
    if (image !== undefined) return receive(photo, image);
    waitFor(photo, Math.max(uncertain ? UNCERTAIN : 0, retryDelay(mine.failures, options.random)));
    line.lose();
  }

  /** An answer came and asks for patience; `after` in milliseconds. */
  function postpone(photo: Photo, after: number | undefined, everyone: boolean): void {
    const mine = attemptOf(photo);
    mine.failures++;
    mine.busy = true;
    const delay = after ?? retryDelay(mine.failures, options.random);
    waitFor(photo, delay);
    if (everyone) line.rest(delay);
  }

  function waitFor(photo: Photo, delay: number): void {
    const mine = attemptOf(photo);
    mine.callOff?.();
    mine.callOff = options.later(delay, () => {
      mine.callOff = undefined;
      pump();
    });
    photo.progress = 0;
    change(photo, 'waiting');
  }

  /** In its turn again, and not when its own wait is over: photos leave in their order. */
  function ready(mine: Attempt): void {
    mine.callOff?.();
    mine.callOff = undefined;
  }

  function onOpen(): void {
    // The live events are on their way again too; they are heard first.
    for (const photo of photos) {
      const mine = attemptOf(photo);
      if (photo.state !== 'waiting') continue;
      if (mine.uncertain) waitFor(photo, UNCERTAIN);
      else if (!mine.busy) ready(mine);
    }
    options.onChange();
    pump();
  }

  function change(photo: Photo, state: PhotoState): void {
    photo.state = state;
    if (state !== 'waiting') ready(attemptOf(photo));
    options.onChange(photo);
  }

  function create(file: PhotoFile, source: Source, made: { id: string; open(): Promise<Blob> }): Photo {
    const photo: Photo = { ...made, ...{ number: ++last, file, source }, ...unsentYet };
    photos.push(photo);
    attempts.set(photo, firstAttempt());
    return photo;
  }

  /** First of all onto the phone: what comes after may end the page. */
  async function keep(photo: Photo): Promise<void> {
    if (options.keep === undefined) return;
    const mine = attemptOf(photo);
    mine.keeping = true;
    const kept = await options.keep(photo);
    mine.keeping = false;
    options.onChange(photo);
    if (photo.state !== 'queued') return;
    if (kept.kind === 'refused') return refuse(photo, kept.refusal);
    if (kept.kind === 'kept' && kept.hash !== undefined) photo.hash = kept.hash;
    const twin = photos.find(
      (other) => other !== photo && other.hash === photo.hash && photo.hash !== undefined,
    );
    if (kept.kind === 'known' || twin !== undefined) {
      remove(photo);
      if (twin?.state === 'refused') retry(twin);
      else options.onKnown?.();
      return;
    }
    options.onChange(photo);
    pump();
  }

  function remove(photo: Photo): void {
    const mine = attemptOf(photo);
    mine.callOff?.();
    photos.splice(photos.indexOf(photo), 1);
    photo.state = 'refused';
    mine.sending?.abort();
    mine.sending = undefined;
    options.onChange();
    pump();
  }

  function retry(photo: Photo): void {
    if (photo.state !== 'refused') return;
    photo.progress = 0;
    delete photo.refusal;
    change(photo, 'queued');
    pump();
  }

  function add(files: readonly File[], source: Source, room: number): Added {
    // Only what is new takes room: a photo that is on its way already has its place.
    const result: Added = { added: [], known: [], over: [] };
    for (const file of files) {
      // Where photos are kept they are known by their bytes: two may have one name.
      const twin = options.keep ? undefined : photos.find((photo) => sameFile(photo.file, file));
      if (twin?.state === 'refused') retry(twin);
      else if (twin !== undefined) result.known.push(file);
      else if (result.added.length >= room) result.over.push(file);
      else result.added.push(create(file, source, { id: newId(), open: async () => file }));
    }
    options.onChange();
    for (const photo of result.added) void keep(photo);
    pump();
    return result;
  }

  function wake(): void {
    for (const photo of photos) {
      const mine = attemptOf(photo);
      if (photo.state === 'waiting' && !mine.uncertain) ready(mine);
    }
    if (line.wait === 'connection') void line.probe();
    else pump();
    options.onChange();
  }

  function end(reason: Ending | 'full'): void {
    for (const photo of unsent()) {
      const { sending } = attemptOf(photo);
      attemptOf(photo).sending = undefined;
      sending?.abort();
      refuse(photo, { reason });
    }
    line.retire();
  }

  function noticeStored(image: ImageResult): void {
    if (!receipts.notice(image)) return;
    const photo = photos.find(
      (candidate) =>
        candidate.state === 'waiting' &&
        attemptOf(candidate).uncertain &&
        candidate.file.name === image.filename &&
        candidate.file.size === image.size_bytes,
    );
    if (photo !== undefined) receive(photo, image);
  }

  return {
    photos,
    unsent,
    loseLine: line.lose,
    get keeping() {
      return photos.filter((photo) => attemptOf(photo).keeping).length;
    },
    get waitingFor() {
      if (line.wait !== undefined) return line.wait;
      const active = unsent();
      if (active.length === 0 || active.some((photo) => photo.state !== 'waiting')) return undefined;
      return active.some((photo) => attemptOf(photo).busy) ? 'service' : 'connection';
    },
    add,
    restore(kept) {
      for (const { file, source, hash, ...made } of kept) {
        if (!photos.some(({ id }) => id === made.id)) create(file, source, made).hash = hash;
      }
      options.onChange();
      pump();
    },
    remove,
    retry,
    arrange(order) {
      const rank = new Map(order.map((photo, index) => [photo, index]));
      photos.sort((a, b) => (rank.get(a) ?? order.length) - (rank.get(b) ?? order.length));
    },
    wake,
    hold() {
      held = true;
    },
    release() {
      held = false;
      pump();
    },
    end,
    noticeStored,
  };
}
