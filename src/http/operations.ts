/** The listener of its own for operators: `/metrics`, `/health` and `/ready`, and nothing else. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';
import { findProblems, type ReadinessParts } from './routes/health.ts';

export interface OperationsListener {
  /** Resolves to the port. */
  listen(host: string): Promise<number>;
  close(): Promise<void>;
}

export function createOperationsListener(
  port: number,
  metrics: Metrics,
  parts: ReadinessParts,
): OperationsListener {
  const server = createServer((request, response) => {
    answer(request.url ?? '', metrics, parts, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  return {
    async listen(host) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host || undefined, resolve);
      });
      return (server.address() as AddressInfo).port;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  url: string,
  metrics: Metrics,
  parts: ReadinessParts,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, type: string, text: string): void => {
    response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(text);
  };
  switch (url.split('?')[0]) {
    case '/metrics':
      return send(200, metrics.contentType, await metrics.render());
    case '/health':
      return send(200, 'application/json', '{"status":"ok"}');
    case '/ready': {
      const problems = await findProblems(parts);
      const status = problems.length === 0 ? 'ready' : 'not ready';
      return send(status === 'ready' ? 200 : 503, 'application/json', JSON.stringify({ status, problems }));
    }
    default:
      return send(404, 'text/plain', 'Here are /metrics, /health and /ready.');
  }
}
