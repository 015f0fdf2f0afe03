/** What the suite of all kinds asks of a kind, and the scene of each of its tests. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import type { Conflict } from './conflict.ts';
import { createFaultProxy, type FaultProxy, openKind, type Photo } from './contract.fixture.ts';
import {
  type Connection,
  type ConnectionServices,
  DeliveryError,
  type DestinationKind,
  type Fate,
  type Receipt,
} from './destination.ts';
import type { Account } from './oauth.ts';

/** What a test wants of the settings. */
export interface Wish {
  /** Where to connect: the server itself, or the fault proxy before it. */
  at: { host: string; port: number };
  /** The path of a photo inside the destination, for the setting that holds the template. */
  template: string;
  conflict?: Conflict;
  /** Credentials that the server refuses, or a bucket, container, share or root folder that is not there. */
  wrong?: 'credentials' | 'folder';
}

export interface Harness {
  kind: DestinationKind;
  /** Where the server listens. */
  server: { host: string; port: number };
  /** The settings as a client sends them, flat, secrets included. */
  settings(wish: Wish): Record<string, unknown>;
  /** Whatever lies in a folder (`suite-3`) at this moment, as paths from the destination's root; temporary files too. */
  list(folder: string): Promise<string[]>;
  /** The bytes at such a path, or at what a receipt names; undefined when nothing is there. */
  read(place: string | Receipt): Promise<Buffer | undefined>;
  /** Puts somebody else's file at such a path. */
  put(path: string, bytes: Buffer): Promise<void>;
  services?: Partial<ConnectionServices>;
  /** For kinds that are connected by signing in: the account, and where its service is. */
  account?(wish: Wish): Account;
  /** In place of the fault proxy, for a protocol whose data takes another road (FTP). */
  openRoad?(): Promise<FaultProxy>;
  close(): Promise<void>;
}

export interface Definition {
  start(): Promise<Harness>;
  /** What every receipt must say. */
  verifiedBy: Receipt['verifiedBy'];
  /** What a missing bucket, container or folder leads to; `made` where the kind makes it. */
  missingFolder: 'made' | { fate: Fate; says: RegExp };
  wrongCredentials: { fate: Fate; says: RegExp };
  /** Connections that may be open at once for 8 photos in parallel. */
  maxConnections: number;
  /** Connections that 12 photos one after another may take in all. Default 1. */
  connectionsInSequence?: number;
  /** Why some names cannot be kept as they are (by the service's rules): their files are found by the receipt alone. */
  renames?: string;
  /** Live bytes that a delivery of 40 MB may hold, in MB. Default 20: chunks yes, the photo no. */
  heldMegabytes?: number;
}

let folders = 0;

/** One test: a folder of its own on the shared server, and short words for what tests do there. */
export class Scene {
  readonly harness: Harness;
  readonly folder = `suite-${++folders}`;

  constructor(harness: Harness) {
    this.harness = harness;
  }

  wish(wish: Partial<Wish>): Wish {
    return { at: this.harness.server, template: `${this.folder}/{filename}`, ...wish };
  }

  settings(wish: Partial<Wish> = {}): Record<string, unknown> {
    return this.harness.settings(this.wish(wish));
  }

  open(wish: Partial<Wish> = {}): Connection {
    const { kind, services, account } = this.harness;
    const lent = account ? { account: account(this.wish(wish)) } : {};
    return openKind(kind, this.settings(wish), { ...services, ...lent });
  }

  list(): Promise<string[]> {
    return this.harness.list(this.folder);
  }

  async road(): Promise<FaultProxy> {
    const proxy = await (this.harness.openRoad?.() ?? createFaultProxy(this.harness.server));
    onTestFinished(() => proxy.close());
    return proxy;
  }

  /** The server holds exactly this photo, where the receipt says. */
  async expectHeld(photo: Photo, receipt: Receipt): Promise<void> {
    expect(receipt.remotePath).toBeTruthy();
    expect(receipt.bytes).toBe(photo.sizeBytes);
    const held = await this.harness.read(receipt);
    expect(held?.length, photo.filename).toBe(photo.sizeBytes);
    expect(held?.equals(photo.bytes()), photo.filename).toBe(true);
  }
}

export type Start = () => Scene;

/** The secrets among settings, to be looked for where they must not be. */
export function secretsOf(here: Scene, settings = here.settings()): string[] {
  return Object.keys(here.harness.kind.credentials.properties)
    .map((field) => settings[field])
    .filter((value): value is string => typeof value === 'string' && value.length >= 4);
}

/** The delivery error that a promise was rejected with; fails the test otherwise. */
export async function failure(promise: Promise<unknown>): Promise<DeliveryError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  if (error instanceof DeliveryError) return error;
  throw new Error('expected a DeliveryError', { cause: error });
}

/** Polls; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}
