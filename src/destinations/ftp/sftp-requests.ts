/**
 * Requests on one SFTP connection as promises: each ends when the server answers, when the connection ends, or when the
 * server says nothing for a while.
 */
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

interface Options {
  client: Client;
  sftp: SFTPWrapper;
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
  readonly #stallMs: number;
  readonly #pending = new Set<(error: unknown) => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor({ client, sftp, host, stallMs }: Options) {
    this.sftp = sftp;
    this.host = host;
    this.#client = client;
    this.#stallMs = stallMs;
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
    clearTimeout(this.#timer);
    for (const fail of [...this.#pending]) fail(error);
    this.#client.destroy();
  }

  /** Every answer begins the patience anew: on a slow road the last of many writes waits long for its turn. */
  #watch(pending = this.#pending.size): void {
    clearTimeout(this.#timer);
    if (pending === 0 || this.closed) return;
    this.#timer = setTimeout(() => {
      const seconds = Math.round(this.#stallMs / 1_000);
      this.#finish(broken(this.host, `gave no answer for ${seconds} s`));
    }, this.#stallMs);
  }

  /** Rejects with SftpRefusal when the server says no, with FileServerError when it says nothing. */
  ask<T>(send: (done: (error: Error | null | undefined, value?: T) => void) => void): Promise<T> {
    return new Promise((done, fail) => {
      if (this.closed) return fail(broken(this.host, 'has ended'));
      const settle = (): void => {
        this.#pending.delete(reject);
        this.#watch();
      };
      const reject = (error: unknown): void => {
        settle();
        fail(error);
      };
      if (this.#pending.size === 0) this.#watch(1);
      this.#pending.add(reject);
      try {
        send((error, value) => {
          if (error) reject(this.#refusalOf(error));
          else {
            settle();
            done(value as T);
          }
        });
      } catch (error) {
        // ssh2 throws when the server lacks an extension.
        reject(new SftpRefusal(sftpStatus.unsupported, (error as Error).message));
      }
    });
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

/** What a refusal means for a delivery. `doing` is the end of "The server refused to …". */
export function explain(error: unknown, doing: string, certainlyFull = false): unknown {
  if (!(error instanceof SftpRefusal)) return error;
  const { code } = error;
  const words = printable(error.message);
  const say = (what: string, advice: string): FileServerError =>
    new FileServerError(`${what} (${words || code}).`, advice, {
      fate: 'retry',
      status: code,
      excerpt: words || null,
    });
  if (certainlyFull || code === sftpStatus.noSpace || code === sftpStatus.quota) {
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
