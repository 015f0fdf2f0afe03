/**
 * The peer that uploads are measured against: a bare node:http server that hashes a body, writes it to a file, syncs it
 * and answers 201. It reads no form, knows no session and promises nothing else.
 *
 * `node bench/peers/bare-upload.ts DIRECTORY` prints its port.
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

const directory = process.argv[2];
if (directory === undefined) throw new Error('Say where the files go');

async function take(request: IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  // `flush` is an fsync before the file is closed.
  const file = createWriteStream(join(directory!, randomUUID()), { flush: true, highWaterMark: 262_144 });
  for await (const chunk of request) {
    hash.update(chunk as Buffer);
    if (!file.write(chunk)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
  return hash.digest('hex');
}

const server = createServer((request, response) => {
  take(request).then(
    (sha256) => {
      const body = JSON.stringify({ sha256 });
      response
        .writeHead(201, { 'Content-Type': 'application/json', 'Content-Length': body.length })
        .end(body);
    },
    () => response.destroy(),
  );
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log((server.address() as AddressInfo).port);
