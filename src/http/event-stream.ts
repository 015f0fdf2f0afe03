/** The plumbing of server-sent events: the head, one write a frame, the heartbeat, and the end of the process. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Services } from './services.ts';

const heartbeatMs = 15_000;

export interface EventStream {
  /** Whether somebody listens; false for HEAD, whose head is the whole answer. */
  open: boolean;
  send(name: string, data: Record<string, unknown>, id?: number): void;
  end(): void;
  /** Called once when the stream is over, whoever ended it. */
  onEnd(run: () => void): void;
}

/** Takes the answer over. `beat` is called with every heartbeat; the stream ends when it throws. */
export function openEventStream(
  { stopping }: Pick<Services, 'stopping'>,
  request: FastifyRequest,
  reply: FastifyReply,
  beat: () => Promise<unknown> = async () => undefined,
): EventStream {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    // Those of every answer: what the limit leaves.
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  });
  const end = (): void => void raw.end();
  const stream: EventStream = {
    open: request.method !== 'HEAD',
    send(name, data, id) {
      if (!raw.writableEnded) raw.write(frame(name, data, id));
    },
    end,
    onEnd: (run) => void raw.once('close', run),
  };
  // A stream without a body would stay open for nobody.
  if (!stream.open) {
    end();
    return stream;
  }
  raw.socket?.setNoDelay(true);
  const heartbeat = setInterval(() => {
    if (!raw.writableEnded) raw.write(': heartbeat\n\n');
    beat().catch(end);
  }, heartbeatMs);
  stopping.addEventListener('abort', end, { once: true });
  stream.onEnd(() => {
    clearInterval(heartbeat);
    stopping.removeEventListener('abort', end);
  });
  return stream;
}

/** LF only, one space after the colon: the published parser is that strict (contract §5.1). */
function frame(name: string, data: Record<string, unknown>, id?: number): string {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return `${head}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
