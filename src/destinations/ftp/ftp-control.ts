/**
 * The control connection of FTP: commands, replies, and transfers with their data connection. basic-ftp reads the
 * replies; the sockets are ours, so that the guard sees every address and a failed transfer says why it failed.
 */
import type net from 'node:net';
import { Client, FTPError } from 'basic-ftp';
import { dial, type SecureOptions, secure } from '../../lib/outbound/dial.ts';
import { type Guard, OutboundError } from '../../lib/outbound.ts';
import { broken, FileServerError, fromOutbound } from '../file-server-error.ts';
import type { Patience } from '../file-session.ts';
import { hideSecrets } from '../meanings.ts';
import { DataLost } from './ftp-data.ts';

/** `text` without the code, control characters and line ends. */
export interface Reply {
  code: number;
  text: string;
}

export interface ControlOptions {
  host: string;
  guard: Guard;
  tls: SecureOptions['tls'];
  times: Patience;
  /** Taken out of whatever the server repeats. */
  secret: string | undefined;
}

/** The server has named its port a moment ago: what does not open within this many milliseconds is closed to us. */
const dataMs = 15_000;
/** How long a reply may take that says why a data connection broke. */
const reasonMs = 3_000;

export class Control {
  /** Broke, or ended from the other side. */
  lost = false;
  readonly #client: Client;
  readonly #options: ControlOptions;
  readonly #ended = new AbortController();
  #extendedPassive = true;

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#client = new Client(options.times.stallMs);
  }

  /** Takes an open connection. */
  take(socket: net.Socket): void {
    this.#client.ftp.socket = socket;
  }

  get socket(): net.Socket {
    return this.#client.ftp.socket;
  }

  get closed(): boolean {
    return this.#ended.signal.aborted || this.#client.closed;
  }

  end(): void {
    this.#ended.abort();
    this.#client.close();
  }

  /** What the server says by itself when a connection is made. */
  welcome(): Promise<Reply> {
    return this.#ask(undefined);
  }

  /** Any reply resolves. Rejects with FileServerError when there is none. */
  command(line: string): Promise<Reply> {
    return this.#ask(line);
  }

  /** Rejects with what the refusal means when the reply is none of those wanted (1 = any 1xx …). */
  async expect(line: string, wanted: number, refused: (reply: Reply) => FileServerError): Promise<Reply> {
    const reply = await this.command(line);
    if (Math.floor(reply.code / 100) !== wanted) throw refused(reply);
    return reply;
  }

  /** Resolves to the milliseconds that the handshake took. */
  async startTls(signal: AbortSignal): Promise<number> {
    const { host, tls, times } = this.#options;
    const plain = this.socket;
    const { socket, ms } = await secure(plain, { host, tls, signal, deadlineMs: times.openMs });
    this.take(socket);
    // basic-ftp takes every listener off the socket below; an error there must not bring the process down.
    plain.on('error', () => {});
    return ms;
  }

  get encrypted(): boolean {
    return this.#client.ftp.hasTLS;
  }

  async #ask(line: string | undefined): Promise<Reply> {
    try {
      const { code, message } = await withoutStack(() =>
        this.#client.ftp.handle(line, (reply, task) => {
          if (reply instanceof FTPError) task.resolve({ code: reply.code, message: reply.message });
          else if (reply instanceof Error) task.reject(reply);
          // 1xx to anything but a transfer is a word on the way.
          else if (reply.code >= 200) task.resolve(reply);
        }),
      );
      return { code, text: this.#textOf(message) };
    } catch (error) {
      throw this.#broke(error);
    }
  }

  #textOf(message: string): string {
    return hideSecrets(message.replace(/^\d{3}[ -]?/, ''), [this.#options.secret ?? '']);
  }

  #broke(error: unknown): unknown {
    if (error instanceof SourceFailed) return error.cause;
    if (error instanceof FileServerError) return error;
    if (error instanceof OutboundError) return fromOutbound(error);
    const { host, times } = this.#options;
    const seconds = Math.round(times.stallMs / 1_000);
    if (error instanceof DataLost && error.cause instanceof OutboundError) return fromOutbound(error.cause);
    if (error instanceof DataLost) {
      return broken(host, error.stalled ? `took no data for ${seconds} s` : 'broke in the middle', error);
    }
    const late = error instanceof Error && error.message.startsWith('Timeout');
    this.lost = !late && !this.#ended.signal.aborted;
    return broken(host, late ? `gave no answer for ${seconds} s` : 'ended', error);
  }

  /**
   * Runs a transfer command. `carry` moves the bytes when the server is ready for them; the transfer is done when both
   * it and the server say so. Resolves to the final reply, also when that is a refusal; `began` says whether the server
   * had been ready. After any other failure this connection may be out of step and must not be used again.
   */
  async transfer(
    line: string,
    carry: (data: net.Socket) => Promise<void>,
  ): Promise<Reply & { began: boolean }> {
    const plain = await this.#openData();
    const ready = this.#secureData(plain);
    ready.catch(() => undefined);
    try {
      return await this.#follow(line, ready, carry);
    } catch (error) {
      throw this.#broke(error);
    } finally {
      plain.destroy();
    }
  }

  #follow(
    line: string,
    ready: Promise<net.Socket>,
    carry: (data: net.Socket) => Promise<void>,
  ): Promise<Reply & { began: boolean }> {
    const { ftp } = this.#client;
    let began = false;
    let carried = false;
    let failure: { error: unknown } | undefined;
    let final: Reply | undefined;
    return ftp.handle(line, (reply, task) => {
      const settle = (): void => {
        if (failure) task.reject(failure.error as Error);
        else if (carried && final) task.resolve({ ...final, began });
      };
      const begin = async (): Promise<void> => {
        // The data connection watches itself; here nothing is said meanwhile.
        ftp.socket.setTimeout(0);
        try {
          const data = await ready.catch((error: unknown) => {
            throw new DataLost(false, error);
          });
          await carry(data);
          carried = true;
          // Some servers look through the whole file before they say that they have it.
          ftp.socket.setTimeout(this.#options.times.answerMs);
          settle();
        } catch (error) {
          if (!(error instanceof DataLost)) return task.reject(new SourceFailed(error));
          // The server usually says why on the other connection (552: the quota is full), a moment later.
          failure = { error };
          setTimeout(settle, final ? 0 : reasonMs).unref();
        }
      };
      if (reply instanceof FTPError) {
        task.resolve({ code: reply.code, text: this.#textOf(reply.message), began });
      } else if (reply instanceof Error) {
        task.reject(failure ? (failure.error as Error) : reply);
      } else if (reply.code < 200) {
        if (!began) void begin();
        began = true;
      } else {
        final = { code: reply.code, text: this.#textOf(reply.message) };
        settle();
      }
    });
  }

  /** Always to the address of the control connection: what a server says about other addresses is not followed. */
  async #openData(): Promise<net.Socket> {
    const port = await this.#passivePort();
    const { guard, times } = this.#options;
    const host = (this.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
    try {
      const deadlineMs = Math.min(times.openMs, dataMs);
      const options = { host, port, guard, signal: this.#ended.signal, deadlineMs };
      const { socket } = await dial(options);
      return socket.on('error', () => {});
    } catch (error) {
      if (this.#ended.signal.aborted) throw this.#broke(error);
      throw new FileServerError(
        `The server named port ${port} for the data, and no connection could be made to it.`,
        'Open its passive ports in the firewall, or use SFTP, which needs one port only.',
        { fate: 'retry', cause: error },
      );
    }
  }

  async #secureData(plain: net.Socket): Promise<net.Socket> {
    const { host, tls, times } = this.#options;
    const { ftp } = this.#client;
    if (!ftp.hasTLS) return plain;
    const control = this.socket as import('node:tls').TLSSocket;
    // Servers want the session of the control connection: it proves that both come from the same client.
    const session = ftp.tlsSessionStore ?? control.getSession();
    const deadlineMs = times.openMs;
    const { socket } = await secure(plain, { host, tls, deadlineMs, session, signal: this.#ended.signal });
    socket.on('session', (ticket) => {
      ftp.tlsSessionStore = ticket;
    });
    return socket.on('error', () => {});
  }

  async #passivePort(): Promise<number> {
    if (this.#extendedPassive) {
      const reply = await this.command('EPSV');
      const port = Number(/[|!]{3}(\d{1,5})[|!]/.exec(reply.text)?.[1]);
      if (reply.code === 229 && isPort(port)) return port;
      this.#extendedPassive = false;
    }
    const reply = await this.command('PASV');
    const [, high, low] = /\d+,\d+,\d+,\d+,(\d{1,3}),(\d{1,3})/.exec(reply.text) ?? [];
    const port = Number(high) * 256 + Number(low);
    if (reply.code === 227 && isPort(port)) return port;
    throw new FileServerError(
      `The server opens no port for the data (${reply.code} ${reply.text.slice(0, 100)}).`,
      'Turn on passive mode at the server, or use SFTP.',
      { fate: 'retry' },
    );
  }
}

/** basic-ftp writes down the stack with each command, for whom it disturbs: a twentieth of the work of a photo. */
function withoutStack<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const isPort = (port: number): boolean => Number.isInteger(port) && port > 0 && port < 65_536;

/** What stopped a transfer is on our side and passes as it is. */
class SourceFailed extends Error {
  constructor(cause: unknown) {
    super('The photo could not be read', { cause });
  }
}
