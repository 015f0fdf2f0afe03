/**
 * The way to the server, shared by all photos: when one attempt gets no answer it is down for every photo, and one small
 * request finds out when it is back. It is also closed while the service asks everyone for patience.
 */
import { retryDelay } from '../retry.ts';

export interface LineOptions {
  /** One small request: does the server answer? */
  probe(): Promise<boolean>;
  /** Runs `run` after `delay` milliseconds; the answer calls it off. */
  later(delay: number, run: () => void): () => void;
  random(): number;
  onChange(): void;
  /** The line is there again. */
  onOpen(): void;
}

export interface Line {
  /** Why nothing goes out: no connection, a service that asks for patience, or nothing. */
  readonly wait: 'connection' | 'service' | undefined;
  /** No answer came, or the phone says that it is offline. */
  lose(): void;
  /** Any answer proves that the line is there, whatever the phone says about being online. */
  prove(): void;
  /** Closed for `delay` milliseconds, because the service asked for it. */
  rest(delay: number): void;
  /** Looks now instead of later. */
  probe(): Promise<void>;
  /** A photo went through: the next loss begins with a short wait again. */
  praise(): void;
  /** Nothing will be sent any more. */
  retire(): void;
}

export function createLine(options: LineOptions): Line {
  let wait: Line['wait'];
  let failures = 0;
  let callOff = (): void => {};

  const probeLater = (): void => {
    failures++;
    callOff();
    callOff = options.later(retryDelay(failures, options.random), () => void probe());
  };

  async function probe(): Promise<void> {
    callOff();
    callOff = () => {};
    const answered = await options.probe();
    if (wait !== 'connection') return;
    if (answered) open();
    else probeLater();
  }

  function open(): void {
    wait = undefined;
    callOff = () => {};
    options.onOpen();
  }

  return {
    get wait() {
      return wait;
    },
    lose() {
      if (wait === 'connection') return;
      wait = 'connection';
      probeLater();
      options.onChange();
    },
    prove() {
      if (wait === 'connection') open();
    },
    rest(delay) {
      callOff();
      wait = 'service';
      callOff = options.later(delay, open);
      options.onChange();
    },
    probe,
    praise() {
      failures = 0;
    },
    retire() {
      callOff();
      wait = undefined;
    },
  };
}
