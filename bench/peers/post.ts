/**
 * The signed POST of the peers. They bring no HTTP client of their own: with `fetch` they do it as their users do, with ours the
 * queues alone are compared.
 */
import { createOutbound } from '../../src/lib/outbound/client.ts';
import { createGuard } from '../../src/lib/outbound/guard.ts';
import { signTimestamped } from '../../src/lib/signatures.ts';

export type PostClient = 'fetch' | 'ours';

export interface Post {
  /** Rejects unless the answer is 2xx. */
  send(url: string, event: string, body: string): Promise<void>;
  close(): Promise<void>;
}

const deadlineMs = 30_000;

function headersOf(secret: string, event: string, body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'Apertur-Webhooks/1.0',
    'X-Apertur-Timestamp': timestamp,
    'X-Apertur-Signature': signTimestamped(secret, timestamp, body),
    'X-Apertur-Event': event,
  };
}

function requireSuccess(status: number): void {
  if (status < 200 || status >= 300) throw new Error(`HTTP ${status}`);
}

export function createPost(client: PostClient, secret: string): Post {
  return client === 'fetch' ? createFetchPost(secret) : createOurPost(secret);
}

function createFetchPost(secret: string): Post {
  return {
    async send(url, event, body) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: headersOf(secret, event, body),
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(deadlineMs),
      });
      await answer.arrayBuffer();
      requireSuccess(answer.status);
    },
    async close() {},
  };
}

function createOurPost(secret: string): Post {
  const outbound = createOutbound({ guard: createGuard({ allow: ['127.0.0.0/8'] }) });
  return {
    async send(url, event, body) {
      const headers = headersOf(secret, event, body);
      const request = { method: 'POST', url, headers, body, deadlineMs, maxResponseBytes: 4_096 } as const;
      requireSuccess((await outbound.request(request)).status);
    },
    close: () => outbound.close(),
  };
}
