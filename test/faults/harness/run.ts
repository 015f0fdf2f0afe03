/**
 * A story of faults: the whole product, phones that send, and destinations that fail and lie; then everything is counted.
 * The same seed draws the same faults.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Behaviour } from '../../helpers/receiver.ts';
import { between, seeded } from '../../helpers/seeded.ts';
import type { Place } from '../aftermath.ts';
import { type Books, countWaiting, readBooks } from './books.ts';
import { findBroken, findMistakes } from './judge.ts';
import type { Lie } from './liar.ts';
import type { Hearing } from './listener.ts';
import { type Phones, startPhones } from './phones.ts';
import { foldersOf, openSessions, places, type Stage, setStage } from './stage.ts';
import { createStorm, type Storm } from './storm.ts';

export interface FaultStory {
  seed: number;
  /** How long the storm lasts; afterwards what waits is delivered in good weather. */
  ms: number;
  /** A migrated PostgreSQL database; absent: SQLite. */
  databaseUrl?: string;
  /** Where everything is kept for whoever looks for the cause, if something is broken. */
  keep?: string;
}

export interface FaultReport {
  seed: number;
  acknowledged: number;
  delivered: number;
  failed: number;
  events: number;
  /** Photos and events that came more than once, always under the same delivery id. */
  duplicates: number;
  /** Files without a row that the sweep removed. */
  orphanFiles: number;
  /** From the start of a process to the next photo that was answered 201, at worst. Milliseconds; null when it never fell. */
  slowestRecoveryMs: number | null;
  faults: Record<string, number>;
  lies: Record<string, number>;
  /** What must never be; empty when all is well. */
  broken: string[];
}

const phones = 5;
const drainMs = 300_000;

/** Tells one story to its end. Throws when the stage itself cannot be set. */
export async function runFaults(story: FaultStory): Promise<FaultReport> {
  await using closing = new AsyncDisposableStack();
  const stage = await setStage(story.databaseUrl, closing);
  const owner = await stage.product.createKey();
  const sessions = await openSessions(stage, owner);
  const sending = startPhones(() => stage.product.url, { sessions, phones, seed: story.seed });
  misbehave(stage, story.seed);
  const storm = createStorm({ ...stage, taken: () => sending.acknowledged.size }, story.seed);
  await storm.rage(story.ms);
  stage.receiver.behave(() => 'ok');
  stage.listener.behave(() => 'ok');
  stage.liar.tell(() => 'none');
  await sending.finish();

  const place = { dataDir: stage.product.dataDir, databaseUrl: story.databaseUrl };
  const drained = await waitUntilEnded(place);
  const code = await stage.product.stop();
  const books = await readBooks({ place, folders: foldersOf(stage) });
  const broken = [
    ...storm.falls,
    ...findMistakes(stage.product.log),
    ...sending.refusals,
    ...(drained ? [] : ['deliveries that never ended']),
    ...(code === 0 ? [] : [`the product ended with ${code}:\n${stage.product.output.slice(-2_000)}`]),
    ...findBroken({
      books,
      acknowledged: sending.acknowledged,
      arrivals: stage.receiver.arrivals,
      heard: stage.listener.heard,
      places,
    }),
  ];
  if (broken.length > 0 && story.keep) await keepEvidence(story.keep, stage, { storm, broken });
  return { ...report(stage, books, storm, sending), seed: story.seed, broken };
}

function report(
  { receiver, listener, liar }: Stage,
  books: Books,
  storm: Storm,
  { acknowledged, moments }: Phones,
): Omit<FaultReport, 'seed' | 'broken'> {
  const { deliveries } = books.after;
  const happened = Map.groupBy(storm.log, ({ fault }) => fault);
  return {
    acknowledged: acknowledged.size,
    delivered: deliveries.filter(({ status }) => status === 'sent').length,
    failed: deliveries.filter(({ status }) => status === 'failed').length,
    events: books.rows.events.length,
    duplicates:
      receiver.arrivals.length -
      new Set(receiver.arrivals.map((arrival) => arrival.imageId)).size +
      listener.heard.length -
      new Set(listener.heard.map((one) => one.eventId)).size,
    orphanFiles: books.orphanFiles,
    slowestRecoveryMs: slowestRecovery(storm.restarts, moments),
    faults: Object.fromEntries([...happened].map(([fault, times]) => [fault, times.length])),
    lies: { ...Object.fromEntries(receiver.behaved), ...Object.fromEntries(liar.told) },
  };
}

/** A restart that another fault overtook before a photo was taken is no measure of a recovery. */
function slowestRecovery(restarts: Storm['restarts'], moments: readonly number[]): number | null {
  const recoveries = restarts.flatMap(({ at }, index) => {
    const next = moments.find((moment) => moment > at);
    const overtaken = restarts[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    return next === undefined || next > overtaken ? [] : [next - at];
  });
  return recoveries.length === 0 ? null : Math.max(...recoveries);
}

function misbehave({ receiver, liar, listener }: Stage, seed: number): void {
  const behaviours: Behaviour[] = ['error', 'reset', 'slow', 'lost', 'hang', 'busy'];
  const lies: Lie[] = ['page', 'forget', 'truncate', 'drop', 'error', 'reset'];
  const hearings: Hearing[] = ['error', 'lost', 'reset'];
  const receiving = seeded(seed + 2);
  const lying = seeded(seed + 3);
  const hearing = seeded(seed + 4);
  receiver.behave(() =>
    receiving() < 0.6 ? 'ok' : behaviours[between(receiving, 0, behaviours.length - 1)]!,
  );
  liar.tell(() => (lying() < 0.7 ? 'none' : lies[between(lying, 0, lies.length - 1)]!));
  listener.behave(() => (hearing() < 0.8 ? 'ok' : hearings[between(hearing, 0, hearings.length - 1)]!));
}

async function waitUntilEnded(place: Place): Promise<boolean> {
  for (const end = performance.now() + drainMs; performance.now() < end; await pause(500)) {
    if ((await countWaiting(place)) === 0) return true;
  }
  return false;
}

async function keepEvidence(
  folder: string,
  { disk, product }: Stage,
  { storm, broken }: { storm: Storm; broken: string[] },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(disk.folder, join(folder, 'disk'), { recursive: true });
  await writeFile(join(folder, 'broken.txt'), broken.join('\n'));
  await writeFile(join(folder, 'faults.json'), JSON.stringify(storm.log, undefined, 1));
  await writeFile(join(folder, 'product.log'), product.log.map((line) => JSON.stringify(line)).join('\n'));
}
