/**
 * Webhook × answer: what each kind of answer makes of the delivery, of its next attempt, of the webhook's count and of
 * the events that follow (contract §8.6).
 */
import type http from 'node:http';
import type net from 'node:net';
import { describe, expect, test } from 'vitest';
import { closedPort, serve, serveRaw, serveTls } from '../../src/lib/outbound/servers.fixture.ts';
import { eachSharedApp, type TestApp, until, untilAnswered } from '../helpers/app.ts';

interface Case {
  name: string;
  /** Starts the receiver; resolves to its address. */
  start(): Promise<string>;
  /** Of the first attempt. */
  status: number | null;
  error: string | RegExp | null;
  excerpt?: RegExp;
  /** Seconds until the next attempt, or how it ends. */
  next: number | [low: number, high: number] | 'sent' | 'failed';
  /** The webhook afterwards. Default: on. */
  disabled?: 'gone';
  outcome?: string;
}

const answering = (status: number, headers: http.OutgoingHttpHeaders = {}, body = '') =>
  serve((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });

/** Reads the request, then does as it likes with the socket. */
const afterRequest = (then: (socket: net.Socket) => void) =>
  serveRaw((socket) => {
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk;
      if (seen.includes('\r\n\r\n{') && seen.endsWith('}')) then(socket);
    });
  });

const interval = 40;

const cases: Case[] = [
  ...[200, 201, 202, 204, 299].map((status) => ({
    name: `${status}`,
    start: () => answering(status, {}, status === 204 ? '' : 'fine'),
    status,
    error: null,
    next: 'sent' as const,
  })),
  ...[301, 302, 304, 307].map((status) => ({
    name: `${status}`,
    start: () => answering(status, { location: 'https://elsewhere.example/' }),
    status,
    error: `HTTP ${status} (redirects are not followed)`,
    next: interval,
  })),
  {
    name: 'redirect to a private address',
    start: async () => {
      const inside = await serve((_, response) => response.writeHead(200).end('secret'));
      return answering(302, { location: inside.replace('127.0.0.1', '169.254.169.254') });
    },
    status: 302,
    error: 'HTTP 302 (redirects are not followed)',
    next: interval,
  },
  ...[400, 401, 403, 404, 409, 422, 500, 502, 503].map((status) => ({
    name: `${status}`,
    start: () => answering(status, {}, 'no\r\nthanks'),
    status,
    error: `HTTP ${status}`,
    excerpt: /^no thanks$/,
    next: interval,
  })),
  {
    name: '410',
    start: () => answering(410),
    status: 410,
    error: 'HTTP 410',
    next: 'failed',
    disabled: 'gone',
    outcome: 'give-up',
  },
  {
    name: '429 with Retry-After in seconds',
    start: () => answering(429, { 'retry-after': '300' }),
    status: 429,
    error: 'HTTP 429',
    next: 300,
  },
  ...[429, 503].map((status) => ({
    name: `${status} with Retry-After as a date`,
    start: () =>
      serve((request, response) => {
        const at = new Date(Date.now() + 600_000).toUTCString();
        request.resume().on('end', () => response.writeHead(status, { 'retry-after': at }).end());
      }),
    status,
    error: `HTTP ${status}`,
    next: [598, 601] as [number, number],
  })),
  {
    name: '429 with a Retry-After shorter than our own',
    start: () => answering(429, { 'retry-after': '1' }),
    status: 429,
    error: 'HTTP 429',
    next: interval,
  },
  {
    name: '429 with a Retry-After of a year is bounded to a day',
    start: () => answering(429, { 'retry-after': '31536000' }),
    status: 429,
    error: 'HTTP 429',
    next: 86_400,
  },
  {
    name: '429 with nonsense in Retry-After',
    start: () => answering(429, { 'retry-after': 'soon' }),
    status: 429,
    error: 'HTTP 429',
    next: interval,
  },
  {
    name: 'timeout in the headers',
    start: () => afterRequest(() => {}),
    status: null,
    error: /did not answer within/,
    next: interval,
  },
  {
    name: 'timeout in the body',
    start: () => afterRequest((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhal')),
    status: null,
    error: /did not finish within/,
    next: interval,
  },
  {
    name: 'endless body of a yes',
    start: () => afterRequest((socket) => pour(socket, 200)),
    status: 200,
    error: null,
    excerpt: /^x{4096}$/,
    next: 'sent',
  },
  {
    name: 'endless body of a no',
    start: () => afterRequest((socket) => pour(socket, 500)),
    status: 500,
    error: 'HTTP 500',
    excerpt: /^x{4096}$/,
    next: interval,
  },
  {
    name: 'reset instead of an answer',
    start: () => afterRequest((socket) => socket.resetAndDestroy()),
    status: null,
    error: /ECONNRESET/,
    next: interval,
  },
  {
    name: 'closed without an answer',
    start: () => afterRequest((socket) => socket.end()),
    status: null,
    error: /without an answer/,
    next: interval,
  },
  {
    name: 'an answer that is not HTTP',
    start: () => afterRequest((socket) => socket.end('SSH-2.0-OpenSSH_9\r\n')),
    status: null,
    error: /did not answer in HTTP/,
    next: interval,
  },
  {
    name: 'nobody listens',
    start: async () => `http://127.0.0.1:${await closedPort()}`,
    status: null,
    error: /ECONNREFUSED/,
    next: interval,
  },
  {
    name: 'TLS with a certificate that nobody vouches for',
    start: async () =>
      (await serveTls((_, response) => response.end())).replace('receiver.example', '127.0.0.1'),
    status: null,
    error: /certificate|self-signed|secure connection|TLS/i,
    next: interval,
  },
  {
    name: 'a plain server behind https',
    start: async () => (await answering(200)).replace('http:', 'https:'),
    status: null,
    error: /TLS/,
    next: interval,
  },
  {
    name: 'a name that does not resolve',
    start: async () => 'http://no-such-host.invalid/hook',
    status: null,
    error: /no-such-host\.invalid/,
    next: interval,
  },
  {
    name: 'a private address',
    start: async () => 'http://10.1.2.3/hook',
    status: null,
    error: /10\.1\.2\.3|private/i,
    next: interval,
  },
];

function pour(socket: net.Socket, status: number): void {
  socket.write(`HTTP/1.1 ${status} Whatever\r\ntransfer-encoding: chunked\r\n\r\n`);
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
}

/** Starts from one event of a new session and looks at what became of it after one attempt. */
async function attemptOnce(app: TestApp, url: string) {
  const project = await app.addProject('Matrix');
  const call: TestApp['call'] = (method, path, options) =>
    app.call(method, path, { key: project.live, ...options });
  const stem = `/projects/${project.id}/webhooks`;
  const watch: unknown[] = [];
  const watcher = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      watch.push(JSON.parse(body).event);
      response.end();
    });
  });
  await call('POST', stem, { body: { url: watcher, topics: ['project.webhook.*'] } });
  const body = { url, topics: ['project.session.created'], retryIntervals: [interval] };
  const webhook = (await call('POST', stem, { body })).body;
  const one = `${stem}/${webhook.id}`;
  const before = Date.now();
  await call('POST', '/upload-sessions', { body: {} });
  const [delivery] = await untilAnswered(async () => {
    const found = (await call('GET', `${one}/deliveries`)).body.deliveries;
    return found[0]?.attempts === 1 && found;
  }, 'the first attempt');
  const detail = (await call('GET', `${one}/deliveries/${delivery.id}`)).body;
  const after = (await call('GET', one)).body;
  return { call, one, detail, before, after, watch };
}

