/** Work that has a time of its own, with the phase it is in for a name. */
import { OutboundError } from '../outbound.ts';
import type { Progress } from './connect.ts';
import { describeDeadline } from './failures.ts';

/** Runs a piece of work with a signal that aborts with the OutboundError to throw: late, or stopped by the caller. */
export async function inTime<T>(
  host: string,
  progress: Progress,
  signal: AbortSignal,
  deadlineMs: number,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(reasonOf(signal, host));
  const timer = setTimeout(() => {
    const message = describeDeadline(progress.stage, host, deadlineMs);
    controller.abort(new OutboundError(progress.stage, 'DEADLINE', message));
  }, deadlineMs);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

/** A deadline around this one has its own word for it. */
function reasonOf({ reason }: AbortSignal, host: string): OutboundError {
  if (reason instanceof OutboundError) return reason;
  return new OutboundError('aborted', 'ABORTED', `The connection to ${host} was stopped.`);
}
