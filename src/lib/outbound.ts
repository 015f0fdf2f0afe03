/**
 * The one HTTP client for everything that leaves, and the one guard. The guard looks at the address when the socket
 * opens, so that no name can be changed between the check and the connection.
 *
 * This file is the door that other rooms import; the parts stand in `outbound/`.
 */
import type { LookupFunction } from 'node:net';

/** Milliseconds; a phase that did not happen (reused connection, no TLS) is 0; one that was not reached is absent. */
export interface Phases {
  resolve?: number;
  connect?: number;
  tls?: number;
  firstByte?: number;
  total?: number;
}

export interface OutboundRequest {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS' | (string & {});
  url: string;
  headers?: Record<string, string>;
  /** A whole body, or a function that starts the body anew; a streamed body needs its exact length. */
  body?: Buffer | string | { length: number; open: () => AsyncIterable<Uint8Array> };
  /** Over resolve, connect, TLS, sending, headers AND body of the answer. Default 30,000. */
  deadlineMs?: number;
  /** How much of the answer is kept; the rest is not read. Default 65,536. */
  maxResponseBytes?: number;
  signal?: AbortSignal;
  /** Own CA or pinned certificate for this request (PEM; SHA-256 hex of the certificate). */
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
  /** Throws OutboundError stage `guard` when the address may not be reached. Takes any spelling of an IP address. */
  assertAddress(ip: string): void;
  /** For `net.connect` and everything built on it: resolves and refuses in one step. */
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
