/** One attempt: sign, POST, read the answer, write down how it went. Every attempt leaves one row and one wide log line. */
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { excerptBytes, excerptOf, readRetryAfter } from '../lib/outbound/answers.ts';
import { type Outbound, OutboundError, type OutboundResponse, type Phases } from '../lib/outbound.ts';
import type { Observer } from '../queue/observer.ts';
import type { Settler } from '../queue/settler.ts';
import { envelopeOf, type LoggedEvent } from './envelope.ts';
import { planAttempt } from './schedule.ts';
import type { Settled } from './settle.ts';
import { eventHeaders, type Secrets } from './signing.ts';
import type { EventJob } from './source.ts';

export interface AttemptServices {
  outbound: Outbound;
  clock: Clock;
  logger: Logger;
  worker: string;
  settler: Settler<Settled>;
  observer: Required<Observer>;
  /** Milliseconds over connecting, headers and body; the contract says 30,000. */
  deadlineMs: number;
}

export interface Outcome {
  outcome: 'sent' | 'retry' | 'give-up' | 'cancelled';
  startedAt: number;
  durationMs: number;
  /** A sentence for people; null when sent. */
  error: string | null;
  status: number | null;
  excerpt: string | null;
  phases: Phases | null;
  address: string | null;
  /** When it will be tried again; null when final. */
  nextAt: number | null;
  nextReason: string | null;
  /** Which secret signed the headers of one signature; null when there was one secret only. */
  signedWith: Secrets['primary'] | null;
}

/** Runs one job. Returns the way to settle it, which resolves to the moment of the next attempt, or null. */
export async function attemptEvent(
  services: AttemptServices,
  job: EventJob,
  signal: AbortSignal,
): Promise<() => Promise<number | null>> {
  const outcome = await tryOnce(services, job, signal);
  const { settler, worker, clock } = services;
  return async () => {
    const settled = await settler.settle({ job, worker, outcome, now: clock.now() }, signal);
    logAttempt(services.logger, job, outcome, settled);
    tellAttempt(services.observer, job, outcome);
    return settled ? outcome.nextAt : null;
  };
}

async function tryOnce(services: AttemptServices, job: EventJob, signal: AbortSignal): Promise<Outcome> {
  const startedAt = services.clock.now();
  const started = performance.now();
  const took = () => ({ startedAt, durationMs: Math.round((performance.now() - started) * 100) / 100 });
  if (!job.event) {
    const error = 'The event is past its retention: its content is no longer here.';
    return { ...final('give-up', error), ...took() };
  }
  const secrets = job.webhook.secretsAt(startedAt, job.attempts % 2 === 1);
  const signedWith = secrets.previous ? secrets.primary : null;
  try {
    const answer = await post(services, job, job.event, secrets, signal);
    const now = services.clock.now();
    const outcome = isSuccess(answer) ? final('sent', null) : refusal(job, answer, now);
    return { ...outcome, ...answerOf(answer), signedWith, ...took() };
  } catch (error) {
    return { ...failure(job, error, services.clock.now()), signedWith, ...took() };
  }
}

function post(
  { outbound, clock, deadlineMs, observer }: AttemptServices,
  job: EventJob,
  event: LoggedEvent,
  secrets: Secrets,
  signal: AbortSignal,
): Promise<OutboundResponse> {
  const body = envelopeOf(event);
  const now = clock.now();
  const ours = eventHeaders(secrets, {
    eventId: event.id,
    deliveryId: job.id,
    topic: event.topic,
    body,
    now,
  });
  const traceparent = observer.traceparentOf(nameOf(job));
  return outbound.request({
    method: 'POST',
    url: job.webhook.settings.url,
    // Ours come last: the names differ, and nobody replaces a signature.
    headers: { ...job.webhook.headers, ...ours, ...(traceparent ? { traceparent } : {}) },
    body,
    deadlineMs,
    maxResponseBytes: excerptBytes,
    signal,
  });
}

