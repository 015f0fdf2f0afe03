/**
 * Signed-in sessions with one file server, reused between photos: at most so many at once, each closed after a while
 * without work, and none used again that broke. A **session** is one connection that carries one photo at a time.
 */
export interface PooledSession {
  /** False once it ended, or may be out of step with the server. */
  readonly usable: boolean;
  /** The connection broke, which on a session that had been idle may mean no more than that it had died of age. */
  readonly lost: boolean;
  /** Ends it at once; whatever it is doing fails. */
  end(): void;
}

export interface PoolOptions<S> {
  open(signal: AbortSignal): Promise<S>;
  /** Sessions at once. */
  limit: number;
  /** Milliseconds that an unused session is kept. Default 30,000. */
  idleMs?: number;
  /** Whether opening was refused because this account has too many connections. */
  isCrowded?(error: unknown): boolean;
}

export interface SessionPool<S> {
  /**
   * Gives a session to `work` alone, waiting in line while all are in use; ends it when the signal aborts. Work that
   * failed because a reused session had died is done once more on a fresh one, so it must be repeatable.
   */
  use<T>(signal: AbortSignal, work: (session: S, reused: boolean) => Promise<T>): Promise<T>;
  /** Open sessions, in use or idle. */
  readonly size: number;
  close(): void;
}

interface Idle<S> {
  session: S;
  timer: NodeJS.Timeout;
}

export function createSessionPool<S extends PooledSession>(options: PoolOptions<S>): SessionPool<S> {
  const pool = new Pool(options);
  return {
    use: (signal, work) => pool.use(signal, work),
    get size() {
      return pool.size;
    },
    close: () => pool.close(),
  };
}

class Pool<S extends PooledSession> {
  size = 0;
  readonly #options: PoolOptions<S>;
  readonly #idle: Idle<S>[] = [];
  readonly #inUse = new Set<S>();
  readonly #waiting: (() => void)[] = [];
  #limit: number;
  #closed = false;

  constructor(options: PoolOptions<S>) {
    this.#options = options;
    this.#limit = options.limit;
  }

  async use<T>(signal: AbortSignal, work: (session: S, reused: boolean) => Promise<T>): Promise<T> {
    const first = await this.#take(signal, false);
    try {
      return await this.#run(first.session, signal, () => work(first.session, first.reused));
    } catch (error) {
      if (!first.reused || !first.session.lost || signal.aborted) throw error;
    }
    const { session } = await this.#take(signal, true);
    return await this.#run(session, signal, () => work(session, false));
  }

  async #run<T>(session: S, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const stop = (): void => session.end();
    signal.addEventListener('abort', stop, { once: true });
    this.#inUse.add(session);
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      signal.removeEventListener('abort', stop);
      this.#inUse.delete(session);
      this.#giveBack(session);
    }
  }

  async #take(signal: AbortSignal, fresh: boolean): Promise<{ session: S; reused: boolean }> {
    for (;;) {
      if (signal.aborted) {
        // The turn that this one was given goes to the next in line.
        this.#waiting.shift()?.();
        throw signal.reason;
      }
      const idle = fresh ? undefined : this.#takeIdle();
      if (idle) return { session: idle, reused: true };
      if (fresh && this.size >= this.#limit) this.#dropOldest();
      if (this.size < this.#limit) {
        const session = await this.#open(signal);
        if (session) return { session, reused: false };
      } else {
        await this.#turn(signal);
      }
    }
  }

  /** Undefined when there is no room at the server for more than what is open already. */
  async #open(signal: AbortSignal): Promise<S | undefined> {
    this.size += 1;
    try {
      return await this.#options.open(signal);
    } catch (error) {
      this.#leave();
      if (this.size === 0 || !this.#options.isCrowded?.(error)) throw error;
      this.#limit = this.size;
      return undefined;
    }
  }

  #giveBack(session: S): void {
    if (!session.usable || this.#closed) {
      this.#drop(session);
      return;
    }
    const timer = setTimeout(() => {
      this.#idle.splice(
        this.#idle.findIndex((entry) => entry.session === session),
        1,
      );
      this.#drop(session);
    }, this.#options.idleMs ?? 30_000).unref();
    this.#idle.push({ session, timer });
    this.#waiting.shift()?.();
  }

  /** The one that was used last; the others then age and close. */
  #takeIdle(): S | undefined {
    for (;;) {
      const entry = this.#idle.pop();
      if (!entry) return undefined;
      clearTimeout(entry.timer);
      if (entry.session.usable) return entry.session;
      this.#drop(entry.session);
    }
  }

  #dropOldest(): void {
    const entry = this.#idle.shift();
    if (!entry) return;
    clearTimeout(entry.timer);
    this.#drop(entry.session);
  }

  #drop(session: S): void {
    session.end();
    this.#leave();
  }

  #leave(): void {
    this.size -= 1;
    if (this.size === 0) this.#limit = this.#options.limit;
    this.#waiting.shift()?.();
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((done, fail) => {
      const go = (): void => {
        signal.removeEventListener('abort', stop);
        done();
      };
      const stop = (): void => {
        const at = this.#waiting.indexOf(go);
        if (at >= 0) this.#waiting.splice(at, 1);
        fail(signal.reason);
      };
      this.#waiting.push(go);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  close(): void {
    this.#closed = true;
    for (const { session, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      this.#drop(session);
    }
    for (const session of this.#inUse) session.end();
  }
}
