/** Who listens to which channel, in this process. */
import type { Logger } from '../lib/logger.ts';

type Handler = (payload: string) => void;

export interface Notification {
  readonly channel: string;
  readonly payload: string;
}

export class Listeners {
  readonly #channels = new Map<string, Set<{ handler: Handler }>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Adds a handler; returns the way to remove it. The same function may be added twice. */
  add(channel: string, handler: Handler): () => void {
    const entry = { handler };
    const entries = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, entries.add(entry));
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#channels.get(channel) === entries) this.#channels.delete(channel);
    };
  }

  /** A handler that throws is its own problem: it may not fail the writer, nor keep the others from hearing. */
  dispatch(notifications: Iterable<Notification>): void {
    for (const { channel, payload } of notifications) {
      for (const { handler } of [...(this.#channels.get(channel) ?? [])]) {
        try {
          handler(payload);
        } catch (error) {
          this.#logger.error({ err: error, channel }, 'a listener of the database failed');
        }
      }
    }
  }
}

/** PostgreSQL carries 8,000 bytes; a character takes at most 6 of them, as JSON. */
const longest = 1_300;

/** Notifications of one transaction: equal ones are told once, none before the commit. */
export class Notifications {
  readonly #pending = new Map<string, Notification>();

  /** Throws when the payload is longer than PostgreSQL carries: send an id, not the thing. */
  add(channel: string, payload: string): void {
    if (channel.length + payload.length > longest)
      throw new RangeError('The payload of a notification is too long.');
    this.#pending.set(`${channel}\0${payload}`, { channel, payload });
  }

  addAll(others: Notifications): void {
    for (const { channel, payload } of others) this.add(channel, payload);
  }

  get size(): number {
    return this.#pending.size;
  }

  [Symbol.iterator](): Iterator<Notification> {
    return this.#pending.values();
  }
}
