/** Server-sent events of a session, on both paths (contract §5.1, with its exact framing). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { lastLiveSeq, sessionChanged } from '../../events/live.ts';
import { createLiveReader, followFromNow, type LiveReader } from '../../events/live-reader.ts';
import { requireCaller } from '../auth.ts';
import { openEventStream } from '../event-stream.ts';
import type { AddRoute } from '../route.ts';
import type { Services } from '../services.ts';
import { requireSession, requireSessionByLink } from './sessions.ts';

const LiveQuery = Type.Object({
  lastEventId: Type.Optional(Type.String({ maxLength: 40 })),
  token: Type.Optional(Type.String({ maxLength: 200 })),
});

const LastEventId = Type.String({
  description: 'The id of the last event that arrived: what came after it is sent again, for five minutes.',
});

const frames = `Frames of the events \`connected\`, \`image:ready\`, \`image:delivering\`, \`image:delivered\`, \`image:failed\`,
\`session:completed\` and \`session:expired\`, each with one line of JSON. A comment keeps the stream alive every 15 seconds;
it stays open after the session has ended. Those of a delivery name the destination (\`destinationName\`, null where it has no
name of its own); \`image:delivered\` says how the copy was held against the photo (\`verifiedBy\`: hash, size or none), and
\`image:delivering\` after an attempt that failed says when the next one is (\`nextAttemptAt\`), or that the account of the
destination must be connected again before (\`held\`).`;

export function addLiveRoutes(add: AddRoute, services: Services): void {
  const { db } = services;
  add({
    method: 'GET',
    paths: ['/upload/:session/events'],
    id: 'streamSessionEvents',
    description: frames,
    produces: ['text/event-stream'],
    headers: { 'Last-Event-ID': LastEventId },
    summary: 'What happens in a session, live (server-sent events)',
    tag: 'Live',
    access: 'public',
    query: LiveQuery,
    async handler(request, reply) {
      const session = await requireSessionByLink(db, request.params.session!);
      await stream(services, request, reply, session.id);
    },
  });
  add({
    method: 'GET',
    paths: ['/sessions/:session/events', '/upload-sessions/:session/events'],
    id: 'streamProjectSessionEvents',
    description: frames,
    produces: ['text/event-stream'],
    headers: { 'Last-Event-ID': LastEventId },
    summary: 'What happens in a session, live, for the project',
    tag: 'Live',
    access: 'public',
    ownRate: true,
    scope: 'upload:read',
    query: LiveQuery,
    async handler(request, reply) {
      // An EventSource cannot send a header, so the credential may stand in the query, here only (contract §1.4).
      const { token } = request.query;
      if (token && !request.headers.authorization) request.headers.authorization = `Bearer ${token}`;
      await requireCaller(services, { scope: 'upload:read' })(request, reply);
      const session = await requireSession(db, request.caller!, request.params.session!);
      await stream(services, request, reply, session.id);
    },
  });
}

async function stream(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  sessionId: string,
): Promise<void> {
  const { db, clock } = services;
  const reader = await readerFor(services, request, sessionId);
  const live = openEventStream(services, request, reply);
  if (!live.open) return;
  live.send('connected', { sessionId });

  // One reader at a time; a wake-up during a read makes it read once more.
  let reading = false;
  let again = false;
  const send = async (): Promise<void> => {
    again = true;
    if (reading) return;
    reading = true;
    try {
      while (again && !reply.raw.destroyed) {
        again = false;
        for (const event of await reader.read(clock.now())) live.send(event.name, event.data, event.seq);
      }
    } catch (error) {
      request.log.warn({ err: error }, 'A live stream could not read; its client will come back');
      live.end();
    } finally {
      reading = false;
    }
  };
  live.onEnd(
    db.listen(sessionChanged, (id) => {
      if (id === sessionId) void send();
    }),
  );
  await send();
}

/** Replays what was missed when the client says what it saw last; otherwise begins with what comes now. */
async function readerFor(
  { db, clock }: Services,
  request: FastifyRequest,
  sessionId: string,
): Promise<LiveReader> {
  const { lastEventId } = request.query as { lastEventId?: string };
  const given = request.headers['last-event-id'] ?? lastEventId;
  if (given === undefined) return followFromNow(db.read, sessionId, clock.now());
  const seq = Number(given);
  // An id that we cannot know starts with what is kept, no error.
  const isKnown = Number.isSafeInteger(seq) && seq >= 0 && seq <= (await lastLiveSeq(db.read, sessionId));
  return createLiveReader(db.read, sessionId, isKnown ? seq : 0);
}
