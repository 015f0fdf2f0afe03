/** Opens a session with an FTP or FTPS server: connect, TLS, sign in, and the few things that every session needs. */
import { dial } from '../../lib/outbound/dial.ts';
import { OutboundError, type Phases } from '../../lib/outbound.ts';
import type { ConnectionServices } from '../destination.ts';
import type { StepLog } from '../file-server-check.ts';
import { FileServerError, fromOutbound } from '../file-server-error.ts';
import type { FileServer, Patience } from '../file-session.ts';
import { Control } from './ftp-control.ts';
import { refusal, signInRefusal, tlsRefusal } from './ftp-replies.ts';
import { chooseHash, FtpSession, type Shared } from './ftp-session.ts';
import type { FtpSettings } from './settings.ts';

export function createFtpOpener(
  settings: FtpSettings,
  services: ConnectionServices,
  times: Patience,
): FileServer['open'] {
  const shared: Shared = { folders: new Set(), sizes: true };
  return async (signal, log) => {
    const opening = new Opening(settings, services, times, log);
    try {
      return await opening.open(signal, shared);
    } catch (error) {
      opening.abandon();
      throw error instanceof OutboundError ? fromOutbound(error) : error;
    }
  };
}

class Opening {
  readonly #settings: FtpSettings;
  readonly #services: ConnectionServices;
  readonly #times: Patience;
  readonly #log: StepLog | undefined;
  readonly #control: Control;
  #phases: Phases = {};

  constructor(
    settings: FtpSettings,
    services: ConnectionServices,
    times: Patience,
    log: StepLog | undefined,
  ) {
    this.#settings = settings;
    this.#services = services;
    this.#times = times;
    this.#log = log;
    const { host, tls, password: secret } = settings;
    this.#control = new Control({ host, tls, times, secret, guard: services.outbound.guard });
  }

  abandon(): void {
    this.#control.end();
  }

  async open(signal: AbortSignal, shared: Shared): Promise<FtpSession> {
    const late = AbortSignal.timeout(this.#times.openMs);
    const stop = AbortSignal.any([signal, late]);
    const abandon = (): void => this.abandon();
    stop.addEventListener('abort', abandon, { once: true });
    try {
      const address = await this.#connect(stop);
      await this.#encrypt(stop);
      this.#log?.begin('sign in');
      await this.#signIn();
      const set = await this.#setUp();
      return new FtpSession({
        control: this.#control,
        address,
        opening: this.#phases,
        remoteDir: this.#settings.remoteDir,
        stallMs: this.#times.stallMs,
        shared,
        ...set,
      });
    } catch (error) {
      if (!late.aborted || signal.aborted) throw error;
      const seconds = Math.round(this.#times.openMs / 1_000);
      throw new FileServerError(
        `${this.#settings.host} did not let us in within ${seconds} s.`,
        'Check that the port speaks FTP, and how busy the server is.',
        { fate: 'retry', cause: error },
      );
    } finally {
      // An open session outlives both: the time for opening, and the photo that it was opened for.
      stop.removeEventListener('abort', abandon);
    }
  }

  async #connect(signal: AbortSignal): Promise<string> {
    const { host, port, implicitTls, protocol } = this.#settings;
    const { guard } = this.#services.outbound;
    const { socket, address, phases } = await dial({
      host,
      port,
      guard,
      signal,
      deadlineMs: this.#times.openMs,
    });
    this.#phases = { ...phases, tls: 0 };
    this.#log?.add('resolve', phases.resolve ?? 0);
    this.#log?.add('connect', phases.connect ?? 0);
    this.#control.take(socket);
    if (protocol === 'ftps' && implicitTls) await this.#handshake(signal);
    const welcome = await this.#control.welcome();
    if (welcome.code !== 220) throw signInRefusal(welcome);
    return address;
  }

  async #encrypt(signal: AbortSignal): Promise<void> {
    if (this.#settings.protocol === 'ftp') {
      this.#log?.skip('tls');
      this.#log?.say(
        'Plain FTP sends the password and the photos in clear text.',
        'Use SFTP, or FTPS, where the server offers it.',
      );
      return;
    }
    if (!this.#control.encrypted) {
      await this.#control.expect('AUTH TLS', 2, tlsRefusal);
      await this.#handshake(signal);
    }
    this.#log?.add('tls', this.#phases.tls ?? 0);
  }

  async #handshake(signal: AbortSignal): Promise<void> {
    this.#phases.tls = await this.#control.startTls(signal);
  }

  async #signIn(): Promise<void> {
    const { username, password } = this.#settings;
    // Before the name, in case it is not plain ASCII; servers that know no OPTS refuse it, which is fine.
    if (/[^\x20-\x7e]/.test(`${username}${password}`)) await this.#control.command('OPTS UTF8 ON');
    const named = await this.#control.command(`USER ${username}`);
    if (named.code === 230) return;
    if (named.code !== 331) throw signInRefusal(named);
    const signedIn = await this.#control.command(`PASS ${password ?? ''}`);
    if (Math.floor(signedIn.code / 100) !== 2) throw signInRefusal(signedIn);
  }

  /** Binary mode, UTF-8, encrypted data connections; where the account lands, and how the server can compare. */
  async #setUp(): Promise<{ home: string; hash: ReturnType<typeof chooseHash> }> {
    const control = this.#control;
    const features = await control.command('FEAT');
    if (/^\s*UTF8/im.test(features.text)) await control.command('OPTS UTF8 ON');
    await control.expect('TYPE I', 2, (reply) => refusal(reply, 'set up'));
    if (control.encrypted) {
      await control.command('PBSZ 0');
      // Without it the photos would travel in clear text beside an encrypted password.
      await control.expect('PROT P', 2, tlsRefusal);
    }
    const here = await control.command('PWD');
    const home = /"((?:[^"]|"")*)"/.exec(here.text)?.[1]?.replaceAll('""', '"') ?? '';
    return { home, hash: chooseHash(features.text) };
  }
}
