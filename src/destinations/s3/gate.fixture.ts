/** A gate before a real store: it lets requests through as they are signed, but for those that a test answers itself. */
import http from 'node:http';
import { serve } from '../../lib/outbound/servers.fixture.ts';

export interface Scripted {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface GateRules {
  /** An answer in place of the store's. */
  answer?(request: http.IncomingMessage): Scripted | undefined;
  /** Changes the store's headers on their way back. */
  rewrite?(headers: http.IncomingHttpHeaders): void;
}

/** Returns the origin of the gate and the requests that came, in their order. */
export async function serveGate(
  store: { host: string; port: number } | undefined,
  rules: GateRules,
): Promise<{ origin: string; requests: http.IncomingMessage[] }> {
  const requests: http.IncomingMessage[] = [];
  const origin = await serve((request, response) => {
    requests.push(request);
    const scripted = rules.answer?.(request);
    if (scripted || !store) {
      request.resume().on('end', () => {
        response.writeHead(scripted?.status ?? 500, scripted?.headers).end(scripted?.body);
      });
      return;
    }
    const { method, url, headers } = request;
    const onward = http.request(
      { host: store.host, port: store.port, method, path: url, headers },
      (answer) => {
        rules.rewrite?.(answer.headers);
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  return { origin, requests };
}

export const errorXml = (code: string, rest = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>About ${code}</Message>${rest}</Error>`;
