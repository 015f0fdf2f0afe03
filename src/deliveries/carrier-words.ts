/**
 * What the main thread and a carrier say to each other. A **carrier** is a thread that carries photos: it holds
 * connections to destinations, reads the stored bytes and sends them. Rows, claims and settling stay on the main thread.
 */
import {
  type CheckResult,
  type Connection,
  type DeliverableImage,
  DeliveryError,
  type DeliveryErrorDetails,
  type Receipt,
} from '../destinations/destination.ts';
import type { Settings } from '../destinations/settings.ts';
import type { Outbound } from '../lib/outbound.ts';
import { StorageMissingError } from '../storage/storage.ts';

/** What a carrier is made with; it reads no settings of its own. */
export interface CarrierSettings {
  storageUrl: string | undefined;
  dataDir: string;
  allowPrivateNetworks: string[] | 'all';
  localRoots: readonly string[];
  logLevel: string;
  /** Somebody wants to know how long the storage took. */
  watchesStorage: boolean;
}

/** A photo whose bytes any thread can open. */
export interface StoredImage extends DeliverableImage {
  storageKey: string;
}

/** A connection as deliveries use it: what they give is stored. */
export interface StoredConnection extends Connection {
  deliver(image: StoredImage, signal: AbortSignal): Promise<Receipt>;
}

export type ToldImage = Omit<StoredImage, 'open' | 'makeWay'>;

/** What is asked of a connection, and answered. */
export type Errand = { do: 'deliver'; image: ToldImage } | { do: 'check' } | { do: 'close' };

export type ToCarrier =
  | { say: 'connect'; connection: number; kind: string; settings: Settings }
  /** `aheadMs`: the app's clock beside the machine's. */
  | { say: 'errand'; id: number; connection: number; errand: Errand; aheadMs: number }
  /** Nobody waits for it any more. */
  | { say: 'stop'; id: number }
  | { say: 'remembered'; id: number; problem: string | undefined };

export type FromCarrier =
  | { say: 'done'; id: number; value: Receipt | CheckResult | undefined; noted: Noted }
  | { say: 'failed'; id: number; failure: Failure; noted: Noted }
  /** The next photo may begin. */
  | { say: 'way'; id: number }
  | { say: 'remember'; id: number; connection: number; config: Record<string, unknown> }
  /** A line of the log, as JSON. */
  | { say: 'log'; line: string };

/** What metrics want to know, since the last time. */
export interface Noted {
  traffic: Outbound['stats'];
  storage: { operation: string; durationMs: number; failed: boolean }[];
}

/** An error on its way between threads: what somebody decides by, and what people read. */
export type Failure =
  | { is: 'delivery'; message: string; details: DeliveryErrorDetails }
  | { is: 'missing'; key: string }
  | { is: 'other'; message: string; stack: string | undefined };

export function packFailure(error: unknown, storageKey: string): Failure {
  if (error instanceof StorageMissingError) return { is: 'missing', key: storageKey };
  if (error instanceof DeliveryError) {
    const { message, fate, retryAfter, status, excerpt, phases, address } = error;
    return { is: 'delivery', message, details: { fate, retryAfter, status, excerpt, phases, address } };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { is: 'other', message, stack };
}

export function unpackFailure(failure: Failure): Error {
  if (failure.is === 'missing') return new StorageMissingError(failure.key);
  if (failure.is === 'delivery') return new DeliveryError(failure.message, failure.details);
  return new Error(failure.message, { cause: failure.stack });
}
