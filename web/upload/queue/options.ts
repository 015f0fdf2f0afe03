/** What the queue needs of the page, and what it offers. */
import type { Ending, Refusal } from '../refusal.ts';
import type { ImageResult, Sending } from '../send.ts';
import type { Photo, PhotoFile, RestoredPhoto, Source } from './photo.ts';

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
  /** More of a photo has left the phone; many times a second. */
  onProgress(photo: Photo): void;
  onReceived(photo: Photo, image: ImageResult): void;
  onRefused(photo: Photo, refusal: Refusal): void;
  /** The server asks for the session password (again). */
  onPassword(): void;
}

export type Keeping =
  /** Without a hash it is nowhere but in this page yet. */
  { kind: 'kept'; hash?: string } | { kind: 'known' } | { kind: 'refused'; refusal: Refusal };

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
  /** Those that still wait leave in this order. */
  arrange(order: readonly Photo[]): void;
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
}
