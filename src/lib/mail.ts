/** Mails, through the one SMTP server that the operator names. */
import { createTransport } from 'nodemailer';

export interface Mail {
  /** One address. */
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Where answers go; the sender when absent. */
  replyTo?: string;
  /** Pictures that the HTML shows, as `cid:` and their name: they travel with the mail, and nothing is fetched. */
  pictures?: { cid: string; filename: string; contentType: string; bytes: Buffer }[];
}

export interface Mailer {
  /** Resolves when the server took the mail. Throws `MailError`. */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** The mail was not taken. The message is for the operator and holds no credential. */
export class MailError extends Error {
  /** Whether the server refused this recipient or mail, so that trying again does not help. */
  readonly refused: boolean;

  constructor(message: string, refused: boolean, cause?: unknown) {
    super(message, { cause });
    this.name = 'MailError';
    this.refused = refused;
  }
}

export interface MailerSettings {
  /** `smtp://user:password@host:587`, or `smtps://…`. */
  url: string;
  from: string;
}

const timeoutMs = 15_000;

/** A mailer, or undefined when no server is set: then whoever wants to send says so, or shows a link instead. */
export function createMailer(config: { mail: MailerSettings | undefined }): Mailer | undefined {
  const { mail: settings } = config;
  if (!settings) return undefined;
  const transport = createTransport(
    {
      url: settings.url,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      // Neither files nor addresses: everything in a mail is made here.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from: settings.from },
  );
  return {
    async send({ to, subject, text, html, replyTo, pictures = [] }) {
      // Only one recipient, whatever the text looks like: an address book entry is not parsed.
      const recipient = { name: '', address: to };
      try {
        await transport.sendMail({
          to: recipient,
          subject,
          text,
          html,
          attachments: pictures.map(({ cid, filename, contentType, bytes }) => ({
            cid,
            filename,
            contentType,
            content: bytes,
            contentDisposition: 'inline' as const,
          })),
          ...(replyTo === undefined ? {} : { replyTo: { name: '', address: replyTo } }),
        });
      } catch (cause) {
        throw toMailError(cause);
      }
    },
    close: () => transport.close(),
  };
}

function toMailError(cause: unknown): MailError {
  const { code, responseCode } = cause as { code?: string; responseCode?: number };
  const status = responseCode === undefined ? '' : ` (${responseCode})`;
  if (code === 'EAUTH') return new MailError('The mail server refused the credentials.', false, cause);
  if (code === 'EENVELOPE') {
    const permanent = responseCode === undefined || responseCode >= 500;
    return new MailError(`The mail server refused the address${status}.`, permanent, cause);
  }
  if (responseCode !== undefined && responseCode >= 500) {
    return new MailError(`The mail server refused the mail${status}.`, true, cause);
  }
  return new MailError(`The mail server could not be used${code ? ` (${code})` : status}.`, false, cause);
}
