/** A failure at a file server: what happened, what to do, and at which step. */
import { OutboundError } from '../lib/outbound.ts';
import { type CheckStep, DeliveryError, type DeliveryErrorDetails } from './destination.ts';

export interface FileServerErrorDetails extends DeliveryErrorDetails {
  /** Where in a connection test this is shown, when it is not the step that was begun last. */
  step?: CheckStep['step'] | undefined;
  /** The account has as many connections as the server allows it. */
  crowded?: boolean;
  /** Refused before anything was written, perhaps for the name alone. */
  early?: boolean;
}

export class FileServerError extends DeliveryError {
  /** What happened, alone. */
  readonly what: string;
  readonly advice: string;
  readonly step: CheckStep['step'] | undefined;
  readonly crowded: boolean;
  readonly early: boolean;

  constructor(what: string, advice: string, details: FileServerErrorDetails) {
    super(`${what} ${advice}`.trim(), details);
    this.what = what;
    this.advice = advice;
    this.step = details.step;
    this.crowded = details.crowded ?? false;
    this.early = details.early ?? false;
  }
}

const waiting = 'It is tried again by itself; if it goes on, look at the network and at the server.';

/** A failure before any file server spoke: the guard, the name, the connection, TLS. */
export function fromOutbound(error: OutboundError): FileServerError {
  const [what = error.message, ...advice] = error.message.split(/(?<=\.) (?=[A-Z])/);
  return new FileServerError(what, advice.join(' ') || waiting, {
    fate: error.stage === 'aborted' ? 'cancelled' : 'retry',
    phases: error.phases,
    address: error.address,
    step: stepOf(error.stage),
    cause: error,
  });
}

/** Lets failures in our own words pass, and puts those of the network into words. */
export function toFileServerError(error: unknown, otherwise: () => FileServerError): unknown {
  if (error instanceof DeliveryError) return error;
  return error instanceof OutboundError ? fromOutbound(error) : otherwise();
}

function stepOf(stage: OutboundError['stage']): CheckStep['step'] | undefined {
  if (stage === 'guard' || stage === 'resolve') return 'resolve';
  return stage === 'connect' || stage === 'tls' ? stage : undefined;
}

/** The connection ended, or nothing came for a while, in the middle of something. */
export function broken(host: string, why: string, cause?: unknown): FileServerError {
  return new FileServerError(`The connection to ${host} ${why}.`, waiting, { fate: 'retry', cause });
}

/** What the server holds is not what was sent. */
export function sizeDiffers(held: number, sent: number): FileServerError {
  return new FileServerError(
    `The server holds ${held} of ${sent} bytes.`,
    'It is sent again; if it goes on, look whether its disk or quota is full.',
    { fate: 'retry' },
  );
}

export function hashDiffers(algorithm: string): FileServerError {
  return new FileServerError(
    `The server holds other bytes than were sent (${algorithm} differs).`,
    'It is sent again; if it goes on, look at its disk.',
    { fate: 'retry' },
  );
}

export const stopped = (): DeliveryError =>
  new DeliveryError('Stopped in the middle of the delivery; nothing half-written is visible.', {
    fate: 'cancelled',
  });

/** Text of a server for people: one line, without control characters. */
export function printable(text: string, most = 200): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, most);
}
