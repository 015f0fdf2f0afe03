/**
 * The receiver of the webhook benchmark, in a process of its own: checks every signature, answers 200, and tells its parent
 * when which event came. `/hang` never answers; `/aside` answers, and nobody is told.
 */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What it tells: arrivals since the last message, as `[event, milliseconds since 1970]`. */
export type SinkMessage = { port: number } | { arrivals: [event: string, at: number][]; refused: number };

const secrets = new Map<string, string>();
let arrivals: [string, number][] = [];
let refused = 0;

const now = (): number => performance.timeOrigin + performance.now();

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const at = now();
    if (request.url?.startsWith('/hang')) return;
    if (request.url?.startsWith('/aside')) {
      response.writeHead(200).end();
      return;
    }
    const body = Buffer.concat(chunks);
    const secret = secrets.get(request.url ?? '') ?? '';
    const hmac = createHmac('sha256', secret)
      .update(`${request.headers['x-apertur-timestamp']}.`)
      .update(body);
    if (request.headers['x-apertur-signature'] !== `sha256=${hmac.digest('hex')}`) {
      refused += 1;
      response.writeHead(401).end();
      return;
    }
    arrivals.push([(request.headers['x-bench-event'] as string) ?? eventOf(body), at]);
    response.writeHead(200).end();
  });
});

/** The number that the benchmark put into the event. */
function eventOf(body: Buffer): string {
  return /"bench_event":"([^"]+)"/.exec(body.toString('latin1'))?.[1] ?? '';
}

process.on('message', (message: { path: string; secret: string }) =>
  secrets.set(message.path, message.secret),
);
process.once('disconnect', () => process.exit());

setInterval(() => {
  if (arrivals.length === 0 && refused === 0) return;
  process.send?.({ arrivals, refused } satisfies SinkMessage);
  arrivals = [];
  refused = 0;
}, 20);

server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port } satisfies SinkMessage);
});
