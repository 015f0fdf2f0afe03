/**
 * Opens one connection: resolve, connect, TLS, each measured, each with the guard's word on the address. The names are
 * resolved once and the socket goes to exactly those addresses, so there is nothing left to rebind.
 */
import type { LookupAddress } from 'node:dns';
import net from 'node:net';
import tls from 'node:tls';
import { type Guard, OutboundError, type OutboundRequest, type Phases } from '../outbound.ts';
import { describeFailure, errorCode, withoutBrackets } from './failures.ts';
import { secureContextOf } from './secure-context.ts';

export interface Target {
  protocol: 'http:' | 'https:';
  /** A name or an IP address, no brackets. */
  hostname: string;
  port: number;
  tls?: OutboundRequest['tls'];
  openWithinMs?: OutboundRequest['openWithinMs'];
}

/** How far a request has come. The same object is read when a deadline cuts it off. */
export interface Progress {
  stage: OutboundError['stage'];
  phases: Phases;
  address: string | null;
}

export interface OpenSocket {
  socket: net.Socket;
  /** `ip:port` of the other side. */
  address: string;
}

/** How long one address may take before the next address of the same name is tried. */
const nextAddressAfterMs = 1_500;

/** Rejects with OutboundError of stage guard, resolve, connect or tls; with the signal's reason when that aborts. */
export async function openSocket(
  target: Target,
  guard: Guard,
  progress: Progress,
  signal: AbortSignal,
): Promise<OpenSocket> {
  const socket = await connect(target, guard, progress, signal);
  try {
    // A last look at where the socket really went.
    guard.assertAddress(socket.remoteAddress ?? '');
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const address = formatAddress(socket);
  progress.address = address;
  if (target.protocol === 'http:') {
    progress.phases.tls = 0;
    return { socket, address };
  }
  return { socket: await secure(target, socket, progress, signal), address };
}

async function connect(
  target: Target,
  guard: Guard,
  progress: Progress,
  signal: AbortSignal,
): Promise<net.Socket> {
  progress.stage = 'resolve';
  const addresses = await measured(progress, 'resolve', () =>
    resolve(target.hostname, guard, progress, signal),
  );
  progress.stage = 'connect';
  return await measured(progress, 'connect', async () => {
    const socket = net.connect({
      host: target.hostname,
      port: target.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: nextAddressAfterMs,
      // Answers with what the guard let through, whatever the name says by now.
      lookup: (_hostname, options, callback) => {
        if (options.all) callback(null, addresses);
        else callback(null, addresses[0]!.address, addresses[0]!.family);
      },
    });
    await opened(socket, 'connect', target, progress, signal);
    return socket;
  });
}

async function resolve(
  hostname: string,
  guard: Guard,
  progress: Progress,
  signal: AbortSignal,
): Promise<LookupAddress[]> {
  const family = net.isIP(hostname);
  if (family !== 0) {
    // A literal address never goes through a lookup, so it is looked at here.
    guard.assertAddress(hostname);
    return [{ address: hostname, family }];
  }
  return await new Promise((done, fail) => {
    const abort = () => fail(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    guard.lookup(hostname, { all: true }, (error, addresses) => {
      signal.removeEventListener('abort', abort);
      if (!error) done(addresses as LookupAddress[]);
      else fail(error instanceof OutboundError ? error : failure('resolve', hostname, error, progress));
    });
  });
}

async function secure(
  target: Target,
  socket: net.Socket,
  progress: Progress,
  signal: AbortSignal,
): Promise<tls.TLSSocket> {
  progress.stage = 'tls';
  const pin = target.tls?.pinnedSha256 && normalisePin(target.tls.pinnedSha256);
  // From here on errors come out of the TLS socket; the one below must not bring the process down.
  socket.on('error', ignore);
  return await measured(progress, 'tls', async () => {
    const secured = tls.connect({
      socket,
      host: target.hostname,
      // RFC 6066: an IP address is no server name.
      servername: net.isIP(target.hostname) === 0 ? target.hostname : '',
      ALPNProtocols: ['http/1.1'],
      // A pin names one certificate and says more than any chain; it is compared below, before a byte is sent.
      rejectUnauthorized: !pin,
      secureContext: secureContextOf(target.tls?.ca),
    });
    await opened(secured, 'secureConnect', target, progress, signal);
    if (pin && normalisePin(secured.getPeerCertificate().fingerprint256 ?? '') !== pin) {
      secured.destroy();
      throw failure('tls', target.hostname, { code: 'PIN_MISMATCH' }, progress);
    }
    return secured;
  });
}

/** Waits for one event of a socket. Destroys the socket when anything else comes first. */
function opened(
  socket: net.Socket,
  event: 'connect' | 'secureConnect',
  target: Target,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const stage = event === 'connect' ? 'connect' : 'tls';
  return new Promise((done, fail) => {
    const settle = (outcome: () => void) => {
      socket.off(event, onOpen).off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      outcome();
    };
    const reject = (reason: unknown) =>
      settle(() => {
        socket.on('error', ignore).destroy();
        fail(reason);
      });
    const onOpen = () => settle(done);
    const onError = (error: Error) => reject(failure(stage, target.hostname, error, progress));
    const onClose = () => reject(failure(stage, target.hostname, { code: 'ECONNRESET' }, progress));
    const onAbort = () => reject(signal.reason);
    socket.on(event, onOpen).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

const ignore = () => {};

async function measured<T>(
  progress: Progress,
  phase: 'resolve' | 'connect' | 'tls',
  work: () => Promise<T>,
): Promise<T> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    progress.phases[phase] = elapsedSince(start);
  }
}

/** Milliseconds with one decimal. */
export function elapsedSince(start: number): number {
  return Math.round((performance.now() - start) * 10) / 10;
}

function failure(
  stage: 'resolve' | 'connect' | 'tls',
  host: string,
  cause: unknown,
  progress: Progress,
): OutboundError {
  const code = errorCode(cause);
  return new OutboundError(stage, code, describeFailure(stage, code, host), {
    phases: { ...progress.phases },
    address: progress.address,
    cause,
  });
}

function formatAddress(socket: net.Socket): string {
  const ip = withoutBrackets(socket.remoteAddress ?? '');
  return ip.includes(':') ? `[${ip}]:${socket.remotePort}` : `${ip}:${socket.remotePort}`;
}

function normalisePin(pin: string): string {
  return pin.replaceAll(':', '').toLowerCase();
}
