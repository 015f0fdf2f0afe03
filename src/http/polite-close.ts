/**
 * Answers on connections that end with the answer. Node closes such a connection as soon as the answer is written; to
 * a client that is still sending, the system then says that its connection was reset, and the answer is lost. A proxy
 * makes a 502 of that (nginx speaks `Connection: close` to what stands behind it unless told otherwise), and whoever
 * waits never hears that the disk is full or the session over. So what is still coming is heard out first.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** How much of a refused upload is read on, in bytes, so that the client gets to see the answer. */
export const politeBytes = 64 * 1024 * 1024;

/** Longest silence of a client that is heard out, in milliseconds. */
const politeSilence = 5_000;

export function installPoliteClose(app: FastifyInstance): void {
  app.addHook('onSend', ({ raw }, reply, payload, done) => {
    // Who fell silent was waited for already, and who left hears nothing.
    const isOver = raw.complete || raw.destroyed || reply.statusCode === 408;
    if (isOver || !endsWithAnswer(reply)) return done(null, payload);
    void hearOut(raw).then(() => done(null, payload));
  });
}

function endsWithAnswer(reply: FastifyReply): boolean {
  return !reply.raw.shouldKeepAlive || reply.getHeader('connection') === 'close';
}

/** Until the request has ended, is too long or falls silent. What arrives is forgotten, unless somebody else reads it. */
function hearOut(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = request;
    const before = socket.bytesRead;
    let heard = before;
    const timer = setInterval(() => {
      if (socket.bytesRead === heard || heard - before > politeBytes) done();
      heard = socket.bytesRead;
    }, politeSilence);
    const done = (): void => {
      clearInterval(timer);
      for (const end of ends) request.off(end, done);
      resolve();
    };
    for (const end of ends) request.once(end, done);
    request.resume();
  });
}

const ends = ['end', 'close', 'error'] as const;
