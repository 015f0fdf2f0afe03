/** The logger that rooms take: pino's shape, so that a test can hand in a quiet one. */
import { type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

const redacted = [
  'password', 'secret', 'token', 'credentials', 'authorization', 'key',
  '*.password', '*.secret', '*.token', '*.credentials', '*.authorization',
  'req.headers.authorization', 'req.headers["x-session-password"]',
]; // biome-ignore format: a list to read at a glance

/** Pretty on a terminal, JSON elsewhere. Secrets never reach a line: known members are removed as the last net. */
export function createLogger(options: { level: string; pretty: boolean }): Logger {
  const base = { level: options.level, redact: { paths: redacted, remove: true } };
  if (!options.pretty) {
    const settings = { ...base, base: undefined, timestamp: pino.stdTimeFunctions.isoTime };
    return pino(settings, createLineStream(pino.destination({ dest: 1, sync: true })));
  }
  return pino({
    ...base,
    transport: {
      target: 'pino-pretty',
      options: { translateTime: 'HH:MM:ss', ignore: 'pid,hostname', singleLine: true },
    },
  });
}

/** Characters that are held at most. */
const longestText = 8_192;

/**
 * The lines of one turn of the event loop leave in one write: at full speed a write a line costs more than making the line.
 * Nothing waits longer than that turn, and what is left goes out when the process ends by itself. (The stream's own buffer would
 * be flushed with a sync of the disk, which an output that is a file would wait for.)
 */
function createLineStream(out: { write(text: string): unknown }): { write(line: string): void } {
  let text = '';
  let scheduled = false;
  const flush = (): void => {
    const lines = text;
    text = '';
    if (lines !== '') out.write(lines);
  };
  process.once('exit', flush);
  return {
    write(line) {
      text += line;
      if (text.length >= longestText) flush();
      if (scheduled) return;
      scheduled = true;
      setImmediate(() => {
        scheduled = false;
        flush();
      });
    },
  };
}

export const silentLogger: Logger = pino({ level: 'silent' });

const outages = new WeakMap<Logger, { at: number; silent: number }>();
const oneLineAMs = 1_000;

/**
 * Warns that something we need does not answer: one line a second at most over all who say so, for while a database is
 * away everyone notices, again and again. `unlogged` counts what was left out since the last line.
 */
export function warnOfOutage(logger: Logger, error: unknown, message: string): void {
  const said = outages.get(logger) ?? { at: Number.NEGATIVE_INFINITY, silent: 0 };
  outages.set(logger, said);
  const now = performance.now();
  if (now - said.at < oneLineAMs) {
    said.silent += 1;
    return;
  }
  logger.warn({ err: error, ...(said.silent > 0 ? { unlogged: said.silent } : {}) }, message);
  said.at = now;
  said.silent = 0;
}
