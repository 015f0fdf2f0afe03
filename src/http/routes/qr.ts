/** A session's QR code (contract §2.7). Opens without a credential: it is used as a plain link. */
import { Type } from 'typebox';
import { parseQrOptions, renderQr } from '../../sessions/qr.ts';
import type { AddRoute } from '../route.ts';
import type { Services } from '../services.ts';
import { requireSessionByLink } from './sessions.ts';

const text = Type.Optional(Type.String({ maxLength: 64 }));

export function addQrRoutes(add: AddRoute, services: Services): void {
  const { db, clock } = services;
  add({
    method: 'GET',
    paths: ['/upload-sessions/:session/qr', '/sessions/:session/qr'],
    id: 'getSessionQr',
    produces: ['image/png', 'image/svg+xml', 'image/jpeg'],
    summary: 'The QR code of a session as PNG, SVG or JPEG',
    tag: 'Sessions',
    access: 'public',
    query: Type.Object({
      format: text,
      size: text,
      style: text,
      fg: text,
      bg: text,
      borderSize: text,
      borderColor: text,
    }),
    async handler(request, reply) {
      const session = await requireSessionByLink(db, request.params.session!);
      const options = parseQrOptions(request.query);
      const picture = await renderQr({ text: `${services.originOf(request)}/u/${session.id}`, ...options });
      const seconds = Math.max(0, Math.floor((session.expiresAt - clock.now()) / 1000));
      return reply
        .type(picture.contentType)
        .header('Cache-Control', seconds > 0 ? `public, max-age=${Math.min(seconds, 86_400)}` : 'no-cache')
        .send(picture.bytes);
    },
  });
}
