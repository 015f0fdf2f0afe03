/** Opens a session with an SFTP server: connect, know the host, sign in by key or password. */
import type { Socket } from 'node:net';
import ssh2, { type AnyAuthMethod, type ConnectConfig, type ParsedKey, type SFTPWrapper } from 'ssh2';
import { dial } from '../../lib/outbound/dial.ts';
import { OutboundError, type Phases } from '../../lib/outbound.ts';
import type { ConnectionServices } from '../destination.ts';
import type { StepLog } from '../file-server-check.ts';
import { FileServerError, fromOutbound, printable } from '../file-server-error.ts';
import type { FileServer, Patience } from '../file-session.ts';
import { fingerprintOf } from './host-key.ts';
import type { FtpSettings } from './settings.ts';
import { SftpRequests } from './sftp-requests.ts';
import { SftpSession, type SftpShared } from './sftp-session.ts';

/** What is known of one server, between its sessions. */
interface Known extends SftpShared {
  /** Fingerprints that are taken; empty before the first sign-in. */
  hostKeys: readonly string[];
  /** The first one is being kept. */
  pinning: Promise<void> | undefined;
  /** Opened once: an encrypted key takes a tenth of a second each time. */
  privateKey: ParsedKey | undefined;
}

export function createSftpOpener(
  settings: FtpSettings,
  services: ConnectionServices,
  times: Patience,
): FileServer['open'] {
  const known: Known = {
    hostKeys: settings.hostKeys,
    pinning: undefined,
    privateKey: undefined,
    folders: new Set(),
    home: undefined,
  };
  return async (signal, log) => {
    known.privateKey ??= openKey(settings);
    const opening = new Opening(settings, services, times, known, log);
    try {
      return await opening.open(signal);
    } catch (error) {
      throw error instanceof OutboundError ? fromOutbound(error) : error;
    }
  };
}

function openKey({ privateKey, passphrase }: FtpSettings): ParsedKey | undefined {
  if (privateKey === undefined) return undefined;
  const parsed = ssh2.utils.parseKey(privateKey, passphrase);
  if (!(parsed instanceof Error)) return parsed;
  throw new FileServerError('The private key cannot be opened.', 'Give it and its passphrase again.', {
    fate: 'reconnect',
    step: 'sign in',
  });
}

interface Signed {
  sftp: SFTPWrapper;
  socket: Socket;
  address: string;
  opening: Phases;
}

class Opening {
  readonly #settings: FtpSettings;
  readonly #services: ConnectionServices;
  readonly #times: Patience;
  readonly #known: Known;
  readonly #log: StepLog | undefined;
  readonly #client = new ssh2.Client();
  #hostKey = '';

  constructor(
    settings: FtpSettings,
    services: ConnectionServices,
    times: Patience,
    known: Known,
    log: StepLog | undefined,
  ) {
    this.#settings = settings;
    this.#services = services;
    this.#times = times;
    this.#known = known;
    this.#log = log;
  }

