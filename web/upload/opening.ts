/**
 * Opening the link: the session is asked for until it answers. A phone that has seen it before need not wait for that:
 * it opens with what it remembers, and the server has the last word once it can be heard.
 */
import { recallSession } from './offline/memory.ts';
import { retryDelay } from './retry.ts';
import { loadSession, type Session, type SessionAnswer } from './session.ts';

export type Answered = Exclude<SessionAnswer, { kind: 'unreachable' }>;

export interface OpeningOptions {
  sessionId: string;
  onAnswer(answer: Answered): void;
  /** Without the server, as the session was last seen. */
  onRemembered(session: Session): void;
  /** It answers after all. */
  onLate(): void;
  onUnreachable(kind: 'offline' | 'unavailable'): void;
}

export interface Opening {
  /** `first`: a request that is under way already. */
  open(first?: Promise<SessionAnswer>): Promise<void>;
  /** Again after so many milliseconds. */
  later(delay: number, run: () => void): void;
}

/** Milliseconds for the answer, on a phone that knows the session already. */
const PATIENCE = 4_000;

export function createOpening(options: OpeningOptions): Opening {
  const { sessionId } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  function later(delay: number, run: () => void): void {
    timer = setTimeout(run, delay);
  }

  async function open(asking = loadSession(sessionId)): Promise<void> {
    clearTimeout(timer);
    const remembered = recallSession(sessionId, Date.now());
    const answer = await (remembered === undefined ? asking : inTime(asking));
    if (answer.kind !== 'unreachable') return options.onAnswer(answer);
    if (remembered !== undefined) {
      options.onRemembered(remembered);
      void asking.then(({ kind }) => kind !== 'unreachable' && options.onLate());
      return;
    }
    options.onUnreachable(answer.answered || navigator.onLine ? 'unavailable' : 'offline');
    later(3_000 + retryDelay(++failures, Math.random), () => void open());
  }

  return { open, later };
}

/** A line that is there and carries nothing is no better than none. */
function inTime(asking: Promise<SessionAnswer>): Promise<SessionAnswer> {
  const late: SessionAnswer = { kind: 'unreachable', answered: false };
  const waiting = new Promise<SessionAnswer>((resolve) => setTimeout(resolve, PATIENCE, late));
  return Promise.race([asking, waiting]);
}
