/**
 * One attempt: open the destination, stream the stored bytes, take the receipt, write down how it went. Whatever
 * happens leaves one attempt row and one wide log line.
 */
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { DeliveryError, type Fate, type Receipt } from '../destinations/destination.ts';
import { findKind } from '../destinations/registry.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Sealer } from '../lib/sealed.ts';
import type { Observer } from '../queue/observer.ts';
import { planRetry, type Random } from '../queue/retry.ts';
import { createSettler, type Settler } from '../queue/settler.ts';
import { type Storage, StorageMissingError } from '../storage/storage.ts';
import type { StoredImage } from './carrier-words.ts';
import type { Connections } from './connections.ts';
import { type Assignment, loadAssignment } from './load.ts';
import { type Outcome, type Settled, settle } from './settle.ts';
import type { DeliveryJob } from './source.ts';

export interface AttemptServices {
  db: Database;
  sealer: Sealer;
  storage: Storage;
  connections: Connections;
  clock: Clock;
  random: Random;
  logger: Logger;
  config: Pick<Config, 'retrySchedule'>;
  worker: string;
  settler: Settler<Settled>;
  observer: Required<Observer>;
}

/**
 * Runs one job until it needs no place at the destination any more: the next photo is claimed while this one's last
 * confirmation is awaited, or in the commit that settles it. Returns the rest, which returns when the next attempt is due,
 * or null.
 */
export async function attemptDelivery(
  services: AttemptServices,
  job: DeliveryJob,
  signal: AbortSignal,
): Promise<() => Promise<number | null>> {
  const assignment = await loadAssignment(services, job);
  if (!assignment) {
    services.logger.warn({ delivery: job.id }, 'The rows of a delivery are gone; nothing to do');
    return async () => null;
  }
  const madeWay = Promise.withResolvers<void>();
  const image = { ...traced(services.observer, job, assignment.image), makeWay: madeWay.resolve };
  const attempt = tryOnce(services, job, { ...assignment, image }, signal);
  await Promise.race([attempt, madeWay.promise]);
  const { settler, worker, clock } = services;
  return async () => {
    const outcome = await attempt;
    const settled = await settler.settle({ job, worker, outcome, now: clock.now() }, signal);
    logAttempt(services.logger, job, assignment, outcome, settled);
    tellAttempt(services.observer, job, assignment, outcome);
    return settled ? outcome.nextAt : null;
  };
}

async function tryOnce(
  services: AttemptServices,
  job: DeliveryJob,
  assignment: Assignment,
  signal: AbortSignal,
): Promise<Outcome> {
  const startedAt = services.clock.now();
  const started = performance.now();
  const took = (): Pick<Outcome, 'startedAt' | 'durationMs'> => ({
    startedAt,
    durationMs: Math.round((performance.now() - started) * 100) / 100,
  });
  try {
    if (!assignment.target) throw new DeliveryError('destination deleted', { fate: 'give-up' });
    const { connection, release } = services.connections.acquire(assignment.target);
    try {
      const receipt = await connection.deliver(assignment.image, signal);
      return {
        outcome: 'sent',
        ...took(),
        receipt,
        error: null,
        status: receipt.status ?? null,
        excerpt: receipt.excerpt ?? null,
        phases: receipt.phases ?? null,
        address: receipt.address ?? null,
        nextAt: null,
        nextReason: null,
        ...learnt(assignment, receipt),
      };
    } finally {
      release();
    }
  } catch (error) {
    return { ...failureOf(services, job, assignment, toDeliveryError(error, signal)), ...took() };
  }
}

/** Which secret of a rotation the receiver accepts, where that is news. */
function learnt({ rotation }: Assignment, { signedWith }: Receipt): Pick<Outcome, 'follows'> {
  if (!rotation || !signedWith) return {};
  const follows = signedWith === 'current';
  return follows === rotation.followed ? {} : { follows: follows ? rotation.until : null };
}

type Failure = Omit<Outcome, 'startedAt' | 'durationMs'>;

