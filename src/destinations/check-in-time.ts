/** The connection test of any kind, within the time that a person waits for an answer. */
import type { CheckResult, CheckStep, Connection } from './destination.ts';

/**
 * Milliseconds that a test may take in all. A delivery has longer, and every wait of its own has its own bound; what
 * those say is more exact, so this ends only what they leave: a second more than the longest single one of them.
 */
const patienceMs = 31_000;
/** A kind that was stopped answers at once; only what cannot be stopped, such as a disk that hangs, does not. */
const graceMs = 2_000;

/** Resolves also when the test fails or takes too long; rejects only for our own faults. */
export async function checkInTime(
  connection: Pick<Connection, 'check'>,
  signal: AbortSignal,
  withinMs = patienceMs,
): Promise<CheckResult> {
  const late = new AbortController();
  const unstoppable = Promise.withResolvers<CheckResult>();
  const timers = [
    setTimeout(() => late.abort(), withinMs),
    setTimeout(() => unstoppable.resolve({ success: false, steps: [] }), withinMs + graceMs),
  ];
  const checked = connection.check(AbortSignal.any([signal, late.signal]));
  // Nobody may wait for it any more when it fails.
  checked.catch(() => undefined);
  try {
    const result = await Promise.race([checked, unstoppable.promise]);
    return late.signal.aborted && !signal.aborted && !result.success ? tellLate(result, withinMs) : result;
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

const usualAdvice = 'Look how busy the server is, and at the network between; then run the test again.';
const adviceOf: Partial<Record<CheckStep['step'], string>> = {
  resolve: 'Check the host name and the name server.',
  connect: 'Check the address, the port and the firewall, and what listens there.',
  tls: 'Check that this port speaks TLS.',
  'sign in': 'Check that the port speaks the right protocol, and how busy the server is.',
};

/** Where it was when its time was over, in place of what stopping it led to. */
function tellLate(result: CheckResult, withinMs: number): CheckResult {
  const failed = result.steps.find(({ outcome }) => outcome === 'failed');
  const { step, durationMs } = failed ?? { step: 'write' as const, durationMs: withinMs };
  const message = `Not done after the ${withinMs / 1_000} s that a test may take.`;
  const advice = adviceOf[step] ?? usualAdvice;
  const told: CheckStep = { step, outcome: 'failed', durationMs, message, advice };
  const steps = result.steps.map((each) => (each === failed ? told : each));
  return {
    success: false,
    error: `${step} failed`,
    message: `${message} ${advice}`,
    steps: failed ? steps : [...steps, told],
  };
}
