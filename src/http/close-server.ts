/** The end of a server: requests may end, whoever waits for nothing is let go at once. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { TlsListener } from './tls-listener.ts';

const lookEveryMs = 50;

/**
 * Connections that were opened and never used: browsers open them beforehand, and probes to see whether anybody is there.
 * Node does not count them among the idle ones, and would wait for their first request.
 */
export interface UnusedConnections {
  close(): void;
}

/** To be called before the server listens. */
export function watchUnused(server: Server): UnusedConnections {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return {
    close() {
      // Who has sent a byte is in the middle of a request.
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    },
  };
}

/** Lets requests end for so many milliseconds; whoever is still sending then is cut off, and sends again. */
export async function closeServer(
  server: FastifyInstance,
  unused: UnusedConnections,
  { tls, graceMs }: { tls: TlsListener | undefined; graceMs: number },
): Promise<void> {
  const cut = setTimeout(() => {
    server.server.closeAllConnections();
    tls?.closeAllConnections();
  }, graceMs);
  const closing = Promise.all([server.close(), tls?.close()]);
  // Again and again: until the server has stopped to listen, more may come.
  const look = setInterval(() => unused.close(), lookEveryMs);
  try {
    await closing;
  } finally {
    clearTimeout(cut);
    clearInterval(look);
  }
}
