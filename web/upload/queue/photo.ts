/** One photo of this visit, and what only the queue needs to know of it. */
import type { Refusal } from '../refusal.ts';
import type { ImageResult, Sending } from '../send.ts';

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
  /** It was sent in an earlier visit; what is left here is its small picture. */
  earlier?: true;
}

/** A photo that an earlier visit kept. */
export interface RestoredPhoto {
  id: string;
  file: PhotoFile;
  source: Source;
  hash: string;
  open(): Promise<Blob>;
}

export interface Attempt {
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

export const firstAttempt = (): Attempt => ({
  failures: 0,
  uncertain: false,
  busy: false,
  keeping: false,
  sending: undefined,
  callOff: undefined,
});

export const unsentYet = { state: 'queued', progress: 0 } as const;

/** It is on this phone, and none of it under way. */
export const isWaiting = (photo: Photo): boolean => photo.state === 'queued' || photo.state === 'waiting';

export const isUnsent = (photo: Photo): boolean => photo.state !== 'received' && photo.state !== 'refused';

/** A UUID (RFC 9562, version 4), also where the page did not come over HTTPS. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function sameFile(a: PhotoFile, b: PhotoFile): boolean {
  return a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;
}
