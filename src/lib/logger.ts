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
  if (!options.pretty) return pino({ ...base, base: undefined, timestamp: pino.stdTimeFunctions.isoTime });
  return pino({
    ...base,
    transport: {
      target: 'pino-pretty',
      options: { translateTime: 'HH:MM:ss', ignore: 'pid,hostname', singleLine: true },
    },
  });
}

export const silentLogger: Logger = pino({ level: 'silent' });
