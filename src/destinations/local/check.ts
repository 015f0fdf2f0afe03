/** The connection test of a local folder: makes the folder, writes a small file, reads it back, removes it. */
import { randomBytes } from 'node:crypto';
import { open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { CheckResult, CheckStep, DeliveryError } from '../destination.ts';
import { templateCollision } from '../templates.ts';
import { LocalError, outside, stopped, toDeliveryError } from './failures.ts';
import { makeFolder, type Place } from './place.ts';

type StepName = CheckStep['step'];

export async function checkFolder(
  place: Place | undefined,
  template: string,
  services: { now(): number },
  signal: AbortSignal,
): Promise<CheckResult> {
  if (!place) return fail([], 'settings', outside(), 0);
  const steps: CheckStep[] = [noteSettings(template)];
  let folder = place.folder;
  const probe = (): string => path.join(folder, probeName);
  const probeName = `apertur-test-${randomBytes(4).toString('hex')}.txt`;
  const probeText = 'A test by Apertur. This file can be removed.\n';
  const work: [StepName, () => Promise<void>][] = [
    ['make folder', async () => { folder = await makeFolder(place.root, place.folder); }],
    ['write', () => writeProbe(probe(), probeText)],
    ['verify', async () => assertEqual(await readFile(probe(), 'utf8'), probeText)],
    ['clean up', () => rm(probe())],
  ]; // biome-ignore format: one step a line
  for (const [step, run] of work) {
    const started = services.now();
    try {
      if (signal.aborted) throw stopped();
      await run();
      steps.push({ step, outcome: 'ok', durationMs: services.now() - started });
    } catch (error) {
      await rm(probe(), { force: true }).catch(() => undefined);
      return fail(steps, step, toDeliveryError(error, folder), services.now() - started);
    }
  }
  return { success: true, message: `Photos can be written to ${folder}`, steps };
}

function noteSettings(template: string): CheckStep {
  const advice = templateCollision(template);
  if (advice === undefined) return { step: 'settings', outcome: 'ok', durationMs: 0 };
  return { step: 'settings', outcome: 'noted', durationMs: 0, message: `path_template ${template}`, advice };
}

async function writeProbe(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function assertEqual(found: string, wanted: string): void {
  if (found !== wanted) throw new Error('The file that was read back is not the one that was written');
}

function fail(steps: CheckStep[], step: StepName, error: DeliveryError, durationMs: number): CheckResult {
  const said =
    error instanceof LocalError ? { message: error.what, advice: error.advice } : { message: error.message };
  return {
    success: false,
    error: `${step} failed`,
    message: error.message,
    steps: [...steps, { step, outcome: 'failed', durationMs, ...said }],
  };
}
