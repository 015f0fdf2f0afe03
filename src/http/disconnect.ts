/** Knowing that a client has gone, so that nothing is held for it any longer. */
import type { FastifyReply } from 'fastify';

/** Aborts when the connection ends before the answer does. */
export function disconnected(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
