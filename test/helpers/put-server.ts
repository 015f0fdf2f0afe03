/** A web server for tests that takes PUT, HEAD and DELETE with a token: what the worked example of CONTRIBUTING.md delivers to. */
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface PutServer {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** What lies at `/`. */
  readonly folder: string;
  close(): Promise<void>;
}

const token = 'open sesame 1';

export async function startPutServer(): Promise<PutServer> {
  const folder = mkdtempSync(join(tmpdir(), 'apertur-put-'));
  const server = http.createServer((request, response) => {
    answer(folder, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    token,
    folder,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let uploads = 0;

async function answer(
  folder: string,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const place = join(folder, decodeURIComponent(new URL(request.url!, 'http://server').pathname));
  const end = (status: number, headers: Record<string, number> = {}): void => {
    request.resume();
    response.writeHead(status, headers).end();
  };
  if (request.headers.authorization !== `Bearer ${token}`) return end(401);
  if (request.method === 'HEAD') {
    return existsSync(place) ? end(200, { 'content-length': statSync(place).size }) : end(404);
  }
  if (request.method === 'DELETE') {
    rmSync(place, { force: true });
    return end(204);
  }
  const temporary = join(folder, `.upload-${++uploads}`);
  try {
    await pipeline(request, createWriteStream(temporary));
    if (request.headers['if-none-match'] === '*' && existsSync(place)) return end(412);
    mkdirSync(dirname(place), { recursive: true });
    renameSync(temporary, place);
    end(201);
  } finally {
    rmSync(temporary, { force: true });
  }
}
