/**
 * The one HTTP client for everything that leaves, and the one guard. The guard looks at the address when the socket
 * opens, so that no name can be changed between the check and the connection.
 *
 * These are the words that other rooms import. The parts that app.ts puts together stand beside it:
 * `outbound/guard.ts` (createGuard) and `outbound/client.ts` (createOutbound).
 */
import type { LookupFunction } from 'node:net';

/**
 * Milliseconds, each phase by itself: looking up the name, opening the connection, the TLS handshake, from the first
 * byte sent to the first byte of the answer; `total` is all of it. A phase that did not happen (reused connection, no
 * TLS) is 0; one that was not reached is absent.
 */
export interface Phases {
  resolve?: number;
  connect?: number;
  tls?: number;
  firstByte?: number;
  total?: number;
}

export interface OutboundRequest {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS' | (string & {});
  /** http or https; without user name and password: those go into an Authorization header. */
  url: string;
  /** The client's own are refused: Host, Content-Length, Transfer-Encoding, Connection and what belongs to them. */
  headers?: Record<string, string>;
  /** A whole body, or a function that starts the body anew; a streamed body needs its exact length. */
  body?: Buffer | string | { length: number; open: () => AsyncIterable<Uint8Array> };
  /** Over resolve, connect, TLS, sending, headers AND body of the answer. Default 30,000. */
  deadlineMs?: number;
  /** Over resolve, connect and TLS alone, where a connection has to be opened. Default: the deadline. */
  openWithinMs?: number;
  /** Bytes of the answer that are kept; the rest is not read. Default 65,536. */
  maxResponseBytes?: number;
  signal?: AbortSignal;
  /**
   * On a connection of its own, so that it is surely sent at most once: a request on a reused connection that turns out to
   * be dead is otherwise sent again. For what must not happen twice.
   */
  once?: boolean;
  /**
   * Own CA for this request (PEM, in place of the well-known ones), or one pinned certificate (SHA-256 hex, colons
   * allowed), which is then trusted whoever issued it and whatever name it bears.
   */
  tls?: { ca?: string; pinnedSha256?: string };
}

export interface OutboundResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
  truncated: boolean;
  phases: Phases;
  /** `ip:port` of the other side. */
  address: string | null;
  /** Whether the connection had carried a request before. */
  reused: boolean;
}

/** Why a request has no answer. `stage` says how far it came, `message` is a sentence for people. */
export class OutboundError extends Error {
  readonly stage: 'guard' | 'resolve' | 'connect' | 'tls' | 'send' | 'headers' | 'body' | 'aborted';
  readonly code: string;
  readonly phases: Phases;
  readonly address: string | null;
  constructor(
    stage: OutboundError['stage'],
    code: string,
    message: string,
    details: { phases?: Phases; address?: string | null; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = 'OutboundError';
    this.stage = stage;
    this.code = code;
    this.phases = details.phases ?? {};
    this.address = details.address ?? null;
  }
}

export interface Guard {
  /**
   * Throws OutboundError stage `guard` when the address may not be reached. Takes any spelling of an IP address; what
   * is no address is refused. For literal hosts, for `socket.remoteAddress` and for addresses that a server names.
   */
  assertAddress(ip: string): void;
  /**
   * For `net.connect` and everything built on it: resolves and refuses in one step. Node asks no lookup about a literal
   * address, so call `assertAddress` where `net.isIP(host)` is not 0.
   */
  lookup: LookupFunction;
}

export interface Outbound {
  /** Any status is an answer; redirects are not followed. Throws OutboundError. */
  request(request: OutboundRequest): Promise<OutboundResponse>;
  readonly guard: Guard;
  /** Counters since the start, for metrics and benchmarks. */
  readonly stats: { requests: number; connections: number; reused: number };
  close(): Promise<void>;
}
