/** Sending the link of a session by mail or text message (contract §2.10). */
import { Type } from 'typebox';
import { shareSession } from '../../sessions/share.ts';
import { shareLanguages } from '../../sessions/share-words.ts';
import { callerOf } from '../auth.ts';
import type { AddRoute } from '../route.ts';
import { shape } from '../schemas.ts';
import type { Services } from '../services.ts';
import { chooseLanguage } from '../upload-page.ts';
import { requireSession } from './sessions.ts';

const ShareBody = Type.Object({
  channel: Type.Union([Type.Literal('email'), Type.Literal('sms')]),
  recipient: Type.String({
    minLength: 3,
    maxLength: 320,
    description: 'An e-mail address, or a phone number with its country code.',
  }),
  sms_consent: Type.Optional(
    Type.Boolean({ description: 'Must be true for sms: the person has agreed to get a text message.' }),
  ),
  note: Type.Optional(Type.String({ maxLength: 500, description: 'A few words in the mail.' })),
  lang: Type.Optional(
    Type.String({
      maxLength: 35,
      description: `${shareLanguages.join(', ')}. Default: as Accept-Language says.`,
    }),
  ),
});

const Shared = shape('Shared', {
  ok: Type.Boolean(),
  channel: Type.String(),
  recipient: Type.String(),
  short_url: Type.String(),
});

export function addShareRoutes(add: AddRoute, services: Services): void {
  const { db } = services;
  add({
    method: 'POST',
    paths: ['/upload-sessions/:session/share', '/sessions/:session/share'],
    id: 'shareSession',
    summary: 'Send the link of a session by mail or text message',
    errors: [400, 403, 404, 409, 410, 503],
    tag: 'Sessions',
    access: 'key',
    scope: 'upload:create',
    body: ShareBody,
    response: { 200: Shared },
    async handler(request) {
      const session = await requireSession(db, callerOf(request), request.params.session!);
      const { channel, recipient: asked, sms_consent = false, note, lang } = request.body;
      const shortUrl = `${services.originOf(request)}/s/${session.shortCode}`;
      const language = chooseLanguage(lang, request.headers['accept-language'], shareLanguages);
      const { recipient } = await shareSession(services, session, {
        channel,
        recipient: asked,
        smsConsent: sms_consent,
        note,
        language: shareLanguages.find((known) => known === language) ?? 'en',
        shortUrl,
      });
      return { ok: true, channel, recipient, short_url: shortUrl };
    },
  });
}
