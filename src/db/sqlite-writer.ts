/**
 * The group commit (docs/adr/0003). Writes that wait at the same moment share one transaction and so one sync of the
 * disk; each has a savepoint of its own, so that one failing leaves nothing of itself and all of the others.
 */
import type { DatabaseSync } from 'node:sqlite';
import { DatabaseBusyError, type Tx, WriteMisusedError } from './database.ts';
import { Notifications } from './listeners.ts';
import type { SqliteTransactions } from './sqlite-dialect.ts';

/** A group ends after so many writes or so many milliseconds, so that the event loop gets its turn. */
const groupWrites = 500;
const groupMs = 20;
/** About 50 MB of closures at the worst; whoever comes later is told to come back. */
const queueLimit = 10_000;
/** How often we look whether another process still holds the database, in milliseconds. */
const busyRetryMs = 15;

interface Job {
  /** Its commit need not wait for the disk. */
  readonly relaxed: boolean;
  readonly run: (tx: Tx) => Promise<unknown>;
  readonly notifications: Notifications;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  outcome: { ok: true; value: unknown } | { ok: false; error: unknown } | undefined;
}

export interface WriterOptions {
  db: DatabaseSync;
  /** Over `db`. */
  transactions: SqliteTransactions;
  dispatch: (notifications: Notifications) => void;
  /** Milliseconds that another process may hold the database before writes are refused. */
  busyLimitMs: number;
}

export class SqliteWriter {
  readonly #db: DatabaseSync;
  readonly #transactions: SqliteTransactions;
  readonly #dispatch: (notifications: Notifications) => void;
  readonly #busyLimitMs: number;
  #queue: Job[] = [];
  #flushing = false;
  /** Whether the next commit waits for the disk: as the connection was opened. */
  #synced = true;
  #busySince: number | undefined;
  #whenIdle: (() => void)[] = [];
  /** Ends the write that runs, from outside. */
  #interrupt: ((error: Error) => void) | undefined;

  constructor(options: WriterOptions) {
    this.#db = options.db;
    this.#transactions = options.transactions;
    this.#dispatch = options.dispatch;
    this.#busyLimitMs = options.busyLimitMs;
  }

  write<T>(fn: (tx: Tx) => Promise<T>, relaxed = false): Promise<T> {
    if (this.#queue.length >= queueLimit) {
      return Promise.reject(new DatabaseBusyError('Too many writes wait for the database.'));
    }
    return new Promise<T>((resolve, reject) => {
      const notifications = new Notifications();
      this.#queue.push({
        relaxed,
        run: fn,
        notifications,
        resolve: resolve as (value: unknown) => void,
        reject,
        outcome: undefined,
      });
      this.#schedule();
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  async idle(): Promise<void> {
    if (!this.#flushing) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** At the end of this turn of the event loop: everything that arrives in it goes along. */
  #schedule(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const begun = this.#begin();
    if (begun === 'later') return;
    if (begun === 'begun') this.#settle(await this.#runGroup());
    this.#flushing = false;
    if (this.#queue.length > 0) this.#schedule();
    else for (const tell of this.#whenIdle.splice(0)) tell();
  }

  #begin(): 'begun' | 'later' | 'refused' {
    try {
      this.#setSync();
      this.#db.exec('begin immediate');
      this.#busySince = undefined;
      return 'begun';
    } catch (error) {
      if (isBusy(error) && this.#retryLater()) return 'later';
      const waiting = this.#queue.splice(0);
      const reason = isBusy(error) ? held(this.#busyLimitMs, error) : error;
      for (const job of waiting) job.reject(reason);
      return 'refused';
    }
  }

  /**
   * A group of relaxed writes alone is not synced: in the log (WAL) it stands before whatever comes later, so the next
   * synced commit takes it along, and a power cut loses at most the end of it, never its middle. Only outside of a
   * transaction may this be changed; who joins the group afterwards and needs the disk waits for the next one.
   */
  #setSync(): void {
    const synced = this.#queue.some((job) => !job.relaxed);
    if (synced === this.#synced) return;
    this.#db.exec(`pragma synchronous = ${synced ? 'full' : 'normal'}`);
    this.#synced = synced;
  }

  /** Another process writes. Waiting inside SQLite would hold the event loop; a timer does not. */
  #retryLater(): boolean {
    const now = performance.now();
    this.#busySince ??= now;
    if (now - this.#busySince > this.#busyLimitMs) {
      this.#busySince = undefined;
      return false;
    }
    setTimeout(() => void this.#flush(), busyRetryMs);
    return true;
  }

  async #runGroup(): Promise<Job[]> {
    const group: Job[] = [];
    const end = performance.now() + groupMs;
    let watch = setImmediate(onStuck, this);
    try {
      while (group.length < groupWrites && performance.now() < end && this.#db.isTransaction) {
        const job = this.#queue[group.length];
        if (job === undefined || (!this.#synced && !job.relaxed)) break;
        group.push(job);
        await this.#runOne(job);
      }
    } finally {
      clearImmediate(watch);
      this.#queue.splice(0, group.length);
    }
    return group;

    function onStuck(writer: SqliteWriter): void {
      const job = group.at(-1);
      if (job !== undefined) writer.#interrupt?.(new WriteMisusedError(misuse(job.run)));
      watch = setImmediate(onStuck, writer);
    }
  }

  async #runOne(job: Job): Promise<void> {
    try {
      const value = await this.#transactions.run((q) => {
        const tx: Tx = { q, notify: (channel, payload) => job.notifications.add(channel, payload) };
        return new Promise((resolve, reject) => {
          this.#interrupt = reject;
          job.run(tx).then(resolve, reject);
        });
      });
      job.outcome = { ok: true, value };
    } catch (error) {
      job.outcome = { ok: false, error };
    }
    this.#interrupt = undefined;
  }

  /** The commit is the moment of truth for the whole group; if it fails, nothing of the group remains. */
  #settle(group: Job[]): void {
    const failure = this.#commit(group);
    const told = new Notifications();
    for (const { outcome, notifications, resolve, reject } of group) {
      if (outcome?.ok !== true) reject(outcome?.error);
      else if (failure !== undefined) reject(failure.error);
      else {
        resolve(outcome.value);
        told.addAll(notifications);
      }
    }
    if (told.size > 0) this.#dispatch(told);
  }

  #commit(group: Job[]): { error: unknown } | undefined {
    if (!this.#db.isTransaction) {
      // SQLite undid everything in the middle of the last write: a full disk, an I/O error.
      const last = group.at(-1)?.outcome;
      return { error: last?.ok === false ? last.error : new Error('SQLite undid the transaction.') };
    }
    try {
      this.#db.exec('commit');
      return undefined;
    } catch (error) {
      this.#rollBack();
      return { error };
    }
  }

  /** After a failure that SQLite did not undo by itself; what fails here is told by the next `begin`. */
  #rollBack(): void {
    try {
      if (this.#db.isTransaction) this.#db.exec('rollback');
    } catch {}
  }
}

/** SQLITE_BUSY and its extended codes. */
function isBusy(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && (errcode & 0xff) === 5;
}

const held = (ms: number, cause: unknown): Error =>
  new DatabaseBusyError(`Another process has been writing to the database for ${ms / 1000} seconds.`, {
    cause,
  });

const misuse = (fn: (tx: Tx) => Promise<unknown>): string =>
  'A write awaited something that is not a query of its own transaction (I/O, a timer, another write). ' +
  `Do that before or after it. The function begins: ${fn.toString().slice(0, 160)}`;
