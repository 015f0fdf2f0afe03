/**
 * Wake-ups between processes: one connection of its own that listens and tells. It says something at least every few
 * seconds, so that a half-open connection is noticed, and comes back by itself.
 *
 * Telling happens right after the commit and not inside the transaction: there, NOTIFY takes a lock of the whole
 * database until the disk has synced, and no two commits would share a sync (docs/adr/0003). A crash in between loses a
 * hint, never work.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { type Logger, warnOfOutage } from '../lib/logger.ts';
import { type Notification, Notifications } from './listeners.ts';

export interface BridgeOptions {
  client: ClientConfig;
  dispatch: (notifications: Iterable<Notification>) => void;
  logger: Logger;
  /** Milliseconds between signs of life, and until a missing answer means a dead connection. */
  keepAliveMs: number;
}

/** The one channel of PostgreSQL that we use; ours are inside of the payload. */
const wire = 'apertur';
const longestPauseMs = 1_000;
/** Kept while the connection is away. More is no loss: a listener looks at everything that is due. */
const pendingLimit = 1_000;

export class PostgresBridge {
  readonly #options: BridgeOptions;
  readonly #stop = new AbortController();
  #pending = new Notifications();
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};
  #failures = 0;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** Connects in the background; does nothing the second time. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Tells other processes, soon; equal notifications that wait together are told once. */
  tell(notifications: Notifications): void {
    this.start();
    if (this.#pending.size < pendingLimit) this.#pending.addAll(notifications);
    this.#wake();
  }

  /** Ends the connection, after what waits has been told if that is possible at once. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const client = new Client(this.#options.client);
      try {
        await this.#session(client);
      } catch (error) {
        this.#failures += 1;
        if (!this.#stopped)
          warnOfOutage(this.#options.logger, error, 'not listening to PostgreSQL, trying again');
      }
      this.#wake();
      void client.end().catch(() => {});
      const pause = Math.min(longestPauseMs, 25 * 2 ** this.#failures);
      if (!this.#stopped) await sleep(pause, undefined, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  async #session(client: Client): Promise<void> {
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    client.on('error', lost.reject);
    client.on('end', () => lost.reject(new Error('PostgreSQL closed the connection.')));
    client.on('notification', ({ processId, payload }) => {
      // Our own were told here already, right after their commit.
      if (processId !== (client as unknown as { processID: number }).processID) this.#hear(payload);
    });
    await client.connect();
    await this.#say(client, `listen ${wire}`);
    if (this.#failures > 0) this.#options.logger.info('listening to PostgreSQL again');
    this.#failures = 0;
    do {
      await this.#speak(client);
      await Promise.race([lost.promise, this.#pause()]);
    } while (!this.#stopped || this.#pending.size > 0);
  }

  /** What waits, or else a sign of life. */
  async #speak(client: Client): Promise<void> {
    if (this.#pending.size === 0) {
      await this.#say(client, 'select 1');
      return;
    }
    const told = this.#pending;
    this.#pending = new Notifications();
    const payloads = Array.from(told, ({ channel, payload }) => JSON.stringify([channel, payload]));
    await this.#say(client, `select pg_notify('${wire}', payload) from unnest($1::text[]) as payload`, [
      payloads,
    ]);
  }

  async #say(client: Client, text: string, values: unknown[] = []): Promise<void> {
    await client.query({ text, values, query_timeout: this.#options.keepAliveMs } as { text: string });
  }

  /** Until there is something to tell, or it is time for a sign of life. */
  async #pause(): Promise<void> {
    if (this.#pending.size > 0 || this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.keepAliveMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #hear(payload: string | undefined): void {
    try {
      const [channel, content] = JSON.parse(payload ?? '') as unknown[];
      if (typeof channel === 'string' && typeof content === 'string') {
        this.#options.dispatch([{ channel, payload: content }]);
      }
    } catch {
      this.#options.logger.warn('heard a notification of PostgreSQL that is not ours');
    }
  }
}
