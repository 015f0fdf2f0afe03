/** A receiver for tests of the webhook: keeps what came in, answers what it is told. */
import { createHash } from 'node:crypto';
import type http from 'node:http';
import { Readable } from 'node:stream';
import { localOutbound, readAll, serve } from '../../lib/outbound/servers.fixture.ts';
import type { Connection, DeliverableImage } from '../destination.ts';
import { connectWebhook } from './index.ts';

export interface Received {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

type Answer = (response: http.ServerResponse, received: Received) => void;

export async function receive(
  answer: Answer = (response) => response.end('ok'),
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const url = await serve(async (request, response) => {
    const { method = '', url: target = '', headers } = request;
    const body = await readAll(request);
    received.push({ method, url: target, headers, body });
    answer(response, received.at(-1)!);
  });
  return { url: `${url}/hook?to=photos`, received };
}

export const projectSecret = '8f1d4c6ba2e93075d1c0fe4b7a695821';
export const now = Date.UTC(2027, 0, 15, 8, 0, 0);

/** A connection to a receiver on this machine. */
export function connectTo(
  url: string,
  config: Record<string, unknown> = {},
  options: { secret?: string; deadlineMs?: number; outbound?: ReturnType<typeof localOutbound> } = {},
): Connection {
  const { secret, deadlineMs, outbound = localOutbound() } = options;
  return connectWebhook(
    { config: { url, ...config }, credentials: secret === undefined ? {} : { secret } },
    { outbound, now: () => now, projectSecrets: { current: projectSecret } },
    deadlineMs,
  );
}

/** An image with these bytes; `opened` counts how often they were read. */
export function imageOf(
  bytes: Buffer,
  more: Partial<DeliverableImage> = {},
): DeliverableImage & { opened: number } {
  const image = {
    deliveryId: 'del_1',
    id: 'img_1',
    sessionId: 'sess_1',
    projectId: 'proj_1',
    env: 'live' as const,
    index: 3,
    filename: 'roof.jpg',
    mimeType: 'image/jpeg',
    ext: 'jpg',
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    source: 'camera',
    tags: null,
    metadata: null,
    createdAt: now,
    opened: 0,
    open: async () => {
      image.opened += 1;
      return Readable.from(slices(bytes), { objectMode: false });
    },
    ...more,
  };
  return image;
}

/** As a disk gives them: pieces whose size divides by nothing in particular. */
function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_521) yield bytes.subarray(at, at + 65_521);
}

export const running = (): AbortSignal => new AbortController().signal;
