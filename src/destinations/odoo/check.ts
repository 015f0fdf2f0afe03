/** The connection test of Odoo: a signed message that no receiver acts on, so that nothing is written there. */
import { createId } from '../../lib/ids.ts';
import type { Phases } from '../../lib/outbound.ts';
import { type CheckResult, type CheckStep, type DeliverableImage, DeliveryError } from '../destination.ts';
import { stopped, TransferError } from '../transfer.ts';
import { failureOf, post, type Sending, signaturesOf } from './deliver.ts';
import { messageOf, readVerdict } from './message.ts';

/** It fetches nothing for a test, so that its answer needs no such patience as with a photo. */
const deadlineMs = 30_000;

const road: readonly CheckStep['step'][] = ['resolve', 'connect', 'tls'];

/** Resolves also when the test fails; throws only for faults of ours. */
export async function check(sending: Sending, signal: AbortSignal): Promise<CheckResult> {
  const settings: CheckStep = { step: 'settings', outcome: 'ok', durationMs: 0 };
  const started = sending.services.now();
  try {
    if (signal.aborted) throw stopped();
    const body = messageOf(sampleImage(started), sending.services.downloadUrl('img_test'), 'apertur.test');
    const answer = await post(sending, body, signaturesOf(sending, body), signal, deadlineMs);
    const durationMs = sending.services.now() - started;
    const verdict = readVerdict(answer);
    const message = 'message' in verdict ? verdict.message : '';
    // A receiver that checks the signature first and then does not know the topic has said all that we want to hear.
    const unknownTopic =
      verdict.status === 'error' && /topic|event|unknown|unsupported|ignored/i.test(message);
    if (
      answer.status !== 200 ||
      verdict.status === 'no envelope' ||
      (verdict.status === 'error' && !unknownTopic)
    ) {
      throw failureOf(sending, answer);
    }
    const write: CheckStep = {
      step: 'write',
      outcome: 'ok',
      durationMs,
      message: 'Odoo answered; no message was posted there.',
    };
    const verify: CheckStep = {
      step: 'verify',
      outcome: 'noted',
      durationMs: 0,
      message: `Odoo must reach ${new URL(sending.services.downloadUrl('img_test')).origin} to fetch photos.`,
      advice: 'Deliver one photo to see it arrive.',
    };
    return {
      success: true,
      status: answer.status,
      message: 'Odoo accepted a signed message.',
      steps: [settings, ...roadSteps(answer.phases), write, verify],
    };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    return failed([settings], error, sending.services.now() - started);
  }
}

function roadSteps(phases: Phases | null, until?: CheckStep['step']): CheckStep[] {
  const reached = road.slice(0, until === undefined ? road.length : road.indexOf(until));
  return reached.map((step) => ({
    step,
    outcome: 'ok',
    durationMs: phases?.[step as 'resolve' | 'connect' | 'tls'] ?? 0,
  }));
}

function failed(steps: CheckStep[], error: DeliveryError, durationMs: number): CheckResult {
  const known = error instanceof TransferError ? error : undefined;
  const step = known?.step ?? 'write';
  const onRoad = road.includes(step);
  const message = known?.says ?? error.message;
  return {
    success: false,
    ...(error.status === null ? {} : { status: error.status }),
    error: error.excerpt ?? `${step} failed`,
    message: error.message,
    steps: [
      ...(step === 'settings' ? [] : steps),
      ...(step === 'settings' ? [] : roadSteps(error.phases, onRoad ? step : undefined)),
      {
        step,
        outcome: 'failed',
        durationMs,
        message,
        advice: known?.advice ?? 'It will be tried again by itself.',
      },
    ],
  };
}

function sampleImage(now: number): DeliverableImage {
  return {
    deliveryId: createId('del'),
    id: 'img_test',
    sessionId: 'sess_test',
    projectId: 'proj_test',
    env: 'test',
    index: 0,
    filename: 'apertur-test.jpg',
    mimeType: 'image/jpeg',
    ext: 'jpg',
    sizeBytes: 0,
    sha256: '',
    source: 'test',
    tags: null,
    metadata: null,
    createdAt: now,
    open: async () => {
      throw new Error('The test sends no photo');
    },
  };
}
