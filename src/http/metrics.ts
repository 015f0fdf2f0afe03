/**
 * Prometheus metrics, when the operator switches them on: requests, photos, attempts, what waits and since when, storage,
 * the way out, Node. Made once a process, also in a worker that serves no API (see `operations.ts`).
 */
import { statfs } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Database } from '../db/database.ts';
import type { Clock } from '../lib/clock.ts';
import type { Outbound } from '../lib/outbound.ts';
import type { Attempted, Observer, Received } from '../queue/observer.ts';
import { gaugeQueues } from './queue-metrics.ts';

/** Seconds; an upload on a slow phone and an attempt at a slow receiver take up to half a minute. */
const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Seconds from the photo to its arrival: retries make it minutes. */
const arrival = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];

export interface Metrics extends Required<Pick<Observer, 'received' | 'attempted'>> {
  /** Counts the requests of a server. Call before its routes are added. */
  watch(app: FastifyInstance): void;
  /** Tells how a call to the storage went. */
  stored(operation: string, durationMs: number, failed: boolean): void;
  readonly contentType: string;
  render(): Promise<string>;
}

export interface MetricsParts {
  db: Database;
  clock: Clock;
  outbound: Pick<Outbound, 'stats'>;
  /** Where the embedded database and, unless told otherwise, the photos live. */
  dataDir: string;
  /** Attempts under way in this process. */
  inFlight: { image: () => number; event: () => number };
}

export function createMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  gaugeQueues(registry, parts);
  gaugeOutbound(registry, parts.outbound);
  gaugeDisk(registry, parts.dataDir);
  return {
    watch: countRequests(registry),
    received: countPhotos(registry),
    attempted: countAttempts(registry),
    stored: countStorage(registry),
    contentType: registry.contentType,
    render: () => registry.metrics(),
  };
}

/** Paths are counted by their pattern, so that ids make no series of their own. */
function countRequests(registry: Registry): Metrics['watch'] {
  const requests = new Histogram({
    name: 'apertur_http_request_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: seconds,
    registers: [registry],
  });
  return (app) => {
    app.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'unknown';
      requests.observe(
        { method: request.method, route, status: String(reply.statusCode) },
        reply.elapsedTime / 1000,
      );
    });
  };
}

function countPhotos(registry: Registry): Metrics['received'] {
  const registers = [registry];
  const photos = new Counter({ name: 'apertur_photos_received_total', help: 'Photos received.', registers });
  const bytes = new Counter({
    name: 'apertur_photo_bytes_received_total',
    help: 'Bytes of the photos received.',
    registers,
  });
  const time = new Histogram({
    name: 'apertur_photo_receive_seconds',
    help: 'Time from the request to the commit that makes a photo received.',
    buckets: seconds,
    registers,
  });
  return (photo: Received) => {
    photos.inc();
    bytes.inc(photo.bytes);
    time.observe(photo.durationMs / 1000);
  };
}

function countAttempts(registry: Registry): Metrics['attempted'] {
  const registers = [registry];
  const attempts = new Counter({
    name: 'apertur_attempts_total',
    help: 'Attempts by queue (image or event), kind of destination and outcome.',
    labelNames: ['queue', 'kind', 'outcome'] as const,
    registers,
  });
  const time = new Histogram({
    name: 'apertur_attempt_seconds',
    help: 'Duration of an attempt.',
    labelNames: ['queue', 'kind'] as const,
    buckets: seconds,
    registers,
  });
  const whole = new Histogram({
    name: 'apertur_arrival_seconds',
    help: 'Time from the photo (or event) to its arrival at the other side, retries included.',
    labelNames: ['queue', 'kind'] as const,
    buckets: arrival,
    registers,
  });
  return ({ queue, kind, outcome, durationMs, startedAt, createdAt }: Attempted) => {
    attempts.inc({ queue, kind, outcome });
    if (outcome === 'cancelled') return;
    time.observe({ queue, kind }, durationMs / 1000);
    const took = (startedAt + durationMs - createdAt) / 1000;
    if (outcome === 'sent') whole.observe({ queue, kind }, Math.max(0, took));
  };
}

function countStorage(registry: Registry): Metrics['stored'] {
  const registers = [registry];
  const time = new Histogram({
    name: 'apertur_storage_seconds',
    help: 'Time that the storage took: commit (durable), open (first byte), remove.',
    labelNames: ['operation'] as const,
    buckets: [0.001, ...seconds],
    registers,
  });
  const failures = new Counter({
    name: 'apertur_storage_failures_total',
    help: 'Calls to the storage that failed.',
    labelNames: ['operation'] as const,
    registers,
  });
  for (const operation of ['commit', 'open', 'remove']) failures.inc({ operation }, 0);
  return (operation, durationMs, failed) => {
    if (failed) failures.inc({ operation });
    else time.observe({ operation }, durationMs / 1000);
  };
}

function gaugeDisk(registry: Registry, directory: string): void {
  const free = new Gauge({
    name: 'apertur_data_free_bytes',
    help: 'Room on the disk of the data directory.',
    registers: [registry],
    async collect() {
      const { bavail, bsize } = await statfs(directory);
      free.set(bavail * bsize);
    },
  });
}

function gaugeOutbound(registry: Registry, outbound: Pick<Outbound, 'stats'>): void {
  for (const name of ['requests', 'connections', 'reused'] as const) {
    const counter = new Counter({
      name: `apertur_outbound_${name}_total`,
      help: `Outbound ${name === 'reused' ? 'requests on a reused connection' : name} since the start.`,
      registers: [registry],
      collect() {
        counter.reset();
        counter.inc(outbound.stats[name]);
      },
    });
  }
}
