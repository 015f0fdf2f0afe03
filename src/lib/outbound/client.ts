/**
 * Makes the one HTTP client. Node's own HTTP/1.1 on connections that this project opens itself: that is what lets the
 * guard see every address, every phase be measured and a deadline cover all of them (docs/adr/0005-outbound-guard.md).
 */
import type { Logger } from '../logger.ts';
import {
  type Guard,
  type Outbound,
  OutboundError,
  type OutboundRequest,
  type OutboundResponse,
} from '../outbound.ts';
import { exchangeBriefly, isBrief } from './brief-exchange.ts';
import { elapsedSince, type Progress, type Target } from './connect.ts';
import { type Answer, type Exchange, ExchangeError, exchange } from './exchange.ts';
import { describeDeadline, withoutBrackets } from './failures.ts';
import type { Lane } from './lane.ts';
import { createPool, type Pool } from './pool.ts';

export interface OutboundOptions {
  guard: Guard;
  logger?: Logger;
  /** Connections at most to one origin; further requests wait in line. Default 128. */
  connectionsPerOrigin?: number;
  /** Milliseconds an unused connection is kept. Default 45,000; a shorter time named by the server wins. */
  keepAliveMs?: number;
}

interface Job {
  target: Target;
  work: Exchange;
  progress: Progress;
  signal: AbortSignal;
  reused: boolean;
  once: boolean;
}

export function createOutbound(options: OutboundOptions): Outbound {
  const { guard, logger } = options;
  const stats = { requests: 0, connections: 0, reused: 0 };
  const closing = new AbortController();
  const pool = createPool({
    guard,
    connectionsPerOrigin: options.connectionsPerOrigin ?? 128,
    keepAliveMs: options.keepAliveMs ?? 45_000,
    onConnection: () => {
      stats.connections += 1;
    },
  });

  const request = async (wanted: OutboundRequest): Promise<OutboundResponse> => {
    const { target, work } = prepare(wanted);
    const progress: Progress = { stage: 'connect', phases: {}, address: null };
    const deadline = startDeadline(
      wanted.deadlineMs ?? 30_000,
      progress,
      work.host,
      wanted.signal,
      closing.signal,
    );
    const job: Job = {
      target,
      work,
      progress,
      signal: deadline.signal,
      reused: false,
      once: wanted.once ?? false,
    };
    const started = performance.now();
    stats.requests += 1;
    try {
      const answer = await run(pool, job);
      if (job.reused) stats.reused += 1;
      progress.phases.total = elapsedSince(started);
      return { ...answer, phases: progress.phases, address: progress.address, reused: job.reused };
    } catch (error) {
      progress.phases.total = elapsedSince(started);
      throw withProgress(error, progress);
    } finally {
      deadline.clear();
      logger?.debug({ method: work.method, host: work.host, ...progress }, 'outbound request');
    }
  };

  return {
    request,
    guard,
    stats,
    close: async () => {
      closing.abort();
      pool.close();
    },
  };
}

/** On a reused connection that turns out to be dead, once more on a fresh one. */
async function run(pool: Pool, job: Job) {
  const lane = await take(pool, job, job.once);
  try {
    return await converse(lane, job);
  } catch (error) {
    lane.open.socket.destroy();
    const stale = job.reused && error instanceof ExchangeError && !error.answered;
    if (!stale || job.signal.aborted) throw error;
    return await converse(await take(pool, job, true), job);
  }
}

function converse(lane: Lane, { work, progress, signal }: Job): Promise<Answer> {
  return isBrief(work)
    ? exchangeBriefly(lane, work, progress, signal)
    : exchange(lane, work, progress, signal);
}

async function take(pool: Pool, job: Job, fresh: boolean): Promise<Lane> {
  const { progress } = job;
  const lane = await pool.acquire(job.target, fresh, progress, job.signal);
  job.reused = lane.requests > 0;
  lane.requests += 1;
  progress.address = lane.open.address;
  if (job.reused) progress.phases = { resolve: 0, connect: 0, tls: 0 };
  return lane;
}

