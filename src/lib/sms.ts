/** Text messages, through whatever HTTP gateway the operator names: its URL, headers and body are templates. */
import { type Outbound, OutboundError } from './outbound.ts';

/** In `url`, `headers` and `body`, `{to}`, `{text}`, `{secret}` and `{secret_base64}` are filled in. */
export interface SmsSettings {
  url: string;
  method: 'POST' | 'PUT' | 'GET';
  headers: Record<string, string>;
  body: string;
  secret: string;
}

export interface SmsSender {
  /** Resolves when the gateway took the message. `to` is E.164. Throws SmsError. */
  send(message: { to: string; text: string }): Promise<void>;
}

/** The message was not taken. The message is for the operator and holds neither credential nor address. */
export class SmsError extends Error {
  /** Whether the gateway refused this number or text, so that trying again does not help. */
  readonly refused: boolean;
  constructor(message: string, refused: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = 'SmsError';
    this.refused = refused;
  }
}

const deadlineMs = 15_000;

/** A sender, or undefined when no gateway is set. Goes through the guard, as everything that leaves. */
export function createSmsSender(
  config: { sms: SmsSettings | undefined },
  outbound: Outbound,
): SmsSender | undefined {
  const { sms: settings } = config;
  if (!settings) return undefined;
  return {
    async send(message) {
      const status = await request(settings, outbound, message);
      if (status >= 200 && status < 300) return;
      const refused = status >= 400 && status < 500 && ![401, 403, 404, 405, 408, 429].includes(status);
      throw new SmsError(
        refused
          ? `The SMS gateway refused the number or the text (${status}).`
          : `The SMS gateway did not take the message (${status}).`,
        refused,
      );
    },
  };
}

async function request(
  settings: SmsSettings,
  outbound: Outbound,
  message: { to: string; text: string },
): Promise<number> {
  const values = {
    ...message,
    secret: settings.secret,
    secret_base64: Buffer.from(settings.secret).toString('base64'),
  };
  const headers = Object.fromEntries(
    Object.entries(settings.headers).map(([name, value]) => [name, fill(value, values, asHeader)]),
  );
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '';
  try {
    const { status } = await outbound.request({
      method: settings.method,
      url: fill(settings.url, values, encodeURIComponent),
      headers,
      ...(settings.method === 'GET' ? {} : { body: fill(settings.body, values, escapeFor(type)) }),
      deadlineMs,
      // A message that is sent twice is read twice.
      once: true,
    });
    return status;
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw new SmsError(`The SMS gateway could not be reached (${error.code}).`, false, error);
  }
}

function fill(template: string, values: Record<string, string>, write: (value: string) => string): string {
  return template.replace(/\{(to|text|secret|secret_base64)\}/g, (_blank, name: string) =>
    write(values[name]!),
  );
}

/** Values are written into the body as its type asks for, so that no text can add a member or a field. */
function escapeFor(type: string): (value: string) => string {
  if (/json/i.test(type)) return (value) => JSON.stringify(value).slice(1, -1);
  if (/x-www-form-urlencoded/i.test(type)) return encodeURIComponent;
  if (/xml/i.test(type)) return (value) => value.replace(/[<>&'"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return (value) => value;
}

const asHeader = (value: string): string => value.replace(/[\r\n]/g, '');