eachSharedApp('webhook matrix', { eventDeadlineMs: 400 }, (app) => {
  describe.each(cases)('$name', ({ start, status, error, excerpt, next, disabled, outcome }) => {
    test('leaves the row, the next attempt, the count and the events that it should', async () => {
      const { call, one, detail, before, after, watch } = await attemptOnce(app(), await start());
      const [attempt] = detail.history;
      expect(detail.history).toHaveLength(1);
      expect(detail).toMatchObject({ attempts: 1, responseCode: status });
      expect(attempt).toMatchObject({ number: 1, statusCode: status });
      if (typeof error === 'string' || error === null) expect(detail.lastError).toBe(error);
      else expect(detail.lastError).toMatch(error);
      expect(attempt.error).toBe(detail.lastError);
      if (excerpt) expect(detail.responseBody).toMatch(excerpt);
      const last = { sent: 'sent', failed: 'failed' }[next as string];
      if (last) {
        expect(detail).toMatchObject({ status: last, nextRetryAt: null });
        expect(attempt).toMatchObject({ nextAt: null, outcome: outcome ?? 'sent' });
      } else {
        const [low, high] = typeof next === 'number' ? [next, next] : (next as [number, number]);
        const started = Date.parse(attempt.startedAt);
        const at = Date.parse(detail.nextRetryAt);
        expect(detail.status).toBe('retrying');
        expect(attempt).toMatchObject({ outcome: 'retry', nextAt: detail.nextRetryAt });
        expect(at - started).toBeGreaterThanOrEqual(low * 1_000);
        // From the end of the attempt, which took at most as long as we have been waiting.
        expect(at - before).toBeLessThanOrEqual(high * 1_000 + (Date.now() - before));
        expect(attempt.nextReason).toContain('retry 1 of 5');
      }
      expect(after).toMatchObject({
        consecutiveFailures: next === 'failed' ? 1 : 0,
        isActive: disabled === undefined,
        disabledReason: disabled ?? null,
      });
      if (disabled) await until(() => watch.length === 1);
      expect(watch).toEqual(disabled ? ['project.webhook.disabled'] : []);
      await call('DELETE', one);
    });
  });
});
