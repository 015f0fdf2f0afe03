/** The connection test of a file server: a small file takes the way of a photo, and each step is told. */
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { type CheckResult, type CheckStep, type DeliverableImage, DeliveryError } from './destination.ts';
import { FileServerError, stopped } from './file-server-error.ts';
import { type FileServer, type FileSession, temporaryName } from './file-session.ts';
import { templateCollision } from './templates.ts';

type StepName = CheckStep['step'];

/** The steps of a test, in the order in which they were begun. Beginning one ends the one before it, well. */
export class StepLog {
  readonly steps: CheckStep[] = [];
  #started = performance.now();
  #running = false;

  begin(step: StepName): void {
    this.#end();
    this.steps.push({ step, outcome: 'ok', durationMs: 0 });
    this.#started = performance.now();
    this.#running = true;
  }

  /** A step whose time is known already. */
  add(step: StepName, durationMs: number): void {
    this.#end();
    this.steps.push({ step, outcome: 'ok', durationMs });
  }

  skip(step: StepName): void {
    this.add(step, 0);
    this.#last().outcome = 'skipped';
  }

  /** Says something about the current step; with an advice it becomes a note. */
  say(message: string, advice?: string): void {
    const step = this.#last();
    step.message = step.message === undefined ? message : `${step.message} ${message}`;
    if (advice === undefined) return;
    step.outcome = 'noted';
    step.advice = advice;
  }

  fail(error: DeliveryError): void {
    this.#end();
    const at = error instanceof FileServerError ? error.step : undefined;
    const current = this.steps.at(-1);
    if (at !== undefined && at !== current?.step) {
      const ms = (error.phases as Record<string, number> | null)?.[at] ?? 0;
      this.steps.push({ step: at, outcome: 'ok', durationMs: ms });
    }
    const [message, advice] =
      error instanceof FileServerError ? [error.what, error.advice] : [error.message, 'Run the test again.'];
    Object.assign(this.#last(), { outcome: 'failed', message, advice });
  }

  #last(): CheckStep {
    const last = this.steps.at(-1);
    if (last) return last;
    this.begin('settings');
    return this.#last();
  }

  #end(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#last().durationMs = Math.round((performance.now() - this.#started) * 10) / 10;
  }

  /** Ends the last step. */
  close(): CheckStep[] {
    this.#end();
    return this.steps;
  }
}

/** Resolves also when the test fails; rejects only for our own faults. */
export async function checkFileServer(server: FileServer, signal: AbortSignal): Promise<CheckResult> {
  const log = new StepLog();
  log.add('settings', 0);
  const collision = templateCollision(server.template);
  if (collision !== undefined) log.say(`path_template ${server.template}`, collision);
  try {
    if (signal.aborted) throw stopped();
    const session = await server.open(signal, log);
    const stop = (): void => session.end();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const place = await writeProbe(session, server, log);
      return { success: true, message: `Photos can be written to ${place}`, steps: log.close() };
    } finally {
      signal.removeEventListener('abort', stop);
      session.end();
    }
  } catch (error) {
    return failed(log, signal.aborted ? stopped() : error);
  }
}

function failed(log: StepLog, error: unknown): CheckResult {
  if (!(error instanceof DeliveryError)) throw error;
  log.fail(error);
  return {
    success: false,
    ...(error.status === null ? {} : { status: error.status }),
    error: `${log.steps.at(-1)?.step} failed`,
    message: error.message,
    steps: log.close(),
  };
}

/** Returns the folder that was written to, as people read it. */
async function writeProbe(session: FileSession, server: FileServer, log: StepLog): Promise<string> {
  const probe = makeProbe();
  const wanted = server.template.includes('/')
    ? `apertur-${probe.deliveryId}/${probe.filename}`
    : probe.filename;
  log.begin('make folder');
  const place = await session.makeRoom(wanted);
  if (place !== wanted) {
    log.say(
      'The server does not let this account make folders, so photos get flat names.',
      'Allow it to make folders, or take the folders out of the template.',
    );
  }
  log.begin('write');
  const upload = await uploadAndName(session, probe, place, log);
  log.begin('verify');
  const verifiedBy = await upload.verify(place);
  if (verifiedBy === 'none') {
    log.say('The server does not say what it holds.', 'Photos are sent, but they cannot be compared.');
  } else log.say(`By ${verifiedBy}.`);
  log.begin('clean up');
  await cleanUp(session, place, log);
  return session.show('');
}

async function uploadAndName(session: FileSession, probe: DeliverableImage, place: string, log: StepLog) {
  const folder = place.slice(0, place.lastIndexOf('/') + 1);
  const temporary = folder + temporaryName(probe);
  const uploaded = await session.upload(temporary, probe).catch((error: unknown) => {
    if (error instanceof FileServerError && error.early) return undefined;
    throw error;
  });
  if (uploaded && (await session.rename(temporary, place, 'replace')) === 'done') return uploaded;
  if (uploaded) await session.remove(temporary).catch(() => undefined);
  const straight = await session.upload(place, probe);
  const straightly = 'so photos are written straight under their names.';
  if (uploaded) {
    log.say(
      `The server does not let this account rename, ${straightly}`,
      'Allow it to rename, so that nobody sees half a photo.',
    );
  } else {
    log.say(
      `The server takes no temporary names like ${temporaryName(probe)}, ${straightly}`,
      'Allow such names, so that nobody sees half a photo.',
    );
  }
  return straight;
}

async function cleanUp(session: FileSession, place: string, log: StepLog): Promise<void> {
  try {
    await session.remove(place);
    const folder = place.slice(0, Math.max(0, place.lastIndexOf('/')));
    if (folder !== '') await session.removeFolder(folder).catch(() => undefined);
  } catch {
    log.say(
      `Could not remove ${session.show(place)}.`,
      'The account may not delete; that is fine. Remove it by hand.',
    );
  }
}

/** A file that says what it is. */
function makeProbe(): DeliverableImage {
  const bytes = Buffer.from('A test by Apertur. This file can be removed.\n');
  const number = randomBytes(4).toString('hex');
  return {
    deliveryId: `test-${number}`,
    id: 'img_test',
    sessionId: 'sess_test',
    projectId: 'proj_test',
    env: 'test',
    index: 0,
    filename: `apertur-test-${number}.txt`,
    mimeType: 'text/plain',
    ext: 'txt',
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    source: 'test',
    tags: null,
    metadata: null,
    createdAt: Date.now(),
    open: async () => Readable.from([bytes]),
  };
}
