/**
 * Connections that stay open between requests, for one origin each. A request takes the connection that was used last
 * (the others then age and close), opens a new one while there is room, and waits in line otherwise.
 */
import http from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Guard } from '../outbound.ts';
import { type OpenSocket, openSocket, type Progress, type Target } from './connect.ts';

export interface Lane {
  /** Node's own agent with this one connection in it: it parses, frees, ages and notices the end. */
  agent: http.Agent;
  open: OpenSocket;
  requests: number;
  dead: boolean;
  /** When it was last freed, on the clock of `performance`. */
  freedAt: number;
}

/** A connection that was in use so few milliseconds ago is taken as it is: its end would have come with the answer. */
const stillWarmMs = 20;

export interface PoolOptions {
  guard: Guard;
  connectionsPerOrigin: number;
  /** Milliseconds an idle connection is kept; a shorter time that the server names wins. */
  keepAliveMs: number;
  onConnection(): void;
}

interface Origin {
  idle: Lane[];
  /** Connections that are open or being opened. */
  count: number;
  waiting: Array<() => void>;
}

export interface Pool {
  /** An open connection for this request alone. `fresh` takes none that was used before. */
  acquire(target: Target, fresh: boolean, progress: Progress, signal: AbortSignal): Promise<Lane>;
  close(): void;
}

export function createPool(options: PoolOptions): Pool {
  const origins = new Map<string, Origin>();
  const lanes = new Set<Lane>();

  const acquire: Pool['acquire'] = async (target, fresh, progress, signal) => {
    const key = originKey(target);
    const origin = origins.get(key) ?? { idle: [], count: 0, waiting: [] };
    origins.set(key, origin);
    for (;;) {
      if (signal.aborted) {
        // The turn that this request was given goes to the next in line.
        origin.waiting.shift()?.();
        throw signal.reason;
      }
      const lane = fresh ? undefined : takeIdle(origin);
      if (lane) {
        // One turn of the event loop, so that an end which already arrived is noticed before anything is sent.
        if (performance.now() - lane.freedAt > stillWarmMs) await nextTurn();
        if (wake(lane)) return lane;
        continue;
      }
      if (origin.count < options.connectionsPerOrigin)
        return await openLane(key, origin, target, progress, signal);
      progress.stage = 'connect';
      if (fresh && closeOldest(origin)) continue;
      await turn(origin, signal);
    }
  };

  const openLane = async (
    key: string,
    origin: Origin,
    target: Target,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Lane> => {
    origin.count += 1;
    const leave = () => {
      origin.count -= 1;
      if (origin.count === 0 && origin.waiting.length === 0 && origins.get(key) === origin)
        origins.delete(key);
      origin.waiting.shift()?.();
    };
    try {
      const open = await openSocket(target, options.guard, progress, signal);
      const lane = createLane(open, options.keepAliveMs);
      lanes.add(lane);
      options.onConnection();
      open.socket.once('close', () => {
        lane.dead = true;
        lanes.delete(lane);
        const at = origin.idle.indexOf(lane);
        if (at >= 0) origin.idle.splice(at, 1);
        leave();
      });
      lane.agent.on('free', () => {
        if (open.socket.destroyed) return;
        // Nobody asked for what comes now; the next request would take it for its answer.
        open.socket.on('data', closeSocket);
        lane.freedAt = performance.now();
        origin.idle.push(lane);
        origin.waiting.shift()?.();
      });
      return lane;
    } catch (error) {
      leave();
      throw error;
    }
  };

  return {
    acquire,
    close: () => {
      for (const lane of lanes) lane.open.socket.destroy();
    },
  };
}

function createLane(open: OpenSocket, keepAliveMs: number): Lane {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1, timeout: keepAliveMs });
  agent.createConnection = () => open.socket;
  // A connection that ends while nobody uses it is no failure of anybody's.
  open.socket.on('error', () => {});
  return { agent, open, requests: 0, dead: false, freedAt: 0 };
}

/** Takes an idle connection back into use; false when it ended meanwhile. */
function wake(lane: Lane): boolean {
  lane.open.socket.off('data', closeSocket);
  return !lane.dead && !lane.open.socket.destroyed;
}

function closeSocket(this: Socket): void {
  this.destroy();
}

function takeIdle(origin: Origin): Lane | undefined {
  for (;;) {
    const lane = origin.idle.pop();
    if (!lane || !(lane.dead || lane.open.socket.destroyed)) return lane;
  }
}

function closeOldest(origin: Origin): boolean {
  const lane = origin.idle.shift();
  lane?.open.socket.destroy();
  return lane !== undefined;
}

/** Waits in line until a connection is free or gone. */
function turn(origin: Origin, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const go = () => {
      signal.removeEventListener('abort', stop);
      done();
    };
    const stop = () => {
      const at = origin.waiting.indexOf(go);
      if (at >= 0) origin.waiting.splice(at, 1);
      fail(signal.reason);
    };
    origin.waiting.push(go);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Connections are shared only between requests that trust the same certificates. */
function originKey({ protocol, hostname, port, tls }: Target): string {
  return JSON.stringify([protocol, hostname, port, tls?.ca ?? '', tls?.pinnedSha256 ?? '']);
}
