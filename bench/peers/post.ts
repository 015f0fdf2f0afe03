/** The signed POST, the same for every contender. */
import type { Outbound } from '../../src/lib/outbound.ts';
import { signTimestamped } from '../../src/lib/signatures.ts';

export function createPost(outbound: Outbound, secret: string) {
  return async (url: string, event: string, body: string): Promise<{ status: number }> => {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const { status } = await outbound.request({
      method: 'POST',
      url,
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'Apertur-Webhooks/1.0',
        'X-Apertur-Timestamp': timestamp,
        'X-Apertur-Signature': signTimestamped(secret, timestamp, body),
        'X-Apertur-Event': event,
      },
      body,
      deadlineMs: 30_000,
      maxResponseBytes: 4_096,
    });
    if (status < 200 || status >= 300) throw new Error(`HTTP ${status}`);
    return { status };
  };
}
