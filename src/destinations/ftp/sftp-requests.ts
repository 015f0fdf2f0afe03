/**
 * Requests on one SFTP connection as promises: each ends when the server answers, when the connection ends, or when the
 * server says nothing for a while.
 */
import type { Socket } from 'node:net';
import type { Client, SFTPWrapper } from 'ssh2';
import { broken, FileServerError, printable } from '../file-server-error.ts';

/** Status codes of SFTP, versions 3 to 6 (draft-ietf-secsh-filexfer §9.1). */
export const sftpStatus = {
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  noConnection: 6,
  connectionLost: 7,
  unsupported: 8,
  noSuchPath: 10,
  fileExists: 11,
  writeProtected: 12,
  noSpace: 14,
  quota: 15,
} as const;

/** The server said no. */
export class SftpRefusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

type Send<T> = (done: (error: Error | null | undefined, value?: T) => void) => void;

interface Options {
  client: Client;
  sftp: SFTPWrapper;
  /** What the client talks through. */
  socket: Socket;
  host: string;
  /** Milliseconds without an answer. */
  stallMs: number;
}

export class SftpRequests {
  readonly sftp: SFTPWrapper;
  readonly host: string;
  /** Broke, or was ended by the other side. */
  lost = false;
  closed = false;
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #stallMs: number;
  readonly #pending = new Set<(error: unknown) => void>();
  readonly #timer: NodeJS.Timeout;
  /** When the server answered last, or was asked after a pause. */
  #heardAt = 0;

  constructor({ client, sftp, socket, host, stallMs }: Options) {
    this.sftp = sftp;
    this.#socket = socket;
    this.host = host;
    this.#client = client;
    this.#stallMs = stallMs;
    this.#timer = setInterval(() => this.#look(), Math.min(1_000, stallMs / 4)).unref();
    client
      .removeAllListeners('error')
      .removeAllListeners('close')
      .on('error', (error) => this.#lose(error))
      .on('close', () => this.#lose());
    sftp.on('error', (error: unknown) => this.#lose(error)).on('close', () => this.#lose());
  }

  /** Ends the connection; what is being asked fails. */
  end(): void {
    this.#finish(broken(this.host, 'was ended by us'));
  }

  #lose(cause?: unknown): void {
    if (this.closed) return;
    this.lost = true;
    this.#finish(broken(this.host, 'ended in the middle', cause));
  }

  #finish(error: FileServerError): void {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.#timer);
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const settle of pending) settle(error);
    this.#client.destroy();
  }

  /** Rejects with SftpRefusal when the server says no, with FileServerError when it says nothing. */
  ask<T>(send: Send<T>): Promise<T> {
    return new Promise((done, fail) =>
      this.tell<T>(send, (error, value) => (error === undefined ? done(value as T) : fail(error))),
    );
  }

  /** As `ask`, for what is asked thousands of times a second. */
  tell<T>(send: Send<T>, settle: (error: unknown, value?: T) => void): void {
    if (this.closed) {
      settle(broken(this.host, 'has ended'));
      return;
    }
    if (this.#pending.size === 0) this.#heardAt = performance.now();
    this.#pending.add(settle);
    this.#gather();
    try {
      send((error, value) => {
        if (!this.#pending.delete(settle)) return;
        this.#heardAt = performance.now();
        if (error) settle(this.#refusalOf(error));
        else settle(undefined, value);
      });
    } catch (error) {
      // ssh2 throws when the server lacks an extension.
      this.#pending.delete(settle);
      settle(new SftpRefusal(sftpStatus.unsupported, (error as Error).message));
    }
  }

  /** ssh2 writes each packet in three pieces; what is asked in one go leaves in one. */
  #gather(): void {
    if (this.#socket.writableCorked > 0) return;
    this.#socket.cork();
    process.nextTick(() => this.#socket.uncork());
  }

  /** Every answer begins the patience anew: on a slow road the last of many writes waits long for its turn. */
  #look(): void {
    if (this.#pending.size === 0 || performance.now() - this.#heardAt < this.#stallMs) return;
    const seconds = Math.round(this.#stallMs / 1_000);
    this.#finish(broken(this.host, `gave no answer for ${seconds} s`));
  }

  #refusalOf(error: Error): Error {
    const { code } = error as { code?: unknown };
    const gone = code === sftpStatus.noConnection || code === sftpStatus.connectionLost;
    if (typeof code === 'number' && !gone) return new SftpRefusal(code, error.message);
    // ssh2 says "No response from server" when the connection ends under a request.
    this.lost = true;
    const lost = broken(this.host, 'ended in the middle', error);
    this.#finish(lost);
    return lost;
  }
}

const full = {
  what: 'The disk or the quota of the server is full',
  advice: 'Free some space; the photo is kept until then.',
};

/** What a refusal means for a delivery. `doing` is the end of "The server could not …". */
export function explain(
  error: unknown,
  doing: string,
  { full: isFull = false, early = false } = {},
): unknown {
  if (!(error instanceof SftpRefusal)) return error;
  const { code } = error;
  const words = printable(error.message);
  const say = (what: string, advice: string): FileServerError =>
    new FileServerError(`${what} (${words || code}).`, advice, {
      fate: 'retry',
      status: code,
      excerpt: words || null,
      early,
    });
  if (isFull || code === sftpStatus.noSpace || code === sftpStatus.quota) {
    return say(full.what, full.advice);
  }
  if (code === sftpStatus.permissionDenied || code === sftpStatus.writeProtected) {
    return say(
      `The server does not let this account ${doing}`,
      'Give it the right to write, rename and make folders there.',
    );
  }
  if (code === sftpStatus.noSuchFile || code === sftpStatus.noSuchPath) {
    return say(
      `The folder is not there, so the server could not ${doing}`,
      'Make the folder, or check the path.',
    );
  }
  return say(
    `The server could not ${doing}`,
    'Often its disk or a quota is full, or the name is not allowed there. Look at the log of the server.',
  );
}
