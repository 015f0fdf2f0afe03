/** One carrier as the main thread sees it: started when there is work, started anew when it broke, ended when it rests. */
import { Worker } from 'node:worker_threads';
import { type CheckResult, DeliveryError, type Receipt } from '../destinations/destination.ts';
import type { Settings } from '../destinations/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import {
  type CarrierSettings,
  type Errand,
  type FromCarrier,
  type Noted,
  type StoredConnection,
  type ToCarrier,
  unpackFailure,
} from './carrier-words.ts';

export interface CarrierOptions {
  settings: CarrierSettings;
  clock: Clock;
  logger: Logger;
  /** Hears what the carrier sent and read. */
  noted(noted: Noted): void;
}

/** A connection to open in a carrier. */
export interface Wanted {
  kind: string;
  settings: Settings;
  remember(config: Record<string, unknown>): Promise<void>;
}

/**
 * Buffers of photos that were sent are given back when the young objects are looked through; with little room for those
 * that is after a few photos, and a burst weighs 100 MB less. It costs no processor time that could be measured.
 */
const youngMegabytes = 4;

/** A carrier without connections is kept for a while: starting one takes half a second of processor time. */
const restMs = 30_000;

export class Carrier {
  readonly #options: CarrierOptions;
  readonly #wanted = new Map<number, Wanted>();
  #thread: Thread | undefined;
  #rest: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(options: CarrierOptions) {
    this.#options = options;
  }

  /** Connections that it holds. */
  get load(): number {
    return this.#wanted.size;
  }

  connect(wanted: Wanted): StoredConnection {
    const id = ++this.#last;
    this.#wanted.set(id, wanted);
    clearTimeout(this.#rest);
    return {
      deliver: ({ open: _, makeWay, ...image }, signal) =>
        this.#ask(id, { do: 'deliver', image }, { signal, makeWay }) as Promise<Receipt>,
      check: (signal) => this.#ask(id, { do: 'check' }, { signal }) as Promise<CheckResult>,
      close: () => this.#disconnect(id),
    };
  }

  async #ask(id: number, errand: Errand, asker: Asker = {}): Promise<unknown> {
    this.#thread ??= this.#start();
    return await this.#thread.ask(id, errand, asker);
  }

  #start(): Thread {
    const thread = new Thread(this.#options, this.#wanted, () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }

  async #disconnect(id: number): Promise<void> {
    if (!this.#wanted.has(id)) return;
    if (this.#thread?.holds(id)) await this.#ask(id, { do: 'close' }).catch(() => undefined);
    this.#wanted.delete(id);
    if (this.#wanted.size > 0) return;
    this.#rest = setTimeout(() => void this.close(), restMs).unref();
  }

  /** Ends the thread; what it was doing fails. It starts again when it is asked again. */
  async close(): Promise<void> {
    clearTimeout(this.#rest);
    await this.#thread?.end();
  }
}

/** Who waits for an errand. */
interface Asker {
  signal?: AbortSignal;
  makeWay?: (() => void) | undefined;
}

interface Pending extends PromiseWithResolvers<unknown> {
  makeWay: (() => void) | undefined;
}

/** One life of a carrier's thread. */
class Thread {
  readonly #worker: Worker;
  readonly #options: CarrierOptions;
  readonly #wanted: ReadonlyMap<number, Wanted>;
  /** Connections that this thread was told of. */
  readonly #told = new Set<number>();
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #ending = false;

  constructor(options: CarrierOptions, wanted: ReadonlyMap<number, Wanted>, onGone: () => void) {
    this.#options = options;
    this.#wanted = wanted;
    const { logger } = options;
    this.#worker = new Worker(new URL('./carrier-thread.ts', import.meta.url), {
      name: 'carrier',
      workerData: options.settings,
      resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
    });
    this.#worker
      .on('message', (words: FromCarrier) => this.#hear(words))
      .on('error', (error) => logger.error({ err: error }, 'A thread that carries photos broke'))
      .once('exit', () => {
        onGone();
        this.#failAll();
      })
      .unref();
  }

  holds(connection: number): boolean {
    return this.#told.has(connection);
  }

  async ask(connection: number, errand: Errand, { signal, makeWay }: Asker): Promise<unknown> {
    this.#tellOf(connection);
    const id = ++this.#last;
    const answer = { ...Promise.withResolvers<unknown>(), makeWay };
    this.#pending.set(id, answer);
    // A process that has nothing else to wait for waits for this: it would end in the middle of its own stop.
    this.#worker.ref();
    const { clock } = this.#options;
    this.#say({ say: 'errand', id, connection, errand, aheadMs: clock.now() - Date.now() });
    const stop = (): void => this.#say({ say: 'stop', id });
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    try {
      return await answer.promise;
    } finally {
      signal?.removeEventListener('abort', stop);
      if (this.#pending.size === 0) this.#worker.unref();
    }
  }

  async end(): Promise<void> {
    this.#ending = true;
    await this.#worker.terminate();
  }

  #tellOf(connection: number): void {
    if (this.#told.has(connection)) return;
    const { kind, settings } = this.#wanted.get(connection)!;
    this.#told.add(connection);
    this.#say({ say: 'connect', connection, kind, settings });
  }

  #say(words: ToCarrier): void {
    this.#worker.postMessage(words);
  }

  #hear(words: FromCarrier): void {
    if (words.say === 'log') this.#log(words.line);
    else if (words.say === 'remember') void this.#remember(words);
    else if (words.say === 'way') this.#pending.get(words.id)?.makeWay?.();
    else {
      this.#options.noted(words.noted);
      const answer = this.#pending.get(words.id);
      this.#pending.delete(words.id);
      if (words.say === 'done') answer?.resolve(words.value);
      else answer?.reject(unpackFailure(words.failure));
    }
  }

  #log(line: string): void {
    const { level, msg, ...members } = JSON.parse(line) as { level: number; msg: string };
    const { logger } = this.#options;
    const name = logger.levels.labels[level] as 'debug' | 'info' | 'warn' | 'error';
    logger[name](members, msg);
  }

  async #remember({ id, connection, config }: FromCarrier & { say: 'remember' }): Promise<void> {
    const problem = await this.#wanted
      .get(connection)
      ?.remember(config)
      .then(
        () => undefined,
        (error: unknown) => String(error),
      );
    this.#say({ say: 'remembered', id, problem });
  }

  #failAll(): void {
    const [message, fate] = this.#ending
      ? ['Stopped in the middle of the attempt.', 'cancelled' as const]
      : ['The thread that carried the photo broke. It will be sent again.', 'retry' as const];
    for (const answer of this.#pending.values()) answer.reject(new DeliveryError(message, { fate }));
    this.#pending.clear();
  }
}
