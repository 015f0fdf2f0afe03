/**
 * What a protocol for files (FTP, SFTP, WebDAV) brings: a **session**, which is one signed-in connection that carries
 * one photo at a time. Paths are relative to the folder of the destination, with `/` between their segments.
 */
import type { Phases } from '../lib/outbound.ts';
import type { Conflict, Found } from './conflict.ts';
import type { PooledSession } from './connection-pool.ts';
import type { DeliverableImage, Receipt } from './destination.ts';
import type { StepLog } from './file-server-check.ts';

export interface FileSession extends PooledSession {
  /** `ip:port` of the server. */
  readonly address: string | null;
  /** How long opening took. */
  readonly opening: Phases;
  /** Makes the folder of a path. Returns the path where the photo goes: another one where no folder may be made. */
  makeRoom(path: string): Promise<string>;
  /** Writes a file, replacing what is there. Resolves when the server said that it has all of it. */
  upload(path: string, image: DeliverableImage): Promise<Upload>;
  rename(from: string, to: string, how: 'replace' | 'if-free'): Promise<Renamed>;
  look(path: string, image: DeliverableImage): Promise<Found>;
  /** Where a protocol can tell, it is no error when nothing is there. */
  remove(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeFolder(path: string): Promise<void>;
  /** The path as a receipt shows it. */
  show(path: string): string;
}

/**
 * `taken`: the new name is in use, and it had to be free. `unknown`: whether it is free could not be found out, so nothing
 * was done. `refused`: the server does not rename; there is nothing left but to write under the final name.
 */
export type Renamed = 'done' | 'taken' | 'unknown' | 'refused';

export interface Upload {
  /** Compares what the server holds at `path`, where the upload went or was moved to. Throws when it differs. */
  verify(path: string): Promise<Receipt['verifiedBy']>;
}

/** One folder on one server, as a destination's settings name it. */
export interface FileServer {
  /** Opens and signs in; tells the log each step. Throws FileServerError. */
  open(signal: AbortSignal, log?: StepLog): Promise<FileSession>;
  template: string;
  conflict: Conflict;
  /** Sessions at once. */
  maxSessions: number;
  /** Milliseconds that an unused session is kept. Default 30,000. */
  idleMs?: number;
}

/** The same for every attempt of one delivery, so that what a killed process left is replaced and not added to. */
export function temporaryName(image: Pick<DeliverableImage, 'deliveryId'>): string {
  return `.apertur-${image.deliveryId}.tmp`;
}

/** Times in milliseconds. */
export interface Patience {
  /** For opening: resolve, connect, TLS, sign in. */
  openMs: number;
  /** Without any progress. */
  stallMs: number;
  /** From the last byte sent to the answer. */
  answerMs: number;
  /** That an unused session is kept. */
  idleMs: number;
}

export const usualPatience: Patience = { openMs: 30_000, stallMs: 30_000, answerMs: 120_000, idleMs: 30_000 };
