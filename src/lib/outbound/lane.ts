/** One open connection, and who hears what arrives on it. */
import http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { OpenSocket } from './connect.ts';

/** A request that reads its answer itself. */
export interface Ears {
  heard(chunk: Buffer): void;
  /** The connection ended or broke. */
  lost(cause: unknown): void;
}

export class Lane {
  readonly open: OpenSocket;
  /** Gives this one connection to every request of Node's. */
  readonly agent: http.Agent;
  /** The `Keep-Alive` header of the last answer: how long the server keeps it open. */
  keepAlive: string | undefined;
  requests = 0;
  dead = false;
  /** When it was last freed, on the clock of `performance`. */
  freedAt = 0;
  #ears: Ears | undefined;
  #listens = false;

  constructor(open: OpenSocket) {
    this.open = open;
    this.agent = new LaneAgent(open.socket);
    // A connection that ends while nobody uses it is no failure of anybody's.
    open.socket
      .on('error', (error) => this.#lose(error))
      .on('end', () => this.#lose({ code: 'ECONNRESET' }))
      .on('close', () => this.#lose({ code: 'ECONNRESET' }));
  }

  /**
   * From now on `ears` hears everything. Nobody (undefined): it rests, and ends when something arrives, for the next request would
   * take that for its answer. A connection keeps one listener all the time; adding and removing it costs more than hearing.
   */
  listen(ears: Ears | undefined): void {
    this.#ears = ears;
    if (this.#listens) return;
    this.#listens = true;
    this.open.socket.on('data', this.#hear);
  }

  /** Leaves what arrives to a reader of Node's. */
  leave(): void {
    this.#ears = undefined;
    this.#listens = false;
    this.open.socket.off('data', this.#hear);
  }

  /** An answer has ended and left the connection as it should be. Node says so itself, by the same event. */
  free(): void {
    this.open.socket.emit('free');
  }

  readonly #hear = (chunk: Buffer): void => {
    if (this.#ears) this.#ears.heard(chunk);
    else this.open.socket.destroy();
  };

  #lose(cause: unknown): void {
    this.#ears?.lost(cause);
  }
}

/**
 * Node's own agent looks for a free connection, and for a name to look it up by, at every request: a third of the price of a small
 * one. Here the pool has chosen already.
 */
export class LaneAgent extends http.Agent {
  readonly #wire: Duplex;

  constructor(wire: Duplex) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#wire = wire;
  }

  /** What `http.request` calls. */
  addRequest(request: http.ClientRequest): void {
    // Its type says less than its documentation: any stream of both ways will do.
    request.onSocket(this.#wire as Socket);
  }
}