  async open(signal: AbortSignal): Promise<SftpSession> {
    const { host, port } = this.#settings;
    const deadlineMs = this.#times.openMs;
    const { guard } = this.#services.outbound;
    const { socket, address, phases } = await dial({ host, port, guard, signal, deadlineMs });
    this.#log?.add('resolve', phases.resolve ?? 0);
    this.#log?.add('connect', phases.connect ?? 0);
    this.#log?.begin('sign in');
    const stop = (): void => void this.#client.destroy();
    signal.addEventListener('abort', stop, { once: true });
    // An error of the socket after the client has let go of it must not bring the process down.
    socket.on('error', () => {});
    try {
      const sftp = await this.#signIn(socket);
      await this.#pin();
      return await this.#session({ sftp, socket, address, opening: { ...phases, tls: 0 } });
    } catch (error) {
      this.#client.destroy();
      socket.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #session({ sftp, socket, address, opening }: Signed): Promise<SftpSession> {
    const { host, remoteDir } = this.#settings;
    const { stallMs } = this.#times;
    const requests = new SftpRequests({ client: this.#client, sftp, socket, host, stallMs });
    this.#known.home ??= await requests
      .ask<string>((done) => sftp.realpath('.', done))
      .catch(() => undefined);
    return new SftpSession({ requests, address, opening, remoteDir, shared: this.#known });
  }

  #signIn(socket: Socket): Promise<SFTPWrapper> {
    const client = this.#client;
    return new Promise<SFTPWrapper>((done, fail) => {
      let failure: unknown;
      client
        .on('error', (error) => {
          failure ??= error;
          fail(this.#explain(error));
        })
        .on('close', () => fail(this.#explain(failure)))
        .on('ready', () =>
          client.sftp((error, sftp) => {
            if (error) fail(noSftp(error));
            else done(sftp);
          }),
        );
      client.connect(this.#config(socket));
      client.setNoDelay(true);
    });
  }

  #config(socket: Socket): ConnectConfig {
    return {
      sock: socket,
      username: this.#settings.username,
      authHandler: this.#methods(),
      readyTimeout: this.#times.openMs,
      keepaliveInterval: 10_000,
      // Replies stand in line behind the photo on a slow road, so silence is judged by the requests, not by these.
      keepaliveCountMax: 60,
      // In an order of our own: with another one a new release could be shown another key, and the pin would not fit.
      algorithms: {
        serverHostKey: [
          'ssh-ed25519',
          'ecdsa-sha2-nistp256',
          'ecdsa-sha2-nistp384',
          'ecdsa-sha2-nistp521',
          'rsa-sha2-512',
          'rsa-sha2-256',
          'ssh-rsa',
        ],
      },
      hostVerifier: (key: Buffer) => this.#isKnown(fingerprintOf(key)),
    };
  }

  #methods(): AnyAuthMethod[] {
    const { username, password } = this.#settings;
    const { privateKey: key } = this.#known;
    const methods: AnyAuthMethod[] = [];
    if (key !== undefined) methods.push({ type: 'publickey', username, key });
    if (password === undefined) return methods;
    methods.push({ type: 'password', username, password });
    // Many servers ask for the password this way alone.
    methods.push({
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _language, prompts, answer) => answer(prompts.map(() => password)),
    });
    return methods;
  }

  #isKnown(fingerprint: string): boolean {
    this.#hostKey = fingerprint;
    const { hostKeys } = this.#known;
    return hostKeys.length === 0 || hostKeys.includes(fingerprint);
  }

  /** Keeps the key that was seen at the first sign-in; of several at once, that of the first. */
  async #pin(): Promise<void> {
    const known = this.#known;
    const first = known.hostKeys.length === 0;
    if (first) {
      known.pinning ??= this.#keep().finally(() => {
        known.pinning = undefined;
      });
      await known.pinning;
      if (!this.#isKnown(this.#hostKey)) throw this.#explain(undefined);
    }
    this.#log?.say(`Host key ${this.#hostKey}${first ? ', kept from now on' : ''}.`);
  }

  async #keep(): Promise<void> {
    await this.#services.remember?.({ host_key: this.#hostKey });
    this.#known.hostKeys = [this.#hostKey];
  }

  #explain(error: unknown): FileServerError {
    const { host, privateKey } = this.#settings;
    const { hostKeys } = this.#known;
    if (this.#hostKey !== '' && !this.#isKnown(this.#hostKey)) {
      return new FileServerError(
        `${host} shows another host key than before: ${this.#hostKey} in place of ${hostKeys.join(' or ')}.`,
        'Somebody may stand between. If the server was set up anew, put the new key into host_key, or empty it.',
        { fate: 'reconnect', step: 'sign in', cause: error },
      );
    }
    const { level, message = '' } = (error ?? {}) as { level?: string; message?: string };
    if (level === 'client-authentication') {
      const what = privateKey === undefined ? 'the user name or the password' : 'the user name or the key';
      return new FileServerError(
        `${host} refused ${what}.`,
        privateKey === undefined
          ? 'Check both, and whether the account may sign in with a password.'
          : 'Check that the public half of the key stands in authorized_keys of that account.',
        { fate: 'reconnect', cause: error },
      );
    }
    if (level === 'client-timeout') {
      const seconds = Math.round(this.#times.openMs / 1_000);
      return new FileServerError(
        `${host} did not let us in within ${seconds} s.`,
        'Check that the port speaks SSH, and how busy the server is.',
        { fate: 'retry', cause: error },
      );
    }
    const words = printable(message);
    return new FileServerError(
      `${host} closed the connection before the sign-in${words ? ` (${words})` : ''}.`,
      'It is tried again. Check that the port speaks SSH, and that the server allows so many connections at once.',
      { fate: 'retry', crowded: true, cause: error },
    );
  }
}

function noSftp(error: Error): FileServerError {
  return new FileServerError(
    `The account may sign in, but the server opens no SFTP (${printable(error.message)}).`,
    'Turn on the sftp subsystem for this account.',
    { fate: 'retry', cause: error },
  );
}