function failureOf(
  services: AttemptServices,
  job: DeliveryJob,
  assignment: Assignment,
  error: DeliveryError,
): Failure {
  const now = services.clock.now();
  const held = error.fate === 'reconnect' && findKind(assignment.destination.type)?.oauth !== undefined;
  const plan = held
    ? waiting
    : planAfter(error.fate, {
        attempts: job.attempts + 1,
        schedule: assignment.retrySchedule ?? services.config.retrySchedule,
        retryAfter: error.retryAfter,
        now,
        random: services.random,
      });
  return {
    outcome: error.fate,
    receipt: undefined,
    error: error.message,
    status: error.status,
    excerpt: error.excerpt,
    phases: error.phases,
    address: error.address,
    nextAt: plan.nextAt,
    nextReason: plan.reason,
    ...(held ? { hold: { connectionVersion: assignment.connectionVersion } } : {}),
  };
}

const waiting = { nextAt: null, reason: 'Waits until the account is connected again.' };

function planAfter(fate: Fate, input: Parameters<typeof planRetry>[0]) {
  if (fate === 'cancelled')
    return { nextAt: input.now, reason: 'This process is stopping; another goes on.' };
  if (fate === 'give-up') return { nextAt: null, reason: 'Trying again cannot help.' };
  return planRetry(input);
}

/** A kind throws DeliveryError; anything else is a fault of ours or of the storage, and worth another try. */
function toDeliveryError(error: unknown, signal: AbortSignal): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (signal.aborted)
    return new DeliveryError('Stopped in the middle of the attempt.', { fate: 'cancelled' });
  if (error instanceof StorageMissingError) {
    return new DeliveryError('The stored photo is missing. Restore it from a backup, then retry.', {
      fate: 'retry',
      cause: error,
    });
  }
  return new DeliveryError('The attempt failed on our side.', { fate: 'retry', cause: error });
}

/** Each delivery settles in a transaction of its own: so many things follow from it. */
export function createDeliverySettler({
  db,
  logger,
}: Pick<AttemptServices, 'db' | 'logger'>): Settler<Settled> {
  return createSettler({
    db,
    logger,
    write: async (tx, [settled]) => [await settle(tx, settled!)],
  });
}

/** The photo with the `traceparent` that its receiver gets, when it is traced. */
function traced(observer: Required<Observer>, job: DeliveryJob, image: StoredImage): StoredImage {
  const name = { imageId: job.imageId, deliveryId: job.id, attempt: job.attempts + 1 };
  const traceparent = observer.traceparentOf(name);
  return traceparent === undefined ? image : { ...image, traceparent };
}

function tellAttempt(
  observer: Required<Observer>,
  job: DeliveryJob,
  { destination, image, sizeBytes }: Assignment,
  outcome: Outcome,
): void {
  observer.attempted({
    queue: 'image',
    deliveryId: job.id,
    projectId: job.projectId,
    imageId: job.imageId,
    kind: destination.type,
    attempt: job.attempts + 1,
    outcome: outcome.outcome,
    status: outcome.status,
    error: outcome.error,
    address: outcome.address,
    phases: outcome.phases,
    startedAt: outcome.startedAt,
    durationMs: outcome.durationMs,
    createdAt: image.createdAt,
    detail: outcome.receipt?.verifiedBy,
    bytes: sizeBytes,
  });
}

function logAttempt(
  logger: Logger,
  job: DeliveryJob,
  assignment: Assignment,
  outcome: Outcome,
  settled: boolean,
): void {
  const line = {
    delivery: job.id,
    image: job.imageId,
    session: job.sessionId,
    project: job.projectId,
    destination: job.lane,
    kind: assignment.destination.type,
    bytes: assignment.sizeBytes,
    attempt: job.attempts + 1,
    outcome: outcome.outcome,
    status: outcome.status,
    address: outcome.address,
    ms: outcome.durationMs,
    phases: outcome.phases,
    verified: outcome.receipt?.verifiedBy,
    reason: outcome.error ?? undefined,
    nextAt: outcome.nextAt === null ? undefined : new Date(outcome.nextAt).toISOString(),
    ...(settled ? {} : { leaseLost: true }),
  };
  if (outcome.outcome === 'sent' || outcome.outcome === 'cancelled') logger.info(line, 'attempt');
  else logger.warn(line, 'attempt');
}
