/**
 * Whoever watches the work go by: metrics and traces. They are told after the fact, from the same figures that the wide
 * log line shows; nobody waits for them, and they never throw.
 */
import type { Phases } from '../lib/outbound.ts';

/** A photo that was received: its row is committed. */
export interface Received {
  imageId: string;
  sessionId: string;
  projectId: string;
  bytes: number;
  /** How many destinations it was queued to. */
  destinations: number;
  /** When the request came, in milliseconds since 1970. */
  startedAt: number;
  durationMs: number;
  /** The W3C `traceparent` of the request. */
  traceparent: string | undefined;
}

/** One attempt that ended, of a photo at a destination or of an event at a webhook. */
export interface Attempted {
  queue: 'image' | 'event';
  deliveryId: string;
  projectId: string;
  /** The photo that it is about, if it is about one. */
  imageId: string | undefined;
  /** Of the destination; `webhook` for events. */
  kind: string;
  /** Counted from 1. */
  attempt: number;
  outcome: 'sent' | 'retry' | 'give-up' | 'reconnect' | 'cancelled';
  status: number | null;
  error: string | null;
  address: string | null;
  phases: Phases | null;
  startedAt: number;
  durationMs: number;
  /** When the photo was received or the event happened, in milliseconds since 1970. */
  createdAt: number;
  /** The topic of an event; what a delivery of a photo verified. */
  detail: string | undefined;
  bytes: number | undefined;
}

/** What names an attempt before it is made, for the `traceparent` that a receiver gets. */
export interface AttemptName {
  imageId: string | undefined;
  deliveryId: string;
  attempt: number;
}

export interface Observer {
  received?(photo: Received): void;
  attempted?(attempt: Attempted): void;
  /** The W3C `traceparent` to send along; undefined when this photo is not traced. */
  traceparentOf?(attempt: AttemptName): string | undefined;
}

/** Tells several observers as one; the first that has a `traceparent` names it. */
export function watchedBy(observers: readonly Observer[]): Required<Observer> {
  return {
    received: (photo) => {
      for (const observer of observers) observer.received?.(photo);
    },
    attempted: (attempt) => {
      for (const observer of observers) observer.attempted?.(attempt);
    },
    traceparentOf: (attempt) => {
      for (const observer of observers) {
        const found = observer.traceparentOf?.(attempt);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
