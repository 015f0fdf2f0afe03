/** The connection test of an object store: writes one small object, verifies it, removes it, and tells each step. */
import type { OutboundResponse, Phases } from '../lib/outbound.ts';
import { type CheckResult, type CheckStep, DeliveryError } from './destination.ts';
import { templateCollision } from './templates.ts';
import { TransferError } from './transfer.ts';

export interface StoreProbe {
  /** What is worth saying about the settings; the template and plain http are looked at here. */
  settings: { template: string; field: string; url: string };
  /** What turned out about the settings while writing. */
  note?(): { message: string; advice: string } | undefined;
  /** Shown in messages: where the object is written. */
  place: string;
  /** Signs in where that is a request of its own. */
  signIn?(): Promise<void>;
  /** Throws DeliveryError. */
  write(): Promise<{ answer: Pick<OutboundResponse, 'status' | 'phases'>; verified: boolean }>;
  /** Tries what the conflict rule needs; a sentence when the store cannot do it. */
  tryConflict?(): Promise<string | undefined>;
  /** Throws DeliveryError, also when the credentials can only write. */
  remove(): Promise<void>;
}

const road = ['resolve', 'connect', 'tls'] as const;
const order: CheckStep['step'][] = ['settings', ...road, 'sign in', 'write', 'verify', 'clean up'];

/** Resolves also when the test fails; throws only for faults of ours. */
export async function checkStore(probe: StoreProbe, now: () => number): Promise<CheckResult> {
  const steps = [lookAtSettings(probe.settings)];
  const { protocol } = new URL(probe.settings.url);
  let started = now();
  let doing: CheckStep['step'] = 'sign in';
  try {
    await probe.signIn?.();
    doing = 'write';
    const signInMs = now() - started;
    started = now();
    const { answer, verified } = await probe.write();
    const sinceStart = now() - started;
    const note = probe.note?.();
    if (note) steps[0] = { step: 'settings', outcome: 'noted', durationMs: 0, ...note };
    steps.push(...roadSteps(protocol, answer.phases));
    steps.push({ step: 'sign in', outcome: 'ok', durationMs: signInMs });
    steps.push({ step: 'write', outcome: 'ok', durationMs: sinceStart, message: `Wrote ${probe.place}` });
    steps.push(await verifyStep(probe, verified, now), await cleanUpStep(probe, now));
    return {
      success: true,
      status: answer.status,
      message: `Photos can be written to ${probe.place}.`,
      steps,
    };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    // A request that signs in knows itself as writing.
    const failed = stepOf(error);
    const at = doing === 'sign in' && failed === 'write' ? doing : failed;
    return failedAt(at, steps, error, protocol, now() - started);
  }
}

function lookAtSettings({ template, field, url }: StoreProbe['settings']): CheckStep {
  const step = 'settings' as const;
  const advice = templateCollision(template);
  if (advice) return { step, outcome: 'noted', durationMs: 0, message: `${field} ${template}`, advice };
  if (url.startsWith('https:')) return { step, outcome: 'ok', durationMs: 0 };
  const message = 'The endpoint begins with http://, so photos travel in the clear.';
  return {
    step,
    outcome: 'noted',
    durationMs: 0,
    message,
    advice: 'Use https:// where others share the network.',
  };
}

function roadSteps(protocol: string, phases: Phases | null): CheckStep[] {
  return road.map((step) =>
    step === 'tls' && protocol === 'http:'
      ? { step, outcome: 'skipped', durationMs: 0 }
      : { step, outcome: 'ok', durationMs: phases?.[step] ?? 0 },
  );
}

async function verifyStep(probe: StoreProbe, verified: boolean, now: () => number): Promise<CheckStep> {
  const started = now();
  const trouble = await probe.tryConflict?.();
  const base = { step: 'verify' as const, durationMs: now() - started };
  if (trouble) {
    const advice = 'Choose overwrite, or a template with {image_id}, so that no two photos meet.';
    return { ...base, outcome: 'noted', message: trouble, advice };
  }
  if (verified) return { ...base, outcome: 'ok', message: 'The store computed the same checksum.' };
  return { ...base, outcome: 'noted', message: 'The store names no checksum that can be compared.' };
}

async function cleanUpStep(probe: StoreProbe, now: () => number): Promise<CheckStep> {
  const started = now();
  const step = 'clean up' as const;
  try {
    await probe.remove();
    return { step, outcome: 'ok', durationMs: now() - started };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    const message = `Could not clean up: ${probe.place} stays there.`;
    const advice = 'That is fine: deliveries only need to write. Delete it by hand if it is in the way.';
    return { step, outcome: 'noted', durationMs: now() - started, message, advice };
  }
}

/** What came before the failed step went well, what comes after was not tried. */
function failedAt(
  failed: CheckStep['step'],
  steps: CheckStep[],
  error: DeliveryError,
  protocol: string,
  durationMs: number,
): CheckResult {
  const before = order.slice(1, order.indexOf(failed));
  const passed = roadSteps(protocol, error.phases).filter(({ step }) => before.includes(step));
  const signIn: CheckStep[] = before.includes('sign in')
    ? [{ step: 'sign in', outcome: error.status === null ? 'skipped' : 'ok', durationMs: 0 }]
    : [];
  const says = error instanceof TransferError ? error.says : error.message;
  const advice = error instanceof TransferError ? error.advice : undefined;
  return {
    success: false,
    ...(error.status === null ? {} : { status: error.status }),
    error: error.excerpt ?? `${failed} failed`,
    message: error.message,
    steps: [
      ...(failed === 'settings' ? [] : steps),
      ...passed,
      ...signIn,
      { step: failed, outcome: 'failed', durationMs, message: says, ...(advice ? { advice } : {}) },
    ],
  };
}

function stepOf(error: DeliveryError): CheckStep['step'] {
  if (error.fate === 'reconnect') return 'sign in';
  return error instanceof TransferError ? error.step : 'write';
}
