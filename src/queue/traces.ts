/**
 * OpenTelemetry traces that follow a photo: one trace a photo, from the request that brought it to each receipt.
 *
 * The ids are derived from the photo's own (and from the delivery and the number of the attempt), so that a process that
 * delivers a photo continues the trace which another process began, and no column carries a context. Spans are made when
 * their work has ended, from the figures that the log line shows: being traced changes nothing about the work.
 *
 * A `traceparent` on an upload comes from a public place, so it is linked, not obeyed: nobody outside chooses the ids or
 * the sampling of our traces. Only loaded when traces are switched on.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { TracingConfig } from '../config.ts';
import type { Attempted, AttemptName, Observer, Received } from './observer.ts';

export interface Traces extends Required<Observer> {
  /** Sends what is held. */
  close(): Promise<void>;
}

export interface TracesOptions extends TracingConfig {
  /** What this process is: `apertur`, `apertur-api`, `apertur-worker`. */
  service: string;
  /** Milliseconds that spans are held at most, so that they leave together. Default 2,000. */
  delayMs?: number;
}

const packageFile = new URL('../../package.json', import.meta.url);

const derive = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

/** The trace of a photo, or of an event that is about none. */
export const traceIdOf = (subject: string): string => derive(`apertur trace ${subject}`, 32);
const receiveSpanId = (imageId: string): string => derive(`apertur receive ${imageId}`, 16);
const attemptSpanId = ({ deliveryId, attempt }: AttemptName): string =>
  derive(`apertur attempt ${deliveryId} ${attempt}`, 16);

const subjectOf = ({ imageId, deliveryId }: AttemptName): string => imageId ?? deliveryId;

export function createTraces(options: TracesOptions): Traces {
  const ids = new ChosenIds();
  const exporter = new OTLPTraceExporter({ url: options.url, headers: options.headers });
  const processor = new BatchSpanProcessor(exporter, { scheduledDelayMillis: options.delayMs ?? 2_000 });
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  const attributes = { 'service.name': options.service, 'service.version': version };
  const provider = new BasicTracerProvider({
    idGenerator: ids,
    spanProcessors: [processor],
    resource: resourceOf(attributes),
  });
  const tracer = provider.getTracer('apertur', version);
  const isTraced = (traceId: string): boolean =>
    Number.parseInt(traceId.slice(0, 8), 16) / 0xffff_ffff < options.share || options.share >= 1;

  return {
    received(photo) {
      const traceId = traceIdOf(photo.imageId);
      if (!isTraced(traceId)) return;
      ids.choose(traceId, receiveSpanId(photo.imageId));
      const span = tracer.startSpan('receive photo', { ...receivedOptions(photo), root: true }, ROOT_CONTEXT);
      span.end(photo.startedAt + photo.durationMs);
    },
    attempted(attempt) {
      const traceId = traceIdOf(subjectOf(attempt));
      if (!isTraced(traceId)) return;
      ids.choose(traceId, attemptSpanId(attempt));
      const parent = attempt.imageId && parentOf(traceId, receiveSpanId(attempt.imageId));
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
      const span = tracer.startSpan(nameOf(attempt), attemptOptions(attempt), context);
      if (attempt.outcome !== 'sent' && attempt.outcome !== 'cancelled') {
        span.setStatus({ code: SpanStatusCode.ERROR, message: attempt.error ?? attempt.outcome });
      }
      span.end(attempt.startedAt + attempt.durationMs);
    },
    traceparentOf(attempt) {
      const traceId = traceIdOf(subjectOf(attempt));
      return isTraced(traceId) ? `00-${traceId}-${attemptSpanId(attempt)}-01` : undefined;
    },
    close: () => provider.shutdown().catch(() => undefined),
  };
}

/** Hands out the ids that were chosen just before; a span is made in the same turn, so nobody comes between. */
class ChosenIds {
  #traceId = '';
  #spanId = '';

  choose(traceId: string, spanId: string): void {
    this.#traceId = traceId;
    this.#spanId = spanId;
  }

  generateTraceId(): string {
    return this.#traceId || randomBytes(16).toString('hex');
  }

  generateSpanId(): string {
    return this.#spanId || randomBytes(8).toString('hex');
  }
}

function resourceOf(attributes: Record<string, string>) {
  const resource = {
    attributes,
    merge: () => resource,
    getRawAttributes: (): [string, string][] => Object.entries(attributes),
  };
  return resource;
}

const parentOf = (traceId: string, spanId: string): SpanContext => ({
  traceId,
  spanId,
  traceFlags: 1,
  isRemote: true,
});

const nameOf = (attempt: Attempted): string =>
  attempt.queue === 'image' ? `deliver to ${attempt.kind}` : `send event ${attempt.detail ?? ''}`.trim();

function receivedOptions(photo: Received) {
  const caller = readTraceparent(photo.traceparent);
  const links: Link[] = caller ? [{ context: caller }] : [];
  return {
    kind: SpanKind.SERVER,
    startTime: photo.startedAt,
    links,
    attributes: {
      'apertur.image': photo.imageId,
      'apertur.session': photo.sessionId,
      'apertur.project': photo.projectId,
      'apertur.bytes': photo.bytes,
      'apertur.destinations': photo.destinations,
    },
  };
}

function attemptOptions(attempt: Attempted) {
  const phases = Object.entries(attempt.phases ?? {}).map(([name, ms]) => [`apertur.phase.${name}_ms`, ms]);
  return {
    kind: SpanKind.CLIENT,
    startTime: attempt.startedAt,
    attributes: {
      'apertur.delivery': attempt.deliveryId,
      'apertur.image': attempt.imageId,
      'apertur.project': attempt.projectId,
      'apertur.kind': attempt.kind,
      'apertur.attempt': attempt.attempt,
      'apertur.outcome': attempt.outcome,
      'apertur.bytes': attempt.bytes,
      'apertur.detail': attempt.detail,
      'http.response.status_code': attempt.status ?? undefined,
      'network.peer.address': attempt.address ?? undefined,
      ...Object.fromEntries(phases),
    },
  };
}

/** W3C Trace Context, version 00; undefined for anything else. */
export function readTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text ?? '') ?? [];
  if (!traceId || !spanId || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags!, 16) & 1, isRemote: true };
}
