/**
 * The photos of this visit and their way out of the phone: three at a time, again and again until each is
 * received or refused. Knows nothing of the page; the network, the clock and chance come in.
 *
 * Terms. A photo is *unsent* until it is received or refused. The *line* is the way to the server: when an
 * attempt gets no answer the line is down for all photos, and one small request finds out when it is back, so
 * that twenty photos do not each spend a basement's signal on finding out.
 */
import type { Ending, Refusal } from './refusal.ts';
import { retryDelay } from './retry.ts';
import type { ImageResult, Sending, SendResult } from './send.ts';

export type Source = 'camera' | 'gallery';
export type PhotoState = 'queued' | 'sending' | 'waiting' | 'received' | 'refused';

/** What is known of a photo without reading it. */
export interface PhotoFile {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly lastModified: number;
}

export interface Photo {
  /** The phone's own name for it, by which the server knows it too. */
  readonly id: string;
  /** Own number of this visit, from 1. */
  readonly number: number;
  readonly file: PhotoFile;
  readonly source: Source;
  /** Its bytes. */
  open(): Promise<Blob>;
  /** SHA-256, once it is known: two files are the same photo when their bytes are, whatever their names. */
  hash?: string;
  state: PhotoState;
  /** From 0 to 1. */
  progress: number;
  refusal?: Refusal;
  image?: ImageResult;
  /** Destinations that have it, as told by the live events. */
  delivered: number;
}

export interface QueueOptions {
  send(photo: Photo, onProgress: (fraction: number) => void): Sending;
  /** Looks at the file before any byte is sent. */
  inspect(photo: Photo): Promise<Refusal | undefined>;
  /** Whether the phone still gives access to the file. */
  canRead(photo: Photo): Promise<boolean>;
  /** Puts the photo where it survives the page, before anything else. Absent: it stays where it is. */
  keep?(photo: Photo): Promise<Keeping>;
  /** The same photo was chosen before. */
  onKnown?(): void;
  /** One small request: does the server answer? Also brings the session up to date. */
  probe(): Promise<boolean>;
  /** Runs `run` after `delay` milliseconds; the answer calls it off. */
  later(delay: number, run: () => void): () => void;
  random(): number;
  /** A photo or the line has changed; without a photo, several may have. */
  onChange(photo?: Photo): void;
  onReceived(photo: Photo, image: ImageResult): void;
  onRefused(photo: Photo, refusal: Refusal): void;
  /** The server asks for the session password (again). */
  onPassword(): void;
}

export interface RestoredPhoto {
  id: string;
  file: PhotoFile;
  source: Source;
  hash: string;
  open(): Promise<Blob>;
}

export type Keeping =
  | { kind: 'kept'; hash: string }
  | { kind: 'known' }
  | { kind: 'refused'; refusal: Refusal };

export interface Added {
  added: Photo[];
  /** Chosen twice in this visit: not sent twice. */
  known: PhotoFile[];
  /** More than the session has room for. */
  over: PhotoFile[];
}

export interface Queue {
  readonly photos: readonly Photo[];
  /** Why unsent photos wait: no connection, a service that asks for patience, or nothing. */
  readonly waitingFor: 'connection' | 'service' | undefined;
  /** How many are being put where they survive the page. */
  readonly keeping: number;
  unsent(): Photo[];
  add(files: readonly File[], source: Source, room: number): Added;
  /** Photos that an earlier visit kept. */
  restore(kept: readonly RestoredPhoto[]): void;
  remove(photo: Photo): void;
  retry(photo: Photo): void;
  /** The phone says that it is offline. */
  loseLine(): void;
  /** Something changed for the better (online again, page in front again, a person's wish): try now. */
  wake(): void;
  /** No new attempt until `release` (the password is being asked). */
  hold(): void;
  release(): void;
  /** The session takes no more: every unsent photo is refused for that reason. */
  end(reason: Ending | 'full'): void;
  /** The server has stored an image of this name and size (live event): maybe the one whose answer got lost. */
  noticeStored(image: ImageResult): void;
  noticeDelivered(imageId: string, destinationId: string): void;
}

