/** The test of a webhook: one real delivery of a small generated image, told step by step. Contract §6.1.5, §9.5. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createId } from '../../lib/ids.ts';
import type { OutboundError, Phases } from '../../lib/outbound.ts';
import { type CheckResult, type CheckStep, type DeliverableImage, DeliveryError } from '../destination.ts';
import { describeStatus } from './answers.ts';
import { post, type Sending } from './deliver.ts';

/** A 48 × 48 JPEG: the mark on its dark ground. */
const sample = Buffer.from(
  '/9j/2wBDABAQEBAREBIUFBIZGxgbGSUiHx8iJTgoKygrKDhVNT41NT41VUtbSkVKW0uHal5eaoecg3yDnL2pqb3u4u7/////2wBDARAQEBAREBIU' +
    'FBIZGxgbGSUiHx8iJTgoKygrKDhVNT41NT41VUtbSkVKW0uHal5eaoecg3yDnL2pqb3u4u7/////wgARCAAwADADASIAAhEBAxEB/8QAFwABAQEB' +
    'AAAAAAAAAAAAAAAAAAYBBf/EABcBAAMBAAAAAAAAAAAAAAAAAAABAwX/2gAMAwEAAhADEAAAAIo1rFAJT7cKqKdoiVGHmzk7RTq0m4K99wBLcCv/' +
    'xAAeEAACAgIDAQEAAAAAAAAAAAABAgQRBVIAEDEgMP/aAAgBAQABPwD7VWdgqqST4ByHhGankmhoOTMIy28Y2NDxlZGKspBHoPeAAuSa07z4FxjW' +
    '/eAIuSL07z5Fxhe/asyMGUkEeEch5tlpJIsbjkzNs1pGFDc8ZmdizMST6T+H/8QAFBEBAAAAAAAAAAAAAAAAAAAAMP/aAAgBAgEBPwAf/8QAGhEA' +
    'AwADAQAAAAAAAAAAAAAAAxASAhMzAP/aAAgBAwEBPwD28VTSPyyQOWK0CqpX/9k=',
  'base64',
);

/** The image of a test. Every test is a delivery of its own, so that no receiver takes it for one that it has. */
export function sampleImage(now: number): DeliverableImage {
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
    sizeBytes: sample.length,
    sha256: createHash('sha256').update(sample).digest('hex'),
    source: 'test',
    tags: null,
    metadata: null,
    createdAt: now,
    open: async () => Readable.from([sample]),
  };
}

/** Resolves also when the receiver cannot be reached or says no. */
export async function check(sending: Sending, signal: AbortSignal): Promise<CheckResult> {
  const image = sampleImage(sending.services.now());
  const settings = settingsStep(sending.settings.url);
  const probe = { ...sending, extraHeaders: { 'X-Apertur-Test': 'true' } };
  try {
    const { answer } = await post(probe, image, signal);
    const { status, phases } = answer;
    const steps = [settings, ...roadSteps(sending.settings.url, phases)];
    return status >= 200 && status < 300
      ? accepted(steps, status, writeTime(phases))
      : refused(steps, status, writeTime(phases));
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    return unreached(sending.settings.url, settings, error);
  }
}

function settingsStep(url: string): CheckStep {
  if (url.startsWith('https:')) return { step: 'settings', outcome: 'ok', durationMs: 0 };
  return {
    step: 'settings',
    outcome: 'noted',
    durationMs: 0,
    message: 'The URL begins with http://, so photos travel in the clear.',
    advice: 'Use https:// where other people share the network.',
  };
}

const road = ['resolve', 'connect', 'tls'] as const;

/** The steps before the request, all of which went well. */
function roadSteps(url: string, phases: Phases): CheckStep[] {
  return road.map((step) => {
    if (step === 'tls' && url.startsWith('http:')) return { step, outcome: 'skipped', durationMs: 0 };
    return { step, outcome: 'ok', durationMs: phases[step] ?? 0 };
  });
}

function writeTime({ resolve = 0, connect = 0, tls = 0, total = 0 }: Phases): number {
  return Math.max(0, Math.round((total - resolve - connect - tls) * 10) / 10);
}

function accepted(steps: CheckStep[], status: number, durationMs: number): CheckResult {
  const message = `The receiver took the test image (${status}).`;
  return {
    success: true,
    status,
    message,
    steps: [...steps, { step: 'write', outcome: 'ok', durationMs, message }],
  };
}

function refused(steps: CheckStep[], status: number, durationMs: number): CheckResult {
  const meaning = describeStatus(status);
  const step: CheckStep = { step: 'write', outcome: 'failed', durationMs, ...meaning };
  const message = meaning.advice ? `${meaning.message} ${meaning.advice}` : meaning.message;
  return { success: false, status, error: `HTTP ${status}`, message, steps: [...steps, step] };
}

/** No answer: the steps up to the one that failed, and those that were not reached. */
function unreached(url: string, settings: CheckStep, error: DeliveryError): CheckResult {
  const cause = error.cause as OutboundError | undefined;
  const failedAt = stepOf(cause);
  const [message, advice] = splitAdvice(error.message);
  const phases = error.phases ?? {};
  const steps: CheckStep[] = [settings];
  let reached = true;
  for (const step of [
    ...roadSteps(url, phases),
    { step: 'write', outcome: 'ok', durationMs: 0 } as CheckStep,
  ]) {
    if (step.step === failedAt) {
      const durationMs = step.step === 'write' ? writeTime(phases) : step.durationMs;
      steps.push({ step: step.step, outcome: 'failed', durationMs, message, ...(advice ? { advice } : {}) });
      reached = false;
    } else {
      steps.push(reached ? step : { step: step.step, outcome: 'skipped', durationMs: 0 });
    }
  }
  return { success: false, error: cause?.code ?? error.fate, message: error.message, steps };
}

function stepOf(cause: OutboundError | undefined): CheckStep['step'] {
  if (cause?.stage === 'guard') return 'resolve';
  return road.find((step) => step === cause?.stage) ?? 'write';
}

/** Sentences of the client say first what happened, then what to do. */
function splitAdvice(text: string): [message: string, advice: string | undefined] {
  const [message = text, ...advice] = text.split(/(?<=\.) (?=[A-Z])/);
  return [message, advice.length > 0 ? advice.join(' ') : undefined];
}
