/**
 * A second listener, with TLS, for back-ends that show client certificates (contract §1.6). It is apart from the first,
 * because a browser that is asked for a certificate asks its person, and phones shall not see that.
 *
 * It serves nothing by itself: requests are handed to the server of the first listener.
 */
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsConfig } from '../config.ts';
import { takesUpgrade } from './live-socket.ts';

export interface TlsListener {
  /** Resolves to the port. */
  listen(host: string): Promise<number>;
  /** 0 until it listens. */
  port(): number;
  /** Takes no new requests, ends idle connections, and resolves when the others have ended. */
  close(): Promise<void>;
  closeAllConnections(): void;
}

/** Throws a sentence that names the file when one cannot be read or used. */
export async function createTlsListener(tls: TlsConfig, server: Server): Promise<TlsListener> {
  const read = (setting: string, file: string): Promise<Buffer> =>
    readFile(file).catch((cause: NodeJS.ErrnoException) => {
      throw new Error(`APERTUR_${setting}: ${file} cannot be read (${cause.code}).`, { cause });
    });
  const [cert, key, ca] = await Promise.all([
    read('TLS_CERT', tls.cert),
    read('TLS_KEY', tls.key),
    tls.clientCa === undefined ? undefined : read('TLS_CLIENT_CA', tls.clientCa),
  ]);
  const listener = createServer({
    cert,
    key,
    ...(ca ? { ca } : {}),
    minVersion: 'TLSv1.2',
    requestCert: true,
    // A key that asks for no certificate is used without one; which one is right, each key says by itself.
    rejectUnauthorized: false,
    requestTimeout: 0,
    shouldUpgradeCallback: takesUpgrade,
  } as ServerOptions);
  listener.keepAliveTimeout = server.keepAliveTimeout;
  for (const event of ['request', 'upgrade', 'checkContinue', 'checkExpectation', 'clientError']) {
    if (event === 'request' || server.listenerCount(event) > 0) {
      listener.on(event, (...parts: unknown[]) => server.emit(event, ...parts));
    }
  }
  const port = (): number => (listener.address() as AddressInfo | null)?.port ?? 0;
  const listen = (host: string): Promise<number> =>
    new Promise((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(tls.port, host, () => {
        listener.off('error', reject);
        resolve(port());
      });
    });
  return {
    // Where there is no IPv6, all addresses are 0.0.0.0.
    listen: (host) =>
      listen(host || '::').catch((error: NodeJS.ErrnoException) => {
        if (host !== '' || error.code !== 'EAFNOSUPPORT') throw error;
        return listen('0.0.0.0');
      }),
    port,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        listener.closeIdleConnections();
      }),
    closeAllConnections: () => listener.closeAllConnections(),
  };
}
