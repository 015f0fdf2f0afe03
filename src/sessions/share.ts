/** Sending the link of a session by mail or text message (contract §2.10). */
import { createHash } from 'node:crypto';
import type { Database, Tx } from '../db/database.ts';
import { AppError, invalid } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import { createId } from '../lib/ids.ts';
import { MailError, type Mailer } from '../lib/mail.ts';
import { SmsError, type SmsSender } from '../lib/sms.ts';
import { renderQr } from './qr.ts';
import { type Session, statusOf } from './session.ts';
import { type Letter, writeMail, writeSms } from './share-letter.ts';
import type { ShareLanguage } from './share-words.ts';

export interface ShareServices {
  db: Database;
  clock: Clock;
  mailer: Mailer | undefined;
  sms: SmsSender | undefined;
}

export interface ShareRequest {
  channel: 'email' | 'sms';
  recipient: string;
  smsConsent: boolean;
  note: string | undefined;
  language: ShareLanguage;
  /** The link that is sent. */
  shortUrl: string;
}

const hourMs = 3_600_000;

/** Links in so many hours at most, so that nobody can make this install flood a stranger. */
const bounds = [
  { of: 'recipient_hash', most: 5, hours: 24, words: 'to this recipient' },
  { of: 'session_id', most: 50, hours: 24, words: 'of this session' },
  { of: 'project_id', most: 200, hours: 1, words: 'of this project' },
] as const;

/** Sends the link; returns the recipient as it was used. Throws AppError 400, 409, 410, 429, 503. */
export async function shareSession(
  services: ShareServices,
  session: Session,
  request: ShareRequest,
): Promise<{ recipient: string }> {
  const recipient = checkRecipient(request);
  refuseEnded(session, services.clock.now());
  const { mailer, sms } = services;
  if (request.channel === 'email' ? !mailer : !sms) throw notConfigured(request.channel);
  const id = await reserve(services, session, { channel: request.channel, recipient });
  const letter: Letter = {
    language: request.language,
    project: session.projectName,
    url: request.shortUrl,
    expiresAt: session.expiresAt,
    passwordProtected: session.passwordHash !== null,
    note: request.note,
  };
  try {
    if (request.channel === 'email')
      await mailer!.send(writeMail(letter, recipient, await drawQr(letter.url)));
    else await sms!.send({ to: recipient, text: writeSms(letter) });
  } catch (error) {
    throw await explain(services, id, error);
  }
  return { recipient };
}

function checkRecipient({ channel, recipient, smsConsent, note }: ShareRequest): string {
  const address = recipient.trim();
  if (channel === 'email') {
    // One plain address: no name, no list, nothing that a mail server would read otherwise than we do.
    if (
      address.length > 254 ||
      !/^[^\s@"<>(),;:\\[\]]{1,64}@[^\s@"<>(),;:\\[\]]+\.[^\s@.]{2,}$/.test(address)
    )
      throw invalid('recipient must be one e-mail address such as sam@example.org.');
    return address;
  }
  const number = address.replace(/[\s().-]/g, '');
  if (!/^\+[1-9]\d{6,14}$/.test(number)) {
    throw invalid('recipient must be a phone number with its country code, such as +15145550123.');
  }
  if (!smsConsent) throw invalid('sms_consent must be true: the person has agreed to get a text message.');
  if (note?.trim()) throw invalid('note goes with e-mail only.');
  return number;
}

function refuseEnded(session: Session, now: number): void {
  const status = statusOf(session, now);
  if (status === 'expired') throw new AppError(410, 'SESSION_EXPIRED', 'This session has expired.');
  if (status === 'completed') {
    throw new AppError(409, 'SESSION_COMPLETED', 'This session is completed and takes no more photos.');
  }
}

function notConfigured(channel: 'email' | 'sms'): AppError {
  const message =
    channel === 'email'
      ? 'This install sends no mail: its operator has not set APERTUR_SMTP_URL and APERTUR_MAIL_FROM.'
      : 'This install sends no text messages: its operator has not set APERTUR_SMS_URL.';
  return new AppError(503, 'SERVICE_UNAVAILABLE', message);
}

/** Counts it before it is sent, under the bounds. Throws AppError 429. */
async function reserve(
  { db, clock }: ShareServices,
  session: Session,
  { channel, recipient }: { channel: 'email' | 'sms'; recipient: string },
): Promise<string> {
  const now = clock.now();
  const row = {
    id: createId('shr'),
    project_id: session.projectId,
    session_id: session.id,
    channel,
    recipient_hash: createHash('sha256').update(recipient.toLowerCase()).digest('hex'),
    created_at: now,
  };
  const refusal = await db.write(async (tx) => {
    // The row of the project makes them take turns, so that two at once are not both the last one.
    await tx.q
      .updateTable('projects')
      .set((eb) => ({ updated_at: eb.ref('updated_at') }))
      .where('id', '=', session.projectId)
      .execute();
    for (const bound of bounds) {
      const earliest = await findEarliest(tx, bound, row[bound.of], now);
      if (earliest !== undefined) return tooMany(bound, earliest + bound.hours * hourMs - now);
    }
    await tx.q.insertInto('shares').values(row).execute();
    return undefined;
  });
  if (refusal) throw refusal;
  return row.id;
}

/** When the first of those that count was sent, if the bound is reached; undefined when there is room. */
async function findEarliest(
  tx: Tx,
  bound: (typeof bounds)[number],
  value: string,
  now: number,
): Promise<number | undefined> {
  const sent = await tx.q
    .selectFrom('shares')
    .select('created_at')
    .where(bound.of, '=', value)
    .where('created_at', '>', now - bound.hours * hourMs)
    .orderBy('created_at', 'desc')
    .limit(bound.most)
    .execute();
  return sent.length < bound.most ? undefined : sent.at(-1)!.created_at;
}

function tooMany({ most, hours, words }: (typeof bounds)[number], waitMs: number): AppError {
  const within = hours === 1 ? 'an hour' : `${hours} hours`;
  return new AppError(429, 'RATE_LIMIT', `At most ${most} links ${words} are sent in ${within}.`, {
    retryAfter: Math.ceil(waitMs / 1000),
  });
}

/** What the provider refused counts; what it could not take does not. */
async function explain({ db }: ShareServices, id: string, error: unknown): Promise<unknown> {
  if (!(error instanceof MailError || error instanceof SmsError)) return error;
  if (error.refused) return new AppError(400, 'VALIDATION_ERROR', error.message, { cause: error });
  await db.write(async (tx) => {
    await tx.q.deleteFrom('shares').where('id', '=', id).execute();
  });
  return new AppError(503, 'SERVICE_UNAVAILABLE', `${error.message} Try again later.`, {
    retryAfter: 60,
    cause: error,
  });
}

async function drawQr(text: string): Promise<Buffer> {
  const { bytes } = await renderQr({
    text,
    format: 'png',
    size: 440,
    style: 'square',
    fg: '000000',
    bg: 'ffffff',
    borderSize: 0,
    borderColor: '000000',
  });
  return bytes;
}

/** Forgets links that no bound counts any more; returns how many. */
export async function pruneShares(db: Database, now: number): Promise<number> {
  return db.write(async (tx) => {
    const gone = await tx.q
      .deleteFrom('shares')
      .where('created_at', '<=', now - 24 * hourMs)
      .executeTakeFirst();
    return Number(gone.numDeletedRows);
  });
}
