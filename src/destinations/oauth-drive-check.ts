/** The connection test of a cloud drive: signs in, makes the folder, writes a small file, verifies and removes it. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { OutboundResponse, Phases } from '../lib/outbound.ts';
import { type CheckResult, type CheckStep, type DeliverableImage, DeliveryError } from './destination.ts';
import type { Drive, DriveSettings, Written } from './oauth-drive.ts';
import { splitPath, verify } from './oauth-drive.ts';
import { templateCollision, templatePrefix } from './templates.ts';
import { TransferError } from './transfer.ts';

const text = Buffer.from('A test by Apertur. This file can be removed.\n');

/** Resolves also when the test fails; throws only for faults of ours. */
export async function checkDrive(
  drive: Drive,
  { template }: DriveSettings,
  now: () => number,
  signal: AbortSignal,
): Promise<CheckResult> {
  const probe = probeFile(now());
  const path = `${templatePrefix(template)}${probe.filename}`;
  const test = new Test(now, template);
  try {
    await test.reach(() => drive.signIn(signal));
    await test.step('make folder', () => drive.makeFolder(splitPath(path).folder, signal));
    const hash = await drive.hash(probe);
    const { file, answer } = await test.step('write', () => writeProbe(drive, path, probe, hash, signal));
    await test.step('verify', async () => {
      const proof = verify(drive.show(path), probe.sizeBytes, hash, file);
      return proof === 'hash' ? 'The service computed the same checksum.' : 'The size is right.';
    });
    await test.cleanUp(drive.show(path), () => drive.remove(path, file, signal));
    const message = `Photos can be written to ${drive.show(splitPath(path).folder) || 'the folder'}.`;
    return { success: true, ...(answer ? { status: answer.status } : {}), message, steps: test.steps };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    return test.failedWith(error);
  }
}

async function writeProbe(
  drive: Drive,
  path: string,
  probe: DeliverableImage,
  hash: string,
  signal: AbortSignal,
): Promise<Written> {
  const written = await drive.write(path, probe, { hash, free: false }, signal);
  if (written !== 'taken') return written;
  throw new DeliveryError(`${drive.show(path)} is in the way.`, { fate: 'retry' });
}

/** The steps so far. */
class Test {
  readonly steps: CheckStep[] = [];
  readonly #now: () => number;
  #current: CheckStep['step'] = 'sign in';
  #started = 0;

  constructor(now: () => number, template: string) {
    this.#now = now;
    const advice = templateCollision(template);
    this.steps.push(
      advice === undefined
        ? { step: 'settings', outcome: 'ok', durationMs: 0 }
        : { step: 'settings', outcome: 'noted', durationMs: 0, message: `Each photo: ${template}`, advice },
    );
  }

  /** The first request tells of the road, too. */
  async reach(work: () => Promise<OutboundResponse>): Promise<void> {
    this.#begin('sign in');
    const { phases } = await work();
    this.#road(phases);
    this.#end('sign in');
  }

  async step<T>(step: CheckStep['step'], work: () => Promise<T>): Promise<T> {
    this.#begin(step);
    const result = await work();
    this.#end(step, typeof result === 'string' ? result : undefined);
    return result;
  }

  async cleanUp(place: string, work: () => Promise<void>): Promise<void> {
    try {
      await this.step('clean up', work);
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      const message = `Could not clean up: ${place} stays there.`;
      const advice = 'That is fine: deliveries only need to write. Delete it by hand if it is in the way.';
      this.steps.push({ step: 'clean up', outcome: 'noted', durationMs: this.#elapsed(), message, advice });
    }
  }

  failedWith(error: DeliveryError): CheckResult {
    const known = error instanceof TransferError ? error : undefined;
    const road = ['resolve', 'connect', 'tls'] as const;
    const failed = road.find((step) => step === known?.step) ?? this.#stepOf(error);
    if (this.#current === 'sign in' && failed !== 'sign in' && road.some((step) => step === failed)) {
      this.#road(error.phases, failed);
    }
    const message = known?.says ?? error.message;
    const advice = known?.advice ?? 'It will be tried again by itself.';
    const step: CheckStep = { step: failed, outcome: 'failed', durationMs: this.#elapsed(), message, advice };
    return {
      success: false,
      ...(error.status === null ? {} : { status: error.status }),
      error: error.excerpt ?? `${failed} failed`,
      message: error.message,
      steps: [...this.steps, step],
    };
  }

  #stepOf(error: DeliveryError): CheckStep['step'] {
    return error.fate === 'reconnect' ? 'sign in' : this.#current;
  }

  #begin(step: CheckStep['step']): void {
    this.#current = step;
    this.#started = this.#now();
  }

  #end(step: CheckStep['step'], message?: string): void {
    this.steps.push({ step, outcome: 'ok', durationMs: this.#elapsed(), ...(message ? { message } : {}) });
  }

  #road(phases: Phases | null, until?: CheckStep['step']): void {
    for (const step of ['resolve', 'connect', 'tls'] as const) {
      if (step === until) return;
      this.steps.push({ step, outcome: 'ok', durationMs: phases?.[step] ?? 0 });
    }
  }

  #elapsed(): number {
    return Math.max(0, this.#now() - this.#started);
  }
}

/** A small text that goes the way of a photo. */
function probeFile(now: number): DeliverableImage {
  const id = randomBytes(4).toString('hex');
  return {
    deliveryId: `del_test_${id}`,
    id: `img_test_${id}`,
    sessionId: 'sess_test',
    projectId: 'proj_test',
    env: 'test',
    index: 0,
    filename: `apertur-test-${id}.txt`,
    mimeType: 'text/plain',
    ext: 'txt',
    sizeBytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    source: 'test',
    tags: null,
    metadata: null,
    createdAt: now,
    open: async (range) => Readable.from([range ? text.subarray(range.start, range.end + 1) : text]),
  };
}
