/**
 * A TCP proxy on 127.0.0.1 that does to a connection what networks do: it refuses, delays, throttles, stalls, closes or
 * resets, at an exact byte. It knows no protocol, so that it fits every one whose connections all go to one port.
 */
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** `up` is from the client to the server. Bytes are counted on each connection since the fault was set. */
export interface Faults {
  /** A new connection is reset as soon as it is made. */
  refuse: boolean;
  /** Milliseconds before each piece of data is passed on, in both directions. */
  latencyMs: number;
  /** Upwards, on each connection. */
  bytesPerSecond: number;
  /** After so many bytes upwards nothing more is taken, and nothing is said. */
  stallAfter: number;
  /** After so many bytes upwards both sides get a TCP reset. */
  resetAfter: number;
  /** After so many bytes upwards both sides are closed without a reset. */
  closeAfter: number;
  /** The first byte that the server answers is lost, and both sides get a TCP reset. */
  loseAnswers: boolean;
}

const calm: Faults = {
  refuse: false,
  latencyMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  stallAfter: Number.POSITIVE_INFINITY,
  resetAfter: Number.POSITIVE_INFINITY,
  closeAfter: Number.POSITIVE_INFINITY,
  loseAnswers: false,
};

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that were made since the start. */
  readonly connections: number;
  /** Bytes from clients that were passed on or swallowed since the faults were last set. */
  readonly bytesUp: number;
  /** Replaces all faults; without an argument everything is well again. Open connections feel it too. */
  set(faults?: Partial<Faults>): void;
  /** Resets every open connection now. */
  cut(): void;
  close(): Promise<void>;
}

/** `at` is where it listens, when it cannot be any free port of 127.0.0.1. */
export async function createFaultProxy(
  target: { host: string; port: number },
  at = { host: '127.0.0.1', port: 0 },
): Promise<FaultProxy> {
  const road = new Road(target);
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) =>
    road.carry(client),
  );
  server.listen(at.port, at.host);
  await once(server, 'listening');
  return {
    host: at.host,
    port: (server.address() as AddressInfo).port,
    get connections() {
      return road.connections;
    },
    get bytesUp() {
      return road.bytesUp;
    },
    set: (faults) => road.set({ ...calm, ...faults }),
    cut: () => road.cut(),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      road.cut();
      await closed;
    },
  };
}

interface Link {
  client: net.Socket;
  server: net.Socket;
  /** Bytes upwards since the faults were set. */
  up: number;
}

class Road {
  connections = 0;
  bytesUp = 0;
  #faults: Faults = calm;
  readonly #sockets = new Set<net.Socket>();
  readonly #links = new Set<Link>();
  readonly #target: { host: string; port: number };

  constructor({ host, port }: { host: string; port: number }) {
    // These two alone: the socket below takes other members, such as `read`, for its own options.
    this.#target = { host, port };
  }

  set(faults: Faults): void {
    this.#faults = faults;
    this.bytesUp = 0;
    for (const link of this.#links) link.up = 0;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  carry(client: net.Socket): void {
    this.connections += 1;
    this.#track(client);
    if (this.#faults.refuse) {
      client.resetAndDestroy();
      return;
    }
    const server = this.#track(net.connect({ ...this.#target, allowHalfOpen: true }));
    const link = { client, server, up: 0 };
    this.#links.add(link);
    server.once('error', () => client.resetAndDestroy());
    client.once('close', () => this.#links.delete(link));
    void this.#pump(client, server, (data) => this.#upwards(link, data));
    void this.#pump(server, client, async (data) => {
      if (this.#faults.loseAnswers) end(link, 'reset');
      else return data;
    });
  }

  #track(socket: net.Socket): net.Socket {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    return socket;
  }

  /** What of a piece of data goes on; undefined when the connection ends here. */
  async #upwards(link: Link, data: Buffer): Promise<Buffer | undefined> {
    link.up += data.length;
    this.bytesUp += data.length;
    const { stallAfter, resetAfter, closeAfter, bytesPerSecond } = this.#faults;
    if (link.up > stallAfter) {
      if (!link.client.destroyed) await once(link.client, 'close');
      return undefined;
    }
    const limit = Math.min(resetAfter, closeAfter);
    if (link.up > limit) {
      // What came before the fault reaches the server, as it would on a real road.
      const rest = data.subarray(0, Math.max(0, data.length - (link.up - limit)));
      if (rest.length > 0) await new Promise<void>((done) => link.server.write(rest, () => done()));
      end(link, resetAfter <= closeAfter ? 'reset' : 'close');
      return undefined;
    }
    if (bytesPerSecond !== Number.POSITIVE_INFINITY) await sleep((data.length / bytesPerSecond) * 1_000);
    return data;
  }

  async #pump(
    from: net.Socket,
    to: net.Socket,
    pass: (data: Buffer) => Promise<Buffer | undefined>,
  ): Promise<void> {
    try {
      for await (const data of from as AsyncIterable<Buffer>) {
        if (this.#faults.latencyMs > 0) await sleep(this.#faults.latencyMs);
        const passed = await pass(data);
        if (passed === undefined || to.destroyed) return;
        if (!to.write(passed)) await drained(to);
      }
      to.end();
    } catch {
      to.destroy();
    }
  }
}

/** Resolves when more may be written, or when that no longer matters; leaves no listener behind. */
async function drained(socket: net.Socket): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).finally(() => {
    waiting.abort();
  });
}

function end({ client, server }: Link, how: 'reset' | 'close'): void {
  for (const socket of [client, server]) {
    if (how === 'reset') socket.resetAndDestroy();
    else socket.destroy();
  }
}
