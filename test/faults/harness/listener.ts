/** Hears events as a customer's server does, remembers them, and is as unreliable as the plan says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256 } from '../aftermath.ts';

/** `lost`: heard, but the connection breaks before the answer. `error`: heard, and answered 500. `reset`: broken off in the body. */
export type Hearing = 'ok' | 'lost' | 'error' | 'reset';

export interface Heard {
  eventId: string;
  deliveryId: string;
  /** Of the body. */
  sha256: string;
}

export interface Listener {
  readonly url: string;
  /** Whole bodies that came, in their order. */
  readonly heard: readonly Heard[];
  behave(next: () => Hearing): void;
  close(): Promise<void>;
}

export async function startListener(host = '127.0.0.1'): Promise<Listener> {
  const heard: Heard[] = [];
  let next: () => Hearing = () => 'ok';
  const server = createServer((request, response) => {
    // Whoever sent it may have died in the middle.
    void listen(request, response, next(), heard).catch(() => response.destroy());
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}/events`,
    heard,
    behave(chosen) {
      next = chosen;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function listen(
  request: IncomingMessage,
  response: ServerResponse,
  hearing: Hearing,
  heard: Heard[],
): Promise<void> {
  request.on('error', () => {});
  if (hearing === 'reset') return void request.once('data', () => request.socket.resetAndDestroy());
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const event = JSON.parse(body.toString()) as { id: string };
  heard.push({
    eventId: event.id,
    deliveryId: String(request.headers['x-apertur-delivery-id'] ?? ''),
    sha256: sha256(body),
  });
  if (hearing === 'lost') request.socket.resetAndDestroy();
  else response.writeHead(hearing === 'error' ? 500 : 200).end();
}
