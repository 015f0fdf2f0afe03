/** The mail and the text message that carry a link. Everything that a person typed is escaped. */
import type { Mail } from '../lib/mail.ts';
import { type ShareLanguage, shareWords } from './share-words.ts';

export interface Letter {
  language: ShareLanguage;
  project: string;
  url: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
  passwordProtected: boolean;
  note: string | undefined;
}

/** A mail with the link as text, as a button and as a QR code that travels with it. `qr` is a PNG. */
export function writeMail(letter: Letter, to: string, qr: Buffer): Mail {
  const words = shareWords[letter.language];
  const project = oneLine(letter.project);
  const until = words.until(when(letter));
  const facts = letter.passwordProtected ? [until, words.password] : [until];
  const note = letter.note?.trim();
  const text = [
    words.heading(project),
    ...(note ? [words.noteFrom(project), note.replace(/^/gm, '> ')] : []),
    words.invitation,
    letter.url,
    ...facts,
    words.ignore,
  ].join('\n\n');
  return {
    to,
    subject: words.subject(project),
    text,
    html: toHtml(letter, { project, note, facts }),
    pictures: [{ cid: 'qr', filename: 'qr.png', contentType: 'image/png', bytes: qr }],
  };
}

export function writeSms(letter: Letter): string {
  return shareWords[letter.language].sms(oneLine(letter.project), letter.url, when(letter));
}

function toHtml(
  { language, url }: Letter,
  { project, note, facts }: { project: string; note: string | undefined; facts: string[] },
): string {
  const words = shareWords[language];
  const paragraph = (text: string, style = '') =>
    `<p style="margin:0 0 16px;${style}">${escapeHtml(text)}</p>`;
  const quoted = note
    ? `${paragraph(words.noteFrom(project), 'color:#5B6166')}<blockquote style="margin:0 0 16px;padding-left:12px;border-left:3px solid #E2E3E1;white-space:pre-line">${escapeHtml(note)}</blockquote>`
    : '';
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${escapeHtml(words.subject(project))}</title></head>
<body style="margin:0;padding:24px;background:#FBFBFA;color:#17191B;font:17px/1.5 -apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:480px;margin:0 auto">
<h1 style="font-size:22px;line-height:1.3;margin:0 0 16px">${escapeHtml(words.heading(project))}</h1>
${quoted}${paragraph(words.invitation)}
<p style="margin:0 0 24px"><a href="${escapeHtml(url)}" style="display:inline-block;padding:14px 24px;border-radius:10px;background:#1F6F5C;color:#FFFFFF;text-decoration:none;font-weight:600">${escapeHtml(words.button)}</a></p>
<p style="margin:0 0 24px;word-break:break-all"><a href="${escapeHtml(url)}" style="color:#1F6F5C">${escapeHtml(url)}</a></p>
${paragraph(words.scan, 'color:#5B6166')}
<p style="margin:0 0 24px"><img src="cid:qr" width="220" height="220" alt="${escapeHtml(words.qrAlt)}" style="display:block;border-radius:10px"></p>
${facts.map((fact) => paragraph(fact)).join('\n')}
${paragraph(words.ignore, 'font-size:15px;color:#5B6166')}
</div></body></html>`;
}

function when({ language, expiresAt }: Letter): string {
  const format = {
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: 'UTC',
  } as const;
  const locale = language === 'en' ? 'en-GB' : language;
  return `${new Intl.DateTimeFormat(locale, format).format(expiresAt)} UTC`;
}

/** A project's name stands in a subject line. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
