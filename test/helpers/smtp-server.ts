/** A real SMTP server that keeps what it takes: in the clear, with STARTTLS or with TLS from the start, with sign-in. */
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { onTestFinished } from 'vitest';

export interface TakenMail {
  from: string;
  to: string[];
  /** Whether it came over TLS, and who had signed in. */
  secure: boolean;
  user: string | undefined;
  /** As it came over the line. */
  raw: string;
}

export interface SmtpOptions {
  /** TLS from the start, or offered by STARTTLS; needs `certificate`. */
  tls?: 'start' | 'upgrade';
  certificate?: { key: string; cert: string };
  /** The one who may sign in; then nobody else may send. */
  credentials?: { user: string; password: string };
  /** The answer to RCPT TO, when it is not yes. */
  refuseRecipient?: number;
  /** The answer to the mail itself, when it is not yes. */
  refuseMail?: number;
}

export async function startSmtp(options: SmtpOptions = {}): Promise<{ port: number; taken: TakenMail[] }> {
  const taken: TakenMail[] = [];
  const server = new SMTPServer(serverOptions(options, taken));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  server.on('error', () => undefined);
  return { port: (server.server.address() as AddressInfo).port, taken };
}

const answer = (code: number): Error => Object.assign(new Error('Refused'), { responseCode: code });

function serverOptions(options: SmtpOptions, taken: TakenMail[]): SMTPServerOptions {
  const { tls, certificate, credentials, refuseRecipient, refuseMail } = options;
  return {
    secure: tls === 'start',
    ...certificate,
    authOptional: credentials === undefined,
    disabledCommands: tls === undefined ? ['STARTTLS'] : [],
    allowInsecureAuth: tls === undefined,
    onAuth: ({ username, password }, _session, done) =>
      username === credentials?.user && password === credentials?.password
        ? done(null, { user: username })
        : done(answer(535)),
    onRcptTo: (_address, _session, done) => (refuseRecipient ? done(answer(refuseRecipient)) : done()),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (refuseMail) return done(answer(refuseMail));
        const { mailFrom, rcptTo } = session.envelope;
        taken.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: session.user === undefined ? undefined : String(session.user),
          raw: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
  };
}

export interface MailPart {
  headers: Record<string, string>;
  body: Buffer;
}

/** The parts of a mail, decoded; the containers are left out. Reads what our own mailer writes. */
export function readParts(raw: string): MailPart[] {
  const end = raw.indexOf('\r\n\r\n');
  const headers = readHeaders(raw.slice(0, end));
  const body = raw.slice(end + 4);
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary !== undefined) {
    return body
      .split(`--${boundary}`)
      .slice(1, -1)
      .flatMap((part) => readParts(part.replace(/^\r\n/, '')));
  }
  return [{ headers, body: decode(body, headers['content-transfer-encoding'] ?? '') }];
}

export function readHeaders(text: string): Record<string, string> {
  const lines = text.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      decodeWords(line.slice(line.indexOf(':') + 1).trim()),
    ]),
  );
}

function decode(body: string, encoding: string): Buffer {
  if (/base64/i.test(encoding)) return Buffer.from(body, 'base64');
  if (!/quoted-printable/i.test(encoding)) return Buffer.from(body);
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_sign, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1');
}

/** RFC 2047. */
function decodeWords(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_word, kind: string, value: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(value, 'base64').toString()
        : decode(value.replaceAll('_', ' '), 'quoted-printable').toString(),
    );
}