const PARALLEL = 3;
/** Long enough for the live events to say that the photo whose answer got lost was stored after all. */
const UNCERTAIN = 4_000;

/** What only the queue needs to know of a photo. */
interface Attempt {
  failures: number;
  uncertain: boolean;
  /** The last attempt was answered, and told to come again later. */
  busy: boolean;
  sending: Sending | undefined;
  /** It is being put where it survives the page. */
  keeping: boolean;
  /** Calls off the wait; undefined when the photo need not wait. */
  callOff: (() => void) | undefined;
}

export function createQueue(options: QueueOptions): Queue {
  const photos: Photo[] = [];
  const attempts = new Map<Photo, Attempt>();
  /** Images that the server has and that no photo here has claimed yet, by id. */
  const stored = new Map<string, ImageResult>();
  /** Destinations that have an image, by its id: an event may be told more than once. */
  const deliveries = new Map<string, Set<string>>();
  const claimed = new Set<string>();
  const line: { wait: 'connection' | 'service' | undefined; failures: number; callOff: () => void } = {
    wait: undefined,
    failures: 0,
    callOff: () => {},
  };
  let held = false;
  let last = 0;

  const attemptOf = (photo: Photo): Attempt => attempts.get(photo)!;
  const isUnsent = (photo: Photo): boolean => photo.state !== 'received' && photo.state !== 'refused';
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
      options.onChange(photo);
    });
    mine.sending = sending;
    const result = await sending.result;
    if (mine.sending !== sending) return;
    mine.sending = undefined;
    if (photo.state !== 'sending') return;
    // Any answer proves that the line is there, whatever the phone says about being online.
    if (answered(result) && line.wait === 'connection') openLine();
    if (result.kind === 'received') receive(photo, result.image);
    else if (result.kind === 'refused') refuse(photo, result.refusal);
    else if (result.kind === 'password') askPassword(photo);
    else if (result.cause === 'connection') await lose(photo, result.uncertain);
    else postpone(photo, result.after, result.everyone);
    pump();
  }

  function receive(photo: Photo, image: ImageResult): void {
    claimed.add(image.id);
    stored.delete(image.id);
    photo.image = image;
    photo.progress = 1;
    photo.delivered = deliveries.get(image.id)?.size ?? 0;
    line.failures = 0;
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
    if (mine.uncertain && claimStored(photo)) return;
    waitFor(photo, Math.max(uncertain ? UNCERTAIN : 0, retryDelay(mine.failures, options.random)));
    loseLine();
  }

  /** An answer came and asks for patience; `after` in milliseconds. */
  function postpone(photo: Photo, after: number | undefined, everyone: boolean): void {
    const mine = attemptOf(photo);
    mine.failures++;
    mine.busy = true;
    const delay = after ?? retryDelay(mine.failures, options.random);
    waitFor(photo, delay);
    if (!everyone) return;
    line.callOff();
    line.wait = 'service';
    line.callOff = options.later(delay, openLine);
    options.onChange();
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

  function loseLine(): void {
    if (line.wait === 'connection') return;
    line.callOff();
    line.wait = 'connection';
    line.failures++;
    line.callOff = options.later(retryDelay(line.failures, options.random), () => void probe());
    options.onChange();
  }

  async function probe(): Promise<void> {
    line.callOff();
    line.callOff = () => {};
    const answered = await options.probe();
    if (line.wait !== 'connection') return;
    if (answered) return openLine();
    line.failures++;
    line.callOff();
    line.callOff = options.later(retryDelay(line.failures, options.random), () => void probe());
  }

  function openLine(): void {
    line.wait = undefined;
    line.callOff = () => {};
    // The live events are on their way again too; they are heard first.
    for (const photo of photos) {
      if (photo.state === 'waiting' && attemptOf(photo).uncertain) waitFor(photo, UNCERTAIN);
    }
    options.onChange();
    pump();
  }

  function claimStored(photo: Photo): boolean {
    for (const image of stored.values()) {
      if (image.filename !== photo.file.name || image.size_bytes !== photo.file.size) continue;
      receive(photo, image);
      return true;
    }
    return false;
  }

  function change(photo: Photo, state: PhotoState): void {
    photo.state = state;
    const mine = attemptOf(photo);
    if (state !== 'waiting') {
      mine.callOff?.();
      mine.callOff = undefined;
    }
    options.onChange(photo);
  }

  function create(file: PhotoFile, source: Source, made: { id: string; open(): Promise<Blob> }): Photo {
    const photo: Photo = {
      ...made,
      number: ++last,
      file,
      source,
      state: 'queued',
      progress: 0,
      delivered: 0,
    };
    photos.push(photo);
    attempts.set(photo, {
      failures: 0,
      uncertain: false,
      busy: false,
      keeping: false,
      sending: undefined,
      callOff: undefined,
    });
    return photo;
  }

  /** First of all onto the phone: what comes after may end the page. */
  async function keep(photo: Photo): Promise<void> {
    if (options.keep === undefined) return;
    const mine = attemptOf(photo);
    mine.keeping = true;
    const kept = await options.keep(photo);
    mine.keeping = false;
    options.onChange();
    if (photo.state !== 'queued') return;
    if (kept.kind === 'refused') return refuse(photo, kept.refusal);
    if (kept.kind === 'kept') photo.hash = kept.hash;
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

  return {
    photos,
    unsent,
    loseLine,
    get keeping() {
      return photos.filter((photo) => attemptOf(photo).keeping).length;
    },
    get waitingFor() {
      if (line.wait !== undefined) return line.wait;
      const active = unsent();
      if (active.length === 0 || active.some((photo) => photo.state !== 'waiting')) return undefined;
      return active.some((photo) => attemptOf(photo).busy) ? 'service' : 'connection';
    },
    add(files, source, room) {
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
    },
    restore(kept) {
      for (const { file, source, hash, ...made } of kept) {
        if (!photos.some(({ id }) => id === made.id)) create(file, source, made).hash = hash;
      }
      options.onChange();
      pump();
    },
    remove,
    retry,
    wake() {
      for (const photo of photos) {
        const mine = attemptOf(photo);
        if (photo.state !== 'waiting' || mine.uncertain) continue;
        mine.callOff?.();
        mine.callOff = undefined;
      }
      if (line.wait === 'connection') void probe();
      else pump();
      options.onChange();
    },
    hold() {
      held = true;
    },
    release() {
      held = false;
      pump();
    },
    end(reason) {
      for (const photo of unsent()) {
        const sending = attemptOf(photo).sending;
        attemptOf(photo).sending = undefined;
        sending?.abort();
        refuse(photo, { reason });
      }
      line.callOff();
      line.wait = undefined;
    },
    noticeStored(image) {
      if (claimed.has(image.id)) return;
      stored.set(image.id, image);
      const photo = photos.find(
        (candidate) =>
          candidate.state === 'waiting' &&
          attemptOf(candidate).uncertain &&
          candidate.file.name === image.filename &&
          candidate.file.size === image.size_bytes,
      );
      if (photo !== undefined) receive(photo, image);
    },
    noticeDelivered(imageId, destinationId) {
      const destinations = (deliveries.get(imageId) ?? new Set()).add(destinationId);
      deliveries.set(imageId, destinations);
      const photo = photos.find((candidate) => candidate.image?.id === imageId);
      if (photo === undefined) return;
      photo.delivered = destinations.size;
      options.onChange(photo);
    },
  };
}

function answered(result: SendResult): boolean {
  return result.kind !== 'retry' || result.cause === 'service';
}

/** A UUID (RFC 9562, version 4), also where the page did not come over HTTPS. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function sameFile(a: PhotoFile, b: PhotoFile): boolean {
  return a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;
}