/** A signal that aborts with the OutboundError to throw: late, stopped by the caller, or closing. */
function startDeadline(
  deadlineMs: number,
  progress: Progress,
  host: string,
  signal: AbortSignal | undefined,
  closing: AbortSignal,
): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const stop = () =>
    controller.abort(new OutboundError('aborted', 'ABORTED', `The request to ${host} was stopped.`));
  const timer = setTimeout(() => {
    const message = describeDeadline(progress.stage, host, deadlineMs);
    controller.abort(new OutboundError(progress.stage, 'DEADLINE', message));
  }, deadlineMs);
  for (const source of [signal, closing]) {
    if (source?.aborted) stop();
    else source?.addEventListener('abort', stop, { once: true });
  }
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      for (const source of [signal, closing]) source?.removeEventListener('abort', stop);
    },
  };
}

function withProgress(error: unknown, { phases, address }: Progress): unknown {
  if (!(error instanceof OutboundError)) return error;
  return new OutboundError(error.stage, error.code, error.message, { phases, address, cause: error.cause });
}

/** Checks a request before anything is opened. Throws OutboundError of stage guard. */
function prepare(wanted: OutboundRequest): { target: Target; work: Exchange } {
  if (!token.test(wanted.method))
    throw new OutboundError('guard', 'METHOD_INVALID', 'This is no HTTP method.');
  const url = readUrl(wanted.url);
  const hostname = withoutBrackets(url.hostname);
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const headers = checkHeaders(wanted.headers ?? {});
  headers.push('host', url.host);
  const length = bodyLength(wanted.body);
  if (length !== null) headers.push('content-length', String(length));
  else if (!['GET', 'HEAD', 'OPTIONS'].includes(wanted.method)) headers.push('content-length', '0');
  return {
    target: {
      protocol: secure ? 'https:' : 'http:',
      hostname,
      port,
      tls: wanted.tls,
      openWithinMs: wanted.openWithinMs,
    },
    work: {
      method: wanted.method,
      host: url.hostname,
      path: url.pathname + url.search,
      headers,
      body: wanted.body,
      maxResponseBytes: wanted.maxResponseBytes ?? 65_536,
    },
  };
}

function readUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url)
    throw new OutboundError('guard', 'URL_INVALID', 'This is not a complete URL. Write it with https://.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    const message = `Only http and https URLs can be reached, not ${url.protocol.slice(0, 20)}`;
    throw new OutboundError('guard', 'URL_SCHEME', `${message}.`);
  }
  if (url.username || url.password) {
    const message =
      'The URL carries a user name or password. Give them as settings or as an Authorization header.';
    throw new OutboundError('guard', 'URL_CREDENTIALS', message);
  }
  return url;
}

/** What decides where a message begins and ends is ours alone. */
const framing = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Names and values in turns. Of two spellings of a name the last one counts. */
function checkHeaders(given: Record<string, string>): string[] {
  const checked: string[] = [];
  const places = new Map<string, number>();
  for (const [name, value] of Object.entries(given)) {
    const safe = token.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    if (!safe) {
      const shown = name.replace(/[^\x21-\x7e]/g, '?').slice(0, 100);
      throw new OutboundError(
        'guard',
        'HEADER_INVALID',
        `The header ${shown} holds characters that HTTP does not allow.`,
      );
    }
    const known = name.toLowerCase();
    if (framing.has(known)) {
      throw new OutboundError('guard', 'HEADER_RESERVED', `The header ${name} is set by this server alone.`);
    }
    const place = places.get(known) ?? checked.length;
    places.set(known, place);
    checked[place] = name;
    checked[place + 1] = value;
  }
  return checked;
}

function bodyLength(body: OutboundRequest['body']): number | null {
  if (body === undefined) return null;
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}
