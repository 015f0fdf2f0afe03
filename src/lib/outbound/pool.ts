/**
 * Connections that stay open between requests, for one origin each. A request takes the connection that was used last
 * (the others then age and close), opens a new one while there is room, and waits in line otherwise.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Guard } from '../outbound.ts';
import { openSocket, type Progress, type Target } from './connect.ts';
import { inTime } from './in-time.ts';
import { Lane } from './lane.ts';

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
      const { hostname, openWithinMs } = target;
      const begin = (stop: AbortSignal) => openSocket(target, options.guard, progress, stop);
      const open = openWithinMs
        ? await inTime(hostname, progress, signal, openWithinMs, begin)
        : await begin(signal);
      const lane = new Lane(open);
      lanes.add(lane);
      options.onConnection();
      open.socket.once('close', () => {
        lane.dead = true;
        lanes.delete(lane);
        const at = origin.idle.indexOf(lane);
        if (at >= 0) origin.idle.splice(at, 1);
        leave();
      });
      // Once an answer has ended and left the connection as it should be.
      open.socket.on('free', () => {
        if (!keep(lane, options.keepAliveMs)) return;
        origin.idle.push(lane);
        origin.waiting.shift()?.();
      });
      open.socket.on('timeout', () => {
        if (origin.idle.includes(lane)) open.socket.destroy();
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

/** We stop using it a second before the server does: a request may be on its way that long. */
const hintMarginMs = 1_000;

/** Puts a connection to rest; false when it cannot be used again. */
function keep(lane: Lane, keepAliveMs: number): boolean {
  const { socket } = lane.open;
  if (socket.destroyed) return false;
  const hint = /^timeout=(\d+)/.exec(lane.keepAlive ?? '')?.[1];
  const ms = hint === undefined ? keepAliveMs : Math.min(keepAliveMs, Number(hint) * 1_000 - hintMarginMs);
  if (ms <= 0 || !socket.writable) {
    socket.destroy();
    return false;
  }
  // It does not keep the process alive while nobody uses it, and ends by itself.
  socket.unref();
  if (socket.timeout !== ms) socket.setTimeout(ms);
  lane.listen(undefined);
  lane.freedAt = performance.now();
  return true;
}

/** Takes an idle connection back into use; false when it ended meanwhile. */
function wake(lane: Lane): boolean {
  lane.open.socket.ref();
  return !lane.dead && !lane.open.socket.destroyed;
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
