/**
 * Connections for protocols that are not HTTP, under the same guard, with the same phases and the same sentences when
 * they fail: a TCP connection, and TLS on top of one.
 */
import net from 'node:net';
import tls from 'node:tls';
import { type Guard, OutboundError, type OutboundRequest, type Phases } from '../outbound.ts';
import { elapsedSince, openSocket, type Progress } from './connect.ts';
import { describeFailure, errorCode } from './failures.ts';
import { inTime } from './in-time.ts';
import { secureContextOf } from './secure-context.ts';

export interface DialOptions {
  /** A name or an IP address, no brackets. */
  host: string;
  port: number;
  guard: Guard;
  signal: AbortSignal;
  /** Over resolve and connect. */
  deadlineMs: number;
}

export interface Dialled {
  socket: net.Socket;
  /** `ip:port` of the other side. */
  address: string;
  /** `resolve` and `connect`. */
  phases: Phases;
}

/** Rejects with OutboundError of stage guard, resolve, connect or aborted. */
export async function dial({ host, port, guard, signal, deadlineMs }: DialOptions): Promise<Dialled> {
  const progress: Progress = { stage: 'resolve', phases: {}, address: null };
  return await inTime(host, progress, signal, deadlineMs, async (stop) => {
    const { socket, address } = await openSocket(
      { protocol: 'http:', hostname: host, port },
      guard,
      progress,
      stop,
    );
    const { resolve = 0, connect = 0 } = progress.phases;
    return { socket, address, phases: { resolve, connect } };
  });
}

export interface SecureOptions {
  /** The name that the certificate must bear. */
  host: string;
  tls?: OutboundRequest['tls'];
  signal: AbortSignal;
  deadlineMs: number;
  /** A session to resume: FTP servers want the one of the control connection on each data connection. */
  session?: Buffer | undefined;
}

export interface Secured {
  socket: tls.TLSSocket;
  /** Milliseconds of the handshake. */
  ms: number;
}

/**
 * Begins TLS on an open connection. Resolves when the certificate is trusted: issued by a known or the given CA, or the
 * pinned one. Rejects with OutboundError of stage tls or aborted, and destroys the socket.
 */
export async function secure(plain: net.Socket, options: SecureOptions): Promise<Secured> {
  const { host, signal, deadlineMs } = options;
  const progress: Progress = { stage: 'tls', phases: {}, address: null };
  const started = performance.now();
  // From here on errors come out of the TLS socket; the one below must not bring the process down.
  plain.on('error', () => {});
  const socket = tls.connect({ socket: plain, ...tlsOptions(options) });
  try {
    await inTime(host, progress, signal, deadlineMs, (stop) => trusted(socket, options, stop));
  } catch (error) {
    socket.on('error', () => {}).destroy();
    throw error;
  }
  return { socket, ms: elapsedSince(started) };
}

function tlsOptions({ host, tls: trust, session }: SecureOptions): tls.ConnectionOptions {
  return {
    host,
    // RFC 6066: an IP address is no server name.
    servername: net.isIP(host) === 0 ? host : '',
    // A pin names one certificate and says more than any chain; it is compared before a byte is sent.
    rejectUnauthorized: !trust?.pinnedSha256,
    secureContext: secureContextOf(trust?.ca),
    ...(session ? { session } : {}),
  };
}

function trusted(
  socket: tls.TLSSocket,
  { host, tls: trust }: SecureOptions,
  stop: AbortSignal,
): Promise<void> {
  return new Promise((done, fail) => {
    const settle = (outcome: () => void): void => {
      socket.off('secureConnect', onSecure).off('error', onError).off('close', onClose);
      stop.removeEventListener('abort', onAbort);
      outcome();
    };
    const refuse = (cause: unknown): void => settle(() => fail(tlsError(host, cause)));
    const onError = (error: Error): void => refuse(error);
    const onClose = (): void => refuse({ code: 'ECONNRESET' });
    const onAbort = (): void => settle(() => fail(stop.reason));
    const onSecure = (): void => {
      if (isPinned(socket, trust?.pinnedSha256)) settle(done);
      else refuse({ code: 'PIN_MISMATCH' });
    };
    socket.on('secureConnect', onSecure).on('error', onError).on('close', onClose);
    stop.addEventListener('abort', onAbort, { once: true });
    if (stop.aborted) onAbort();
  });
}

/** No certificate is shown when a session is resumed: only who had it at the beginning can do that. */
function isPinned(socket: tls.TLSSocket, pin: string | undefined): boolean {
  return (
    !pin ||
    socket.isSessionReused() ||
    plainHex(socket.getPeerCertificate().fingerprint256 ?? '') === plainHex(pin)
  );
}

function plainHex(text: string): string {
  return text.replaceAll(':', '').toLowerCase();
}

function tlsError(host: string, cause: unknown): OutboundError {
  const code = errorCode(cause);
  return new OutboundError('tls', code, describeFailure('tls', code, host), { cause });
}
