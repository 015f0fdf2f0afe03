/** Uppy's dashboard with tus as a page: built by the same bundler for the same browsers, served as ours is. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';

export interface UppyPage {
  url: string;
  /** Of script and style, gzipped. */
  bytes: number;
  close(): Promise<void>;
}

const types: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html' };

export async function serveUppy(): Promise<UppyPage> {
  const folder = await mkdtemp(join(tmpdir(), 'apertur-uppy-'));
  await build({
    root: fileURLToPath(new URL('uppy', import.meta.url)),
    logLevel: 'warn',
    build: {
      outDir: folder,
      emptyOutDir: true,
      modulePreload: false,
      target: ['chrome90', 'safari14'],
      reportCompressedSize: false,
    },
  });
  const files = await readFiles(folder);
  const server = createServer((request, response) => {
    const file = files.get(request.url === '/' ? '/index.html' : (request.url ?? ''));
    if (file === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': file.type, 'content-encoding': 'br' }).end(file.brotli);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const loaded = [...files].filter(([name]) => /\.(js|css)$/.test(name));
  return {
    url: `http://127.0.0.1:${port}/`,
    bytes: loaded.reduce((sum, [, { gzip }]) => sum + gzip, 0),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

interface Served {
  type: string;
  brotli: Buffer;
  /** Bytes. */
  gzip: number;
}

async function readFiles(folder: string): Promise<Map<string, Served>> {
  const files = new Map<string, Served>();
  for (const name of await readdir(folder, { recursive: true })) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const content = await readFile(join(folder, name));
    files.set(`/${name}`, {
      type: `${type}; charset=utf-8`,
      brotli: brotliCompressSync(content),
      gzip: gzipSync(content, { level: 9 }).length,
    });
  }
  return files;
}