const isSuccess = ({ status }: OutboundResponse): boolean => status >= 200 && status < 300;

type Result = Omit<Outcome, 'startedAt' | 'durationMs'>;

const empty = {
  status: null,
  excerpt: null,
  phases: null,
  address: null,
  nextAt: null,
  nextReason: null,
  signedWith: null,
};

const final = (outcome: 'sent' | 'give-up', error: string | null): Result => ({
  ...empty,
  outcome,
  error,
  nextReason: outcome === 'sent' ? null : 'Trying again cannot help.',
});

function answerOf(answer: OutboundResponse) {
  const { status, phases, address } = answer;
  return { status, excerpt: excerptOf(answer), phases, address };
}

function refusal(job: EventJob, answer: OutboundResponse, now: number): Result {
  const { status, headers } = answer;
  const redirect = status >= 300 && status < 400;
  const error = redirect ? `HTTP ${status} (redirects are not followed)` : `HTTP ${status}`;
  if (status === 410) return { ...final('give-up', error), nextReason: 'The receiver says that it is gone.' };
  return planned(job, error, readRetryAfter(headers['retry-after'], now), now);
}

function planned(job: EventJob, error: string, retryAfter: number | undefined, now: number): Result {
  if (job.isTest) return { ...final('give-up', error), nextReason: 'A test is sent once.' };
  const attempts = job.attempts + 1;
  const { nextAt, reason } = planAttempt(job.webhook.settings, { attempts, retryAfter, now });
  return { ...empty, outcome: 'retry', error, nextAt, nextReason: reason };
}

function failure(job: EventJob, error: unknown, now: number): Result {
  if (!(error instanceof OutboundError)) {
    return planned(job, 'The attempt failed on our side.', undefined, now);
  }
  const { phases, address } = error;
  if (error.stage === 'aborted') {
    const reason = 'This process is stopping; another goes on.';
    return { ...empty, phases, address, outcome: 'cancelled', error: null, nextAt: now, nextReason: reason };
  }
  return { ...planned(job, error.message, undefined, now), phases, address };
}

const nameOf = (job: EventJob) => ({
  imageId: imageOf(job.event),
  deliveryId: job.id,
  attempt: job.attempts + 1,
});

/** The photo that an event is about, if it is about one. */
function imageOf(event: LoggedEvent | undefined): string | undefined {
  return /"image_id":"(img_\w+)"/.exec(event?.data ?? '')?.[1];
}

function tellAttempt(observer: Required<Observer>, job: EventJob, outcome: Outcome): void {
  observer.attempted({
    ...nameOf(job),
    queue: 'event',
    projectId: job.projectId,
    kind: 'webhook',
    outcome: outcome.outcome,
    status: outcome.status,
    error: outcome.error,
    address: outcome.address,
    phases: outcome.phases,
    startedAt: outcome.startedAt,
    durationMs: outcome.durationMs,
    createdAt: job.event?.createdAt ?? outcome.startedAt,
    detail: job.event?.topic,
    bytes: undefined,
  });
}

function logAttempt(logger: Logger, job: EventJob, outcome: Outcome, settled: boolean): void {
  const line = {
    delivery: job.id,
    event: job.event?.id,
    topic: job.event?.topic,
    webhook: job.lane,
    project: job.projectId,
    attempt: job.attempts + 1,
    outcome: outcome.outcome,
    status: outcome.status,
    address: outcome.address,
    ms: outcome.durationMs,
    phases: outcome.phases,
    reason: outcome.error ?? undefined,
    nextAt: outcome.nextAt === null ? undefined : new Date(outcome.nextAt).toISOString(),
    ...(settled ? {} : { leaseLost: true }),
  };
  if (outcome.outcome === 'sent' || outcome.outcome === 'cancelled') logger.info(line, 'event attempt');
  else logger.warn(line, 'event attempt');
}
